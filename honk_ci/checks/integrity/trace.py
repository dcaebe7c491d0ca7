"""The common terms of the reviewers: what they look for, what they find, how much it weighs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from honk_ci.domain import IntegrityFinding, Severity

SNIPPET = 200  # characters kept of what is quoted

# Changes that keep a test as strong as it was. Where tests may be changed at all, a person
# decides on these; everything else that a test loses is refused even then.
CLEAN_CHANGES = frozenset(
    {
        "test-changed",
        "test-renamed",
        "assertion-changed",
        "expected-changed",
        "fixture-changed",
        "snapshot-changed",
        "snapshot-added",
        "golden-changed",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """What the judgement of a patch depends on besides the patch itself."""

    tests_may_change: bool = False  # then a clean change of a test is for a person to decide
    open_files: frozenset[str] = frozenset()  # the same for these files alone: the build complains of them
    test_files: frozenset[str] = frozenset()  # files that hold the failing tests, whatever their names
    modules: frozenset[str] = frozenset()  # names under which the product is imported
    expected: frozenset[str] = frozenset()  # literals that the failing tests name, in Python's notation

    def weigh(self, rule: str, path: str) -> Severity:
        """The weight of a change to an existing test."""
        is_open = self.tests_may_change or path in self.open_files
        return Severity.PERSON if is_open and rule in CLEAN_CHANGES else Severity.VETO


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """One thing in a text that bears on what the tests are worth.

    Two traces with the same rule and text are the same thing, wherever they stand.
    """

    rule: str
    text: str
    line: int | None
    why: str
    severity: Severity = Severity.VETO
    path: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.rule, self.text

    def at(self, path: str) -> Trace:
        return replace(self, path=path)


def gained(before: Iterable[Trace], after: Iterable[Trace]) -> list[Trace]:
    """The traces of ``after`` that ``before`` does not have as often."""
    spare = Counter(trace.key for trace in before)
    new = []
    for trace in after:
        if spare[trace.key] > 0:
            spare[trace.key] -= 1
        else:
            new.append(trace)
    return new


def as_finding(trace: Trace, path: str = "", before: str = "") -> IntegrityFinding:
    return finding(
        trace.rule,
        path or trace.path,
        trace.line,
        before=before,
        after=trace.text,
        why=trace.why,
        severity=trace.severity,
    )


def finding(
    rule: str,
    path: str,
    line: int | None,
    *,
    why: str,
    before: str = "",
    after: str = "",
    severity: Severity = Severity.VETO,
) -> IntegrityFinding:
    """A finding with its quotes capped."""
    return IntegrityFinding(
        rule=rule, path=path, line=line, before=_cut(before), after=_cut(after), why=why, severity=severity
    )


def _cut(text: str) -> str:
    return text if len(text) <= SNIPPET else text[: SNIPPET - 1] + "…"
