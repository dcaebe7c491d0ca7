"""What GitHub shows of users, repositories, pull requests and comments, with every field its description demands."""

from __future__ import annotations

from typing import Any

from tests.forge import diffs
from tests.forge.state import Comment, Project, PullRequest, Review
from tests.forge.wire import Call

Json = dict[str, Any]


def _names(text: str) -> list[str]:
    return text.split()


_USER_URLS = _names(
    "followers_url following_url gists_url starred_url subscriptions_url organizations_url repos_url events_url"
    " received_events_url"
)
_REPO_URLS = _names(
    "archive_url assignees_url blobs_url branches_url collaborators_url comments_url commits_url compare_url"
    " contents_url contributors_url deployments_url downloads_url events_url forks_url git_commits_url git_refs_url"
    " git_tags_url hooks_url issue_comment_url issue_events_url issues_url keys_url labels_url languages_url merges_url"
    " milestones_url notifications_url pulls_url releases_url stargazers_url statuses_url subscribers_url"
    " subscription_url tags_url teams_url trees_url"
)
_REPO_COUNTS = _names(
    "forks forks_count open_issues open_issues_count stargazers_count watchers watchers_count size network_count"
    " subscribers_count"
)


def user(call: Call, login: str) -> Json:
    known = call.state.user(login)
    address = f"{call.api_url}/users/{login.replace('[bot]', '%5Bbot%5D')}"
    return {
        "login": login,
        "id": known.id,
        "node_id": f"U_{known.id}",
        "avatar_url": f"{call.url}/avatars/{known.id}",
        "gravatar_id": "",
        "url": address,
        "html_url": f"{call.url}/{login.replace('[bot]', '')}",
        **{name: f"{address}/{name.removesuffix('_url')}" for name in _USER_URLS},
        "type": "Bot" if known.is_bot else "User",
        "site_admin": False,
    }


def repo_url(call: Call, project: Project) -> str:
    return f"{call.api_url}/repos/{project.path}"


def repository(call: Call, project: Project) -> Json:
    address, html = repo_url(call, project), f"{call.url}/{project.path}"
    return {
        "id": project.id,
        "node_id": f"R_{project.id}",
        "name": project.name,
        "full_name": project.path,
        "owner": user(call, project.owner),
        "private": not project.is_public,
        "html_url": html,
        "description": None,
        "fork": bool(project.fork_of),
        "url": address,
        **{name: f"{address}/{name.removesuffix('_url')}" for name in _REPO_URLS},
        "clone_url": f"{html}.git",
        "git_url": f"git:{html.removeprefix('http:')}.git",
        "ssh_url": f"git@127.0.0.1:{project.path}.git",
        "svn_url": html,
        "mirror_url": None,
        "homepage": None,
        "language": None,
        "license": None,
        "default_branch": project.default_branch,
        **dict.fromkeys(_REPO_COUNTS, 0),
        **{f"has_{what}": True for what in ("issues", "projects", "wiki", "downloads", "discussions")},
        "has_pages": False,
        "archived": False,
        "disabled": False,
        "visibility": "public" if project.is_public else "private",
        "created_at": project.created_at,
        "updated_at": project.created_at,
        "pushed_at": project.created_at,
    }


def minimal_repository(call: Call, project: Project) -> Json:
    """What runs show of their repositories."""
    named = ("id", "node_id", "name", "full_name", "owner", "private", "html_url", "description", "fork", "url")
    whole = repository(call, project)
    return {name: whole[name] for name in (*named, *_REPO_URLS)}


def label(call: Call, project: Project, name: str) -> Json:
    number = project.label(name)
    return {
        "id": number,
        "node_id": f"LA_{number}",
        "url": f"{repo_url(call, project)}/labels/{number}",
        "name": name,
        "color": "ededed",
        "default": False,
        "description": "",
    }


def team(call: Call, project: Project, slug: str) -> Json:
    address = f"{call.api_url}/orgs/{project.owner}/teams/{slug}"
    return {
        "id": 1,
        "node_id": "T_1",
        "url": address,
        "html_url": f"{call.url}/orgs/{project.owner}/teams/{slug}",
        "name": slug,
        "slug": slug,
        "description": "",
        "privacy": "closed",
        "notification_setting": "notifications_enabled",
        "permission": "push",
        "type": "organization",
        "organization_id": 1,
        "members_url": f"{address}/members",
        "repositories_url": f"{address}/repos",
        "parent": None,
    }


def pull_simple(call: Call, project: Project, request: PullRequest) -> Json:
    """A pull request as lists show it."""
    address, html = f"{repo_url(call, project)}/pulls/{request.number}", html_of(call, project, request)
    issue = f"{repo_url(call, project)}/issues/{request.number}"
    urls = {
        "self": address,
        "html": html,
        "issue": issue,
        "comments": f"{issue}/comments",
        "review_comments": f"{address}/comments",
        "review_comment": f"{repo_url(call, project)}/pulls/comments{{/number}}",
        "commits": f"{address}/commits",
        "statuses": f"{repo_url(call, project)}/statuses/{request.head_commit}",
    }
    return {
        "url": address,
        "id": request.id,
        "node_id": f"PR_{request.id}",
        "html_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        **{f"{name}_url": url for name, url in urls.items() if name not in {"self", "html"}},
        "number": request.number,
        "state": "open" if request.state == "open" else "closed",
        "locked": False,
        "title": request.title,
        "user": user(call, request.author),
        "body": request.body or None,
        "created_at": request.created_at,
        "updated_at": request.updated_at,
        "closed_at": request.closed_at,
        "merged_at": request.closed_at if request.state == "merged" else None,
        "merge_commit_sha": request.merge_commit or None,
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [user(call, login) for login in request.reviewers],
        "requested_teams": [team(call, project, slug) for slug in request.teams],
        "labels": [label(call, project, name) for name in request.labels],
        "milestone": None,
        "draft": request.is_draft,
        "head": _side(call, call.state.project(request.head_project), request, request.head, request.head_commit),
        "base": _side(call, project, request, request.base, request.base_commit),
        "_links": {name: {"href": url} for name, url in urls.items()},
        "author_association": association(project, request.author),
        "auto_merge": None,
        "active_lock_reason": None,
    }


