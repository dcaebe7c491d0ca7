"""Check runs with annotations, and commit statuses."""

from __future__ import annotations

from typing import Any

from tests.forge.github import bodies
from tests.forge.github.access import invalid, need, number, page, project_of
from tests.forge.state import CheckRun, CommitStatus, Project, now
from tests.forge.wire import Answer, Call, Refused, Routes

ROUTES = Routes()

ANNOTATIONS_A_CALL = 50
TEXT_CHARS = 65535
STATUS_CHARS = 140
_ANNOTATION_FIELDS = ("path", "start_line", "end_line", "annotation_level", "message")


# --- check runs --------------------------------------------------------------------------------------


@ROUTES.on("POST", "/repos/{owner}/{repo}/check-runs")
def create_check(call: Call) -> Answer:
    project = project_of(call)
    login, fields = _app(call, project), call.fields
    if not project.has_commit(str(fields.get("head_sha"))):
        raise Refused(422, f"No commit found for SHA: {fields.get('head_sha')}")
    check = CheckRun(id=next(call.state.ids), app=login, name=str(fields["name"]), commit=str(fields["head_sha"]))
    _update(check, fields)
    project.checks.append(check)
    return Answer(status=201, value=_check_body(call, project, check))


@ROUTES.on("PATCH", "/repos/{owner}/{repo}/check-runs/{check_run_id}")
def update_check(call: Call) -> Answer:
    project = project_of(call)
    login = _app(call, project)
    check = _check(call, project)
    if check.app != login:
        raise Refused(403, "Invalid app_id - check run can only be modified by the GitHub App that created it.")
    _update(check, call.fields)
    return Answer(value=_check_body(call, project, check))


@ROUTES.on("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}")
def get_check(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "checks", level="read")
    return Answer(value=_check_body(call, project, _check(call, project)))


@ROUTES.on("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations")
def list_annotations(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "checks", level="read")
    check = _check(call, project)
    return page(call, check.annotations, lambda annotation: _annotation_body(call, project, check, annotation))


@ROUTES.on("GET", "/repos/{owner}/{repo}/commits/{ref}/check-runs")
def list_checks(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "checks", level="read")
    commit = project.branches().get(call.params["ref"], call.params["ref"])
    name, status = call.query.get("check_name", ""), call.query.get("status", "")
    found = [
        check
        for check in reversed(project.checks)
        if check.commit == commit and name in {"", check.name} and status in {"", check.status}
    ]
    if call.query.get("filter", "latest") == "latest":
        newest = {(check.app, check.name): check for check in reversed(found)}
        found = [check for check in found if newest[check.app, check.name] is check]
    return page(call, found, lambda check: _check_body(call, project, check), within="check_runs")


def _app(call: Call, project: Project) -> str:
    """Only Apps have checks, and the token of a job is one of the App "GitHub Actions"."""
    if call.token is not None and call.token.kind == "pat":
        raise Refused(403, "You must authenticate via a GitHub App.")
    return need(call, project, "checks")


def _check(call: Call, project: Project) -> CheckRun:
    wanted = number(call, "check_run_id")
    found = next((check for check in project.checks if check.id == wanted), None)
    if found is None:
        raise Refused(404, "Not Found")
    return found


def _update(check: CheckRun, fields: dict[str, Any]) -> None:
    output = fields.get("output") or {}
    annotations = output.get("annotations") or []
    _judge(fields, output, annotations)
    for name in ("name", "external_id", "details_url", "started_at", "completed_at", "conclusion"):
        if fields.get(name) is not None:
            setattr(check, name, fields[name])
    check.status = "completed" if fields.get("conclusion") else fields.get("status", check.status)
    if check.status == "completed":
        check.completed_at = check.completed_at or now()
    for name in ("title", "summary", "text"):
        if output.get(name) is not None:
            setattr(check, name, output[name])
    check.annotations += annotations  # an update adds to what is there


