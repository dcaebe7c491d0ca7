"""One check of the gate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from honk_ci.config import Config
from honk_ci.domain import Build, Candidate, CheckResult, FailedTest, Reproduction, TestRun
from honk_ci.git import Repository
from honk_ci.workspaces.interface import Workspace
from honk_ci.workspaces.testbed import Testbed

if TYPE_CHECKING:  # their packages load every plug-in, which most starts of the command never need
    from honk_ci.verifiers.interface import Verifier


@dataclass(kw_only=True, slots=True)
class GateCase:
    """What a check may look at.

    When ``check`` is called the workspace holds the red commit plus the candidate's patch, and a
    check that changes the tree puts that back. ``target_run`` and ``suite_run`` are what earlier
    checks ran with the patch in place.
    """

    build: Build
    reproduction: Reproduction
    candidate: Candidate
    workspace: Workspace
    testbed: Testbed
    repository: Repository
    config: Config
    red_suite: Callable[[], TestRun]  # the whole suite at the red commit; run once, then remembered
    red_verifiers: Callable[[Verifier], frozenset[str]]  # complaints at the red commit; likewise
    verifiers: Sequence[Verifier] = ()
    target_run: TestRun | None = None
    suite_run: TestRun | None = None
    notes: list[str] = field(default_factory=list)


class Files(Protocol):
    """The files of the red commit, to be read."""

    def files(self) -> Sequence[str]:
        """All of them."""

    def read(self, path: str) -> bytes | None:
        """The file's content; None where there is no such regular file."""


class TestSources(Protocol):
    """Where tests are written down."""

    def test_source(self, test: FailedTest) -> str | None:
        """The repository file that holds the test, where that can be said for sure."""


class TestBench(Protocol):
    """What knows the tests' runner."""

    @property
    def runner(self) -> TestSources: ...


class PatchCase(Protocol):
    """What a check may look at that judges the patch itself and runs nothing; every ``GateCase`` is one."""

    @property
    def reproduction(self) -> Reproduction: ...

    @property
    def candidate(self) -> Candidate: ...

    @property
    def config(self) -> Config: ...

    @property
    def workspace(self) -> Files: ...

    @property
    def testbed(self) -> TestBench: ...


class Check(Protocol):
    """One thing that must hold of every patch, whichever healer made it."""

    name: str

    def check(self, case: GateCase) -> CheckResult:
        """Judge the candidate; a green summary is one line."""
