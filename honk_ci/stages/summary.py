"""The run record as Markdown, for a job summary: what broke, what fixed it, the proof, what to do next."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from honk_ci.domain import Healing, Outcome, Proof, ReproductionState, RunRecord
from honk_ci.stages.markdown import Room, Words, cost_line, diff_lines, fenced, fitted, link, proof_table
from honk_ci.text import plural

LIMIT = 1_000_000  # characters
LINE_CHARS = 400  # of a diff

_ROOMS = tuple(
    Room(diff_lines=lines, items=items) for lines, items in ((120, 200), (40, 200), (0, 200), (0, 20), (0, 3))
)
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


def to_markdown(record: RunRecord, *, redact: Callable[[str], str], limit: int = LIMIT) -> str:
    """The whole summary, at most ``limit`` characters; text of the repository is quoted, so that it is only text."""
    words = Words(redact=redact)
    return redact(fitted(lambda room: _lines(record, words, room), _ROOMS, limit))


def headline(record: RunRecord) -> str:
    """What came of the run, in a few words; a diagnosis heals nothing, so it has not failed to."""
    if record.outcome is Outcome.GAVE_UP and is_diagnosis(record):
        return "Red, and it stays red"
    if record.outcome is Outcome.GAVE_UP and any(is_handed_over(healing) for healing in record.healings):
        return "Handed over to people"
    return _HEADLINES[record.outcome]


def title(record: RunRecord) -> str:
    """The headline and what stands behind it, neither said twice."""
    head, summary = headline(record), record.summary
    says_so = summary.casefold().startswith(head.casefold())
    return f"{head}{summary[len(head) :]}" if says_so else f"{head}: {summary}"


def is_diagnosis(record: RunRecord) -> bool:
    """Whether something could be healed, and nobody was asked to."""
    reproduced = [one for one in record.healings if one.reproduction.state is ReproductionState.REPRODUCED]
    return bool(reproduced) and all(not one.attempts and one.why == one.reproduction.why for one in reproduced)


def is_handed_over(healing: Healing) -> bool:
    """Whether honk has tried often enough, so that people must know; ``recall`` gives the reason."""
    return healing.candidate is None and healing.why.startswith("handed over")


def told_of(healing: Healing, words: Words, room: Room) -> Iterator[str]:
    """What was tried for a failure that is handed over, and what to do next; how ``recall`` words it is read here."""
    *tried, lift = healing.why.partition(": ")[2].split("; ")
    if not lift.startswith("`"):
        tried, lift = [*tried, lift], ""
    yield from (f"- {words.plain(line)}" for line in tried[: room.items])
    yield ""
    by_hand = f", or {words.code(lift.split('`')[1])} in a checkout," if lift else ""
    yield f"**Next:** it is yours. `/honk retry` in a comment{by_hand} lets honk try again."
    yield ""


def _lines(record: RunRecord, words: Words, room: Room) -> Iterator[str]:
    yield f"## honk-ci: {headline(record)}"
    yield ""
    for healing in record.healings[: room.items]:
        yield from _failure(healing, words, room)
    if len(record.healings) > room.items:
        yield f"… and {len(record.healings) - room.items} more"
        yield ""
    if not record.healings:
        yield f"{words.plain(record.summary)}"
        yield ""
    if record.proof is not None:
        yield from proof_table(record.proof, words)
        yield from _diff(record.proof, words, room)
    yield from _delivery(record, words)
    yield from _rest(record, words, room)


def _failure(healing: Healing, words: Words, room: Room) -> Iterator[str]:
    failure = healing.reproduction.failure
    yield f"**Broke:** {words.plain(failure.summary)} ({failure.cause.value})"
    yield ""
    if healing.candidate is not None:
        lines = healing.candidate.rationale.strip().splitlines() or ["see the patch"]
        yield f"**Fixed:** {words.plain(lines[0])} (by {words.plain(healing.candidate.healer)})"
    elif is_handed_over(healing):
        yield from told_of(healing, words, room)
        return
    else:
        yield f"**{'Mended' if healing.healed_by else 'Left'}:** {words.plain(healing.why)}"
    yield ""


def _diff(proof: Proof, words: Words, room: Room) -> Iterator[str]:
    lines = diff_lines(proof.patch, words, width=LINE_CHARS)
    if not room.diff_lines:
        yield f"The diff has {len(lines)} lines in {plural(len(proof.patch.changes), 'file')}: too long to be shown here."
    elif len(lines) > room.diff_lines:
        yield from fenced([*lines[: room.diff_lines], f"… {len(lines) - room.diff_lines} more lines"], "diff")
    else:
        yield from fenced(lines, "diff")
    yield ""


def _delivery(record: RunRecord, words: Words) -> Iterator[str]:
    delivery = record.delivery
    if delivery is None:
        return
    if delivery.url:
        name = f"Request {delivery.request or ''}".strip()
        yield f"{link(name, delivery.url)}{' (a draft)' if delivery.is_draft else ''}"
        yield ""
    if delivery.done and delivery.branch and not delivery.kept and delivery.mode != "none":
        where = f"Branch {words.code(delivery.branch)} on {words.code(delivery.remote)}"
        agree = "Pull before you push." if delivery.mode == "commit" else "Merge it when you agree."
        yield f"{where}: {words.plain(delivery.note)}. {agree}"
    elif delivery.note:
        yield f"{words.plain(delivery.note)}."
    if not (delivery.done and delivery.mode in {"suggest", "comment"}):  # people have it there
        yield from (f"- the fix is kept: {words.code(place)}" for place in delivery.kept)
    yield ""


def _rest(record: RunRecord, words: Words, room: Room) -> Iterator[str]:
    notes = (*(record.delivery.notes if record.delivery else ()), *record.notes)
    told = tuple(f": {one.reproduction.failure.summary} ({one.why})" for one in record.healings[: room.items])
    lines = [*(line for line in record.remaining if not line.endswith(told)), *(f"note: {note}" for note in notes)]
    yield from (f"- {words.plain(line)}" for line in lines[: room.items])
    if len(lines) > room.items:
        yield f"- … and {len(lines) - room.items} more"
    yield f"- {cost_line(record, words)}"
