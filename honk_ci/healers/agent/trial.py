"""Tries what now stands in the workspace: the failure's own tests first, then the gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from honk_ci.domain import Candidate, FailedTest, IntegrityFinding, TestRun, Verdict
from honk_ci.healers.agent.text import fenced, middle_out, visible, without_internals
from honk_ci.healers.interface import HealCase
from honk_ci.process import Finished
from honk_ci.text import one_line, plural
from honk_ci.verifiers.interface import Verifier
from honk_ci.workspaces.testbed import target_states

SHOWN_TESTS = 3
TEXT_PER_TEST = 3500
OUTPUT_SHOWN = 5000
LONGEST_RATIONALE = 1500


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """What a trial showed: one line when green, the lines that matter when red."""

    green: bool
    text: str
    candidate: Candidate | None = None  # set when the gate passed


class Trial:
    """The trials of one failure."""

    def __init__(self, case: HealCase) -> None:
        self._case = case
        self._last_red = ""
        self.longest_s = 0.0  # a fix that cannot be proven in the time left is not worth asking for

    def target(self) -> Tried:
        """Run what is red because of this failure."""
        failure = self._case.failure
        self._case.progress.doing("running the failed tests with the agent's edit")
        verifier = next((v for v in self._case.verifiers if v.name == failure.verifier), None)
        started_s = self._case.meter.elapsed_s
        tried = self._run_tests() if failure.tests or verifier is None else self._run_verifier(verifier)
        self._lasted(started_s)
        return tried if tried.green else self._shortened(tried)

    def judge(self, whys: Sequence[str]) -> Tried:
        """Ask the gate about all changes together; the workspace holds them again afterwards."""
        patch = self._case.workspace.changes()
        if not patch:
            return Tried(green=False, text="nothing has been changed, so there is nothing to judge")
        self._case.progress.doing("asking the gate about the agent's patch")
        rationale = "\n".join(dict.fromkeys(why.strip() for why in whys if why.strip()))
        candidate = Candidate(healer="agent", patch=patch, rationale=visible(rationale)[:LONGEST_RATIONALE])
        started_s = self._case.meter.elapsed_s
        verdict = self._case.gate(candidate)
        self._lasted(started_s)
        if verdict.passed:
            return Tried(green=True, text=f"the gate passed: {verdict.why}", candidate=candidate)
        self._case.workspace.apply(patch)
        return Tried(green=False, text=_refusal(verdict))

    def _lasted(self, started_s: float) -> None:
        self.longest_s = max(self.longest_s, self._case.meter.elapsed_s - started_s)

    def _run_tests(self) -> Tried:
        tests = self._case.failure.tests
        testbed = self._case.testbed
        run = testbed.run_suite() if self._case.reproduction.in_suite_only else testbed.run_tests(tests)
        states = target_states(tests, run)
        red = frozenset(key for key, state in states.items() if state != "passed")
        # Where a run reports its exit status alone, no state is known of any test.
        unknown = all(state == "absent" for state in states.values())
        if not run.timed_out and ((tests and not red) or (unknown and run.is_green)):
            return Tried(green=True, text=f"green: {plural(run.report.counts.passed, 'test')} passed")
        return Tried(green=False, text=_red_run(run, tests, red))

    def _run_verifier(self, verifier: Verifier) -> Tried:
        limit = min(600.0, max(1.0, self._case.meter.left_s))
        with self._case.meter.timed("tests"):
            finished = self._case.workspace.run(verifier.check, timeout_s=limit, purpose="tool")
        if finished.ok:
            return Tried(green=True, text=f"green: {verifier.name} has no complaint")
        return Tried(green=False, text=_red_verifier(verifier, finished))

    def _shortened(self, tried: Tried) -> Tried:
        """A second equal answer is said in one line."""
        if tried.text == self._last_red:
            return Tried(green=False, text="red, and the failure is exactly the same as before")
        self._last_red = tried.text
        return tried


def _red_run(run: TestRun, tests: Sequence[FailedTest], red: frozenset[str]) -> str:
    if run.timed_out:
        return f"red: the tests ran out of time after {run.duration_s:.0f} s\n" + _output(run.output)
    wanted = {test.key for test in tests}
    own = [test for test in run.report.failed if test.key in wanted]
    shown = own or list(run.report.failed)
    if not shown:
        missing = ", ".join(sorted(red)[:SHOWN_TESTS])
        return f"red: these tests did not run or were skipped: {missing}\n" + _output(run.output)
    count = f"{len(red) or len(shown)} of {len(tests) or run.report.counts.total}"
    lines = [
        f"red: {count} still fail" if own else f"red: {plural(len(shown), 'failure')} instead of the tests' results"
    ]
    lines += [
        describe(test, TEXT_PER_TEST // (1 if number == 0 else 3)) for number, test in enumerate(shown[:SHOWN_TESTS])
    ]
    if len(shown) > SHOWN_TESTS:
        lines.append("also: " + ", ".join(test.key for test in shown[SHOWN_TESTS : SHOWN_TESTS + 10]))
    return "\n".join(lines)


def describe(test: FailedTest, limit: int) -> str:
    """A failed test as the agent sees it: the message is told once, whatever the report repeats."""
    text, message = without_internals(test.text).strip(), test.message.strip()
    rest = text.removeprefix(message).lstrip("\n")
    if not message or all(line.strip() in rest for line in message.splitlines()):
        text = rest
    elif message.partition("\n")[0] not in text:
        text = f"{middle_out(message, limit // 2)}\n{text}"
    return fenced("failure", middle_out(text, limit), test=test.key, file=test.case.file, exception=test.exception)


def _output(output: str) -> str:
    return fenced("output", middle_out(output, OUTPUT_SHOWN))


def _red_verifier(verifier: Verifier, finished: Finished) -> str:
    if finished.timed_out:
        return f"red: {verifier.name} ran out of time\n" + _output(finished.output)
    findings = verifier.findings(finished.output)
    if not findings:
        return f"red: {verifier.name} ended with exit status {finished.exit_code}\n" + _output(finished.output)
    lines = [f"{f.file}:{f.line or 1}: {f.code} {f.message}".strip() for f in findings[:30]]
    if len(findings) > len(lines):
        lines.append(f"… {len(findings) - len(lines)} more")
    return f"red: {verifier.name} has {plural(len(findings), 'complaint')}\n" + fenced("output", "\n".join(lines))


def _refusal(verdict: Verdict) -> str:
    result = next(result for result in verdict.results if not result.passed)
    words = f"the gate refused, at its check {result.check!r}"
    if result.findings:
        return "\n".join([f"{words}:", *map(_finding, result.findings[:10])])
    detail = fenced("output", middle_out(result.detail, OUTPUT_SHOWN)) if result.detail else ""
    return f"{words}: {result.summary}\n{detail}".rstrip()


def _finding(finding: IntegrityFinding) -> str:
    place = f"{finding.path}:{finding.line}" if finding.line else finding.path
    change = f" ({one_line(finding.before)} -> {one_line(finding.after)})" if finding.before or finding.after else ""
    return f"- {finding.rule} at {place}: {finding.why}{change}"
