"""Diffs of merge requests, and which line of the new file is which of the old one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from honk_ci.forges.reading import Json, flag, text

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


@dataclass(frozen=True, kw_only=True, slots=True)
class FileDiff:
    """One file of a diff."""

    path: str
    old_path: str
    lines: Mapping[int, int | None]  # line of the new file -> line of the old one; None where it was added


def read_diffs(described: Sequence[Json]) -> Sequence[FileDiff]:
    """The files that are still there; a diff that GitLab left out for its size has no lines."""
    return [
        FileDiff(path=text(one, "new_path"), old_path=text(one, "old_path"), lines=shown_lines(text(one, "diff")))
        for one in described
        if text(one, "new_path") and not flag(one, "deleted_file")
    ]


def shown_lines(diff: str) -> Mapping[int, int | None]:
    """The lines of the new file that a diff shows: added ones and those around them."""
    shown: dict[int, int | None] = {}
    old = new = 0
    for line in diff.split("\n"):
        if header := _HUNK.match(line):
            old, new = int(header[1]), int(header[2])
        elif not new:
            continue
        elif line.startswith("+"):
            shown[new] = None
            new += 1
        elif line.startswith("-"):
            old += 1
        elif line.startswith(" "):
            shown[new] = old
            old, new = old + 1, new + 1
    return shown
