"""Pull requests: opening, listing, editing, labels, reviewers, changed files, merging."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from tests.forge import diffs
from tests.forge.github import bodies
from tests.forge.github.access import can_push, invalid, need, page, project_of, request_of
from tests.forge.state import Project, PullRequest, now
from tests.forge.wire import Answer, Call, Refused, Routes

ROUTES = Routes()

BODY_CHARS = 65536
TITLE_CHARS = 256


@ROUTES.on("GET", "/repos/{owner}/{repo}/pulls")
def list_pulls(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "pull_requests", level="read")
    state, head, base = call.query.get("state", "open"), call.query.get("head", ""), call.query.get("base", "")
    found = [
        request
        for request in project.requests
        if state in {"all", "open" if request.state == "open" else "closed"}
        and (":" not in head or head == _label(call, project, request))  # GitHub ignores a head without owner
        and base in {"", request.base}
    ]
    is_newest_first = call.query.get("direction", "desc" if call.query.get("sort", "created") == "created" else "asc")
    found.sort(key=lambda request: request.number, reverse=is_newest_first == "desc")
    return page(call, found, lambda request: bodies.pull_simple(call, project, request))


def _label(call: Call, project: Project, request: PullRequest) -> str:
    owner = request.head_project.rsplit("/", 1)[0] if request.head_project else ""
    return f"{owner}:{request.head}"


@ROUTES.on("POST", "/repos/{owner}/{repo}/pulls")
def open_pull(call: Call) -> Answer:
    project = project_of(call)
    login = need(call, project, "pull_requests")
    if call.token is not None and call.token.kind == "job" and not project.jobs_may_open_requests:
        raise Refused(403, "GitHub Actions is not permitted to create or approve pull requests.")
    fields = call.fields
    source, branch = _source(call, project, str(fields["head"]))
    tips, base = source.branches() if source else {}, str(fields["base"])
    if branch not in tips:
        raise invalid("PullRequest", "head", code="invalid")
    if base not in project.branches():
        raise invalid("PullRequest", "base", code="invalid")
    _check_words(fields)
    assert source is not None
    _check_new(project, source, branch, base)
    if fields.get("draft") and not project.has_drafts:
        raise Refused(422, "Draft pull requests are not supported in this repository.")
    request = call.state.open_request(
        project,
        author=login,
        head=branch,
        base=base,
        title=str(fields.get("title", "")),
        body=str(fields.get("body") or ""),
        head_project=source.path,
    )
    request.is_draft = bool(fields.get("draft"))
    body = bodies.pull(call, project, request)
    return Answer(status=201, value=body, headers={"Location": body["url"]})


def _source(call: Call, project: Project, head: str) -> tuple[Project | None, str]:
    owner, colon, branch = head.partition(":")
    if not colon or owner == project.owner:
        return project, branch or owner
    forks = (other for other in call.state.projects.values() if other.fork_of == project.path)
    return next((fork for fork in forks if fork.owner == owner), None), branch


def _check_words(fields: dict[str, Any]) -> None:
    if not str(fields.get("title") or "").strip():
        raise invalid("PullRequest", "title", code="missing_field")
    if len(str(fields["title"])) > TITLE_CHARS:
        raise invalid("PullRequest", "title", "title is too long (maximum is 256 characters)")
    if len(str(fields.get("body") or "")) > BODY_CHARS:
        raise invalid("PullRequest", "body", "body is too long (maximum is 65536 characters)")


def _check_new(project: Project, source: Project, branch: str, base: str) -> None:
    for request in project.requests:
        if request.state == "open" and (request.head_project, request.head, request.base) == (
            source.path,
            branch,
            base,
        ):
            raise invalid("PullRequest", "", f"A pull request already exists for {source.owner}:{branch}.")
    head, tip = source.branches()[branch], project.branches()[base]
    if source is not project:
        diffs.git(project.folder, "fetch", "--quiet", str(source.folder), head)
    if not diffs.merge_base(project.folder, tip, head):
        raise invalid("PullRequest", "", f"The {branch} branch has no history in common with {base}")
    if not diffs.commits_between(project.folder, tip, head):
        raise invalid("PullRequest", "", f"No commits between {base} and {branch}")


@ROUTES.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}")
def get_pull(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "pull_requests", level="read")
    return Answer(value=bodies.pull(call, project, request_of(call, project)))


@ROUTES.on("PATCH", "/repos/{owner}/{repo}/pulls/{pull_number}")
def edit_pull(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "pull_requests")
    request, fields = request_of(call, project), call.fields
    _check_words({"title": request.title, "body": request.body, **fields})
    request.title, request.body = fields.get("title", request.title), fields.get("body", request.body) or ""
    request.base = fields.get("base", request.base)
    if fields.get("state") == "closed" and request.state == "open":
        call.state.close(request)
    elif fields.get("state") == "open" and request.state == "closed":
        request.state, request.closed_at = "open", None
    request.updated_at = now()
    return Answer(value=bodies.pull(call, project, request))


@ROUTES.on("PUT", "/repos/{owner}/{repo}/pulls/{pull_number}/merge")
def merge_pull(call: Call) -> Answer:
    project = project_of(call)
    login = need(call, project, "contents")
    request = request_of(call, project)
    if request.state != "open" or not request.merge_commit or not can_push(call, project):
        raise Refused(405, "Pull Request is not mergeable")
    commit = call.state.merge(project, request, by=login)
    return Answer(value={"sha": commit, "merged": True, "message": "Pull Request successfully merged"})


@ROUTES.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/files")
def list_files(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "pull_requests", level="read")
    request = request_of(call, project)
    files = diffs.changed_files(project.folder, request.base_commit, request.head_commit)
    return page(call, files, lambda file: _file(call, project, request, file))


def _file(call: Call, project: Project, request: PullRequest, file: diffs.ChangedFile) -> bodies.Json:
    at, path = request.head_commit, quote(file.path)
    body = {
        "sha": file.blob,
        "filename": file.path,
        "status": file.status,
        "additions": file.additions,
        "deletions": file.deletions,
        "changes": file.additions + file.deletions,
        "blob_url": f"{call.url}/{project.path}/blob/{at}/{path}",
        "raw_url": f"{call.url}/{project.path}/raw/{at}/{path}",
        "contents_url": f"{bodies.repo_url(call, project)}/contents/{path}?ref={at}",
    }
    if file.patch:  # GitHub leaves it out for binary files and where it is too large
        body["patch"] = file.patch
    return {**body, "previous_filename": file.old_path} if file.status == "renamed" else body


@ROUTES.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/commits")
def list_commits(call: Call) -> Answer:
    from tests.forge.github.repos import commit_body

    project = project_of(call)
    need(call, project, "pull_requests", level="read")
    request = request_of(call, project)
    commits = diffs.commits_between(project.folder, request.base_commit, request.head_commit)
    return page(call, commits, lambda commit: commit_body(call, project, commit))


@ROUTES.on("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers")
def request_reviewers(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "pull_requests")
    request, fields = request_of(call, project), call.fields
    reviewers, teams = fields.get("reviewers") or [], fields.get("team_reviewers") or []
    if request.author in reviewers:
        raise Refused(422, "Review cannot be requested from pull request author.")
    strangers = [login for login in reviewers if project.permission(login) == "none"]
    if strangers:
        words = "Reviews may only be requested from collaborators. One or more of the users or teams you specified"
        raise Refused(422, f"{words} is not a collaborator of the {project.path} repository.")
    if not project.teams.issuperset(teams):
        raise Refused(422, "Could not resolve to a node with the global id of one or more teams.")
    request.reviewers += [login for login in reviewers if login not in request.reviewers]
    request.teams += [slug for slug in teams if slug not in request.teams]
    return Answer(status=201, value=bodies.pull_simple(call, project, request))


@ROUTES.on("GET", "/repos/{owner}/{repo}/issues/{issue_number}/labels")
def list_labels(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "issues", "pull_requests", level="read")
    request = request_of(call, project, "issue_number")
    return page(call, request.labels, lambda name: bodies.label(call, project, name))


@ROUTES.on("POST", "/repos/{owner}/{repo}/issues/{issue_number}/labels")
def add_labels(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "issues", "pull_requests")
    request = request_of(call, project, "issue_number")
    given = call.json if isinstance(call.json, list) else call.fields.get("labels") or []
    names = [entry if isinstance(entry, str) else entry["name"] for entry in given]
    if any(not name.strip() or len(name) > 50 for name in names):
        raise invalid("Label", "name", "name is too long (maximum is 50 characters)")
    request.labels = list(dict.fromkeys((*request.labels, *names)))
    return Answer(value=[bodies.label(call, project, name) for name in request.labels])


@ROUTES.on("DELETE", "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}")
def remove_label(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "issues", "pull_requests")
    request = request_of(call, project, "issue_number")
    if call.params["name"] not in request.labels:
        raise Refused(404, "Label does not exist")
    request.labels.remove(call.params["name"])
    return Answer(value=[bodies.label(call, project, name) for name in request.labels])
