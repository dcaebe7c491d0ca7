"""The shape of a message: what stays of it when everything that varies from run to run is gone."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

FINGERPRINT_LENGTH = 12
SHAPE_CAP = 200

# A message of these says which name of the code is at fault: there, quotes hold names, not data.
_NAME_ERRORS = frozenset({
    "AttributeError", "NameError", "UnboundLocalError", "ImportError", "ModuleNotFoundError", "ReferenceError",
    "NoMethodError", "NoSuchMethodError", "NoSuchFieldError", "ClassNotFoundException", "NoClassDefFoundError",
})  # fmt: skip

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]+\b")
_UUID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE)
_TIME = re.compile(
    r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z| ?[+-]\d\d:?\d\d)?)?|\b\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?\b"
)
_PATH = re.compile(
    r"""(?:[a-z][a-z0-9+.-]*://)[^\s'"<>)\]]+                  # address
      | (?<![\w.])(?:[A-Za-z]:[\\/]|~?/|\.{1,2}/)[^\s'"<>:,;)\]]*   # absolute, or relative to here
      | (?<![\w.])[\w.@+-]+(?:[\\/][\w.@+-]+)+                  # several parts
    """,
    re.VERBOSE,
)
_QUOTED = re.compile(
    r"""(?<!\w)b?'(?:[^'\\\n]|\\.)*'(?!\w)|(?<!\w)b?"(?:[^"\\\n]|\\.)*"|(?<!\w)`[^`\n]*`|[\u201c\u2018\u00ab][^\u201d\u2019\u00bb\n]*[\u201d\u2019\u00bb]"""
)
_CODE = re.compile(
    r"\b(?=[0-9a-zA-Z]*\d)(?=[0-9a-zA-Z]*[a-zA-Z])(?:[0-9a-f]{6,}|(?=(?:[a-zA-Z]*\d+[a-zA-Z]+){2})[0-9a-zA-Z]{8,})\b"
)
_NUMBER = re.compile(r"(?<![A-Za-z])[+-]?\d[\d_]*(?:[.,:]\d+)*(?:e[+-]?\d+)?|\d+")
_GROUP = re.compile(r"\{[^{}\[\]]*\}|\[[^{}\[\]]*\]")
_VALUES = re.compile(r"\((?:[#…'\s,]|\.\.\.)+\)")


def shape(message: str, exception: str = "") -> str:
    """``message`` with values, numbers, paths, addresses, times and the contents of lists taken out.

    Only the first line that says something counts: what follows is detail such as diffs.
    """
    line = next((line for line in plain(message).splitlines() if line.strip()), "")[: 10 * SHAPE_CAP]
    line = _ADDRESS.sub("#", _UUID.sub("#", line))
    line = _TIME.sub("#", line)
    if short_name(exception) not in _NAME_ERRORS:
        line = _QUOTED.sub("'…'", line)
    line = _CODE.sub("#", _PATH.sub("/…", line))
    line = _collapse(_NUMBER.sub("#", line))
    return " ".join(line.split())[:SHAPE_CAP]


def plain(text: str) -> str:
    """``text`` without terminal codes."""
    return _ANSI.sub("", text) if "\x1b" in text else text


def short_name(exception: str) -> str:
    """``requests.exceptions.ConnectionError`` is ``ConnectionError``."""
    return re.split(r"[.:\\]", exception.strip().rstrip(":"))[-1]


def fingerprint(parts: Sequence[str]) -> str:
    """12 hex digits of a cause's identity."""
    canonical = "\x1f".join(("honk-ci/1", *parts))
    return hashlib.sha256(canonical.encode("utf-8", "replace")).hexdigest()[:FINGERPRINT_LENGTH]


def _collapse(line: str) -> str:
    """Lists, sets and mappings become empty ones: neither order nor number of elements counts."""
    for _ in range(8):
        shorter = _GROUP.sub("…", line)
        if shorter == line:
            break
        line = shorter
    return _VALUES.sub("(…)", line)
