"""The hidden lines at the top of what honk writes on a forge, by which the next run finds it.

The first says which failure it is about, the second which run wrote it and what that run came to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_UNSAFE = re.compile("[^0-9A-Za-z_.]")  # what could end a comment of HTML, or a field of ours
_MARK = re.compile(
    r"\A\s*<!-- honk-ci:failure=(?P<fingerprint>\w+) -->"
    r"(?:\s*<!-- honk-ci:run=(?P<run>\S*) job=(?P<job>\S*) commit=(?P<commit>\S*)"
    r" outcome=(?P<outcome>\S*) suggested=(?P<suggested>\S*) -->)?"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """What a comment of honk's own says of itself in its hidden lines."""

    fingerprint: str
    run: str = ""
    job: str = ""
    commit: str = ""  # the red one
    outcome: str = ""
    suggested: str = ""  # hash of the suggestions that were made with it

    def __str__(self) -> str:
        fields = {
            "run": self.run,
            "job": self.job,
            "commit": self.commit,
            "outcome": self.outcome,
            "suggested": self.suggested,
        }
        said = " ".join(f"{name}={safe(value)}" for name, value in fields.items())
        return f"{mark(self.fingerprint)}\n<!-- honk-ci:{said} -->"


def mark(fingerprint: str) -> str:
    """The hidden line by which the comment of a failure is found again."""
    return f"<!-- honk-ci:failure={safe(fingerprint)} -->"


def read_mark(body: str) -> Mark | None:
    """The mark of a comment, None where it does not begin with one."""
    found = _MARK.match(body)
    return Mark(**{name: value or "" for name, value in found.groupdict().items()}) if found else None


def safe(text: str) -> str:
    """``text`` as it stands in a mark."""
    return _UNSAFE.sub("_", text[:200])
