"""Moved: whether a proven fix still holds, and is still needed, where its branch has moved on to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from honk_ci.checks.manifests import dependency_change
from honk_ci.checks.suite import compare
from honk_ci.domain import FailedTest, Proof, Severity, TestRun
from honk_ci.errors import RunnerError
from honk_ci.patch import Patch
from honk_ci.paths import is_dependency_file, is_lock_file
from honk_ci.stages.site import Site
from honk_ci.text import plural
from honk_ci.workspaces.testbed import still_failing

NAMED = 3  # tests in one sentence


def holds_on(proof: Proof, moved: Patch, fixed: Patch, site: Site) -> str:
    """Why a proven fix does not hold where its branch has moved on to; "" when it does.

    ``moved`` is what the branch got since the red commit, ``fixed`` that and the fix. What fails
    there without the fix too does not count against it. RunnerError where that cannot be found out.
    """
    tests = _targets(proof)
    _check_installed(moved)
    site.progress.doing("whether the fix holds where the branch is now")
    with _tree(fixed, site):
        if still := _ever_failing(tests, proof.repeats - 1, site):
            return f"{plural(len(still), 'test')} still failing there: {_listed(still)}"
        run = site.testbed.run_suite()
    _check_time(run)
    if still := sorted(still_failing(tests, run)):
        return f"{plural(len(still), 'test')} still failing there in the whole suite: {_listed(still)}"
    return _loss(moved, run, tests, site) or _red_check(proof, moved, fixed, site)


def is_mended(proof: Proof, moved: Patch, site: Site) -> bool:
    """Whether what was red is green where the branch has moved on to, without the fix.

    As steadily as the proof asks of the fix, alone and in the whole suite. RunnerError likewise.
    """
    tests, checks = _targets(proof), _checks(proof)
    if not tests and not checks:
        return False
    _check_installed(moved)
    site.progress.doing("whether the branch has been mended meanwhile")
    with _tree(moved, site):
        if tests and (_ever_failing(tests, proof.repeats - 1, site) or still_failing(tests, site.testbed.run_suite())):
            return False
    return all(_check_is_mended(name, proof, moved, site) for name in checks)


def _targets(proof: Proof) -> tuple[FailedTest, ...]:
    return tuple(test for fix in proof.fixes for test in fix.failure.tests)


def _checks(proof: Proof) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fix.failure.verifier for fix in proof.fixes if fix.failure.verifier))


@contextmanager
def _tree(patch: Patch, site: Site) -> Iterator[None]:
    try:
        site.workspace.apply(patch)
        yield
    finally:
        site.workspace.reset()


def _ever_failing(tests: Sequence[FailedTest], runs: int, site: Site) -> list[str]:
    """Targets that did not pass in one of ``runs`` runs, one run at least; the suite's own run comes on top."""
    for _ in range(max(1, runs) if tests else 0):
        run = site.testbed.run_tests(tests)
        _check_time(run)
        if still := still_failing(tests, run):
            return sorted(still)
    return []


def _check_installed(moved: Patch) -> None:
    """What is installed here is what the red commit asks for."""
    for change in moved.changes:
        if is_lock_file(change.path) or (is_dependency_file(change.path) and dependency_change(change)):
            raise RunnerError(f"{change.path} is another one there, and asks for other packages")


def _check_time(run: TestRun) -> None:
    """A run that was cut off says nothing of the fix."""
    if run.timed_out:
        raise RunnerError(f"the tests ran out of time there after {run.duration_s:.0f} s")


def _loss(moved: Patch, run: TestRun, tests: tuple[FailedTest, ...], site: Site) -> str:
    """What the suite loses by the fix; it is run without it only where something is red with it."""
    if run.is_green:
        return ""
    with _tree(moved, site):
        before = site.testbed.run_suite()
    ledger = compare(before, run, tests)
    losses = [finding.why for finding in ledger.findings if finding.severity is Severity.VETO]
    return losses[0] if losses else ""


def _red_check(proof: Proof, moved: Patch, fixed: Patch, site: Site) -> str:
    for name in _checks(proof):
        if not _complaints(name, fixed, site) < _complaints(name, moved, site):
            return f"{name} is no greener with the fix there"
    return ""


def _check_is_mended(name: str, proof: Proof, moved: Patch, site: Site) -> bool:
    """Whether nothing is left of what the fix mends, and the tool could look."""
    from honk_ci.verifiers.complaints import BLIND, UNREAD

    now = _complaints(name, moved, site)
    if any(complaint.startswith((BLIND, UNREAD)) for complaint in now):
        return False
    wanted = _complaints(name, Patch(), site) - _complaints(name, proof.patch, site)
    return bool(wanted) and not wanted & now


def _complaints(name: str, patch: Patch, site: Site) -> frozenset[str]:
    verifier = site.verifier(name)
    if verifier is None:
        return frozenset()
    with _tree(patch, site):
        return site.gate.red.complaints_now(verifier)


def _listed(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - NAMED} more" if len(keys) > NAMED else ""
    return f"{', '.join(keys[:NAMED])}{more}"
