"""What of a reproduced failure was there before: the same tests at the base commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from honk_ci.domain import (
    Cause,
    Evidence,
    FailedTest,
    Reproduction,
    ReproductionState,
    TestRun,
)
from honk_ci.errors import GitError, WorkspaceError
from honk_ci.stages.site import Site
from honk_ci.text import last_words, one_line
from honk_ci.workspaces.testbed import (
    WHOLE_COMMAND,
    target_states,
    tells_less_than_asked,
)


def against_base(found: Sequence[Reproduction], site: Site, *, names_tests: bool) -> Iterator[Reproduction]:
    base = site.build.base
    red = [reproduction for reproduction in found if reproduction.state is ReproductionState.REPRODUCED]
    looked_at: dict[str, list[Reproduction]] = {}
    if base is not None and base != site.build.commit and red:
        site.progress.doing(f"the same tests at the base {base[:9]}")
        try:
            with site.workspace.at(base):
                looked_at = _at_base(red, site, names_tests=names_tests)
        except (GitError, WorkspaceError) as error:  # a shallow clone knows the base's id but not its files
            site.progress.note(f"the base could not be looked at: {error}")
    for reproduction in found:
        for judged in looked_at.get(reproduction.failure.fingerprint, [reproduction]):
            yield _settled(judged)


def _at_base(red: Sequence[Reproduction], site: Site, *, names_tests: bool) -> dict[str, list[Reproduction]]:
    tests = [test for reproduction in red for test in reproduction.failure.tests]
    whole = any(reproduction.in_suite_only for reproduction in red)
    run = (site.testbed.run_suite() if whole else _run_at_base(tests, site)) if tests else None
    return {
        reproduction.failure.fingerprint: (
            list(_split_at_base(reproduction, run, names_tests=names_tests))
            if run is not None and reproduction.failure.tests
            else [_verifier_at_base(reproduction, site)]
        )
        for reproduction in red
    }


def _run_at_base(tests: Sequence[FailedTest], site: Site) -> TestRun:
    """Some of the tests may be newer than the base, and a runner may refuse all for one that is not there."""
    run = site.testbed.run_tests(tests)
    absent = [state for state in target_states(tests, run).values() if state == "absent"]
    if not absent or len(absent) == len(tests) == 1:
        return run
    return site.testbed.run_suite()


def _split_at_base(reproduction: Reproduction, run: TestRun, *, names_tests: bool) -> Iterator[Reproduction]:
    """What was red before, apart from what is new; a run that was cut off tells only of what it reported.

    ``names_tests``: the rerun at the red commit did, so one that does not is no answer.
    """
    failure = reproduction.failure
    states = target_states(failure.tests, run)
    if tells_less_than_asked(failure.tests, run) and not run.is_green and not run.timed_out:
        if names_tests:
            yield reproduction
            return
        why = f"the test command fails at the base too and names no test, so it may not work here: {last_words(run)}"
        state = ReproductionState.UNRUNNABLE
        yield Reproduction(failure=failure, state=state, runs=1, failed_runs=1, why=why)
        return
    if run.timed_out:
        reported = {test.key for test in run.report.failed if test.case != WHOLE_COMMAND}
        states = {key: state for key, state in states.items() if state == "passed" or key in reported}
    old = tuple(test for test in failure.tests if states.get(test.key) == "failed" and _fails_alike(test, run))
    new = tuple(test for test in failure.tests if test not in old)
    if new:
        known = {test.key: states[test.key] for test in new if test.key in states}
        yield replace(
            reproduction,
            failure=replace(failure, tests=new),
            base_state=_joint(known.values()) if known else "",
            base_targets=known,
        )
    if old:
        yield replace(
            reproduction,
            failure=replace(failure, tests=old),
            state=ReproductionState.ALREADY_RED,
            base_state="failed",
            base_targets={test.key: "failed" for test in old},
            why="fails in the same way at the base: it was red before",
        )


def _joint(states: Iterable[str]) -> str:
    found = set(states)
    return next((state for state in ("passed", "failed", "skipped") if state in found), "absent")


def _fails_alike(test: FailedTest, run: TestRun) -> bool:
    other = next((found for found in run.report.failed if found.key == test.key), None)
    if other is None:
        return True  # the run tells nothing but that it failed
    return (test.exception, test.is_error) == (other.exception, other.is_error)


def _verifier_at_base(reproduction: Reproduction, site: Site) -> Reproduction:
    verifier = site.verifier(reproduction.failure.verifier)
    assert verifier is not None
    if site.gate.red.complaints_of(verifier) - site.gate.red.complaints_now(verifier):
        return replace(reproduction, base_state="passed")
    why = f"{verifier.name} complains of the same at the base: it was red before"
    return replace(reproduction, state=ReproductionState.ALREADY_RED, base_state="failed", why=why)


def _settled(reproduction: Reproduction) -> Reproduction:
    """A cause called infrastructure is believed unless the base is green in this very place."""
    failure = reproduction.failure
    if failure.cause is not Cause.INFRASTRUCTURE or reproduction.state is not ReproductionState.REPRODUCED:
        return reproduction
    if reproduction.base_state == "passed":
        evidence = Evidence(kind="rerun", text="passes at the base and fails at the red commit on this machine")
        return replace(reproduction, failure=replace(failure, cause=Cause.CODE, evidence=(*failure.evidence, evidence)))
    return replace(reproduction, state=ReproductionState.INFRASTRUCTURE, why=one_line(failure.summary))
