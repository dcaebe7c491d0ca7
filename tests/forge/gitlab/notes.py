"""Notes and threads at merge requests and commits."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

from tests.forge import diffs
from tests.forge.gitlab.access import fields_of, note_text, page, project_of, request_of, token_of
from tests.forge.gitlab.merge_requests import files_of
from tests.forge.gitlab.projects import commit_of, user_body
from tests.forge.state import Comment, Project, PullRequest, Review, now
from tests.forge.wire import Answer, Call, Refused, Routes

ROUTES = Routes()
Json = dict[str, Any]

_SUGGESTION = re.compile(r"^(`{3,})suggestion(?::-(\d+)\+(\d+))?\n(.*?)^\1$", re.MULTILINE | re.DOTALL)


@dataclass(kw_only=True, slots=True)
class Note(Comment):
    """A note with what GitLab keeps of it besides."""

    position: Json = field(default_factory=dict)
    is_system: bool = False


def note_body(call: Call, note: Comment) -> Json:
    position = note.position if isinstance(note, Note) else {}
    body: Json = {
        "id": note.id,
        "type": "DiffNote" if position else "DiscussionNote" if note.thread else None,
        "body": note.body,
        "author": user_body(call, note.author),
        "created_at": note.created_at,
        "updated_at": note.updated_at,
        "system": isinstance(note, Note) and note.is_system,
        "resolvable": bool(position),
    }
    if position:
        body |= {"position": position, "suggestions": suggestions_of(note)}
    return body


def suggestions_of(note: Comment) -> list[Json]:
    """What GitLab would offer to apply: which lines become what."""
    assert note.line is not None
    return [
        {
            "from_line": note.line - int(above or 0),
            "to_line": note.line + int(below or 0),
            "to_content": text,
            "appliable": True,
            "applied": False,
        }
        for _, above, below, text in _SUGGESTION.findall(note.body)
    ]


def _notes(request: PullRequest) -> list[Comment]:
    notes = [*request.comments, *(note for review in request.reviews for note in review.comments)]
    return sorted(notes, key=lambda note: note.id)


def _find(notes: list[Comment], number: str) -> Comment:
    found = next((note for note in notes if str(note.id) == number), None)
    if found is None:
        raise Refused(404, "404 Note Not Found")
    return found


def _own(call: Call, note: Comment) -> None:
    if note.author != token_of(call).login:
        raise Refused(403, "403 Forbidden")


def _thread_id(call: Call) -> str:
    return hashlib.sha1(str(next(call.state.ids)).encode(), usedforsecurity=False).hexdigest()


def _thread(call: Call, thread: str, notes: list[Comment]) -> Json:
    return {"id": thread, "individual_note": not thread, "notes": [note_body(call, note) for note in notes]}


# --- at merge requests -----------------------------------------------------------------------------


@ROUTES.on("GET", "/projects/{project}/merge_requests/{iid}/notes")
def list_notes(call: Call) -> Answer:
    notes = _notes(request_of(call, project_of(call)))
    if call.query.get("sort", "desc") == "desc":
        notes.reverse()
    return page(call, notes, lambda note: note_body(call, note))


@ROUTES.on("POST", "/projects/{project}/merge_requests/{iid}/notes")
def add_note(call: Call) -> Answer:
    request = request_of(call, project_of(call))
    text = note_text(fields_of(call, needed=("body",)))
    note = Note(id=next(call.state.ids), author=token_of(call).login, body=text)
    request.comments.append(note)
    return Answer(status=201, value=note_body(call, note))


@ROUTES.on("GET", "/projects/{project}/merge_requests/{iid}/notes/{note}")
def get_note(call: Call) -> Answer:
    return Answer(value=note_body(call, _find(_notes(request_of(call, project_of(call))), call.params["note"])))


@ROUTES.on("PUT", "/projects/{project}/merge_requests/{iid}/notes/{note}")
def edit_note(call: Call) -> Answer:
    return _edit(call, _find(_notes(request_of(call, project_of(call))), call.params["note"]))


@ROUTES.on("DELETE", "/projects/{project}/merge_requests/{iid}/notes/{note}")
def delete_note(call: Call) -> Answer:
    request = request_of(call, project_of(call))
    note = _find(list(request.comments), call.params["note"])
    _own(call, note)
    request.comments.remove(note)
    return Answer(status=204)


def _edit(call: Call, note: Comment) -> Answer:
    _own(call, note)
    note.body, note.updated_at = note_text(fields_of(call, needed=("body",))), now()
    return Answer(value=note_body(call, note))


@ROUTES.on("GET", "/projects/{project}/merge_requests/{iid}/discussions")
def list_discussions(call: Call) -> Answer:
    request = request_of(call, project_of(call))
    single: list[tuple[str, list[Comment]]] = [(str(note.id), [note]) for note in request.comments]
    threads = [(review.comments[0].thread, review.comments) for review in request.reviews]
    return page(call, single + threads, lambda pair: _thread(call, *pair))


@ROUTES.on("POST", "/projects/{project}/merge_requests/{iid}/discussions")
def start_discussion(call: Call) -> Answer:
    project = project_of(call)
    request = request_of(call, project)
    fields = fields_of(call, needed=("body",), taken=("position", "commit_id", "created_at"))
    position = fields.get("position") or {}
    if not isinstance(position, dict):
        raise Refused(400, "position is invalid", errors="error")
    note = Note(
        id=next(call.state.ids),
        author=token_of(call).login,
        body=note_text(fields),
        thread=_thread_id(call),
        position=_checked(project, request, position) if position else {},
        path=str(position.get("new_path", "")),
        line=position.get("new_line"),
    )
    state, commit = "COMMENTED", request.head_commit
    request.reviews.append(Review(id=note.id, author=note.author, body="", state=state, commit=commit, comments=[note]))
    return Answer(status=201, value=_thread(call, note.thread, [note]))


def _checked(project: Project, request: PullRequest, position: Json) -> Json:
    """A position that a note can stand at; the words are those of GitLab's models."""
    needed = {"position_type", "base_sha", "head_sha", "start_sha", "new_path", "old_path"}
    if lacking := sorted(name for name in needed if not isinstance(position.get(name), str) or not position[name]):
        raise Refused(400, f"position[{lacking[0]}] is missing", errors="error")
    if position["head_sha"] != request.head_commit:
        raise Refused(400, '400 Bad request - Note {:position=>["is invalid"]}')
    file = next((file for file in files_of(project, request) if file.path == position["new_path"]), None)
    if file is None or not _is_shown(file, position):
        words = '400 Bad request - Note {:line_code=>["can\'t be blank", "must be a valid line code"]}'
        raise Refused(400, words)
    return position


