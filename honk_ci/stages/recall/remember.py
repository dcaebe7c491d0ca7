"""What a run came to, as the runs that follow find it in the repository."""

from __future__ import annotations

from dataclasses import replace

from honk_ci.domain import Delivery, Healing, ProvenFix, RunRecord
from honk_ci.memory.attempts import KINDS, Fix, PastRun, Tried
from honk_ci.memory.fixes import fixes_on
from honk_ci.stages.recall import Remembering

_PUSHED = ("branch", "pull-request", "commit")  # modes that leave the fix on a branch


def keep(record: RunRecord, asked: Remembering) -> RunRecord:
    """Keep what was tried for each failure, and its fix; the record, with what could not be kept among its notes.

    Failures that this run did nothing about (claimed by another run, handed over) leave no trace.
    """
    known = len(asked.memory.notes)
    for healing in record.healings:
        if healing.attempts:
            fingerprint = healing.reproduction.failure.fingerprint
            asked.memory.add_run(fingerprint, _past_run(healing, record, asked))
    return replace(record, notes=(*record.notes, *asked.memory.notes[known:]))


def _past_run(healing: Healing, record: RunRecord, asked: Remembering) -> PastRun:
    fix = _fix(healing, record, asked)
    faults = [attempt for attempt in healing.attempts if attempt.verdict == "failed"]
    return PastRun(
        run=asked.memory.job.run_id,
        url=asked.memory.job.url,
        # a merge that the forge made is in no history
        commit=record.build.head or record.build.commit,
        branch=record.build.branch,
        at=asked.memory.store.clock(),
        outcome=record.outcome.value,
        why=healing.why,
        tried=tuple(
            Tried(healer=attempt.healer, verdict=attempt.verdict, why=attempt.why) for attempt in healing.attempts
        ),
        cost_usd=record.usage.cost_usd,
        fix=fix,
        is_fault=fix is None and bool(faults),
    )


def _fix(healing: Healing, record: RunRecord, asked: Remembering) -> Fix | None:
    """The commit that mends this failure, where one was made."""
    fingerprint = healing.reproduction.failure.fingerprint
    proven = [fix for fix in record.proof.fixes if fix.failure.fingerprint == fingerprint] if record.proof else []
    delivery = record.delivery
    if not proven or delivery is None or not delivery.commit:
        return None
    found = next(fixes_on(delivery.commit, fingerprint, asked.memory.store.remote.repository), None)
    return _as_delivered(found, proven[0], delivery) if found else None


def _as_delivered(found: Fix, proven: ProvenFix, delivery: Delivery) -> Fix:
    candidate = proven.candidate
    is_pushed = delivery.done and delivery.mode in _PUSHED
    return Fix(
        commit=found.commit,
        healer=candidate.healer,
        rationale=candidate.rationale,
        kind=next((kind for kind in KINDS if kind == candidate.kind), "edit"),
        needs_person=candidate.needs_person,
        mode=delivery.mode,
        branch=delivery.branch if is_pushed else "",
        target=delivery.target,
        # in mode "commit" the request is the people's own
        request=delivery.request if delivery.mode == "pull-request" else None,
        url=delivery.url,
    )
