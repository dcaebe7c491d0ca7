"""Reads a file: some lines, one definition, or its outline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from honk_ci.healers.agent.source import Excerpt, python_definitions, symbol
from honk_ci.healers.agent.text import head, numbered, short_lines, visible
from honk_ci.healers.agent.tools.interface import Desk, ToolError, ToolResult
from honk_ci.healers.agent.tools.places import content, text_of

MOST_LINES = 400
FIRST_LINES = 150  # of a longer file that is read without a range
MOST_CHARS = 24_000


class Read:
    """The tool ``read``."""

    name = "read"
    description = (
        "Read a file of the repository, or of an installed package by its absolute path. Give `symbol` to get one "
        "function, class or method (`Class.method`), or `start` and `end` for lines. A long file read whole comes as its "
        "outline and its beginning. Lines come numbered; the number and the tab after it are not part of the file."
    )
    properties: Mapping[str, Any] = {
        "path": {"type": "string", "description": "relative to the top of the repository"},
        "symbol": {"type": "string", "description": "name of a definition in that file"},
        "start": {"type": "integer", "description": "first line, from 1"},
        "end": {"type": "integer", "description": "last line"},
    }
    required: tuple[str, ...] = ("path",)

    def use(self, arguments: Mapping[str, Any], desk: Desk) -> ToolResult:
        path, found = content(arguments["path"], desk.case)
        text = text_of(path, found)
        if "symbol" in arguments:
            answer = _symbol(path, text, arguments["symbol"])
        elif "start" in arguments or "end" in arguments:
            answer = _lines(path, text, arguments.get("start", 1), arguments.get("end"))
        else:
            answer = _whole(path, text)
        return ToolResult(text=head(answer, MOST_CHARS), note=f"read {_label(path, arguments)}")


def _label(path: str, arguments: Mapping[str, Any]) -> str:
    if "symbol" in arguments:
        return f"{path} {arguments['symbol']}"
    return f"{path}:{arguments['start']}" if "start" in arguments else path


def _symbol(path: str, text: str, name: str) -> str:
    found = symbol(path, text, name)
    if found is None:
        names = ", ".join(d.name for d in python_definitions(text)[:60]) if path.endswith(".py") else ""
        instead = f"it defines {names}" if names else "use `search` for it, or read by lines"
        raise ToolError(f"{path} has no definition of {name}; {instead}")
    return f"{path}, lines {found.first} to {found.last}\n{show(found)}"


def show(excerpt: Excerpt) -> str:
    return numbered([visible(line) for line in short_lines("\n".join(excerpt.lines)).split("\n")], excerpt.first)


def _lines(path: str, text: str, start: int, end: int | None) -> str:
    lines = text.splitlines()
    if start > max(1, len(lines)):
        raise ToolError(f"{path} has {len(lines)} lines")
    start = max(1, start)
    last = min(len(lines), end if end is not None else len(lines), start + MOST_LINES - 1)
    if last < start:
        raise ToolError(f"`end` ({end}) is before `start` ({start})")
    rest = f"\n… {len(lines) - last} more lines; go on with start={last + 1}" if last < (end or len(lines)) else ""
    excerpt = Excerpt(path=path, first=start, lines=tuple(lines[start - 1 : last]))
    return f"{path}, lines {start} to {last} of {len(lines)}\n{show(excerpt)}{rest}"


def _whole(path: str, text: str) -> str:
    count = len(text.splitlines())
    if count == 0:
        return f"{path} is empty"
    if count <= MOST_LINES:
        return _lines(path, text, 1, None)
    outline = "\n".join(f"{d.first:>5}-{d.last}\t{d.name}" for d in python_definitions(text)[:200])
    start = _lines(path, text, 1, FIRST_LINES)
    middle = f"outline:\n{outline}\n" if outline else ""
    return f"{path} has {count} lines; read on by `symbol` or `start`\n{middle}{start}"
