"""The failed tests pass with the patch."""

from __future__ import annotations

from honk_ci.checks.interface import GateCase
from honk_ci.domain import CheckResult, TestRun
from honk_ci.text import failure_lines, plural
from honk_ci.workspaces.testbed import target_states


class Target:
    """Reruns the failure's tests; where they fail only in the whole suite, the suite."""

    name = "target"

    def check(self, case: GateCase) -> CheckResult:
        failure = case.reproduction.failure
        if not failure.tests:
            return CheckResult(check=self.name, passed=True, summary=f"{failure.verifier or 'the check'} is the target")
        run = self._run(case)
        states = target_states(failure.tests, run)
        red = [key for key, state in states.items() if state != "passed"]
        if not red:
            return CheckResult(check=self.name, passed=True, summary=f"{plural(len(states), 'failed test')} pass now")
        first = f"{red[0]} {_verb(states[red[0]])}"
        more = f" and {len(red) - 1} more" if len(red) > 1 else ""
        return CheckResult(check=self.name, passed=False, summary=first + more, detail=failure_lines(run))

    def _run(self, case: GateCase) -> TestRun:
        if case.reproduction.in_suite_only:
            case.suite_run = case.target_run = case.testbed.run_suite()
        else:
            case.target_run = case.testbed.run_tests(case.reproduction.failure.tests)
        return case.target_run


def _verb(state: str) -> str:
    return {"failed": "still fails", "skipped": "is skipped now", "absent": "did not run"}[state]
