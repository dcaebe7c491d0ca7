"""A suggestion as a note at a line of the diff.

Source: docs.gitlab.com, "Suggest changes": ```` ```suggestion:-2+0 ```` stands for the line and the two above.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from honk_ci.errors import ForgeError
from honk_ci.forges.gitlab.diffs import FileDiff
from honk_ci.forges.gitlab.words import harmless
from honk_ci.forges.interface import Suggestion

LINES_ABOVE = 100  # the most that GitLab takes


def position_of(suggestion: Suggestion, file: FileDiff | None) -> Mapping[str, str | int]:
    """Where the note stands: the last of the suggestion's lines; raises ForgeError where the diff has them not."""
    lines = range(suggestion.first_line, suggestion.last_line + 1)
    if file is None or not lines or any(line not in file.lines for line in lines):
        raise ForgeError(f"{suggestion.path}:{suggestion.last_line} is not in the diff", status=422)
    place: dict[str, str | int] = {
        "old_path": file.old_path,
        "new_path": file.path,
        "new_line": suggestion.last_line,
    }
    old_line = file.lines[suggestion.last_line]
    return place if old_line is None else {**place, "old_line": old_line}


def note_of(suggestion: Suggestion) -> str:
    """The note's text; raises ForgeError where GitLab could not take it as it is meant."""
    above = suggestion.last_line - suggestion.first_line
    if above > LINES_ABOVE:
        raise ForgeError(f"{suggestion.path}: GitLab takes no suggestion for {above + 1} lines", status=422)
    text = suggestion.replacement.removesuffix("\n")
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    if longest > 2 and re.search(r"^/[A-Za-z]", text, re.MULTILINE):
        # older versions know a fence by its first three backticks only, and would look for quick actions in it
        raise ForgeError(f"{suggestion.path}: these lines cannot be suggested safely", status=422)
    fence = "`" * (longest + 1)
    said = f"{harmless(suggestion.body).rstrip()}\n\n" if suggestion.body.strip() else ""
    inner = f"{text}\n" if suggestion.replacement else ""
    return f"{said}{fence}suggestion:-{above}+0\n{inner}{fence}"
