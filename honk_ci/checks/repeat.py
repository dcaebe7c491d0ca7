"""The failed tests pass often enough that luck can be ruled out."""

from __future__ import annotations

from honk_ci.checks.interface import GateCase
from honk_ci.domain import CheckResult
from honk_ci.flakes import passes_needed, slip_chance
from honk_ci.text import failure_lines, plural
from honk_ci.workspaces.testbed import still_failing


class Repeat:
    """Reruns the target until an unhealed flake would have shown itself, at the configured risk."""

    name = "repeat"

    def check(self, case: GateCase) -> CheckResult:
        tests = case.reproduction.failure.tests
        if not tests:
            return CheckResult(check=self.name, passed=True, summary="nothing to repeat: a check without chance in it")
        seen = max(1, case.reproduction.failed_runs)
        needed = passes_needed(seen, case.config.limits.flake_risk)
        passed = sum(run is not None for run in {id(r): r for r in (case.target_run, case.suite_run)}.values())
        for number in range(passed, max(needed, passed + 1)):
            run = case.testbed.run_suite() if case.reproduction.in_suite_only else case.testbed.run_tests(tests)
            bad = still_failing(tests, run)
            if bad:
                summary = f"{min(bad)} passed {plural(number, 'time')}, then failed: the patch does not make it steady"
                return CheckResult(check=self.name, passed=False, summary=summary, detail=failure_lines(run))
        passes = max(needed, passed + 1)
        chance = slip_chance(seen, passes)
        summary = f"failed {plural(seen, 'time')}, then passed {passes}; by luck at most {chance:.1%}"
        return CheckResult(check=self.name, passed=True, summary=summary)
