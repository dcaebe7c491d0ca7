"""Reading the hunks of a unified diff as forges give them, file by file and without headers."""

from __future__ import annotations

import re

_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@")


def lines_shown(diff: str) -> frozenset[int]:
    """Numbers of the new file's lines that a diff shows: those added and those around them."""
    shown: set[int] = set()
    at: int | None = None
    for line in diff.split("\n"):
        if hunk := _HUNK.match(line):
            at = int(hunk[1])
        elif at is not None and line[:1] in {"+", " "}:
            shown.add(at)
            at += 1
    return frozenset(shown)