def _judge(fields: dict[str, Any], output: dict[str, Any], annotations: list[dict[str, Any]]) -> None:
    """Raises Refused for what the description allows and GitHub does not."""
    if fields.get("status") == "completed" and not fields.get("conclusion"):
        raise Refused(422, "Invalid request.\n\nFor 'properties/status', \"conclusion\" wasn't supplied.")
    if output and not (output.get("title") and output.get("summary")):
        raise Refused(422, 'Invalid request.\n\n"title", "summary" weren\'t supplied.')
    if len(annotations) > ANNOTATIONS_A_CALL:
        raise Refused(422, "Invalid request.\n\nNo more than 50 items are allowed; annotations")
    if any(len(output.get(name) or "") > TEXT_CHARS for name in ("summary", "text")):
        raise Refused(422, "Invalid request.\n\nOnly 65535 characters are allowed")
    for annotation in annotations:
        missing = [name for name in _ANNOTATION_FIELDS if annotation.get(name) in {None, ""}]
        if missing or annotation["end_line"] < annotation["start_line"] or annotation["start_line"] < 1:
            raise Refused(422, f"Invalid request.\n\nannotation: {', '.join(missing) or 'end_line before start_line'}")


def _check_body(call: Call, project: Project, check: CheckRun) -> bodies.Json:
    address = f"{bodies.repo_url(call, project)}/check-runs/{check.id}"
    html = f"{call.url}/{project.path}/runs/{check.id}"
    return {
        "id": check.id,
        "node_id": f"CR_{check.id}",
        "head_sha": check.commit,
        "name": check.name,
        "url": address,
        "html_url": html,
        "details_url": check.details_url or html,
        "external_id": check.external_id or "",
        "status": check.status,
        "conclusion": check.conclusion,
        "started_at": check.started_at,
        "completed_at": check.completed_at,
        "check_suite": {"id": 1},
        "output": {
            "title": check.title,
            "summary": check.summary,
            "text": check.text,
            "annotations_count": len(check.annotations),
            "annotations_url": f"{address}/annotations",
        },
        "app": _app_body(call, check.app),
        "pull_requests": [],
    }


def _app_body(call: Call, login: str) -> bodies.Json:
    slug = login.removesuffix("[bot]")
    return {
        "id": call.state.user(login).id,
        "slug": slug,
        "node_id": "A_1",
        "owner": bodies.user(call, slug),
        "name": slug,
        "description": None,
        "external_url": call.url,
        "html_url": f"{call.url}/apps/{slug}",
        "created_at": now(),
        "updated_at": now(),
        "permissions": {"checks": "write"},
        "events": [],
    }


def _annotation_body(call: Call, project: Project, check: CheckRun, annotation: dict[str, Any]) -> bodies.Json:
    blank = dict.fromkeys(("start_column", "end_column", "title", "raw_details"))
    href = f"{call.url}/{project.path}/blob/{check.commit}/{annotation['path']}"
    return {**blank, **annotation, "blob_href": href}


# --- commit statuses -----------------------------------------------------------------------------------


@ROUTES.on("POST", "/repos/{owner}/{repo}/statuses/{sha}")
def create_status(call: Call) -> Answer:
    project = project_of(call)
    login, fields, commit = need(call, project, "statuses"), call.fields, call.params["sha"]
    if not project.has_commit(commit):
        raise Refused(422, f"No commit found for SHA: {commit}")
    if len(fields.get("description") or "") > STATUS_CHARS:
        raise invalid("Status", "description", "description is too long (maximum is 140 characters)")
    status = CommitStatus(
        id=next(call.state.ids),
        author=login,
        commit=commit,
        state=str(fields["state"]),
        context=str(fields.get("context") or "default"),
        description=fields.get("description"),
        target_url=fields.get("target_url"),
    )
    project.statuses.append(status)
    return Answer(status=201, value=_status_body(call, project, status))


@ROUTES.on("GET", "/repos/{owner}/{repo}/commits/{ref}/statuses")
def list_statuses(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "statuses", level="read")
    commit = project.branches().get(call.params["ref"], call.params["ref"])
    found = [status for status in reversed(project.statuses) if status.commit == commit]
    return page(call, found, lambda status: _status_body(call, project, status))


def _status_body(call: Call, project: Project, status: CommitStatus) -> bodies.Json:
    return {
        "url": f"{bodies.repo_url(call, project)}/statuses/{status.commit}",
        "avatar_url": None,
        "id": status.id,
        "node_id": f"S_{status.id}",
        "state": status.state,
        "description": status.description,
        "target_url": status.target_url,
        "context": status.context,
        "created_at": status.created_at,
        "updated_at": status.created_at,
        "creator": bodies.user(call, status.author),
    }
