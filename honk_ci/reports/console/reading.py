"""Reads a console log: every format is fed the lines that matter, and what they find is put in order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from honk_ci.domain import LogFinding
from honk_ci.errors import ReportError
from honk_ci.reports import xml_stream
from honk_ci.reports.console import scan
from honk_ci.reports.console.clean import clean
from honk_ci.reports.console.found import EXCERPT_CAP, HINT, VERDICT, ConsoleFormat, Located
from honk_ci.reports.console.steps import Steps
from honk_ci.reports.interface import LogReading
from honk_ci.reports.text import cap

MAX_FINDINGS = 500
END_LINES = 60  # of a log, where it says why it ended
LINES_BEFORE, LINES_AFTER = 2, 8  # of an excerpt


def read_log(
    path: Path, formats: Sequence[ConsoleFormat], *, time_limit_s: float = xml_stream.TIME_LIMIT_S
) -> LogReading:
    """The findings of one log, those most likely to have stopped the build first.

    Raises ReportError for what is no regular file, cannot be read or is empty.
    """
    with scan.open_log(path) as file:
        found, left_out = scan.spans(file)
        if not found or found[-1] == (0, 0):
            raise ReportError(f"{path} is empty")
        reader = Reader(formats)
        in_time = _feed(reader, file, found, time_limit_s)
    findings = reader.ranked()
    notes = [f"{path.name} complains in too many places: only the last of them were read"] if left_out else []
    if not in_time:
        notes.append(f"{path.name}: reading took too long and was stopped after {time_limit_s:.0f} s")
    if len(findings) > MAX_FINDINGS:
        notes.append(f"{path.name}: {len(findings) - MAX_FINDINGS} more findings were left out")
    return LogReading(findings=tuple(findings[:MAX_FINDINGS]), notes=tuple(notes))


def _feed(reader: Reader, file: BinaryIO, found: list[scan.Span], time_limit_s: float) -> bool:
    """Whether there was time for all lines."""
    deadline = time.monotonic() + time_limit_s
    for count, (number, line) in enumerate(scan.lines(file, found)):
        if count % 500 == 499 and time.monotonic() > deadline:
            return False
        reader.feed(line, number)
    return True


def findings_in(output: str, formats: Sequence[ConsoleFormat]) -> tuple[LogFinding, ...]:
    """What the formats find in the output of one command, in its order."""
    reader = Reader(formats)
    for number, line in enumerate(output.splitlines(), start=1):
        reader.feed(line, number)
    return tuple(located.finding for located in sorted(reader.located(), key=lambda it: it.number))[:MAX_FINDINGS]


class Reader:
    """Feeds the formats, remembers the lines around each finding, and knows the steps of the job."""

    def __init__(self, formats: Sequence[ConsoleFormat]) -> None:
        self._formats = formats
        self._steps = Steps()
        self._before: deque[str] = deque(maxlen=LINES_BEFORE + 1)
        self._last_number = 0
        self._open: list[tuple[int, list[str]]] = []  # excerpts still growing: their last number, their lines
        self._excerpts: dict[int, list[str]] = {}  # by number of the line that made the finding
        self._added = False
        for log_format in formats:
            log_format.found.on_add = self._note

    def _note(self) -> None:
        self._added = True

    def feed(self, raw: str, number: int) -> None:
        if number != self._last_number + 1:
            self._before.clear()
        self._last_number = number
        self._steps.feed(raw, number)
        line = clean(raw)
        self._before.append(line)
        if self._open:
            self._grow(line, number)
        for log_format in self._formats:
            log_format.feed(line, number)
        if self._added:
            self._added = False
            excerpt = list(self._before)
            self._excerpts[number] = excerpt
            self._open.append((number + LINES_AFTER, excerpt))

    def _grow(self, line: str, number: int) -> None:
        self._open = [(until, lines) for until, lines in self._open if number <= until]
        for _, lines in self._open:
            lines.append(line)

    def located(self) -> list[Located]:
        for log_format in self._formats:
            log_format.findings()  # lets a format tell what it was still waiting with
        return [self._with_excerpt(one) for log_format in self._formats for one in log_format.found.located]

    def _with_excerpt(self, one: Located) -> Located:
        lines = self._excerpts.get(one.number)
        if one.finding.excerpt or lines is None:
            return one
        return replace(one, finding=replace(one.finding, excerpt=cap("\n".join(lines), EXCERPT_CAP)))

    def ranked(self) -> list[LogFinding]:
        """The step that failed before others, verdicts before hints; then the first of the
        verdicts, which often causes the rest, but the last of the hints."""
        found = sorted(self._without_idle_hints(_without_echoes(self.located())), key=self._rank)
        return [one.finding for one in found]

    def _rank(self, one: Located) -> tuple[bool, int, int]:
        order = one.number if one.weight == VERDICT else -one.number
        return not self._steps.failed(one.number), -one.weight, order

    def _without_idle_hints(self, found: Sequence[Located]) -> list[Located]:
        """Without tracebacks that tests print while they pass, as far as can be told.

        A hint counts at the end of the log, or where no tool said plainly what is wrong with its step.
        """
        judged = {self._steps.step(one.number) for one in found if one.weight == VERDICT}
        told = any(self._steps.failed(one.number) for one in found)
        return [
            one
            for one in found
            if one.weight > HINT
            or one.number > self._last_number - END_LINES
            or (self._steps.step(one.number) not in judged and (self._steps.failed(one.number) or not told))
        ]


def _without_echoes(found: Sequence[Located]) -> list[Located]:
    """Without hints at places where a tool said plainly what is wrong, and without the same words twice."""
    told = {(one.finding.file, one.finding.line, one.finding.exception) for one in found if one.weight > HINT}
    kept: dict[object, Located] = {}
    for one in sorted(found, key=lambda it: (-it.weight, it.number)):
        said = one.finding
        if one.weight > HINT or not said.file or (said.file, said.line, said.exception) not in told:
            kept.setdefault((said.file, said.line, said.message) if said.file else object(), one)
    return list(kept.values())
