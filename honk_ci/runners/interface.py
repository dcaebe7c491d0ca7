"""How one test runner is detected, run whole, and run for some tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from honk_ci.domain import FailedTest
from honk_ci.process import Command


class Runner(Protocol):
    """One test runner, bound to one repository; it only builds commands and runs nothing."""

    name: str  # "pytest", "jest", "vitest", "node", "command"
    report_globs: Sequence[str]  # where this runner's reports usually are, relative to the repository

    def suite(self, report: Path) -> Command:
        """The command for all tests, which writes JUnit XML to ``report`` (a file) if it can."""

    def subset(self, tests: Sequence[FailedTest], report: Path) -> Command | None:
        """The command for just ``tests``; None where they cannot be picked out, so the suite is run.

        The ids come from any producer's report. Running more than was asked is allowed (a whole
        file for one test), running less is not.
        """

    def test_source(self, test: FailedTest) -> str | None:
        """The repository file that holds the test, where that can be said for sure."""


class RunnerKind(Protocol):
    """The registry's entry: makes the bound runner where the repository uses it."""

    name: str

    def detect(self, repo: Path) -> Runner | None:
        """The runner with its default command, when the repository is set up for it."""

    def from_command(self, repo: Path, command: str) -> Runner | None:
        """The runner for a configured command that plainly calls it; None where it does not.

        ``{report}`` in the command stands for the JUnit file to write.
        """
