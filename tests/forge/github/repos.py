"""Repositories, users and their permission, commits, refs, contents."""

from __future__ import annotations

import base64

from tests.forge import diffs
from tests.forge.github import bodies
from tests.forge.github.access import can_push, need, page, project_of
from tests.forge.state import Project, now
from tests.forge.wire import Answer, Call, Refused, Routes

ROUTES = Routes()

# GitHub's answer folds its five roles into four permissions; role_name keeps the role.
_PERMISSIONS = {"triage": "read", "maintain": "write"}


@ROUTES.on("GET", "/repos/{owner}/{repo}")
def get_repository(call: Call) -> Answer:
    project = project_of(call)
    body = bodies.repository(call, project)
    if call.token is not None:
        push = can_push(call, project)
        admin = call.token.kind == "pat" and project.permission(call.token.login) == "admin"
        body["permissions"] = {"admin": admin, "maintain": admin, "push": push, "triage": push, "pull": True}
    return Answer(value=body)


@ROUTES.on("GET", "/repos/{owner}/{repo}/collaborators/{username}/permission")
def get_permission(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "contents", "metadata", level="read")
    login = call.params["username"]
    if login not in call.state.users:
        raise Refused(404, f"{login} is not a user")
    role = project.permission(login)
    permission = _PERMISSIONS.get(role, role)
    body = bodies.user(call, login)
    body["role_name"] = role
    return Answer(value={"permission": permission, "role_name": role, "user": body})


@ROUTES.on("GET", "/user")
def get_user(call: Call) -> Answer:
    if call.token is None:
        raise Refused(401, "Requires authentication")
    if call.token.kind != "pat":
        raise Refused(403, "Resource not accessible by integration")
    known = call.state.user(call.token.login)
    return Answer(
        value={
            **bodies.user(call, known.login),
            "name": known.name,
            **dict.fromkeys(("company", "blog", "location", "email", "hireable", "bio")),
            **dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0),
            "created_at": now(),
            "updated_at": now(),
            "user_view_type": "public",
        }
    )


@ROUTES.on("GET", "/users/{username}")
def get_user_by_name(call: Call) -> Answer:
    login = call.params["username"]
    if login not in call.state.users:
        raise Refused(404, "Not Found")
    known = call.state.user(login)
    return Answer(
        value={
            **bodies.user(call, login),
            "name": known.name,
            **dict.fromkeys(("company", "blog", "location", "email", "hireable", "bio")),
            **dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0),
            "created_at": now(),
            "updated_at": now(),
            "user_view_type": "public",
        }
    )


@ROUTES.on("GET", "/installation/repositories")
def list_installation_repositories(call: Call) -> Answer:
    if call.token is None or call.token.kind == "pat":
        raise Refused(403, "You must authenticate with an installation access token in order to list repositories")
    allowed = call.token.projects
    shown = [project for project in call.state.projects.values() if allowed is None or project.path in allowed]
    return page(call, shown, lambda project: bodies.repository(call, project), within="repositories")


# --- commits and refs --------------------------------------------------------------------------------


