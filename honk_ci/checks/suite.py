"""No test that passed before fails, and none is lost."""

from __future__ import annotations

from honk_ci import reports
from honk_ci.checks.integrity.ledger import Ledger, compare_runs
from honk_ci.checks.interface import GateCase
from honk_ci.domain import CheckResult, FailedTest, IntegrityFinding, Report, Severity, TestRun, failed_keys
from honk_ci.text import failed_test_text, plural
from honk_ci.workspaces.testbed import still_failing

# A test that the patch seems to break must pass this often in a row, when run again, to be called flaky.
SECOND_LOOKS = 3


class Suite:
    """Runs the whole suite and compares it, case by case, with its run at the red commit."""

    name = "suite"

    def check(self, case: GateCase) -> CheckResult:
        run = case.suite_run or case.testbed.run_suite()
        case.suite_run = run
        before = case.red_suite()
        ledger = compare(before, run, case.reproduction.failure.tests)
        flaky = self._flaky(case, ledger, run)
        findings = tuple(f for f in ledger.findings if not (f.rule in _FAILING and _names(f.why, flaky)))
        vetoes = [finding for finding in findings if finding.severity is Severity.VETO]
        red = [key for key in (*ledger.broken, *ledger.new_failures) if key not in flaky]
        if run.timed_out:
            return self._refuse(f"ran out of time after {run.duration_s:.0f} s", run, red, findings)
        if vetoes or ledger.not_healed:
            return self._refuse(_first(ledger, vetoes[0].why if vetoes else ""), run, red, findings)
        case.notes += [f"{key} failed once with the patch and passed {SECOND_LOOKS} times: flaky" for key in flaky]
        return CheckResult(
            check=self.name,
            passed=True,
            summary=ledger.summary(),
            findings=findings,
            needs_person=any(finding.severity is Severity.PERSON for finding in findings),
        )

    def _flaky(self, case: GateCase, ledger: Ledger, run: TestRun) -> frozenset[str]:
        """Tests that fail now and steadily pass when looked at again."""
        suspects = {*ledger.broken, *ledger.new_failures}
        tests = [test for test in run.report.failed if test.key in suspects]
        if not tests or len(tests) > 20 or run.timed_out:
            return frozenset()
        for _ in range(SECOND_LOOKS):
            again = case.testbed.run_tests(tests)
            bad = still_failing(tests, again)
            tests = [test for test in tests if test.key not in bad]
            if not tests:
                return frozenset()
        return failed_keys(tests)

    def _refuse(self, why: str, run: TestRun, red: list[str], findings: tuple[IntegrityFinding, ...]) -> CheckResult:
        tests = [test for test in run.report.failed if test.key in red]
        detail = "\n\n".join(failed_test_text(test) for test in tests[:10])
        return CheckResult(check=self.name, passed=False, summary=why, detail=detail, findings=findings)


_FAILING = frozenset({"test-broken", "test-new-failure"})


def compare(before: TestRun, after: TestRun, healed: tuple[FailedTest, ...]) -> Ledger:
    """The ledger of two runs of the suite, with names read from their reports."""
    return compare_runs(before.report, after.report, healed_keys=failed_keys(healed), names_of=_names_of)


def _names_of(report: Report, hashes: frozenset[int]) -> list[str]:
    return reports.names_of(report.paths, hashes)


def _names(why: str, keys: frozenset[str]) -> bool:
    return any(why.startswith(f"{key} ") for key in keys)


def _first(ledger: Ledger, veto: str) -> str:
    if ledger.broken:
        return f"{plural(len(ledger.broken), 'test')} that passed before fail: {', '.join(ledger.broken[:3])}"
    return veto or f"not healed in the whole suite: {', '.join(ledger.not_healed[:3])}"
