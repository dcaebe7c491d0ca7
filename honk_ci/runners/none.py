"""The stand-in for repositories that have checks but no tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from honk_ci.domain import FailedTest
from honk_ci.process import Command


class NoTests:
    """Runs nothing, successfully; only for failures of linters and type checkers."""

    name = "none"
    report_globs: Sequence[str] = ()

    def suite(self, report: Path) -> Command:  # noqa: ARG002 (the interface's name)
        return Command(argv=("true",))

    def subset(self, tests: Sequence[FailedTest], report: Path) -> Command | None:  # noqa: ARG002
        return None

    def test_source(self, test: FailedTest) -> str | None:  # noqa: ARG002
        return None