def _commit_id(project: Project, ref: str) -> str:
    for name in (ref, f"refs/heads/{ref}", f"refs/tags/{ref}", f"refs/{ref}"):
        if found := diffs.git(project.folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", check=False):
            return found
    raise Refused(422, f"No commit found for SHA: {ref}")


@ROUTES.on("GET", "/repos/{owner}/{repo}/commits/{ref:path}")
def get_commit(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "contents", level="read")
    body = commit_body(call, project, _commit_id(project, call.params["ref"]))
    return Answer(value={**body, "stats": {"additions": 0, "deletions": 0, "total": 0}, "files": []})


@ROUTES.on("GET", "/repos/{owner}/{repo}/commits")
def list_commits(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "contents", level="read")
    start = _commit_id(project, call.query.get("sha") or project.default_branch)
    commits = diffs.git(project.folder, "rev-list", start).split()
    return page(call, commits, lambda commit: commit_body(call, project, commit))


def commit_body(call: Call, project: Project, commit: str) -> bodies.Json:
    layout = "%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B"
    tree, parents, *who, message = diffs.git(project.folder, "show", "-s", f"--format={layout}", commit).split("\0")
    address, html = bodies.repo_url(call, project), f"{call.url}/{project.path}/commit/{commit}"
    url = f"{address}/commits/{commit}"
    return {
        "sha": commit,
        "node_id": f"C_{commit}",
        "url": url,
        "html_url": html,
        "comments_url": f"{url}/comments",
        "commit": {
            "url": f"{address}/git/commits/{commit}",
            "author": {"name": who[0], "email": who[1], "date": who[2]},
            "committer": {"name": who[3], "email": who[4], "date": who[5]},
            "message": message.rstrip("\n"),
            "tree": {"sha": tree, "url": f"{address}/git/trees/{tree}"},
            "comment_count": 0,
            "verification": {
                "verified": False,
                "reason": "unsigned",
                "signature": None,
                "payload": None,
                "verified_at": None,
            },
        },
        "author": _user_with(call, who[1]),
        "committer": _user_with(call, who[4]),
        "parents": [
            {"sha": sha, "url": f"{address}/commits/{sha}", "html_url": f"{call.url}/{project.path}/commit/{sha}"}
            for sha in parents.split()
        ],
    }


def _user_with(call: Call, email: str) -> bodies.Json | None:
    """Whoever has registered an address; GitHub shows null where nobody has."""
    known = next((user for user in call.state.users.values() if user.email == email), None)
    return bodies.user(call, known.login) if known else None


@ROUTES.on("GET", "/repos/{owner}/{repo}/git/ref/{ref:path}")
def get_ref(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "contents", level="read")
    name = f"refs/{call.params['ref']}"
    commit = project.refs().get(name)
    if commit is None:
        raise Refused(404, "Not Found")
    address = bodies.repo_url(call, project)
    return Answer(
        value={
            "ref": name,
            "node_id": f"REF_{commit}",
            "url": f"{address}/git/{name}",
            "object": {"type": "commit", "sha": commit, "url": f"{address}/git/commits/{commit}"},
        }
    )


@ROUTES.on("GET", "/repos/{owner}/{repo}/contents/{path:path}")
def get_contents(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "contents", level="read")
    path = call.params["path"]
    commit = _commit_id(project, call.query.get("ref") or project.default_branch)
    blob = diffs.git(project.folder, "rev-parse", "--verify", "--quiet", f"{commit}:{path}", check=False)
    if not blob or diffs.git(project.folder, "cat-file", "-t", blob) != "blob":
        raise Refused(404, "Not Found")
    text = diffs.git(project.folder, "cat-file", "blob", blob).encode()
    address = f"{bodies.repo_url(call, project)}/contents/{path}?ref={commit}"
    html = f"{call.url}/{project.path}/blob/{commit}/{path}"
    git_url = f"{bodies.repo_url(call, project)}/git/blobs/{blob}"
    return Answer(
        value={
            "type": "file",
            "encoding": "base64",
            "size": len(text),
            "name": path.rsplit("/", 1)[-1],
            "path": path,
            "content": base64.encodebytes(text).decode(),
            "sha": blob,
            "url": address,
            "git_url": git_url,
            "html_url": html,
            "download_url": html,
            "_links": {"self": address, "git": git_url, "html": html},
        }
    )


@ROUTES.on("GET", "/repos/{owner}/{repo}/rules/branches/{branch}")
def get_rules(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "contents", "metadata", level="read")
    rules = project.branch_rules.get(call.params["branch"], [])
    source = {"ruleset_source_type": "Repository", "ruleset_source": project.path, "ruleset_id": 42}
    return page(call, rules, lambda kind: {"type": kind, **source})
