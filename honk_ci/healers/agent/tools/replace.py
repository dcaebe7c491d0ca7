"""Exact replacement of text, with an answer that helps when it does not fit."""

from __future__ import annotations

import difflib
import re

from honk_ci.healers.agent.text import numbered
from honk_ci.healers.agent.tools.interface import ToolError

_NUMBERED = re.compile(r"\s*\d+\t")


def replaced(text: str, old: str, new: str, *, every: bool) -> str:
    """``text`` with ``old`` replaced by ``new``; ToolError when it does not occur exactly once.

    Line endings follow the file: a model writes line feeds whatever it was shown. Blanks at line
    ends are forgiven where the match is unique all the same.
    """
    if old == new:
        raise ToolError("`old` and `new` are the same")
    if _is_crlf(text):
        old, new = (part.replace("\r\n", "\n").replace("\n", "\r\n") for part in (old, new))
    count = text.count(old)
    if count == 0:
        loose = _without_regard_to_line_ends(text, old)
        if loose is None:
            raise ToolError(_not_found(text, old))
        old, count = loose, 1
        new = new.rstrip("\r\n") if not old.endswith("\n") and new.endswith("\n") else new
    if count > 1 and not every:
        places = ", ".join(str(number) for number in _lines_of(text, old)[:10])
        raise ToolError(
            f"`old` occurs {count} times (lines {places}); add lines around it until it occurs once, or set `all`"
        )
    return text.replace(old, new)


def _is_crlf(text: str) -> bool:
    return text.count("\r\n") * 2 > text.count("\n")


def _lines_of(text: str, part: str) -> list[int]:
    lines, at = [], text.find(part)
    while at >= 0:
        lines.append(text.count("\n", 0, at) + 1)
        at = text.find(part, at + max(1, len(part)))
    return lines


def _without_regard_to_line_ends(text: str, old: str) -> str | None:
    """The one place in ``text`` that equals ``old`` but for blanks at line ends."""
    wanted = [re.escape(line.rstrip()) for line in old.strip("\r\n").split("\n")]
    if not any(wanted):
        return None
    pattern = r"(?m)^" + r"[ \t\r]*\n".join(wanted) + r"[ \t\r]*" + (r"(?:\n|\Z)" if old.endswith("\n") else "$")
    found = [match.group() for match in re.finditer(pattern, text)]
    return found[0] if len(found) == 1 and text.count(found[0]) == 1 else None


def _not_found(text: str, old: str) -> str:
    if all(_NUMBERED.match(line) for line in old.splitlines() if line.strip()):
        return "`old` was not found: it holds line numbers, which are not part of the file"
    lines, wanted = text.splitlines(), old.strip("\r\n").splitlines() or [old]
    at = _nearest(lines, wanted)
    if at is None:
        return "`old` was not found, and nothing like it; read the file first"
    shown = lines[at : at + len(wanted)]
    if [line.strip() for line in shown] == [line.strip() for line in wanted]:
        hint = "it differs in its indentation"
    else:
        hint = "the nearest text is"
    return f"`old` was not found; {hint}, at line {at + 1}:\n{numbered(shown[:30], at + 1)}"


def _nearest(lines: list[str], wanted: list[str]) -> int | None:
    """Index of the first of the lines that are most like ``wanted``; None when nothing is."""
    keys = [line.strip() for line in wanted]
    stripped = [line.strip() for line in lines]
    best, best_score = None, 0
    where: dict[str, list[int]] = {}
    for number, line in enumerate(stripped):
        where.setdefault(line, []).append(number)
    starts = {at - offset for offset, key in enumerate(keys) if key for at in where.get(key, ()) if at >= offset}
    for start in sorted(starts):
        score = sum(a == b != "" for a, b in zip(keys, stripped[start:], strict=False))
        if score > best_score:
            best, best_score = start, score
    if best is not None:
        return best
    longest = max(keys, key=len)
    close = difflib.get_close_matches(longest, list(where), n=1, cutoff=0.6)
    return max(0, where[close[0]][0] - keys.index(longest)) if close else None
