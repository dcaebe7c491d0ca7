"""Who may do what on GitLab, the fields of a body, and pages: what all endpoints share."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from tests.forge.state import Project, PullRequest, Token
from tests.forge.wire import Answer, Call, Refused

T = TypeVar("T")

LEVELS = {"none": 0, "read": 20, "triage": 20, "write": 30, "maintain": 40, "admin": 50}
REPORTER, DEVELOPER = 20, 30
NOTE_CHARS = 1_000_000
# What GitLab would do with our token instead of showing it.
_QUICK_ACTION = re.compile(r"^/(close|merge|approve|label|assign|draft|target_branch|tag)\b", re.MULTILINE)


def token_of(call: Call) -> Token:
    """Who asks; 401 for nobody, and for jobs wherever their token is not taken."""
    if call.token is None or call.token.kind == "job":
        raise Refused(401, "401 Unauthorized")
    return call.token


def level_of(token: Token, project: Project) -> int:
    """The role in a project; tokens of projects have one of their own."""
    if token.projects is not None and project.path not in token.projects:
        return LEVELS["read"] if project.is_public else 0
    if token.kind in {"project", "app"}:
        return LEVELS["maintain"] if token.may("contents") else LEVELS["read"]
    return LEVELS[project.permission(token.login)]


def project_of(call: Call, *, level: int = REPORTER, name: str = "project") -> Project:
    """The project of the path, by number or path; 404 for whoever may not see it, 403 for whoever may do less."""
    token = token_of(call)
    wanted = call.params[name]
    project = by_number(call, int(wanted)) if wanted.isdecimal() else call.state.project(wanted)
    if project is None or not level_of(token, project):
        raise Refused(404, "404 Project Not Found")
    is_reading = call.method == "GET"
    if not is_reading and token.scopes and "api" not in token.scopes:
        raise Refused(403, "insufficient_scope")
    if level_of(token, project) < level:
        raise Refused(403, "403 Forbidden")
    call.state.refresh(project)
    return project


def by_number(call: Call, number: int) -> Project | None:
    return next((project for project in call.state.projects.values() if project.id == number), None)


def request_of(call: Call, project: Project) -> PullRequest:
    iid = call.params["iid"]
    found = project.request(int(iid)) if iid.isdecimal() else None
    if found is None:
        raise Refused(404, "404 Not found")
    return found


def fields_of(call: Call, *, needed: Sequence[str] = (), taken: Sequence[str] = ()) -> dict[str, Any]:
    """The body; 400 where something lacks. What GitLab would silently leave out is a mistake of the client's."""
    fields = call.fields
    if lacking := [name for name in needed if fields.get(name) in (None, "")]:
        raise Refused(400, f"{', '.join(f'{name} is missing' for name in lacking)}", errors="error")
    if unknown := sorted(set(fields) - {*needed, *taken}):
        raise Refused(422, f"GitLab takes no {', '.join(unknown)} here")
    return fields


def note_text(fields: dict[str, Any], name: str = "body") -> str:
    """Text that people read; a quick action in it is a fault of the client's."""
    text = str(fields.get(name) or "")
    if len(text) > NOTE_CHARS:
        raise Refused(400, '400 Bad request - Note {:note=>["is too long (maximum is 1000000 characters)"]}')
    if action := _QUICK_ACTION.search(text):
        raise Refused(422, f"GitLab would carry out {action[0]}")
    return text


def page(call: Call, items: Sequence[T], body: Callable[[T], Any]) -> Answer:
    """One page of a list with GitLab's headers."""
    size = max(1, min(int(call.query.get("per_page", 20)), call.state.page_size))
    at = max(1, int(call.query.get("page", 1)))
    last = max(1, -(-len(items) // size))
    wanted = {"prev": at - 1 if at > 1 else 0, "next": at + 1 if at < last else 0, "first": 1, "last": last}
    links = [
        f'<{call.api_url}{call.path}?{urlencode({**call.query, "page": n, "per_page": size})}>; rel="{rel}"'
        for rel, n in wanted.items()
        if n
    ]
    headers = {
        "Link": ", ".join(links),
        "x-page": str(at),
        "x-per-page": str(size),
        "x-next-page": str(wanted["next"] or ""),
        "x-prev-page": str(wanted["prev"] or ""),
        "x-total": str(len(items)),
        "x-total-pages": str(last),
    }
    return Answer(value=[body(item) for item in items[(at - 1) * size : at * size]], headers=headers)
