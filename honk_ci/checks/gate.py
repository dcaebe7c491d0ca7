"""The gate: one function and one list of checks for every patch, whichever healer made it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from honk_ci.checks.interface import Check, GateCase
from honk_ci.config import Config
from honk_ci.domain import Build, Candidate, CheckResult, Reproduction, TestRun, Verdict
from honk_ci.git import Repository
from honk_ci.patch import Patch
from honk_ci.progress import Progress
from honk_ci.workspaces.interface import Workspace
from honk_ci.workspaces.testbed import Testbed

if TYPE_CHECKING:  # their packages load every plug-in, which most starts of the command never need
    from honk_ci.verifiers.interface import Verifier

VERIFIER_TIMEOUT_S = 300.0


class RedState:
    """What the red commit looks like without any patch, found out when first asked for."""

    def __init__(self, workspace: Workspace, testbed: Testbed, progress: Progress) -> None:
        self._workspace = workspace
        self._testbed = testbed
        self._progress = progress
        self._suite: TestRun | None = None
        self._complaints: dict[str, frozenset[str]] = {}

    def suite(self) -> TestRun:
        """The whole suite at the red commit."""
        if self._suite is None:
            self._progress.doing("the whole suite at the red commit")
            with self._without_patch():
                self._suite = self._testbed.run_suite()
        return self._suite

    def complaints_of(self, verifier: Verifier) -> frozenset[str]:
        """What a verifier says of the red commit."""
        if verifier.name not in self._complaints:
            self._progress.doing(f"{verifier.name} at the red commit")
            with self._without_patch():
                self._complaints[verifier.name] = self.complaints_now(verifier)
        return self._complaints[verifier.name]

    def complaints_now(self, verifier: Verifier) -> frozenset[str]:
        """What a verifier says of the tree as it stands."""
        from honk_ci.verifiers.complaints import complaints

        with self._testbed.timed():
            limit = self._testbed.check_time_s(VERIFIER_TIMEOUT_S)
            return complaints(verifier, self._workspace, limit)

    @contextmanager
    def _without_patch(self) -> Iterator[None]:
        patch = self._workspace.changes()
        self._workspace.reset()
        try:
            yield
        finally:
            self._workspace.apply(patch)


class Gate:
    """Judges candidates, and remembers what it judged."""

    def __init__(
        self,
        *,
        build: Build,
        workspace: Workspace,
        testbed: Testbed,
        repository: Repository,
        config: Config,
        verifiers: Sequence[Verifier],
        checks: Callable[[], Sequence[Check]],
        progress: Progress,
        red: RedState,
    ) -> None:
        """``checks`` gives the list when the first candidate comes: a run without one need not load them."""
        self.red = red
        self._checks = checks
        self._progress = progress
        self._workspace = workspace
        self._verdicts: dict[tuple[str, Patch], Verdict] = {}
        self._new_case: Callable[[Candidate, Reproduction], GateCase] = lambda candidate, reproduction: GateCase(
            build=build,
            reproduction=reproduction,
            candidate=candidate,
            workspace=workspace,
            testbed=testbed,
            repository=repository,
            config=config,
            red_suite=red.suite,
            red_verifiers=red.complaints_of,
            verifiers=verifiers,
        )

    def judge(self, candidate: Candidate, reproduction: Reproduction) -> Verdict:
        """Every check in order, up to the first that refuses; leaves the patch in the workspace."""
        key = (reproduction.failure.fingerprint, candidate.patch)
        if key not in self._verdicts:
            self._workspace.apply(candidate.patch)
            self._verdicts[key] = Verdict(results=tuple(self._results(candidate, reproduction)))
        return self._verdicts[key]

    def _results(self, candidate: Candidate, reproduction: Reproduction) -> Iterator[CheckResult]:
        case = self._new_case(candidate, reproduction)
        for check in self._checks():
            self._progress.doing(f"gate: {check.name}")
            result = check.check(case)
            yield result
            if not result.passed:
                return
