"""Changes files, all at once or not at all, and tries the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from honk_ci.errors import WorkspaceError
from honk_ci.healers.agent.tools.interface import Desk, ToolError, ToolResult
from honk_ci.healers.agent.tools.places import relative, text_of
from honk_ci.healers.agent.tools.replace import replaced
from honk_ci.healers.agent.tools.verify import verified
from honk_ci.text import one_line

_EDIT = {
    "type": "object",
    "properties": {
        "path": {"type": "string", "description": "relative to the top of the repository"},
        "old": {"type": "string", "description": "exact text to replace, long enough to occur once"},
        "new": {"type": "string", "description": "what stands there instead; may be empty"},
        "all": {"type": "boolean", "description": "replace every occurrence of `old`"},
        "content": {"type": "string", "description": "instead of old and new: the content of a new file"},
        "delete": {"type": "boolean", "description": "instead of old and new: delete the file"},
        "restore": {
            "type": "boolean",
            "description": "instead of old and new: put the file back as it was in the red build",
        },
    },
    "required": ["path"],
}


class Edit:
    """The tool ``edit``."""

    name = "edit"
    description = (
        "Change one or several files in one call; if one edit does not fit, none is made. Then the failed tests run by "
        "themselves, and if they pass, the gate: the answer says how they ended, and when the gate passes your work is "
        "done. Put all changes that belong together into one call."
    )
    properties: Mapping[str, Any] = {
        "why": {
            "type": "string",
            "description": "the commit message: a first sentence of at most 70 characters that says what the change "
            "does, then one to three plain sentences on what was wrong and why this mends it; it covers all edits that "
            "are in place, those of earlier calls too",
        },
        "edits": {"type": "array", "items": _EDIT, "description": "made in order"},
    }
    required: tuple[str, ...] = ("why", "edits")

    def use(self, arguments: Mapping[str, Any], desk: Desk) -> ToolResult:
        edits = arguments["edits"]
        if not edits:
            raise ToolError("`edits` is empty")
        if not arguments["why"].strip():
            raise ToolError("`why` is empty: say what was wrong and why this mends it")
        made = _made(edits, desk)
        _write(made, desk)
        if desk.whys_are_old:
            desk.whys.clear()
            desk.whys_are_old = False
        desk.whys.append(arguments["why"])
        return _tried(list(made), arguments["why"], desk)


Files = dict[str, bytes | None]


def _made(edits: list[dict[str, Any]], desk: Desk) -> Files:
    """The new contents; ToolError lists every edit that does not fit."""
    files: Files = {}
    problems = []
    for number, edit in enumerate(edits, 1):
        try:
            path = relative(edit["path"], desk.case)
            before = files[path] if path in files else desk.case.workspace.read(path)
            files[path] = _content(path, edit, before, desk)
        except (ToolError, WorkspaceError) as error:
            problems.append(f"edit {number} ({edit['path']}): {error}")
    if problems:
        raise ToolError("nothing was changed.\n" + "\n".join(problems))
    same = [path for path, content in files.items() if content == desk.case.workspace.read(path)]
    if len(same) == len(files):
        raise ToolError("nothing was changed: the edits leave the files as they are")
    return files


def _content(path: str, edit: Mapping[str, Any], before: bytes | None, desk: Desk) -> bytes | None:
    if edit.get("restore"):
        return desk.case.repository.show(desk.case.workspace.commit, path)
    if edit.get("delete"):
        if before is None:
            raise ToolError("there is no such file to delete")
        return None
    if "content" in edit or (edit.get("old", "") == "" and "new" in edit):
        if before:
            raise ToolError("the file exists already; give the part to replace as `old` and its replacement as `new`")
        return str(edit.get("content", edit.get("new", ""))).encode("utf-8", "surrogateescape")
    if "old" not in edit or "new" not in edit:
        raise ToolError("give `old` and `new`, or `content` for a new file")
    if before is None:
        raise ToolError("there is no such file; give `content` to create it, or find the right path with `search`")
    text_of(path, before)  # refuses a binary file
    text = before.decode("utf-8", "surrogateescape")
    new = replaced(text, edit["old"], edit["new"], every=bool(edit.get("all")))
    return new.encode("utf-8", "surrogateescape")


def _write(files: Files, desk: Desk) -> None:
    """Write all or none: a path that cannot be written takes the others back."""
    workspace = desk.case.workspace
    before = {path: workspace.read(path) for path in files}
    for path, content in files.items():
        try:
            workspace.write(path, content)
        except WorkspaceError as error:
            for written, old in before.items():
                if written == path:
                    break
                workspace.write(written, old)
            raise ToolError(f"nothing was changed: {error}") from error


def _tried(paths: list[str], why: str, desk: Desk) -> ToolResult:
    label = f"edit {', '.join(paths)}"
    if not desk.case.workspace.changes():
        desk.whys.clear()
        return ToolResult(text="All files are as in the red build again.", note=f"{label}: all undone")
    if desk.edits_follow:
        return ToolResult(text="Edited. The tests run after the last edit of this answer.", note=label)
    result = verified(desk, f"{label} ({one_line(why, 80)})")
    return ToolResult(text=f"Edited.\n{result.text}", note=result.note, candidate=result.candidate)
