"""The repository's own checks besides its tests: linters, formatters, type checkers, builds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from honk_ci.domain import LogFinding
from honk_ci.process import Command
from honk_ci.verifiers.project import Project


class Verifier(Protocol):
    """One tool that the repository configures, bound to that repository; it only builds commands."""

    @property
    def name(self) -> str:
        """ "ruff", "ruff-format", "mypy", "eslint", "tsc", …; with " in FOLDER" where it is a part's own."""

    @property
    def check(self) -> Command:
        """Exits 0 when green, writes nothing to the tree."""

    @property
    def fix(self) -> Command | None:
        """The tool's own safe fixes in place; None where it has none."""

    @property
    def is_formatter(self) -> bool:
        """Whether the fix changes nothing but layout."""

    def findings(self, output: str) -> Sequence[LogFinding]:
        """What the check's output complains of, one finding a complaint; files relative to the repository."""

    def fix_files(self, paths: Sequence[str]) -> Command | None:
        """The fix for just these files of the repository; None where it cannot be had for them alone."""

    def concerns(self, path: str) -> bool:
        """Whether a change of this file can change what the check says."""


class VerifierKind(Protocol):
    """The registry's entry: makes the bound verifier where the repository configures the tool."""

    @property
    def name(self) -> str:
        """The tool, as reports and logs name it."""

    def configured(self, project: Project) -> bool:
        """Whether the repository says that it uses the tool."""

    def bind(self, project: Project) -> Verifier | None:
        """The verifier, configured or not, when the tool is installed here.

        Both methods read files and look for executables; they run nothing.
        """
