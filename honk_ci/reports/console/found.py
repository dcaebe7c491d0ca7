"""What the log formats hand on: findings with their place in the log and their weight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.reports.interface import LogFormat
from honk_ci.reports.text import cap, first_line

MAX_HELD = 1_000  # of one format
MESSAGE_CAP = 500
EXCERPT_CAP = 4_000

# How sure a line is to be about what failed the build.
VERDICT = 3  # a tool's own summing up: "FAILED tests/x.py::t", "x.c:3:5: error: …"
STATEMENT = 2  # said by a tool in passing
HINT = 1  # may as well be printed by something that passed: a traceback in the middle of a log


# Python's exceptions that say more than "a test failed".
KIND_OF = {
    "ModuleNotFoundError": FindingKind.MISSING_MODULE,
    "SyntaxError": FindingKind.SYNTAX,
    "IndentationError": FindingKind.SYNTAX,
    "TabError": FindingKind.SYNTAX,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Located:
    """A finding and where in the log it was made."""

    number: int  # of the line, as fed
    weight: int
    finding: LogFinding


class Findings:
    """The findings of one format: no repeats, and no more than ``MAX_HELD``."""

    def __init__(self) -> None:
        self.located: list[Located] = []
        self.on_add: Callable[[], None] | None = None
        self._places: dict[tuple[object, ...], int] = {}

    def add(self, number: int, finding: LogFinding, *, weight: int = VERDICT) -> None:
        """A repeat counts as made where it was made last, with the greater weight."""
        place = (finding.kind, finding.file, finding.line, finding.code, finding.message)
        known = self._places.get(place)
        if known is not None:
            earlier = self.located[known]
            self.located[known] = Located(number=number, weight=max(weight, earlier.weight), finding=earlier.finding)
        elif len(self.located) < MAX_HELD:
            self._places[place] = len(self.located)
            self.located.append(Located(number=number, weight=weight, finding=finding))
            if self.on_add is not None:
                self.on_add()

    def findings(self) -> list[LogFinding]:
        return [located.finding for located in self.located]


class ConsoleFormat(LogFormat, Protocol):
    """A log format of this folder: it also says where and how surely it found something."""

    found: Findings


def finding(
    kind: FindingKind,
    tool: str,
    message: str,
    *,
    file: str = "",
    line: str | int | None = None,
    code: str = "",
    exception: str = "",
    excerpt: str = "",
) -> LogFinding:
    """A finding from what a regular expression matched."""
    return LogFinding(
        kind=kind,
        tool=tool,
        message=cap(first_line(message), MESSAGE_CAP),
        file=_plain_path(file),
        line=int(line) if line and str(line).isdigit() and len(str(line)) < 9 else None,
        code=code,
        exception=exception,
        excerpt=cap(excerpt, EXCERPT_CAP),
    )


def _plain_path(file: str) -> str:
    plain = file.strip().strip("'\"").removeprefix("file://")
    return plain.removeprefix("./")
