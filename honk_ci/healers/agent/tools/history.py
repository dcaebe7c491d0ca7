"""What git knows of a file or a commit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from honk_ci.healers.agent.text import head, short_lines, visible
from honk_ci.healers.agent.tools.interface import Desk, ToolError, ToolResult
from honk_ci.healers.agent.tools.places import relative

MOST_CHARS = 12_000
HISTORY_TIMEOUT_S = 30.0
# The checkout's own settings must not start programs or colour what is read.
_PLAIN = ("--no-color", "--no-ext-diff", "--no-textconv")


class History:
    """The tool ``history``."""

    name = "history"
    description = (
        "Look into the past. `log`: commits, of `path` if given; `blame`: who last changed lines `start` to `end` of "
        "`path`, and in which commit; `diff`: what changed from `base` to the red commit, or between two commits given "
        'as `revision` "A..B"; `show`: a commit with its diff, or with `path` that file as it was at `revision`.'
    )
    properties: Mapping[str, Any] = {
        "action": {"type": "string", "enum": ["log", "blame", "diff", "show"], "description": "what to look at"},
        "path": {"type": "string", "description": "a file or folder"},
        "revision": {"type": "string", "description": "a commit, `base` (last known good) or `red` (the default)"},
        "start": {"type": "integer", "description": "first line, for blame and show"},
        "end": {"type": "integer", "description": "last line, for blame and show"},
    }
    required: tuple[str, ...] = ("action",)

    def use(self, arguments: Mapping[str, Any], desk: Desk) -> ToolResult:
        action = arguments["action"]
        path = relative(arguments["path"], desk.case) if arguments.get("path") else ""
        answer = {"log": _log, "blame": _blame, "diff": _diff, "show": _show}[action](arguments, path, desk)
        text = head(short_lines(visible(answer)), MOST_CHARS) or "nothing found"
        return ToolResult(text=text, note=f"history {action} {path}".rstrip())


def _log(arguments: Mapping[str, Any], path: str, desk: Desk) -> str:
    commit = _commit(arguments.get("revision", "red"), desk)
    return _git(desk, "log", "-n", "20", "--no-color", "--date=short", "--format=%h %ad %an: %s", commit, *_only(path))


def _blame(arguments: Mapping[str, Any], path: str, desk: Desk) -> str:
    if not path:
        raise ToolError("`blame` needs `path`, and best `start` and `end`")
    start = max(1, arguments.get("start", 1))
    end = max(start, arguments.get("end", start + 60))
    commit = _commit(arguments.get("revision", "red"), desk)
    done = desk.case.repository.try_git(
        "blame", "--date=short", f"-L{start},{end}", commit, "--", path, timeout_s=HISTORY_TIMEOUT_S
    )
    if done.returncode:
        raise ToolError(done.stderr.decode("utf-8", "replace").strip()[:300])
    return done.stdout.decode("utf-8", "replace")


def _diff(arguments: Mapping[str, Any], path: str, desk: Desk) -> str:
    revision = arguments.get("revision", "base")
    old, _, new = revision.partition("..")
    span = (_commit(old or "base", desk), _commit(new.strip(".") or "red", desk))
    summary = "" if path else _git(desk, "diff", "--stat", *_PLAIN, *span)
    return f"{summary}{_git(desk, 'diff', *_PLAIN, *span, *_only(path))}"


def _show(arguments: Mapping[str, Any], path: str, desk: Desk) -> str:
    commit = _commit(arguments.get("revision", "red"), desk)
    if not path:
        return _git(desk, "show", "--stat", "--patch", "--date=short", *_PLAIN, commit)
    found = desk.case.repository.show(commit, path)
    if found is None:
        raise ToolError(f"{path} is not in {arguments.get('revision', 'red')}")
    lines = found.decode("utf-8", "replace").splitlines()
    start = max(1, arguments.get("start", 1))
    end = max(start, arguments.get("end", start + 299))
    return "\n".join(f"{n:>5}\t{line}" for n, line in enumerate(lines[start - 1 : end], start))


def _commit(name: str, desk: Desk) -> str:
    build = desk.case.build
    named = {"red": build.commit, "HEAD": build.commit, "": build.commit, "base": build.base}
    if name == "base" and build.base is None:
        raise ToolError("no commit is known to be good here; name two commits, found with `log`")
    commit = named.get(name) or desk.case.repository.resolve(name.strip())
    if commit is None:
        raise ToolError(f"there is no commit {name!r} here; find one with `log` (the clone may be shallow)")
    return commit


def _only(path: str) -> tuple[str, ...]:
    return ("--", f":(literal){path}") if path else ()


def _git(desk: Desk, *arguments: str) -> str:
    return desk.case.repository.git(*arguments, timeout_s=HISTORY_TIMEOUT_S).decode("utf-8", "replace")
