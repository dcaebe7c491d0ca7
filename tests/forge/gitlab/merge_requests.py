"""Merge requests: opening, listing, changing, their versions and diffs."""

from __future__ import annotations

import re
from typing import Any

from tests.forge import diffs
from tests.forge.gitlab.access import DEVELOPER, by_number, fields_of, note_text, page, project_of, request_of, token_of
from tests.forge.gitlab.projects import user_body
from tests.forge.state import Project, PullRequest, now
from tests.forge.wire import Answer, Call, Refused, Routes

ROUTES = Routes()
Json = dict[str, Any]

TITLE_CHARS = 255
STATES = {"open": "opened", "closed": "closed", "merged": "merged"}
_DRAFT = re.compile(r"\s*(\[draft\]|\(draft\)|draft:)", re.IGNORECASE)


def body_of(call: Call, project: Project, request: PullRequest) -> Json:
    source = call.state.projects.get(request.head_project)
    is_draft = bool(_DRAFT.match(request.title))
    return {
        "id": request.id,
        "iid": request.number,
        "project_id": project.id,
        "title": request.title,
        "description": request.body,
        "state": STATES[request.state],
        "created_at": request.created_at,
        "updated_at": request.updated_at,
        "closed_at": request.closed_at if request.state == "closed" else None,
        "merged_at": request.closed_at if request.state == "merged" else None,
        "source_branch": request.head,
        "target_branch": request.base,
        "source_project_id": source.id if source else None,
        "target_project_id": project.id,
        "author": user_body(call, request.author),
        "assignees": [],
        "reviewers": [user_body(call, login) for login in request.reviewers],
        "labels": list(request.labels),
        "draft": is_draft,
        "work_in_progress": is_draft,
        "sha": request.head_commit,
        "merge_commit_sha": request.merge_commit if request.state == "merged" else None,
        "squash_commit_sha": None,
        "diff_refs": _refs(project, request),
        "has_conflicts": not request.merge_commit,
        "web_url": f"{call.url}/{project.path}/-/merge_requests/{request.number}",
    }


def _refs(project: Project, request: PullRequest) -> Json:
    base = diffs.merge_base(project.folder, request.base_commit, request.head_commit)
    return {"base_sha": base, "head_sha": request.head_commit, "start_sha": request.base_commit}


@ROUTES.on("GET", "/projects/{project}/merge_requests")
def list_requests(call: Call) -> Answer:
    project = project_of(call)
    query = call.query
    found = [
        request
        for request in project.requests
        if query.get("state", "all") in {"all", STATES[request.state]}
        and query.get("source_branch", request.head) == request.head
        and query.get("target_branch", request.base) == request.base
    ]
    found.sort(key=lambda request: request.number, reverse=query.get("sort", "desc") == "desc")
    return page(call, found, lambda request: body_of(call, project, request))


@ROUTES.on("POST", "/projects/{project}/merge_requests")
def open_request(call: Call) -> Answer:
    source = project_of(call, level=DEVELOPER)
    taken = ("description", "target_project_id", "labels", "reviewer_ids", "remove_source_branch")
    fields = fields_of(call, needed=("source_branch", "target_branch", "title"), taken=taken)
    project = by_number(call, fields.get("target_project_id", source.id))
    if project is None:
        raise Refused(404, "404 Project Not Found")
    head, target = str(fields["source_branch"]), str(fields["target_branch"])
    _check_branches(source, project, head, target)
    _check_title(fields)
    description = note_text(fields, "description")
    request = call.state.open_request(
        project,
        author=token_of(call).login,
        head=head,
        base=target,
        title=str(fields["title"]),
        body=description,
        head_project=source.path,
    )
    _change(call, request, fields)
    return Answer(status=201, value=body_of(call, project, request))