def _is_shown(file: diffs.ChangedFile, position: Json) -> bool:
    """An added line is named by its new number alone, one around it by both."""
    new, old = position.get("new_line"), position.get("old_line")
    if position["old_path"] != file.old_path or new not in file.new_lines:
        return False
    return old == _old_line(file.patch, new)


def _old_line(patch: str, wanted: int) -> int | None:
    old = new = 0
    for line in patch.splitlines():
        if header := re.match(r"@@ -(\d+)(?:,\d+)? \+(\d+)", line):
            old, new = int(header[1]), int(header[2])
            continue
        if new == wanted and line[0] != "-":
            return old if line[0] == " " else None
        old += line[0] in " -"
        new += line[0] in " +"
    return None


# --- at commits ------------------------------------------------------------------------------------


def _at_commit(call: Call) -> tuple[Project, str, list[Comment]]:
    project, commit = commit_of(call)
    return project, commit, [comment for comment in project.commit_comments if comment.commit == commit]


@ROUTES.on("GET", "/projects/{project}/repository/commits/{commit}/discussions")
def list_commit_discussions(call: Call) -> Answer:
    _, _, notes = _at_commit(call)
    return page(call, notes, lambda note: _thread(call, note.thread, [note]))


@ROUTES.on("POST", "/projects/{project}/repository/commits/{commit}/discussions")
def start_commit_discussion(call: Call) -> Answer:
    project, commit, _ = _at_commit(call)
    text = note_text(fields_of(call, needed=("body",)))
    login = token_of(call).login
    note = Note(id=next(call.state.ids), author=login, body=text, commit=commit, thread=_thread_id(call))
    project.commit_comments.append(note)
    return Answer(status=201, value=_thread(call, note.thread, [note]))


def _commit_note(call: Call) -> tuple[Project, Comment]:
    project, _, notes = _at_commit(call)
    same = [note for note in notes if note.thread == call.params["thread"]]
    return project, _find(same, call.params["note"])


_COMMIT_NOTE = "/projects/{project}/repository/commits/{commit}/discussions/{thread}/notes/{note}"


@ROUTES.on("PUT", _COMMIT_NOTE)
def edit_commit_note(call: Call) -> Answer:
    return _edit(call, _commit_note(call)[1])


@ROUTES.on("DELETE", _COMMIT_NOTE)
def delete_commit_note(call: Call) -> Answer:
    project, note = _commit_note(call)
    _own(call, note)
    project.commit_comments.remove(note)
    return Answer(status=204)
