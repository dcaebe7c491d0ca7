"""What a run has to say of each failure, and of those that earlier runs told of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from honk_ci.domain import Healing, Outcome, ProvenFix, ReproductionState, RunRecord
from honk_ci.stages.comment import Telling, fix_comment, hand_over_comment, line_comment
from honk_ci.stages.marks import Mark
from honk_ci.stages.summary import is_handed_over

GONE = "gone"  # outcome of a comment whose failure is no longer red
_DELIVERED = ("healed", "proposed")


@dataclass(frozen=True, kw_only=True, slots=True)
class Saying:
    """The comment of one failure as it should be."""

    mark: Mark
    body: str
    is_fix: bool = False
    is_worth_a_comment: bool = True  # else only a comment that stands there already is brought up to date


def sayings(telling: Telling, mark: Mark, standing: Mapping[str, Mark], fixes: Sequence[ProvenFix]) -> Iterator[Saying]:
    """One for each failure that there is something to say of.

    ``mark`` is that of this run, without a failure; ``standing`` are the marks of the comments that
    stand there, by fingerprint; ``fixes`` are those of the proof, as they are shown.
    """
    proven = {fix.failure.fingerprint: fix for fix in fixes}
    current = {healing.reproduction.failure.fingerprint for healing in telling.record.healings}
    for healing in telling.record.healings:
        fingerprint = healing.reproduction.failure.fingerprint
        hidden = replace(mark, fingerprint=fingerprint, outcome=_outcome(healing, telling.record))
        earlier, needless = standing.get(fingerprint), _why_needless(telling.record)
        if (fix := proven.get(fingerprint)) is not None and not needless:
            yield Saying(mark=hidden, body=fix_comment(fix, hidden, telling), is_fix=True)
        elif is_handed_over(healing):
            yield Saying(mark=hidden, body=hand_over_comment(healing, hidden, telling))
        elif earlier is not None and not healing.left_to and not _is_still_true(earlier, mark):
            said = needless if fix is not None else _became(healing, mark.commit)
            yield Saying(mark=hidden, body=line_comment(hidden, said, telling), is_worth_a_comment=False)
    if _saw_everything(telling.record):
        yield from _gone(telling, mark, [earlier for key, earlier in standing.items() if key not in current])


def _why_needless(record: RunRecord) -> str:
    """What delivery says where nothing is to be delivered: the branch is mended, or has the fix, already."""
    delivery = record.delivery
    return delivery.note if delivery is not None and delivery.mode == "none" else ""


def _outcome(healing: Healing, record: RunRecord) -> str:
    if healing.candidate is not None:
        return "proposed" if record.outcome is Outcome.PROPOSED else "healed"
    return "handed_over" if is_handed_over(healing) else "left"


def _is_still_true(earlier: Mark, mark: Mark) -> bool:
    """Whether a run of the same commit has delivered a fix: another run of it takes nothing back."""
    return earlier.commit == mark.commit and earlier.outcome in _DELIVERED


def _became(healing: Healing, commit: str) -> str:
    state = healing.reproduction.state
    if healing.healed_by:
        return healing.why or "mended by the fix of another failure"
    if state is ReproductionState.REPRODUCED:
        return f"red again at {commit[:9]}, and not healed: {healing.why}"
    return f"at {commit[:9]}: {state.value.replace('_', ' ')}: {healing.why}"


def _saw_everything(record: RunRecord) -> bool:
    """Whether the whole suite is known to be green but for what this run names; a part of it tells nothing."""
    if record.outcome is Outcome.NOTHING_TO_HEAL:
        return True
    after = record.proof.fixed.counts if record.proof is not None else None
    return after is not None and after.passed > 0 and after.failed == 0 and not record.remaining


def _gone(telling: Telling, mark: Mark, earlier: Sequence[Mark]) -> Iterator[Saying]:
    """Failures of the same job at another commit that are no longer there."""
    for one in earlier:
        if one.job == mark.job and one.commit != mark.commit and one.outcome != GONE:
            hidden = replace(mark, fingerprint=one.fingerprint, outcome=GONE)
            body = line_comment(hidden, f"no longer red at {mark.commit[:9]}", telling)
            yield Saying(mark=hidden, body=body, is_worth_a_comment=False)
