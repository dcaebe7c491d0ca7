"""The template that a message was made from, read at the place that raised it."""

from __future__ import annotations

import re

from honk_ci.stages.triage.tree import Tree

LINES_BELOW = 4  # a raising statement may go on
MIN_WORDS = 6  # characters that a template must state itself

_RAISES = re.compile(r"\b(?:raise|throw|panic!?|abort|bail!?|die|fatal\w*|\w*[Ee]rrorf|errors\.New|warn\w*)\b")
_LITERAL = re.compile(
    r"""(?P<prefix>(?<!\w)[fFrRbBuU]{0,2})(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`)"""
)
# {value}, {value!r:>10}, ${value}, #{value}, %s, %(name)s, %5.2f, {0}, {}
_HOLE = re.compile(r"[$#]?\{[^{}]*\}|%(?:\(\w+\))?[-+ #0]*[\d.*]*[a-zA-Z]")


def template_of(tree: Tree, path: str, line: int, message: str) -> str:
    """The string of the source at ``path:line`` that ``message`` was made from, with "…" for its values.

    "" where no string there fits: the message then comes from elsewhere. Two tests that break at
    one ``raise`` have one cause, whatever free text the message quotes.
    """
    lines = tree.source(path).splitlines()[max(0, line - 1) : line + LINES_BELOW]
    if not lines or not _RAISES.search(lines[0]):
        return ""  # the message of what is called there: a key, an index, a value
    for match in _LITERAL.finditer("\n".join(lines)):
        literal = next((text for text in match.groups()[1:] if text is not None), "")
        pieces = _HOLE.split(literal.replace("{{", "\0").replace("}}", "\1"))
        stated = [re.sub(r"\\(.)", r"\1", piece).replace("\0", "{").replace("\1", "}") for piece in pieces]
        if sum(map(len, stated)) >= MIN_WORDS and _fits(stated, message):
            return "…".join(stated)
    return ""


def _fits(stated: list[str], message: str) -> bool:
    """Whether the pieces stand in the message, in that order."""
    start = 0
    for piece in stated:
        found = message.find(piece, start)
        if found < 0:
            return False
        start = found + len(piece)
    return True
