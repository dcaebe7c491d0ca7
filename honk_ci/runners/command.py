"""Any command: run whole, by its exit status and whatever report it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from honk_ci.domain import FailedTest
from honk_ci.process import Command
from honk_ci.runners.interface import Runner
from honk_ci.runners.places import USUAL_REPORTS
from honk_ci.runners.shell_words import put_report
from honk_ci.runners.test_files import by_reported_path


class CommandKind:
    """For configured commands; nothing is detected."""

    name = "command"

    def __init__(self, *, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def detect(self, repo: Path) -> Runner | None:  # noqa: ARG002 (the interface's name)
        return None

    def from_command(self, repo: Path, command: str) -> Runner | None:
        return CommandRunner(repo, command)


class CommandRunner:
    """One shell command for the whole suite; no tests can be picked out."""

    name = "command"
    report_globs: Sequence[str] = USUAL_REPORTS

    def __init__(self, repo: Path, command: str) -> None:
        self._repo = repo
        self._command = command

    def suite(self, report: Path) -> Command:
        return Command(shell=put_report(self._command, report))

    def subset(self, tests: Sequence[FailedTest], report: Path) -> Command | None:  # noqa: ARG002 (the interface's names)
        return None

    def test_source(self, test: FailedTest) -> str | None:
        return by_reported_path(self._repo, test.case.file) if test.case.file else None
