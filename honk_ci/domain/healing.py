"""Patches that are proposed, and what the gate says of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from honk_ci.domain.failures import Reproduction
from honk_ci.patch import Patch


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A patch that a healer proposes for one failure; nothing of it is believed yet."""

    healer: str
    patch: Patch  # against the red commit
    rationale: str  # what was wrong and why this mends it, for the commit message
    kind: str = "edit"  # format, name, pin, codemod, edit, revert
    notes: tuple[str, ...] = ()
    needs_person: str = ""  # why a person must decide, whatever the gate says; "" when none need


class Severity(StrEnum):
    """How much a finding weighs in the gate."""

    VETO = "veto"
    PERSON = "person"  # a person must decide: the result is proposed at best
    NOTE = "note"


@dataclass(frozen=True, kw_only=True, slots=True)
class IntegrityFinding:
    """One thing that a patch takes from the tests or from what guards them."""

    rule: str  # "test-deleted", "assertion-weakened", "skip-added", "config-changed", …
    path: str
    line: int | None
    before: str
    after: str
    why: str
    severity: Severity = Severity.VETO


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckResult:
    """What one check of the gate says of a candidate."""

    check: str
    passed: bool
    summary: str  # one line when green; what is red, and why, when not
    detail: str = ""  # the lines that matter, capped; for the agent and the record
    findings: tuple[IntegrityFinding, ...] = ()
    needs_person: bool = False  # passed, but only as a proposal


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """The gate's answer: every check in order, up to the first that refuses."""

    results: tuple[CheckResult, ...]

    @property
    def passed(self) -> bool:
        return all(result.passed for result in self.results)

    @property
    def needs_person(self) -> bool:
        return any(result.needs_person for result in self.results)

    @property
    def why(self) -> str:
        """The first refusal, or the last word of the gate."""
        refusal = next((r for r in self.results if not r.passed), None)
        if refusal is not None:
            return f"{refusal.check}: {refusal.summary}"
        return self.results[-1].summary if self.results else "nothing was checked"

    @property
    def findings(self) -> tuple[IntegrityFinding, ...]:
        return tuple(finding for result in self.results for finding in result.findings)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """What one healer tried for one failure."""

    healer: str
    fingerprint: str
    candidates: int
    verdict: str  # "healed", "refused", "nothing", "skipped", "failed"
    why: str
    duration_s: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """What the model cost."""

    model: str = ""
    requests: int = 0
    input_tokens: int = 0  # uncached
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            model=self.model or other.model,
            requests=self.requests + other.requests,
            input_tokens=self.input_tokens + other.input_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=self.cost_usd + other.cost_usd,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Healing:
    """What the ladder came to for one failure."""

    reproduction: Reproduction
    candidate: Candidate | None = None  # the first that passed the gate
    verdict: Verdict | None = None
    attempts: tuple[Attempt, ...] = ()
    why: str = ""  # where there is no candidate: the reason, one line
    healed_by: str = ""  # fingerprint of another failure whose patch mends this one too
    verdicts: tuple[Verdict, ...] = ()  # of candidates that the gate refused
    left_to: str = ""  # address or name of another run that is at it at this moment: this one did nothing about it
