"""Where one build is reproduced, healed and proven."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from honk_ci.checks.gate import Gate
from honk_ci.config import Config
from honk_ci.domain import Build
from honk_ci.git import Repository
from honk_ci.meter import Meter
from honk_ci.progress import Progress
from honk_ci.workspaces.interface import Workspace
from honk_ci.workspaces.testbed import Testbed

if TYPE_CHECKING:  # their packages load every plug-in, which most starts of the command never need
    from honk_ci.verifiers.interface import Verifier

NAMED_AT_MOST = 5  # files in one note


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """The open workspace of one build and what belongs to it."""

    build: Build
    repository: Repository
    workspace: Workspace
    testbed: Testbed
    verifiers: Sequence[Verifier]
    gate: Gate
    config: Config
    meter: Meter
    progress: Progress

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the verifiers."""
        return tuple(verifier.name for verifier in self.verifiers)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of the place in which all this was tried."""
        if not (away := self.workspace.set_aside):
            return ()
        named = ", ".join(away[:NAMED_AT_MOST]) + (
            f" and {len(away) - NAMED_AT_MOST} more" * (len(away) > NAMED_AT_MOST)
        )
        return (f"judged was the commit {self.build.commit[:9]}, without the uncommitted changes to {named}",)

    def verifier(self, name: str) -> Verifier | None:
        return next((verifier for verifier in self.verifiers if verifier.name == name), None)
