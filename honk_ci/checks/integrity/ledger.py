"""What ran before and what runs now: two runs of the suite compared case by case."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from honk_ci.domain import FailedTest, IntegrityFinding, Report, Severity, TestCounts, failed_keys
from honk_ci.workspaces.testbed import WHOLE_COMMAND

NAMES_KEPT = 20  # names listed per loss; the numbers are always whole

# The stand-in for an exit status: it is there only while that status is bad, or is all there is.
_WHOLE_COMMAND = hash(WHOLE_COMMAND.key)

NamesOf = Callable[[Report, frozenset[int]], list[str]]

# What differs between two runs of the same test where its name holds a run's own values:
# addresses and object ids in parametrised names, temporary folders, identifiers, dates.
_VOLATILE = re.compile(
    r"0x[0-9a-fA-F]{4,}"
    r"|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
    r"|\d{4}-\d\d-\d\d(?:[T_ ]\d\d[:.]\d\d(?:[:.]\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)?"
    r"|(?:/private)?/(?:tmp|var/folders)/[^\s\]\)'\",:]+"
    r"|\d{9,}"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Loss:
    """Cases that moved the wrong way: how many, and the first names."""

    count: int = 0
    names: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.count > 0

    def __str__(self) -> str:
        more = self.count - len(self.names)
        return ", ".join(self.names) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ledger:
    """Two runs of the same suite, before and after a patch."""

    before: TestCounts
    after: TestCounts
    healed: tuple[str, ...]  # failed before, pass now
    still_failing: tuple[str, ...]  # failed before and fail now, without those that were to be healed
    not_healed: tuple[str, ...]  # were to be healed and fail, are skipped or did not run
    vanished: Loss  # ran before, gone now
    newly_skipped: Loss  # ran before, skipped or expected to fail now
    broken: tuple[str, ...]  # passed or were skipped before, fail now
    new_failures: tuple[str, ...]  # did not run before, fail now
    findings: tuple[IntegrityFinding, ...]

    @property
    def is_clean(self) -> bool:
        """Nothing was lost; says nothing of whether the target was healed."""
        return not any(finding.severity is Severity.VETO for finding in self.findings)

    def summary(self) -> str:
        """Counts before and after in one line."""
        return f"{_counts(self.before)} before, {_counts(self.after)} with the patch"


@dataclass(frozen=True, slots=True)
class _States:
    """The cases of one report by final state; a case that failed anywhere counts as failed."""

    failed: dict[int, FailedTest]
    passed: frozenset[int]
    skipped: frozenset[int]

    @classmethod
    def of(cls, report: Report) -> _States:
        failed = {hash(test.key): test for test in report.failed}
        passed = frozenset(report.passed_hashes) - failed.keys()
        return cls(failed, passed, frozenset(report.skipped_hashes) - failed.keys() - passed)

    def __contains__(self, case: int) -> bool:
        return case in self.passed or case in self.skipped or case in self.failed

    def __iter__(self) -> Iterator[int]:
        yield from self.passed
        yield from self.skipped
        yield from self.failed


def compare_runs(before: Report, after: Report, *, healed_keys: frozenset[str], names_of: NamesOf) -> Ledger:
    """Compare the suite's run at the red commit with its run under the patch.

    ``healed_keys`` are the cases that the patch is meant to heal. A case that was renamed counts
    as vanished, unless only a volatile part of its name differs (an address, a date, a temporary
    folder). A stand-in for tests that could not be collected may go once those tests run.
    """
    was, now = _States.of(before), _States.of(after)
    vanished = _vanished(before, after, was, now, names_of)
    skipped = _named(after, now.skipped & (was.passed | was.failed.keys()), names_of)
    broken = tuple(t.key for h, t in now.failed.items() if h in was.passed or h in was.skipped)
    new_failures = tuple(t.key for h, t in now.failed.items() if h not in was)
    findings = (
        *_loss_findings(vanished, skipped, after, before),
        *_failure_findings(broken, new_failures),
        *_notes(before, after),
    )
    return Ledger(
        before=before.counts,
        after=after.counts,
        healed=tuple(t.key for h, t in was.failed.items() if h in now.passed),
        still_failing=tuple(sorted((failed_keys(before.failed) & failed_keys(after.failed)) - healed_keys)),
        not_healed=tuple(sorted(key for key in healed_keys if _is_not_healed(key, now, was))),
        vanished=vanished,
        newly_skipped=skipped,
        broken=broken,
        new_failures=new_failures,
        findings=findings,
    )


def _is_not_healed(key: str, now: _States, was: _States) -> bool:
    case = hash(key)
    if case in now.passed:
        return False
    gone = case not in now and case in was.failed
    if (gone and case == _WHOLE_COMMAND) or list(now) == [_WHOLE_COMMAND]:
        return bool(now.failed)
    return not (gone and was.failed[case].stands_for_others and _new_cases(now, was))


def _vanished(before: Report, after: Report, was: _States, now: _States, names_of: NamesOf) -> Loss:
    gone = [case for case in was if case not in now and case != _WHOLE_COMMAND]
    if not gone:
        return Loss()
    new = _new_cases(now, was)
    if new:
        gone = [case for case in gone if not (case in was.failed and was.failed[case].stands_for_others)]
    names = _names(before, gone, names_of)
    if new and any(_VOLATILE.search(name) for name in names):
        names = _really_gone(names, _names(after, new, names_of))
    return Loss(count=len(names), names=tuple(sorted(names)[:NAMES_KEPT]))


def _new_cases(now: _States, was: _States) -> list[int]:
    return [case for case in now if case not in was]


def _really_gone(gone: list[str], new: list[str]) -> list[str]:
    """``gone`` without those that have a counterpart in ``new`` but for volatile parts."""
    spare = Counter(_VOLATILE.sub("*", name) for name in new)
    lost = []
    for name in gone:
        steady = _VOLATILE.sub("*", name)
        if steady != name and spare[steady] > 0:
            spare[steady] -= 1
        else:
            lost.append(name)
    return lost


def _names(report: Report, cases: Iterable[int], names_of: NamesOf) -> list[str]:
    """One name a case; a case whose report is gone is still counted."""
    wanted = frozenset(cases)
    known = {hash(test.key): test.key for test in report.failed}
    unread = wanted - known.keys()
    if unread:
        known.update((hash(name), name) for name in names_of(report, unread))
    return [known.get(case, "a case whose name the report no longer tells") for case in wanted]


def _named(report: Report, cases: frozenset[int], names_of: NamesOf) -> Loss:
    if not cases:
        return Loss()
    names = sorted(_names(report, cases, names_of))
    return Loss(count=len(names), names=tuple(names[:NAMES_KEPT]))


def _loss_findings(vanished: Loss, skipped: Loss, after: Report, before: Report) -> Iterator[IntegrityFinding]:
    if vanished:
        broke_off = " (the run broke off, so they may have had no turn)" if after.is_partial else ""
        why = f"{_number(vanished.count)} that ran before did not run{broke_off}: {vanished}"
        yield _finding("test-vanished", before, after, why)
    if skipped:
        why = f"{_number(skipped.count)} that ran before is skipped or expected to fail: {skipped}"
        yield _finding("test-skipped", before, after, why)


def _failure_findings(broken: tuple[str, ...], new_failures: tuple[str, ...]) -> Iterator[IntegrityFinding]:
    for rule, keys, what in (
        ("test-broken", broken, "passed before and fails now"),
        ("test-new-failure", new_failures, "did not run before and fails now"),
    ):
        for key in keys[:NAMES_KEPT]:
            yield IntegrityFinding(rule=rule, path="", line=None, before="", after="failed", why=f"{key} {what}")


def _notes(before: Report, after: Report) -> Iterator[IntegrityFinding]:
    if after.counts.flaky > before.counts.flaky:
        why = f"the runner retried {after.counts.flaky} case(s) into green, {before.counts.flaky} before"
        yield _finding("test-retried", before, after, why, Severity.PERSON)
    if before.is_partial:
        why = "the run at the red commit broke off: what had not run by then cannot be compared"
        yield _finding("baseline-partial", before, after, why, Severity.NOTE)


def _finding(
    rule: str, before: Report, after: Report, why: str, severity: Severity = Severity.VETO
) -> IntegrityFinding:
    return IntegrityFinding(
        rule=rule,
        path="",
        line=None,
        before=_counts(before.counts),
        after=_counts(after.counts),
        why=why,
        severity=severity,
    )


def _counts(counts: TestCounts) -> str:
    return f"{counts.passed} passed, {counts.failed} failed, {counts.skipped} skipped"


def _number(count: int) -> str:
    return "1 test" if count == 1 else f"{count} tests"
