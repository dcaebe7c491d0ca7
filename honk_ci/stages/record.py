"""Record: the outcome of a run, and everything that led to it, as one value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from honk_ci.domain import (
    Attempt,
    Build,
    Delivery,
    Healing,
    Outcome,
    Proof,
    ReproductionState,
    RunRecord,
)
from honk_ci.errors import HonkError
from honk_ci.meter import Meter
from honk_ci.stages.verify import Refusal
from honk_ci.text import one_line

# Causes that honk does not answer for: they are named, and do not stand in the way of "healed".
NOT_OURS = frozenset(
    {
        ReproductionState.FLAKY,
        ReproductionState.ALREADY_RED,
        ReproductionState.INFRASTRUCTURE,
        ReproductionState.NOT_REPRODUCED,
    }
)

_OUTCOME_OF = {
    ReproductionState.INFRASTRUCTURE: Outcome.INFRASTRUCTURE,
    ReproductionState.ALREADY_RED: Outcome.ALREADY_RED,
    ReproductionState.FLAKY: Outcome.FLAKY,
    ReproductionState.NOT_REPRODUCED: Outcome.NOT_REPRODUCED,
}


def record(
    build: Build,
    healings: Sequence[Healing],
    verification: Proof | Refusal | None,
    delivery: Delivery | None,
    *,
    meter: Meter,
    versions: Mapping[str, str],
    notes: Sequence[str] = (),
) -> RunRecord:
    """Put together what one run did."""
    proof = verification if isinstance(verification, Proof) else None
    healings = [_settled(healing, verification) for healing in healings]
    remaining = tuple(_remaining(healings, proof))
    outcome, why = _outcome(healings, verification)
    return RunRecord(
        outcome=outcome,
        summary=one_line(_summary(outcome, why, proof), 300),
        build=build,
        reproductions=tuple(healing.reproduction for healing in healings),
        healings=tuple(healings),
        proof=proof,
        delivery=delivery,
        usage=meter.usage,
        timing=meter.timing(),
        remaining=remaining,
        notes=(*build.notes, *notes, *(proof.notes if proof else ())),
        versions=versions,
    )


def _settled(healing: Healing, verification: Proof | Refusal | None) -> Healing:
    """Without the patch, where that was not proven: nobody gets it, so it has healed nothing."""
    prints = {fix.failure.fingerprint for fix in verification.fixes} if isinstance(verification, Proof) else set()
    if healing.healed_by and healing.healed_by not in prints:
        return replace(healing, healed_by="", why="the patch that mends it was not proven")
    if healing.candidate is None or healing.reproduction.failure.fingerprint in prints:
        return healing
    why = _why_unproven(healing, verification)
    attempts = tuple(_without_praise(attempt, why) for attempt in healing.attempts)
    return replace(healing, candidate=None, verdict=None, attempts=attempts, why=why)


def _why_unproven(healing: Healing, verification: Proof | Refusal | None) -> str:
    if isinstance(verification, Refusal):
        return f"its patch passed the gate but not the proof: {verification.why}"
    start = f"{healing.reproduction.failure.summary}: "
    notes = verification.notes if verification is not None else ()
    return next((note.removeprefix(start) for note in notes if note.startswith(start)), "its fix was left out")


def _without_praise(attempt: Attempt, why: str) -> Attempt:
    return (
        replace(attempt, verdict="refused", why=one_line(f"{attempt.why} ({why})"))
        if attempt.verdict == "healed"
        else attempt
    )


def record_of_fault(fault: HonkError, *, commit: str, meter: Meter, versions: Mapping[str, str]) -> RunRecord:
    """What is known of a run that a fault of honk's own ended: above all what it cost."""
    hint = f" ({fault.hint})" if fault.hint else ""
    return RunRecord(
        outcome=Outcome.GAVE_UP,
        summary=one_line(f"honk-ci: {fault}{hint}", 300),
        build=Build(commit=commit),
        usage=meter.usage,
        timing=meter.timing(),
        notes=(f"exit status {fault.exit_code}: {type(fault).__name__}",),
        versions=versions,
    )


