"""The tests of one checkout: run whole or in part, and what came of it as a value."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from honk_ci import reports
from honk_ci.domain import FailedTest, Report, TestCase, TestCounts, TestRun, failed_keys
from honk_ci.errors import ReportError
from honk_ci.meter import Meter
from honk_ci.process import Command, Finished
from honk_ci.workspaces.interface import Workspace

if TYPE_CHECKING:  # their packages load every plug-in, which most starts of the command never need
    from honk_ci.runners.interface import Runner

OUTPUT_KEPT = 20_000  # characters of a run's output, from its end

# The stand-in for a suite that reports nothing but its exit status.
WHOLE_COMMAND = TestCase(name="the test command")

# The exit status of a run that ended well without the report that it was to write: a test that
# ends the process with status 0 must not pass for a green suite.
NO_REPORT = 254

LEAST_CHECK_TIME_S = 30.0

Stamp = tuple[int, int, int]


class Testbed:
    """Runs tests in a workspace and reads their reports."""

    __test__ = False

    def __init__(
        self,
        *,
        workspace: Workspace,
        runner: Runner,
        meter: Meter,
        scratch: Path,
        timeout_s: float,
        report_globs: Sequence[str] = (),
        has_tests: bool = True,
    ) -> None:
        """``has_tests`` is False where the repository has none, and a green run therefore says nothing.

        ``report_globs`` name the files to read after a run whose command writes no file of our choice.
        """
        self.has_tests = has_tests
        self.workspace = workspace
        self.runner = runner
        self._meter = meter
        self._scratch = scratch
        self._timeout_s = timeout_s
        self._report_globs = tuple(report_globs)
        self._numbers = count(1)

    def run_suite(self, *, timeout_s: float | None = None) -> TestRun:
        """Run every test."""
        report = self._new_report()
        return self._run(self.runner.suite(report), report, timeout_s)

    def run_tests(self, tests: Sequence[FailedTest], *, timeout_s: float | None = None) -> TestRun:
        """Run ``tests``, and more where they cannot be picked out; the whole suite if need be."""
        report = self._new_report()
        command = self.runner.subset(tests, report) if tests else None
        return self._run(command or self.runner.suite(report), report, timeout_s)

    def timed(self) -> AbstractContextManager[None]:
        """For runs of the project's other checks: their time counts as the tests' does, not as our own."""
        return self._meter.timed("tests")

    def check_time_s(self, timeout_s: float) -> float:
        """How long one of those may take; enough for most of them even where the time limit is used up.

        A check that is cut off has no opinion, and would stand in nobody's way.
        """
        return self._meter.within(timeout_s, least_s=LEAST_CHECK_TIME_S)

    def _new_report(self) -> Path:
        self._scratch.mkdir(parents=True, exist_ok=True)
        return self._scratch / f"run-{next(self._numbers)}.xml"

    def _run(self, command: Command, report: Path, timeout_s: float | None) -> TestRun:
        chooses_its_file = str(report) not in str(command)
        before = self._stamps() if chooses_its_file else {}
        limit = self._meter.within(min(timeout_s or self._timeout_s, self._timeout_s))
        with self._meter.timed("tests"):
            finished = self.workspace.run(command, timeout_s=limit, purpose="test")
        written = [report] if report.exists() else []
        if chooses_its_file:
            written = [path for path, stamp in self._stamps().items() if before.get(path) != stamp]
        return TestRun(
            command=str(command).replace(str(report), "{report}"),
            exit_code=finished.exit_code,
            duration_s=finished.duration_s,
            report=self._read(written, finished, promised=not chooses_its_file),
            output=finished.output[-OUTPUT_KEPT:],
            timed_out=finished.timed_out,
        )

    def _stamps(self) -> dict[Path, Stamp]:
        """What tells whether a report was written anew: a run's report counts only if that run wrote it."""
        found: dict[Path, Stamp] = {}
        for pattern in self._report_globs:
            for path in reports.expand(self.workspace.root, pattern):
                stat = path.stat()
                found[path] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        return found

    def _read(self, written: Sequence[Path], finished: Finished, *, promised: bool) -> Report:
        """``promised``: the command was to write a report, so that one without has not run the tests."""
        notes: tuple[str, ...] = ()
        if written:
            try:
                report = reports.read_all(written)
            except ReportError as error:
                notes = (str(error),)
            else:
                return _with_exit_status(report, finished)
        if promised and finished.ok:
            finished = replace(finished, exit_code=NO_REPORT)
            notes = (*notes, "the test command ended well, but wrote no report that can be read")
        return replace(_exit_status_report(finished), notes=notes)


def _with_exit_status(report: Report, finished: Finished) -> Report:
    """A run that failed although its report shows no failed test is red all the same."""
    if finished.ok or report.failed:
        return report
    crash = _whole_command_failed(finished)
    counts = replace(report.counts, failed=report.counts.failed + 1)
    return replace(report, failed=(crash,), counts=counts, is_partial=True)


def _exit_status_report(finished: Finished) -> Report:
    if finished.ok:
        passed = Report(counts=TestCounts(passed=1))
        passed.passed_hashes.append(hash(WHOLE_COMMAND.key))
        return passed
    return Report(counts=TestCounts(failed=1), failed=(_whole_command_failed(finished),), is_partial=finished.timed_out)


def _whole_command_failed(finished: Finished) -> FailedTest:
    how = "ran out of time" if finished.timed_out else f"ended with exit status {finished.exit_code}"
    return FailedTest(
        case=WHOLE_COMMAND, is_error=True, message=f"the test command {how}", text=finished.output[-OUTPUT_KEPT:]
    )


def target_states(tests: Sequence[FailedTest], run: TestRun) -> dict[str, str]:
    """What became of each of ``tests`` in ``run``: "passed", "failed", "skipped" or "absent".

    A stand-in for tests that could not be loaded counts as passed once it is gone and the tests
    that it stood for have run without a failure. Where a run reports nothing but its exit status,
    that is the state of all.
    """
    if tells_only_its_status(run.report):
        return dict.fromkeys((test.key for test in tests), "failed" if run.report.failed else "passed")
    failed = frozenset(map(hash, failed_keys(run.report.failed)))
    passed, skipped = frozenset(run.report.passed_hashes), frozenset(run.report.skipped_hashes)
    return {test.key: _state(test, run, failed, passed, skipped) for test in tests}


def tells_only_its_status(report: Report) -> bool:
    """Whether there was no report to read, so that no single case is known."""
    cases = [*report.passed_hashes, *report.skipped_hashes, *map(hash, failed_keys(report.failed))]
    return cases == [hash(WHOLE_COMMAND.key)]


def tells_less_than_asked(tests: Sequence[FailedTest], run: TestRun) -> bool:
    """Whether the run was to show named tests and shows an exit status."""
    return tells_only_its_status(run.report) and all(test.case != WHOLE_COMMAND for test in tests)


def _state(
    test: FailedTest, run: TestRun, failed: frozenset[int], passed: frozenset[int], skipped: frozenset[int]
) -> str:
    case = hash(test.key)
    if case in failed:
        return "failed"
    if case in passed:
        return "passed"
    if case in skipped:
        return "skipped"
    stands_for_these = test.stands_for_others and bool(passed)
    return "passed" if stands_for_these and run.is_green else "absent"


def still_failing(tests: Sequence[FailedTest], run: TestRun) -> frozenset[str]:
    """Keys of ``tests`` that did not pass in ``run``: failed, skipped, or not run at all."""
    return frozenset(key for key, state in target_states(tests, run).items() if state != "passed")
