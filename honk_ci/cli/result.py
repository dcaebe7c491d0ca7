"""The result of a run as lines for a terminal or a log."""

from __future__ import annotations

from collections.abc import Iterator

from honk_ci.domain import Evidence, Failure, Healing, Proof, ReproductionState, RunRecord, SideOfProof
from honk_ci.stages.summary import is_diagnosis, title
from honk_ci.text import one_line, plural

DIFF_LINES_SHOWN = 60
TESTS_SHOWN = 3
EVIDENCE_SHOWN = 6
# Evidence that the line above it does not hold already.
_TELLING = frozenset(
    {"rule", "frame", "subject", "changed_file", "changed_below", "unchanged", "dependency_change", "package"}
)


def result_lines(record: RunRecord) -> Iterator[str]:
    """What broke, what fixed it, the diff, the proof, where the branch is, what remains."""
    yield ""
    yield title(record)
    yield ""
    for healing in record.healings:
        yield from _failure(healing)
    if record.proof is not None:
        yield from _diff(record.proof)
        yield from _proof(record.proof)
    yield from _delivery(record)
    if is_diagnosis(record):
        yield "  next    honk heal, with the same options, tries to mend it"
        yield ""
    for line in record.notes:
        yield f"  note: {one_line(line, 300)}"
    yield _cost(record)


def _failure(healing: Healing) -> Iterator[str]:
    failure = healing.reproduction.failure
    yield f"  broke   {one_line(failure.summary, 160)} [{failure.cause.value}]"
    if healing.candidate is not None:
        yield f"  fixed   {one_line(healing.candidate.rationale, 160)} [{healing.candidate.healer}]"
    elif healing.healed_by:
        yield f"  mended  {one_line(healing.why.removeprefix('mended '), 300)}"
    else:
        yield from _known(failure)
        yield f"  left    {one_line(_why_left(healing), 300)}"
    yield ""


def _known(failure: Failure) -> Iterator[str]:
    """What a person needs who goes on by hand: the red tests, and what points at the cause."""
    for test in failure.tests[:TESTS_SHOWN]:
        yield f"  red     {one_line(test.key, 160)}"
    if len(failure.tests) > TESTS_SHOWN:
        yield f"          … and {len(failure.tests) - TESTS_SHOWN} more"
    telling = [evidence for evidence in failure.evidence if evidence.kind in _TELLING]
    for evidence in telling[:EVIDENCE_SHOWN]:
        yield f"  {'why' if evidence.kind == 'rule' else 'see':<7} {_said(evidence)}"


def _said(evidence: Evidence) -> str:
    changed = " (changed since the base)" if evidence.kind in {"changed_file", "changed_below"} else ""
    return one_line(evidence.text, 160) + changed


def _why_left(healing: Healing) -> str:
    state = healing.reproduction.state
    return healing.why if state is ReproductionState.REPRODUCED else f"{state.value.replace('_', ' ')}: {healing.why}"


def _diff(proof: Proof) -> Iterator[str]:
    lines = proof.patch.diff().splitlines()
    for line in lines[:DIFF_LINES_SHOWN]:
        yield f"    {line}"
    if len(lines) > DIFF_LINES_SHOWN:
        yield f"    … {len(lines) - DIFF_LINES_SHOWN} more lines"
    yield ""


def _proof(proof: Proof) -> Iterator[str]:
    sides = [side for side in (proof.base, proof.broken, proof.fixed) if side is not None]
    yield "  proof   point    failed tests   whole suite"
    for side in sides:
        yield f"          {side.name:<8} {_states(side):<14} {_counts(side)}"
    yield f"          {plural(proof.repeats, 'green run')} of the failed tests; clean checkout: {proof.clean}"
    if proof.needs_person:
        yield f"  decide  {one_line(proof.needs_person, 300)}"
    yield ""


def _states(side: SideOfProof) -> str:
    return ", ".join(sorted(set(side.targets.values()))) or "-"


def _counts(side: SideOfProof) -> str:
    if side.counts is None:
        return "not run"
    return f"{side.counts.passed} passed, {side.counts.failed} failed, {side.counts.skipped} skipped"


def _delivery(record: RunRecord) -> Iterator[str]:
    delivery = record.delivery
    if delivery is None:
        return
    commit, note = delivery.commit[:9], one_line(delivery.note, 400)
    if delivery.mode == "none" and commit:
        yield f"  commit  {commit}, on no branch: {note}"
        yield f"          in this checkout git cherry-pick {commit} takes it over"
    else:
        place = f" on {delivery.remote}" if delivery.remote and delivery.done else ""
        yield f"  branch  {delivery.branch} at {commit}{place}: {note}"
    for place in delivery.kept:
        yield f"          the fix is kept: {place}"
    yield ""


def _cost(record: RunRecord) -> str:
    timing, usage = record.timing, record.usage
    model = f", model {timing.model_s:.1f} s and {usage.cost_usd:.4f} USD" if usage.requests else ", no model was asked"
    return f"  took    {timing.total_s:.1f} s: tests {timing.tests_s:.1f} s{model}, own {timing.own_s:.1f} s"
