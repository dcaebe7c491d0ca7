"""Finds text and file names, as git sees the checkout."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from honk_ci.healers.agent.text import visible
from honk_ci.healers.agent.tools.interface import Desk, ToolError, ToolResult
from honk_ci.healers.agent.tools.places import relative
from honk_ci.text import plural

MOST_MATCHES = 80
LONGEST_LINE = 240
SEARCH_TIMEOUT_S = 30.0


class Search:
    """The tool ``search``."""

    name = "search"
    description = (
        "Search the repository (what .gitignore names is left out). kind `text` (the default) takes a Perl-compatible "
        "regular expression and gives `path:line:text`; kind `name` takes a part of a file name or a glob. Limit it with "
        "`path` (a folder, a file, or a glob such as `src/**/*.py`)."
    )
    properties: Mapping[str, Any] = {
        "pattern": {"type": "string", "description": "what to look for"},
        "kind": {"type": "string", "enum": ["text", "name"], "description": "text is the default"},
        "path": {"type": "string", "description": "where to look; the whole repository by default"},
        "ignore_case": {"type": "boolean", "description": "false by default"},
        "context": {"type": "integer", "description": "lines shown around each match, 0 to 10; 0 by default"},
    }
    required: tuple[str, ...] = ("pattern",)

    def use(self, arguments: Mapping[str, Any], desk: Desk) -> ToolResult:
        pattern = arguments["pattern"]
        if not pattern:
            raise ToolError("`pattern` is empty; to list files give kind `name` and pattern `*`")
        lines = _names(arguments, desk) if arguments.get("kind") == "name" else _text(arguments, desk)
        return ToolResult(text=_answer(lines, arguments), note=f"search {pattern}")


def _pathspecs(arguments: Mapping[str, Any], desk: Desk) -> list[str]:
    path = arguments.get("path", "")
    if path in {"", ".", "/"}:
        return []
    plain = relative(path, desk.case)
    kind = "glob" if any(sign in plain for sign in "*?[") else "literal"
    return [f":({kind}){plain}"]


def _text(arguments: Mapping[str, Any], desk: Desk) -> list[str]:
    context = max(0, min(10, arguments.get("context", 0)))
    options = ["-n", "-I", "--no-color", "--untracked", f"-C{context}"]
    if arguments.get("ignore_case"):
        options.append("-i")
    specs = _pathspecs(arguments, desk)
    done = None
    # Not every git is built with PCRE, and a pattern that is no regular expression is meant literally.
    for kind in ("-P", "-E", "-F"):
        done = _grep(desk, [*options, kind, "-e", arguments["pattern"], "--", *specs])
        if done.returncode in {0, 1}:
            return done.stdout.decode("utf-8", "replace").splitlines()
    words = done.stderr.decode("utf-8", "replace").strip() if done is not None else ""
    raise ToolError(f"the search failed: {words[:300]}")


def _grep(desk: Desk, arguments: list[str]) -> subprocess.CompletedProcess[bytes]:
    return desk.case.repository.try_git("grep", *arguments, timeout_s=SEARCH_TIMEOUT_S)


def _names(arguments: Mapping[str, Any], desk: Desk) -> list[str]:
    listing = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *_pathspecs(arguments, desk))
    files = desk.case.repository.git(*listing, timeout_s=SEARCH_TIMEOUT_S).decode("utf-8", "replace").split("\0")
    wanted = arguments["pattern"].lower()
    glob = wanted if any(sign in wanted for sign in "*?[") else f"*{wanted}*"
    return [file for file in dict.fromkeys(files) if file and _fits(file.lower(), glob)]


def _fits(file: str, glob: str) -> bool:
    return fnmatchcase(file, glob) or fnmatchcase(file.rpartition("/")[2], glob)


def _answer(lines: list[str], arguments: Mapping[str, Any]) -> str:
    if not lines:
        where = f" in {arguments['path']}" if arguments.get("path") else ""
        return f"nothing found{where}"
    shown = [_short(line) for line in lines[:MOST_MATCHES]]
    if len(lines) > MOST_MATCHES:
        shown.append(f"… {plural(len(lines) - MOST_MATCHES, 'more line')}; narrow it with `path` or a closer pattern")
    return "\n".join(shown)


def _short(line: str) -> str:
    line = visible(line)
    return line if len(line) <= LONGEST_LINE else line[:LONGEST_LINE] + "…"
