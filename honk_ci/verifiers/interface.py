"""The repository's own checks besides its tests: linters, formatters, type checkers, builds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from honk_ci.domain import LogFinding
from honk_ci.process import Command


class Verifier(Protocol):
    """One tool that the repository configures, bound to that repository; it only builds commands."""

    name: str  # "ruff", "ruff-format", "mypy", "eslint", "tsc", …
    check: Command  # exits 0 when green, writes nothing to the tree
    fix: Command | None  # the tool's own safe fixes in place; None where it has none

    def findings(self, output: str) -> Sequence[LogFinding]:
        """What the check's output complains of, one finding a complaint."""


class VerifierKind(Protocol):
    """The registry's entry: makes the bound verifier where the repository configures the tool."""

    name: str

    def detect(self, repo: Path) -> Verifier | None:
        """The verifier, when the repository configures the tool and it is installed here.

        Detection reads files and looks for executables; it runs nothing.
        """