def pull(call: Call, project: Project, request: PullRequest) -> Json:
    """A pull request by itself."""
    files = diffs.changed_files(project.folder, request.base_commit, request.head_commit)
    commits = diffs.commits_between(project.folder, request.base_commit, request.head_commit)
    is_open = request.state == "open"
    return {
        **pull_simple(call, project, request),
        "merged": request.state == "merged",
        "mergeable": bool(request.merge_commit) if is_open else None,
        "rebaseable": bool(request.merge_commit) if is_open else None,
        "mergeable_state": ("clean" if request.merge_commit else "dirty") if is_open else "unknown",
        "merged_by": user(call, request.merged_by) if request.merged_by else None,
        "comments": len(request.comments),
        "review_comments": sum(len(review.comments) for review in request.reviews),
        "maintainer_can_modify": False,
        "commits": len(commits),
        "additions": sum(file.additions for file in files),
        "deletions": sum(file.deletions for file in files),
        "changed_files": len(files),
    }


def _side(call: Call, project: Project | None, request: PullRequest, branch: str, commit: str) -> Json:
    owner = project.owner if project else "unknown repository"
    return {
        "label": f"{owner}:{branch}",
        "ref": branch,
        "sha": commit,
        "user": user(call, project.owner if project else request.author),
        "repo": repository(call, project) if project else None,
    }


def html_of(call: Call, project: Project, request: PullRequest) -> str:
    return f"{call.url}/{project.path}/pull/{request.number}"


def association(project: Project, login: str) -> str:
    if login == project.owner:
        return "OWNER"
    return "COLLABORATOR" if login in project.members else "NONE"


def issue_comment(call: Call, project: Project, request: PullRequest, comment: Comment) -> Json:
    return {
        "id": comment.id,
        "node_id": f"IC_{comment.id}",
        "url": f"{repo_url(call, project)}/issues/comments/{comment.id}",
        "html_url": f"{html_of(call, project, request)}#issuecomment-{comment.id}",
        "issue_url": f"{repo_url(call, project)}/issues/{request.number}",
        "user": user(call, comment.author),
        "body": comment.body,
        "created_at": comment.created_at,
        "updated_at": comment.updated_at,
        "author_association": association(project, comment.author),
        "performed_via_github_app": None,
    }


def commit_comment(call: Call, project: Project, comment: Comment) -> Json:
    return {
        "id": comment.id,
        "node_id": f"CC_{comment.id}",
        "url": f"{repo_url(call, project)}/comments/{comment.id}",
        "html_url": f"{call.url}/{project.path}/commit/{comment.commit}#commitcomment-{comment.id}",
        "user": user(call, comment.author),
        "position": None,
        "line": comment.line,
        "path": comment.path or None,
        "commit_id": comment.commit,
        "body": comment.body,
        "created_at": comment.created_at,
        "updated_at": comment.updated_at,
        "author_association": association(project, comment.author),
    }


def review(call: Call, project: Project, request: PullRequest, given: Review) -> Json:
    html = f"{html_of(call, project, request)}#pullrequestreview-{given.id}"
    address = f"{repo_url(call, project)}/pulls/{request.number}"
    return {
        "id": given.id,
        "node_id": f"PRR_{given.id}",
        "user": user(call, given.author),
        "body": given.body,
        "state": given.state,
        "html_url": html,
        "pull_request_url": address,
        "_links": {"html": {"href": html}, "pull_request": {"href": address}},
        "submitted_at": given.submitted_at,
        "commit_id": given.commit,
        "author_association": association(project, given.author),
    }


def review_comment(call: Call, project: Project, request: PullRequest, comment: Comment) -> Json:
    html = f"{html_of(call, project, request)}#discussion_r{comment.id}"
    address, pull_url = f"{repo_url(call, project)}/pulls/comments/{comment.id}", f"{repo_url(call, project)}/pulls"
    pull_url = f"{pull_url}/{request.number}"
    return {
        "id": comment.id,
        "node_id": f"PRRC_{comment.id}",
        "url": address,
        "html_url": html,
        "pull_request_url": pull_url,
        "pull_request_review_id": comment.review,
        "diff_hunk": "@@",
        "path": comment.path,
        "position": 1,
        "original_position": 1,
        "commit_id": comment.commit,
        "original_commit_id": comment.commit,
        "user": user(call, comment.author),
        "body": comment.body,
        "created_at": comment.created_at,
        "updated_at": comment.updated_at,
        "author_association": association(project, comment.author),
        "line": comment.line,
        "original_line": comment.line,
        **({"start_line": comment.start_line, "start_side": comment.side} if comment.start_line else {}),
        "side": comment.side,
        "subject_type": "line",
        "_links": {"self": {"href": address}, "html": {"href": html}, "pull_request": {"href": pull_url}},
    }
