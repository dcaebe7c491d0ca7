"""Reproduce: is each failure there at the red commit, every time, and was it there before?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from honk_ci.domain import (
    Build,
    Cause,
    FailedTest,
    Failure,
    Reproduction,
    ReproductionState,
    TestRun,
    failed_keys,
)
from honk_ci.errors import RunnerError
from honk_ci.flakes import DETECTABLE_RATE, passes_to_rule_out
from honk_ci.stages.at_base import against_base
from honk_ci.stages.recognise import recognise
from honk_ci.stages.site import Site
from honk_ci.text import last_words, one_line, plural
from honk_ci.workspaces.testbed import (
    still_failing,
    target_states,
    tells_less_than_asked,
    tells_only_its_status,
)

# Reruns of a failure that does not show again may take this share of the time that is left.
RERUN_SHARE = 0.25

# What a shell says of a command that it cannot execute, or cannot find.
NOT_STARTED = (126, 127)


def look_again(build: Build, site: Site) -> Build:
    """A build whose reports and logs tell of nothing is green only if the suite is green here too."""
    if _is_told(build):
        return build
    _demand_tests(site)
    site.progress.doing("the whole suite, since the report shows no failed test")
    run = site.gate.red.suite()
    if run.is_green and not run.report.counts.total:
        return replace(build, notes=(*build.notes, "the suite is green here, but there was no test in it"))
    return build if run.is_green else replace(build, report=run.report)


def _demand_tests(site: Site) -> None:
    if not site.testbed.has_tests:
        raise RunnerError("no test runner was recognised in this repository", hint="name one with --test-command")


def reproduce(failures: Sequence[Failure], site: Site) -> tuple[Reproduction, ...]:
    """Run every failure again at the red commit, and those that fail again at the base.

    The CI's own report counts as the first run.
    """
    failures = _with_tests(failures, site)
    tests = [test for failure in failures for test in failure.tests]
    rerun = _rerun(tests, site) if tests else None
    if rerun is not None:
        failures = [recognise(failure, rerun) for failure in failures]
    found = [_at_red(failure, rerun, site) for failure in failures]
    names_tests = rerun is not None and not tells_only_its_status(rerun.report)
    return tuple(against_base(found, site, names_tests=names_tests))


def _rerun(tests: Sequence[FailedTest], site: Site) -> TestRun:
    _demand_tests(site)
    site.progress.doing(f"{plural(len(failed_keys(tests)), 'failed test')} again at the red commit")
    return site.testbed.run_tests(tests)


def _with_tests(failures: Sequence[Failure], site: Site) -> list[Failure]:
    """What only a log tells of is looked for in a run of the suite."""
    unnamed = [f for f in failures if not f.tests and not f.verifier and not _is_infrastructure(f)]
    if not unnamed or not site.testbed.has_tests:
        return list(failures)
    site.progress.doing("the whole suite, to find what the log tells of")
    claimed = {key for failure in failures for key in failed_keys(failure.tests)}
    unclaimed = [test for test in site.gate.red.suite().report.failed if test.key not in claimed]
    shares = _share_out(unnamed, unclaimed)
    return [replace(failure, tests=shares.get(failure.fingerprint, failure.tests)) for failure in failures]


def _share_out(failures: Sequence[Failure], tests: Sequence[FailedTest]) -> dict[str, tuple[FailedTest, ...]]:
    """Which of the suite's failed tests belongs to which failure of the log; by its words, else the first."""
    shares: dict[str, list[FailedTest]] = {failure.fingerprint: [] for failure in failures}
    for test in tests:
        text = f"{test.key}\n{test.message}\n{test.text}"
        owner = next(
            (f for f in failures if any(_is_told_by(finding_words, text) for finding_words in _words(f))), None
        )
        shares[(owner or failures[0]).fingerprint].append(test)
    return {fingerprint: tuple(found) for fingerprint, found in shares.items()}


def _words(failure: Failure) -> Iterator[str]:
    for finding in failure.findings:
        yield finding.message
        if finding.file:
            yield finding.file


def _is_told_by(words: str, text: str) -> bool:
    return len(words) > 3 and words in text


def _is_infrastructure(failure: Failure) -> bool:
    return failure.cause is Cause.INFRASTRUCTURE


def _at_red(failure: Failure, rerun: TestRun | None, site: Site) -> Reproduction:
    if not failure.tests:
        return _without_tests(failure, site)
    assert rerun is not None
    if _could_not_start(failure.tests, rerun):
        return _unrunnable(failure, f"the test command could not be run here: {last_words(rerun)}")
    if _fails(failure.tests, rerun):
        return Reproduction(
            failure=_as_seen_here(failure, rerun),
            state=ReproductionState.REPRODUCED,
            runs=2,
            failed_runs=2,
            found_here=not _is_told(site.build),
            why="failed again at the red commit",
        )
    return _passed_once(failure, site)


def _is_told(build: Build) -> bool:
    return bool(build.findings or (build.report and build.report.failed))


def _without_tests(failure: Failure, site: Site) -> Reproduction:
    if _is_infrastructure(failure):
        why = one_line(failure.summary)
        return Reproduction(failure=failure, state=ReproductionState.INFRASTRUCTURE, runs=1, failed_runs=1, why=why)
    if failure.verifier:
        return _verifier_at_red(failure, site)
    if not site.testbed.has_tests:
        why = "no test runner was recognised here, so it could not be run again; --test-command would name one"
        return Reproduction(failure=failure, state=ReproductionState.UNRUNNABLE, runs=1, failed_runs=1, why=why)
    passes = site.gate.red.suite().is_green
    why = "the tests pass here" if passes else "what fails here was taken for another cause of the log"
    why = f"{why}, and the log names nothing else that can be run again"
    return Reproduction(failure=failure, state=ReproductionState.NOT_REPRODUCED, runs=2, failed_runs=1, why=why)


