"""Test reports and console logs: the registry of formats, and reading several files as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from honk_ci.domain import LogFinding, Report
from honk_ci.errors import ReportError
from honk_ci.reports.files import expand
from honk_ci.reports.interface import LogReading, ReportFormat
from honk_ci.reports.junit import JUnit
from honk_ci.reports.merge import merge

__all__ = ["REPORT_FORMATS", "LogReading", "expand", "findings_in", "merge", "names_of", "read", "read_all", "read_log"]

REPORT_FORMATS: Mapping[str, ReportFormat] = {
    "junit": JUnit(),
}


def read(path: Path) -> Report:
    """One file, by the first format that takes it; ReportError with each format's objection where none does."""
    problems = []
    for report_format in REPORT_FORMATS.values():
        try:
            return report_format.read(path)
        except ReportError as error:
            problems.append(str(error))
    raise ReportError("; ".join(problems), hint="honk reads JUnit XML: see the options of your test runner")


def read_all(paths: Sequence[Path]) -> Report:
    """All files as one report; what cannot be read is named in its notes.

    Raises ReportError, with the problem of each file, when none can be read.
    """
    found: list[Report] = []
    problems: list[str] = []
    for path in paths:
        try:
            found.append(read(path))
        except ReportError as error:
            problems.append(str(error))
    if not found:
        raise ReportError("; ".join(problems) or "no report was given", hint="honk reads JUnit XML")
    report = merge(found)
    if not problems:
        return report
    return replace(report, notes=(*report.notes, *problems))


def names_of(paths: Sequence[Path], hashes: frozenset[int]) -> list[str]:
    """The keys of cases by their hashes, in the order of the files; files gone by now are passed over."""
    names: dict[str, None] = {}
    for path in paths:
        for report_format in REPORT_FORMATS.values():
            try:
                names.update(dict.fromkeys(report_format.names_of(path, hashes)))
                break
            except ReportError:
                continue
    return list(names)


def read_log(path: Path) -> LogReading:
    """What a console log says went wrong; ReportError for what is no regular file, cannot be read or is empty."""
    from honk_ci.reports import console
    from honk_ci.reports.console import reading

    return reading.read_log(path, [make() for make in console.LOG_FORMATS.values()])


def findings_in(output: str, *families: str) -> tuple[LogFinding, ...]:
    """What the output of one command complains of, in its order; all families of tools where none is named."""
    from honk_ci.reports import console
    from honk_ci.reports.console import reading

    names = families or tuple(console.LOG_FORMATS)
    return reading.findings_in(output, [console.LOG_FORMATS[name]() for name in names])