def _check_branches(source: Project, project: Project, head: str, target: str) -> None:
    if source is project and head == target:
        raise Refused(400, "You can't use same project/branch for source and target")
    if head not in source.branches():
        raise Refused(400, 'Source branch "' + head + '" does not exist')
    if target not in project.branches():
        raise Refused(400, 'Target branch "' + target + '" does not exist')
    for request in project.requests:
        if (request.head_project, request.head, request.base) == (
            source.path,
            head,
            target,
        ) and request.state == "open":
            words = f"Another open merge request already exists for this source branch: !{request.number}"
            raise Refused(409, words)


def _check_title(fields: Json) -> None:
    if len(str(fields.get("title", ""))) > TITLE_CHARS:
        raise Refused(400, "title is too long (maximum is 255 characters)")


@ROUTES.on("GET", "/projects/{project}/merge_requests/{iid}")
def get_request(call: Call) -> Answer:
    project = project_of(call)
    return Answer(value=body_of(call, project, request_of(call, project)))


@ROUTES.on("PUT", "/projects/{project}/merge_requests/{iid}")
def change_request(call: Call) -> Answer:
    project = project_of(call, level=DEVELOPER)
    request = request_of(call, project)
    fields = fields_of(
        call, taken=("title", "description", "labels", "add_labels", "remove_labels", "reviewer_ids", "state_event")
    )
    if not fields:
        raise Refused(400, "title, description, … are missing, at least one parameter must be provided", errors="error")
    _check_title(fields)
    if "title" in fields:
        request.title = str(fields["title"])
    if "description" in fields:
        request.body = note_text(fields, "description")
    if fields.get("state_event") == "close":
        call.state.close(request)
    _change(call, request, fields)
    request.updated_at = now()
    return Answer(value=body_of(call, project, request))


def _change(call: Call, request: PullRequest, fields: Json) -> None:
    for label in str(fields.get("add_labels") or fields.get("labels") or "").split(","):
        if label.strip() and label.strip() not in request.labels:
            request.labels.append(label.strip())
    if "reviewer_ids" in fields:
        wanted = {int(number) for number in fields["reviewer_ids"]}
        project = next(p for p in call.state.projects.values() if request in p.requests)
        users = [user.login for user in call.state.users.values() if user.id in wanted]
        # GitLab leaves out whoever may not see the project, and says nothing
        request.reviewers = [login for login in users if project.permission(login) != "none"]


# --- diffs -----------------------------------------------------------------------------------------


@ROUTES.on("GET", "/projects/{project}/merge_requests/{iid}/versions")
def list_versions(call: Call) -> Answer:
    project = project_of(call)
    request = request_of(call, project)
    refs = _refs(project, request)
    version = {f"{name}_commit_sha": refs[f"{name}_sha"] for name in ("base", "head", "start")}
    return page(call, [{"id": request.id, **version, "state": "collected"}], lambda body: body)


@ROUTES.on("GET", "/projects/{project}/merge_requests/{iid}/diffs")
def list_diffs(call: Call) -> Answer:
    project = project_of(call)
    return page(call, files_of(project, request_of(call, project)), _file)


@ROUTES.on("GET", "/projects/{project}/merge_requests/{iid}/changes")
def get_changes(call: Call) -> Answer:
    project = project_of(call)
    request = request_of(call, project)
    files = [_file(file) for file in files_of(project, request)]
    return Answer(value={**body_of(call, project, request), "changes": files})


def files_of(project: Project, request: PullRequest) -> list[diffs.ChangedFile]:
    return diffs.changed_files(project.folder, request.base_commit, request.head_commit)


def _file(file: diffs.ChangedFile) -> Json:
    return {
        "old_path": file.old_path,
        "new_path": file.path,
        "a_mode": "100644",
        "b_mode": "100644",
        "diff": file.patch,
        "collapsed": False,
        "too_large": False,
        "new_file": file.status == "added",
        "renamed_file": file.status == "renamed",
        "deleted_file": file.status == "removed",
        "generated_file": False,
    }