def record_of_refusal(build: Build, why: str, *, meter: Meter, versions: Mapping[str, str]) -> RunRecord:
    """A run that may do nothing here, and why."""
    return RunRecord(
        outcome=Outcome.REFUSED,
        summary=one_line(why, 300),
        build=build,
        usage=meter.usage,
        timing=meter.timing(),
        notes=build.notes,
        versions=versions,
    )


def is_success(record: RunRecord) -> bool:
    """Whether the exit status is 0: healed and delivered as asked, or green already."""
    if record.outcome is Outcome.NOTHING_TO_HEAL:
        return True
    delivery = record.delivery
    return record.outcome is Outcome.HEALED and delivery is not None and delivery.done and not delivery.is_capped


def open_ends(healings: Sequence[Healing], verification: Proof | Refusal | None) -> tuple[str, ...]:
    """Summaries of the causes that honk answers for and that no proven fix mends."""
    proof = verification if isinstance(verification, Proof) else None
    return tuple(healing.reproduction.failure.summary for healing in healings if _is_open(healing, proof))


def _outcome(healings: Sequence[Healing], verification: Proof | Refusal | None) -> tuple[Outcome, str]:
    if not healings:
        return Outcome.NOTHING_TO_HEAL, "the build is green"
    if isinstance(verification, Refusal):
        return Outcome.GAVE_UP, f"a patch passed the gate but not the proof: {verification.why}"
    open_ends = [healing for healing in healings if _is_open(healing, verification)]
    if open_ends and verification is None:
        return _why_open(open_ends)
    if open_ends:  # part of the build is healed: a person decides whether that part is worth having
        return Outcome.PROPOSED, f"still red: {open_ends[0].reproduction.failure.summary}: {open_ends[0].why}"
    if verification is not None:
        if verification.needs_person:
            return Outcome.PROPOSED, verification.needs_person
        return Outcome.HEALED, ""
    return _not_ours(healings)


def _is_open(healing: Healing, proof: Proof | None) -> bool:
    """Whether a cause that honk answers for is still there."""
    if healing.reproduction.state in NOT_OURS or healing.left_to:
        return False
    proven = {fix.failure.fingerprint for fix in proof.fixes} if proof else set()
    return healing.reproduction.failure.fingerprint not in proven and healing.healed_by not in proven


def _why_open(open_ends: Sequence[Healing]) -> tuple[Outcome, str]:
    """Refused by policy, when that is the only thing that stood in the way; else gave up."""
    first = open_ends[0]
    refused = [verdict.results[-1] for healing in open_ends for verdict in healing.verdicts if verdict.results]
    if refused and all(result.check in {"policy", "integrity"} for result in refused):
        return Outcome.REFUSED, f"{refused[-1].check}: {refused[-1].summary}"
    return Outcome.GAVE_UP, first.why


def _not_ours(healings: Sequence[Healing]) -> tuple[Outcome, str]:
    for state, outcome in _OUTCOME_OF.items():
        found = [healing for healing in healings if healing.reproduction.state is state]
        if found:
            return outcome, found[0].why
    return Outcome.GAVE_UP, healings[0].why


def _remaining(healings: Sequence[Healing], proof: Proof | None) -> Iterator[str]:
    proven = {fix.failure.fingerprint for fix in proof.fixes} if proof else set()
    for healing in healings:
        failure, state = healing.reproduction.failure, healing.reproduction.state
        if state in NOT_OURS:
            yield f"{state.value.replace('_', ' ')}: {failure.summary} ({healing.why})"
        elif failure.fingerprint not in proven and healing.healed_by not in proven:
            yield f"not healed: {failure.summary} ({healing.why})"


def _summary(outcome: Outcome, why: str, proof: Proof | None) -> str:
    if proof is None:
        return why or outcome.value.replace("_", " ")
    fixed = "; ".join(
        fix.candidate.rationale.strip().split("\n")[0] or f"mended: {fix.failure.summary}" for fix in proof.fixes
    )
    return f"{fixed} ({why})" if why else fixed
