"""How one report or log format is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from honk_ci.domain import LogFinding, Report


@dataclass(frozen=True, kw_only=True, slots=True)
class LogReading:
    """What one console log says, those findings first that most likely stopped the build."""

    findings: tuple[LogFinding, ...] = ()
    notes: tuple[str, ...] = ()


class ReportFormat(Protocol):
    """One structured format of test results."""

    def read(self, path: Path) -> Report:
        """Read one file, streaming.

        What is broken but readable in part comes back in part, with a note. Raises ReportError
        for a file that is not of this format, is empty, or is hostile (DTD, entities).
        """

    def names_of(self, path: Path, hashes: frozenset[int]) -> list[str]:
        """The keys of the cases in ``path`` whose ``hash(key)`` is in ``hashes``."""


class LogFormat(Protocol):
    """One family of console output: finds what it knows in lines already cleaned.

    Implementations are fed line by line and must be cheap on lines that are not theirs.
    """

    def feed(self, line: str, number: int) -> None:
        """Take the next line: no line ending, no ANSI codes, no CI time stamps or group markers."""

    def findings(self) -> list[LogFinding]:
        """What was found so far, in order, without repeats."""
