"""The run record as Markdown, for a job summary: what broke, what fixed it, the proof, what to do next."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from honk_ci.domain import Healing, Outcome, Proof, ReproductionState, RunRecord, SideOfProof
from honk_ci.text import clip, one_line, plural

DIFF_LINES_SHOWN = 120

_HEADLINES = {
    Outcome.HEALED: "Healed",
    Outcome.PROPOSED: "A fix awaits your decision",
    Outcome.FLAKY: "Flaky, nothing was changed",
    Outcome.INFRASTRUCTURE: "Infrastructure, nothing was changed",
    Outcome.ALREADY_RED: "Red before this change",
    Outcome.NOT_REPRODUCED: "Not reproduced",
    Outcome.GAVE_UP: "Not healed",
    Outcome.REFUSED: "A fix was refused",
    Outcome.NOTHING_TO_HEAL: "Nothing to heal",
}


def to_markdown(record: RunRecord, *, redact: Callable[[str], str]) -> str:
    """The whole summary; text of the repository is quoted so that it can neither link nor mention."""
    return redact("\n".join(_lines(record)).rstrip() + "\n")


def headline(record: RunRecord) -> str:
    """What came of the run, in a few words; a diagnosis heals nothing, so it has not failed to."""
    if record.outcome is Outcome.GAVE_UP and is_diagnosis(record):
        return "Red, and it stays red"
    return _HEADLINES[record.outcome]


def is_diagnosis(record: RunRecord) -> bool:
    """Whether something could be healed, and nobody was asked to."""
    states = {healing.reproduction.state for healing in record.healings}
    tried = any(healing.attempts for healing in record.healings)
    return ReproductionState.REPRODUCED in states and not tried


def _lines(record: RunRecord) -> Iterator[str]:
    yield f"## honk-ci: {headline(record)}"
    yield ""
    for healing in record.healings:
        yield from _failure(healing)
    if not record.healings:
        yield f"{plain(record.summary)}"
        yield ""
    if record.proof is not None:
        yield from _proof(record.proof)
    yield from _delivery(record)
    yield from _rest(record)


def _failure(healing: Healing) -> Iterator[str]:
    failure = healing.reproduction.failure
    yield f"**Broke:** {plain(failure.summary)} ({failure.cause.value})"
    if healing.candidate is not None:
        lines = healing.candidate.rationale.strip().splitlines() or ["see the patch"]
        yield f"**Fixed:** {plain(lines[0])} (by {healing.candidate.healer})"
    else:
        yield f"**{'Mended' if healing.healed_by else 'Left'}:** {plain(healing.why)}"
    yield ""


def _proof(proof: Proof) -> Iterator[str]:
    yield "| point | commit | the failed tests | whole suite |"
    yield "|---|---|---|---|"
    if proof.base is not None:
        yield _row("base", proof.base)
    yield _row("broken", proof.broken)
    yield _row("fixed", proof.fixed)
    yield ""
    yield f"{plural(proof.repeats, 'green run')} of the failed tests; clean checkout: {plain(proof.clean)}."
    if proof.needs_person:
        yield f"**A person must decide:** {plain(proof.needs_person)}"
    yield ""
    yield from _diff(proof)


def _row(name: str, side: SideOfProof) -> str:
    states = sorted(set(side.targets.values())) or ["not run"]
    counts = f"{side.counts.passed} passed, {side.counts.failed} failed" if side.counts else ""
    return f"| {name} | {side.commit[:9] or 'the patch'} | {', '.join(states)} | {counts} |"


def _diff(proof: Proof) -> Iterator[str]:
    lines = proof.patch.diff().splitlines()
    fence = "`" * (3 + max((len(run) for line in lines for run in re.findall("`{3,}", line)), default=0))
    yield f"{fence}diff"
    yield from lines[:DIFF_LINES_SHOWN]
    if len(lines) > DIFF_LINES_SHOWN:
        yield f"… {len(lines) - DIFF_LINES_SHOWN} more lines"
    yield fence
    yield ""


def _delivery(record: RunRecord) -> Iterator[str]:
    delivery = record.delivery
    if delivery is None:
        return
    if delivery.done and delivery.mode != "none":
        yield f"Branch {code(delivery.branch)} on {code(delivery.remote)}: {plain(delivery.note)}. Merge it when you agree."
    elif delivery.note:
        yield f"{plain(delivery.note)}."
    for place in delivery.kept:
        yield f"- the fix is kept: {code(place)}"
    yield ""


def _rest(record: RunRecord) -> Iterator[str]:
    for line in record.remaining:
        yield f"- {plain(line)}"
    for line in record.notes:
        yield f"- note: {plain(line)}"
    usage, timing = record.usage, record.timing
    if usage.requests:
        yield f"- model: {usage.model}, {plural(usage.requests, 'request')}, {usage.cost_usd:.4f} USD"
    yield f"- time: {timing.total_s:.1f} s, of it tests {timing.tests_s:.1f} s, model {timing.model_s:.1f} s"


def plain(text: str) -> str:
    """One line in which nothing is markup: no links, mentions, tables or HTML of a test's making."""
    escaped = re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", one_line(clip(text, 1000), 400))
    return escaped.replace("@", "@\u200b").replace("://", ":\u200b//").replace("www.", "www\u200b.")


def code(text: str) -> str:
    """One line as it is, to be copied."""
    line = one_line(text, 1000).replace("`", "'")
    return f"`{line}`"