def _verifier_at_red(failure: Failure, site: Site) -> Reproduction:
    from honk_ci.verifiers.complaints import is_blind

    verifier = site.verifier(failure.verifier)
    if verifier is None:
        why = f"{failure.verifier} is not installed here"
        return Reproduction(failure=failure, state=ReproductionState.UNRUNNABLE, runs=1, failed_runs=1, why=why)
    found = site.gate.red.complaints_of(verifier)
    if is_blind(found):
        why = f"{verifier.name} cannot judge here: {one_line(min(found), 200)}"
        return Reproduction(failure=failure, state=ReproductionState.UNRUNNABLE, runs=1, failed_runs=1, why=why)
    state = ReproductionState.REPRODUCED if found else ReproductionState.NOT_REPRODUCED
    why = (
        f"{verifier.name} complains here too: {plural(len(found), 'complaint')}"
        if found
        else f"{verifier.name} is green here"
    )
    return Reproduction(failure=failure, state=state, runs=2, failed_runs=1 + bool(found), why=why)


def _fails(tests: Sequence[FailedTest], run: TestRun) -> bool:
    """Whether any of ``tests`` fails in ``run``; one that was skipped or did not run has not failed."""
    return "failed" in target_states(tests, run).values() or (run.timed_out and bool(still_failing(tests, run)))


def _could_not_start(tests: Sequence[FailedTest], run: TestRun) -> bool:
    """Whether a shell did not find the command; a failure that is told of by name was no such thing."""
    return run.exit_code in NOT_STARTED and tells_less_than_asked(tests, run)


def _unrunnable(failure: Failure, why: str) -> Reproduction:
    return Reproduction(failure=failure, state=ReproductionState.UNRUNNABLE, runs=1, failed_runs=1, why=why)


def _as_seen_here(failure: Failure, run: TestRun) -> Failure:
    """The failure with only the tests that fail here, as this run reports them: its texts fit this checkout."""
    seen = {test.key: test for test in run.report.failed}
    tests = tuple(seen[test.key] for test in failure.tests if test.key in seen)
    return replace(failure, tests=tests) if tests else failure


def _passed_once(failure: Failure, site: Site) -> Reproduction:
    """Red in CI and green here: does it fail in the whole suite, or now and then?"""
    site.progress.doing("the whole suite, since the failed tests pass alone")
    suite = site.gate.red.suite()
    failure = recognise(failure, suite)
    if _fails(failure.tests, suite):
        return _in_suite_only(failure, suite, site)
    if not _ran(failure.tests, suite):
        return _did_not_run(failure, suite)
    wanted = passes_to_rule_out(DETECTABLE_RATE, site.config.limits.flake_risk)
    deadline_s = site.meter.elapsed_s + RERUN_SHARE * site.meter.left_s
    runs = 3  # in CI, alone, and in the suite
    while runs - 1 < wanted and site.meter.elapsed_s < deadline_s:
        site.progress.doing(f"rerun {runs - 1} of {wanted}, to tell flaky from not reproduced")
        rerun = site.testbed.run_tests(failure.tests)
        runs += 1
        if _fails(failure.tests, rerun):
            return _flaky(failure, runs=runs, failed=2)
    chance = (1 - DETECTABLE_RATE) ** (runs - 1)
    why = (
        f"passed {runs - 1} times here; a test that fails one time in {1 / DETECTABLE_RATE:.0f} "
        f"would have done so by chance in {chance:.1%} of cases"
    )
    if _is_infrastructure(failure):
        return Reproduction(failure=failure, state=ReproductionState.INFRASTRUCTURE, runs=runs, failed_runs=1, why=why)
    return Reproduction(failure=failure, state=ReproductionState.NOT_REPRODUCED, runs=runs, failed_runs=1, why=why)


def _ran(tests: Sequence[FailedTest], suite: TestRun) -> bool:
    """Whether a run of everything has any of ``tests``, skipped ones not counted."""
    return "passed" in target_states(tests, suite).values() or any(test.stands_for_others for test in tests)


def _did_not_run(failure: Failure, suite: TestRun) -> Reproduction:
    """Not to have run is not to have passed, however often it is tried."""
    states = set(target_states(failure.tests, suite).values())
    how = "the run was cut off" if suite.timed_out else "it is skipped" if "skipped" in states else "it is not there"
    why = f"{failure.tests[0].key} could not be run again: {how} in a run of the whole suite here"
    state = ReproductionState.INFRASTRUCTURE if _is_infrastructure(failure) else ReproductionState.UNRUNNABLE
    return Reproduction(failure=failure, state=state, runs=1, failed_runs=1, why=why)


def _in_suite_only(failure: Failure, suite: TestRun, site: Site) -> Reproduction:
    site.progress.doing("the whole suite once more")
    if not _fails(failure.tests, site.testbed.run_suite()):
        return _flaky(failure, runs=4, failed=2)
    seen = 3 if _is_told(site.build) else 2
    return Reproduction(
        failure=_as_seen_here(failure, suite),
        state=ReproductionState.REPRODUCED,
        runs=seen,
        failed_runs=seen,
        in_suite_only=True,
        why="passes alone and fails in the whole suite: another test is in it",
    )


def _flaky(failure: Failure, *, runs: int, failed: int) -> Reproduction:
    why = f"failed in {failed} of {runs} runs of the same commit ({failed / runs:.0%})"
    return Reproduction(failure=failure, state=ReproductionState.FLAKY, runs=runs, failed_runs=failed, why=why)
