"""Projects, users, members, tokens, commits."""

from __future__ import annotations

from typing import Any

from tests.forge import diffs
from tests.forge.gitlab.access import LEVELS, level_of, page, project_of, token_of
from tests.forge.state import Project, User
from tests.forge.wire import Answer, Call, Refused, Routes

ROUTES = Routes()
Json = dict[str, Any]


def user_body(call: Call, login: str) -> Json:
    user = call.state.user(login)
    return {
        "id": user.id,
        "username": user.login,
        "name": user.name,
        "state": "active",
        "locked": False,
        "avatar_url": None,
        "web_url": f"{call.url}/{user.login}",
    }


@ROUTES.on("GET", "/projects/{project}")
def get_project(call: Call) -> Answer:
    project = project_of(call)
    level = level_of(token_of(call), project)
    body: Json = {
        "id": project.id,
        "name": project.name,
        "path": project.name,
        "path_with_namespace": project.path,
        "default_branch": project.default_branch,
        "visibility": "public" if project.is_public else "private",
        "archived": False,
        "web_url": f"{call.url}/{project.path}",
        "http_url_to_repo": f"{call.url}/{project.path}.git",
        "permissions": {
            "project_access": {"access_level": level, "notification_level": 3} if level else None,
            "group_access": None,
        },
    }
    if source := call.state.project(project.fork_of):
        body["forked_from_project"] = {"id": source.id, "path_with_namespace": source.path}
    return Answer(value=body)


# --- people ----------------------------------------------------------------------------------------


@ROUTES.on("GET", "/user")
def get_self(call: Call) -> Answer:
    return Answer(value=user_body(call, token_of(call).login))


@ROUTES.on("GET", "/users")
def list_users(call: Call) -> Answer:
    token_of(call)
    name, search = call.query.get("username"), call.query.get("search", "")
    found = [
        user
        for user in call.state.users.values()
        if (user.login.casefold() == name.casefold() if name is not None else _matches(user, search))
    ]
    return page(call, found, lambda user: user_body(call, user.login))


def _matches(user: User, search: str) -> bool:
    if "@" in search:  # addresses that people show to everybody, whole
        return user.email.casefold() == search.casefold()
    return search.casefold() in user.name.casefold() or search.casefold() in user.login.casefold()


@ROUTES.on("GET", "/projects/{project}/members/all")
def list_members(call: Call) -> Answer:
    project = project_of(call)
    query = call.query.get("query", "")
    logins = [login for login in (project.owner, *project.members) if _matches(call.state.user(login), query)]
    return page(call, logins, lambda login: _member(call, project, login))


@ROUTES.on("GET", "/projects/{project}/members/all/{user}")
def get_member(call: Call) -> Answer:
    project = project_of(call)
    wanted = int(call.params["user"])
    login = next((user.login for user in call.state.users.values() if user.id == wanted), None)
    if login is None or (login != project.owner and project.members.get(login, "none") == "none"):
        raise Refused(404, "404 Not found")
    return Answer(value=_member(call, project, login))


def _member(call: Call, project: Project, login: str) -> Json:
    level = LEVELS[project.permission(login)]
    return {**user_body(call, login), "access_level": level, "expires_at": None, "membership_state": "active"}


@ROUTES.on("GET", "/personal_access_tokens/self")
def get_token(call: Call) -> Answer:
    token = token_of(call)
    user = call.state.user(token.login)
    return Answer(
        value={
            "id": 1,
            "name": "honk",
            "revoked": False,
            "active": True,
            "user_id": user.id,
            "scopes": list(token.scopes) or ["api"],
            "expires_at": "2099-12-31",
        }
    )


@ROUTES.on("GET", "/job")
def get_job(call: Call) -> Answer:
    if call.token is None or call.token.kind != "job":
        raise Refused(401, "401 Unauthorized")
    return Answer(value={"id": 1, "name": "honk:heal", "user": user_body(call, call.token.login)})


# --- commits ---------------------------------------------------------------------------------------


@ROUTES.on("GET", "/projects/{project}/repository/commits/{commit}")
def get_commit(call: Call) -> Answer:
    project, commit = commit_of(call)
    shown = diffs.git(project.folder, "show", "--no-patch", "--format=%an%n%ae%n%P%n%s%n%B", commit)
    name, email, parents, title, message = shown.split("\n", 4)
    return Answer(
        value={
            "id": commit,
            "short_id": commit[:8],
            "title": title,
            "message": message,
            "author_name": name,
            "author_email": email,
            "parent_ids": parents.split(),
            "web_url": f"{call.url}/{project.path}/-/commit/{commit}",
        }
    )


def commit_of(call: Call, *, level: int = LEVELS["read"]) -> tuple[Project, str]:
    project = project_of(call, level=level)
    commit = call.params["commit"]
    if not project.has_commit(commit):
        raise Refused(404, "404 Commit Not Found")
    return project, commit


@ROUTES.on("GET", "/projects/{project}/protected_branches")
def list_protected_branches(call: Call) -> Answer:
    project = project_of(call)
    return page(
        call,
        list(project.push_levels.items()),
        lambda rule: {
            "id": 1,
            "name": rule[0],
            "push_access_levels": [{"id": 1, "access_level": rule[1], "access_level_description": "Some"}],
            "merge_access_levels": [{"id": 1, "access_level": 40, "access_level_description": "Maintainers"}],
            "allow_force_push": False,
        },
    )
