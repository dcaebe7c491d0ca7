"""Who may do what, and pages: what all endpoints of GitHub share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from tests.forge.state import Project, PullRequest
from tests.forge.wire import Answer, Call, Refused

T = TypeVar("T")

_WRITERS = {"write", "maintain", "admin"}


def project_of(call: Call) -> Project:
    """The repository of the path, with its requests brought up to date; 404 for whoever may not see it."""
    project = call.state.project(f"{call.params['owner']}/{call.params['repo']}")
    if project is None or not _sees(call, project):
        raise Refused(404, "Not Found")
    call.state.refresh(project)
    return project


def _sees(call: Call, project: Project) -> bool:
    if project.is_public:
        return True
    token = call.token
    if token is None or (token.projects is not None and project.path not in token.projects):
        return False
    return token.kind != "pat" or project.permission(token.login) != "none"


def need(call: Call, project: Project, *rights: str, level: str = "write") -> str:
    """The login of whoever asks; 401 and 403 in GitHub's words without one of the rights."""
    token = call.token
    if token is None:
        if level == "read" and project.is_public:
            return ""
        raise Refused(401, "Requires authentication")
    if level == "read" and project.is_public:
        return token.login
    accepted = "; ".join(f"{right}={level}" for right in rights)
    if not any(token.may(right, level) for right in rights) or not _own(call, project):
        words = "personal access token" if token.kind == "pat" else "integration"
        headers = {"X-Accepted-GitHub-Permissions": accepted}
        raise Refused(403, f"Resource not accessible by {words}", headers=headers)
    return token.login


def _own(call: Call, project: Project) -> bool:
    assert call.token is not None
    return call.token.projects is None or project.path in call.token.projects


def can_push(call: Call, project: Project) -> bool:
    token = call.token
    if token is None or not token.may("contents"):
        return False
    return token.kind != "pat" or project.permission(token.login) in _WRITERS


def request_of(call: Call, project: Project, name: str = "pull_number") -> PullRequest:
    """The pull request of the path."""
    text = call.params[name]
    found = project.request(int(text)) if text.isdecimal() else None
    if found is None:
        raise Refused(404, "Not Found")
    return found


def number(call: Call, name: str) -> int:
    """A number of the path; 404 where it is none."""
    if not call.params[name].isdecimal():
        raise Refused(404, "Not Found")
    return int(call.params[name])


def invalid(resource: str, field: str = "", words: str = "", code: str = "custom") -> Refused:
    """What GitHub answers to a body that it understands and does not take."""
    error = {"resource": resource, "code": code}
    if field:
        error["field"] = field
    if words:
        error["message"] = words
    return Refused(422, "Validation Failed", errors=[error])


def page(call: Call, items: Sequence[T], body: Callable[[T], Any], *, within: str = "") -> Answer:
    """One page of a list with GitHub's Link header; ``within`` wraps it as ``{total_count, NAME: […]}``."""
    size = max(1, min(int(call.query.get("per_page", 30)), call.state.page_size))
    at = max(1, int(call.query.get("page", 1)))
    last = max(1, -(-len(items) // size))
    shown: Any = [body(item) for item in items[(at - 1) * size : at * size]]
    if within:
        shown = {"total_count": len(items), within: shown}
    wanted = {"prev": at - 1, "next": at + 1, "first": 1, "last": last}
    if at >= last:
        del wanted["next"], wanted["last"]
    if at == 1:
        del wanted["prev"], wanted["first"]
    links = [
        f'<{call.api_url}{call.path}?{urlencode({**call.query, "page": n})}>; rel="{r}"' for r, n in wanted.items()
    ]
    return Answer(value=shown, headers={"Link": ", ".join(links)} if links else {})
