"""The failed tests pass often enough that luck can be ruled out."""

from __future__ import annotations

from honk_ci.checks.interface import GateCase
from honk_ci.domain import CheckResult, Reproduction, TestRun
from honk_ci.flakes import passes_needed, slip_chance
from honk_ci.text import failure_lines, plural
from honk_ci.workspaces.testbed import still_failing


def failures_seen(reproduction: Reproduction, red_suite: TestRun) -> int:
    """How often the target failed in a row without a patch: in CI, when rerun, and in the whole suite."""
    tests = reproduction.failure.tests
    counted_already = reproduction.in_suite_only or reproduction.found_here
    in_suite = not counted_already and len(still_failing(tests, red_suite)) == len(tests)
    return max(1, reproduction.failed_runs + in_suite)


def passes_made(reproduction: Reproduction, failures: int, risk: float) -> int:
    """How often the target passes in the gate: as often as the risk asks for, and once for this check at least."""
    return max(passes_needed(failures, risk), _runs_before(reproduction) + 1)


def _runs_before(reproduction: Reproduction) -> int:
    """Runs of the target by the checks before this one: alone, and with the suite."""
    return 1 if reproduction.in_suite_only else 2


class Repeat:
    """Reruns the target until an unhealed flake would have shown itself, at the configured risk."""

    name = "repeat"

    def check(self, case: GateCase) -> CheckResult:
        tests = case.reproduction.failure.tests
        if not tests:
            return CheckResult(check=self.name, passed=True, summary="nothing to repeat: a check without chance in it")
        seen = failures_seen(case.reproduction, case.red_suite())
        passes = passes_made(case.reproduction, seen, case.config.limits.flake_risk)
        for number in range(_runs_before(case.reproduction), passes):
            run = case.testbed.run_suite() if case.reproduction.in_suite_only else case.testbed.run_tests(tests)
            bad = still_failing(tests, run)
            if bad:
                summary = f"{min(bad)} passed {plural(number, 'time')}, then failed: the patch does not make it steady"
                return CheckResult(check=self.name, passed=False, summary=summary, detail=failure_lines(run))
        chance = slip_chance(seen, passes)
        summary = f"failed {plural(seen, 'time')}, then passed {passes}; by luck at most {chance:.1%}"
        return CheckResult(check=self.name, passed=True, summary=summary)
