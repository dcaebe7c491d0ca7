"""Text on its way to the model: bounded, visible, and marked as data."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Controls but tab and line feed, zero-width and direction marks, and the invisible "tag" letters:
# what people do not see in a report must not speak to the model either; and the halves of letters
# that stand for bytes that are no text, which no request may hold.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_INTERNALS = re.compile(
    r"(?:\A|\n)[ \t]*at (?:[^\n]*\(?node:[\w/.]+:\d+:\d+\)?|async Promise\.all[^\n{]*"
    r"|(?:java\.base/|jdk\.internal|java\.lang\.reflect|java\.util|sun\.reflect|org\.junit|junit\.framework"
    r"|org\.apache\.maven|org\.gradle)[^\n{]*|[^\n{]*node_modules/(?:jest|@jest|vitest|@vitest|mocha|tinypool)[^\n{]*)"
    r"(?P<object> \{)?[ \t]*(?=\n|\Z)"  # node prints an error's properties behind its last frame
)
# One entry of a short traceback of pytest: place, source line, and the marks below it.
_PYTHON_INTERNALS = re.compile(
    r"(?:(?<=\n)|\A)(?:<frozen [^\n]*>|[^\s:]*/(?:_pytest|importlib|pluggy|unittest)/[^\s:]*\.py):\d+: in [^\n]*"
    r"(?:\n[ \t]+[^\n]*)*(?:\n|\Z)"
)
_LONGEST_LINE = 600


def visible(text: str) -> str:
    """``text`` without terminal codes, its invisible characters written out."""
    text = _ANSI.sub("", text.replace("\r\n", "\n"))
    return _INVISIBLE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def without_internals(text: str) -> str:
    """A stack trace without the frames of the test runner and the language's own machinery."""
    text = _PYTHON_INTERNALS.sub("", text)
    return _INTERNALS.sub(lambda match: match["object"] or "", text)


def head(text: str, limit: int) -> str:
    """The beginning of ``text``, cut at a line, with a word on what is missing."""
    if len(text) <= limit:
        return text
    kept = text[:limit]
    kept = kept[: kept.rfind("\n") + 1] or kept
    return f"{kept.rstrip()}\n… {len(text) - len(kept)} more characters"


def middle_out(text: str, limit: int) -> str:
    """The beginning and, twice as much, the end of ``text``: a traceback says most at its end."""
    if len(text) <= limit:
        return text
    start, end = text[: limit // 3], text[-(limit * 2 // 3) :]
    start, end = start[: start.rfind("\n") + 1] or start, end[end.find("\n") + 1 :] or end
    return f"{start.rstrip()}\n… {len(text) - len(start) - len(end)} characters left out …\n{end}"


def short_lines(text: str) -> str:
    """Each line at a length that people could read; minified files and dumps have others."""
    if len(text) <= _LONGEST_LINE:
        return text
    return "\n".join(
        line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}… {len(line) - _LONGEST_LINE} more"
        for line in text.split("\n")
    )


def fenced(kind: str, text: str, **labels: object) -> str:
    """``text`` as a block that the system prompt declares to be data; it cannot close the block itself."""
    attributes = "".join(f' {name}="{_attribute(value)}"' for name, value in labels.items() if value not in ("", None))
    body = short_lines(visible(text)).strip("\n").replace(f"</{kind}", f"<\\/{kind}")
    return f"<{kind}{attributes}>\n{body}\n</{kind}>"


def _attribute(value: object) -> str:
    return visible(str(value)).replace('"', "'").replace("\n", " ")


def numbered(lines: Sequence[str], first: int) -> str:
    """Lines with their numbers, 1-based, as ``cat -n`` shows them."""
    return "\n".join(f"{number:>5}\t{line}" for number, line in enumerate(lines, first))
