"""The words of comments and of pull and merge requests, short enough to be read on a phone.

A comment is about one failure, and is found again by the mark that it begins with.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from honk_ci.domain import Build, Delivery, Healing, Proof, ProvenFix, RunRecord
from honk_ci.stages.markdown import Room, Words, cost_line, diff_lines, fenced, fitted, link, proof_table
from honk_ci.stages.marks import Mark, mark
from honk_ci.stages.summary import told_of
from honk_ci.text import inert, one_line, plural

TITLE_CHARS = 100
LINE_CHARS = 200  # of a diff that is shown, not carried

_HOW_TO_SAY_NO = "`/honk off` in a comment leaves this branch alone, `/honk on` undoes that, `/honk retry` tries again."
_ROOMS = tuple(Room(diff_lines=lines, items=items) for lines, items in ((30, 10), (0, 10), (0, 3), (0, 1)))
_WHOLE_DIFF = tuple(Room(diff_lines=lines, items=3) for lines in (100_000, 800, 100, 20, 0))


# --- requests --------------------------------------------------------------------------------------


def request_title(proof: Proof, *, redact: Callable[[str], str] = str) -> str:
    """What was fixed, in one line without markup."""
    first, *rest = proof.fixes
    more = f" (and {len(rest)} more)" if rest else ""
    said = inert(one_line(redact(rationale(first)), 4 * TITLE_CHARS)).rstrip(". ")
    return f"honk: {one_line(said, TITLE_CHARS - len(more))}{more}"


def request_body(proof: Proof, build: Build, *, redact: Callable[[str], str], limit: int) -> str:
    """The description of a request that asks for the fixes of ``proof``, at most ``limit`` characters."""
    words = Words(redact=redact)
    rooms = (Room(diff_lines=0, items=20), *_ROOMS[1:])
    return redact(fitted(lambda room: _request(proof, build, words, room), rooms, limit))


def _request(proof: Proof, build: Build, words: Words, room: Room) -> Iterator[str]:
    yield from (mark(fix.failure.fingerprint) for fix in proof.fixes[: room.items])
    for fix in proof.fixes[: room.items]:
        yield from _what(fix, words)
    if len(proof.fixes) > room.items:
        yield f"And {len(proof.fixes) - room.items} more, each a commit of its own."
        yield ""
    yield f"Red commit: {words.plain(build.commit)}"
    yield ""
    yield from proof_table(proof, words)
    yield f"No, thanks? Close this and delete the branch: the same fix does not come back. {_HOW_TO_SAY_NO}"


# --- comments --------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Telling:
    """What all comments of a run have in common."""

    record: RunRecord
    words: Words
    limit: int  # characters
    run_url: str = ""
    request_word: str = "pull request"
    suggestions: int = 0  # inline suggestions that carry the fix
    carries_diff: bool = False  # the comment is all there is of the fix


def fix_comment(fix: ProvenFix, hidden: Mark, telling: Telling) -> str:
    """What broke, what fixed it, the proof, and what to do next."""
    rooms = _WHOLE_DIFF if telling.carries_diff else _ROOMS
    text = fitted(lambda room: _fix(fix, hidden, telling, room), rooms, telling.limit)
    return telling.words.redact(text) or line_comment(hidden, "a fix was found; see the job's summary", telling)


def hand_over_comment(healing: Healing, hidden: Mark, telling: Telling) -> str:
    """What broke and what was tried, for the people who go on."""
    text = fitted(lambda room: _hand_over(healing, hidden, telling, room), _ROOMS, telling.limit)
    return telling.words.redact(text) or line_comment(hidden, "handed over; see the job's summary", telling)


def line_comment(hidden: Mark, said: str, telling: Telling) -> str:
    """What became of a failure that an earlier run told of, in one line."""
    return telling.words.redact(f"{hidden}\n**honk-ci:** {telling.words.plain(said)}{_run(telling)}\n")


def _fix(fix: ProvenFix, hidden: Mark, telling: Telling, room: Room) -> Iterator[str]:
    proof, delivery, words = telling.record.proof, telling.record.delivery, telling.words
    yield str(hidden)
    yield f"### honk-ci: {_headline(telling)}"
    yield ""
    yield from _what(fix, words)
    if proof is not None:
        keys = frozenset(test.key for test in fix.failure.tests)
        yield from proof_table(proof, words, keys=keys or None)
    yield from _findings(fix, words, room)
    yield from _diff(fix, telling, room)
    if delivery is not None:
        yield from _next(delivery, telling)
    lines = (*(delivery.notes if delivery is not None else ()), *telling.record.remaining)
    if lines:
        yield from (f"- {words.plain(line)}" for line in lines[: room.items])
        yield ""
    yield f"{cost_line(telling.record, words)}{_run(telling)}"


def _headline(telling: Telling) -> str:
    proof, delivery = telling.record.proof, telling.record.delivery
    if proof is not None and proof.needs_person:
        return "a fix awaits your decision"
    if delivery is not None and not delivery.done and not telling.suggestions:
        return "a fix is proven, and could not be delivered as asked"
    return "healed" if delivery is None or delivery.mode == "commit" else "a fix is ready"


def _what(fix: ProvenFix, words: Words) -> Iterator[str]:
    yield f"**Broke:** {words.plain(fix.failure.summary)} ({words.plain(fix.failure.cause)})"
    yield ""
    yield f"**Fixed:** {words.plain(rationale(fix))} (by {words.plain(fix.candidate.healer)})"
    yield ""
    if rest := _sentences(fix)[1]:
        yield words.plain(rest)
        yield ""


def _findings(fix: ProvenFix, words: Words, room: Room) -> Iterator[str]:
    """What the patch takes from the tests, or from what guards them."""
    findings = fix.verdict.findings
    for finding in findings[: room.items]:
        place = finding.path if finding.line is None else f"{finding.path}:{finding.line}"
        yield f"- {words.code(place, 200)} {words.plain(f'{finding.rule}: {finding.why}')}"
    if findings:
        yield ""


def _diff(fix: ProvenFix, telling: Telling, room: Room) -> Iterator[str]:
    """Whole where it is short; where the comment carries the fix, as much of it as there is room for."""
    if telling.suggestions:
        return
    lines = diff_lines(fix.candidate.patch, telling.words, width=None if telling.carries_diff else LINE_CHARS)
    if len(lines) <= room.diff_lines:
        yield from fenced(lines, "diff")
    elif telling.carries_diff and room.diff_lines:
        yield from fenced([*lines[: room.diff_lines], f"… {len(lines) - room.diff_lines} more lines"], "diff")
    else:
        yield f"The diff has {len(lines)} lines in {plural(len(fix.candidate.patch.changes), 'file')}."
    yield ""


def _next(delivery: Delivery, telling: Telling) -> Iterator[str]:
    words = telling.words
    if telling.suggestions:
        many = telling.suggestions > 1
        what = f"all {telling.suggestions} suggested changes together" if many else "the suggested change"
        yield f"**Next:** commit {what}, here in the {telling.request_word}."
    elif telling.carries_diff:
        if not delivery.done:
            yield f"It could not be delivered: {words.plain(delivery.note)}"
            yield ""
        yield "**Next:** save the diff to a file and run `git apply FILE`."
    elif delivery.mode == "commit":
        yield f"**Next:** it is on this branch already, as {words.plain(delivery.commit[:9])}: pull before you push."
    elif delivery.url:
        name = f"{telling.request_word} {delivery.request or ''}".strip()
        draft = ", a draft: a person must decide" if delivery.is_draft else ""
        yield f"**Next:** merge {link(name, delivery.url)}{draft}. Close it, and the same fix does not come back."
    else:
        yield from _merge_by_hand(delivery, words)
    yield ""
    yield _HOW_TO_SAY_NO
    yield ""


def _merge_by_hand(delivery: Delivery, words: Words) -> Iterator[str]:
    if not delivery.done:
        yield f"{words.plain(delivery.note)}."
        yield ""
    yield "**Next:** merge the branch. Delete it instead, and the same fix does not come back."
    yield ""
    yield from fenced([words.redact(f"git fetch origin {shlex.quote(delivery.branch)} && git merge FETCH_HEAD")], "sh")


def _hand_over(healing: Healing, hidden: Mark, telling: Telling, room: Room) -> Iterator[str]:
    failure, words = healing.reproduction.failure, telling.words
    yield str(hidden)
    yield "### honk-ci: handed over to you"
    yield ""
    yield f"**Broke:** {words.plain(failure.summary)} ({words.plain(failure.cause)})"
    yield ""
    yield from told_of(healing, words, room)
    yield f"{cost_line(telling.record, words)}{_run(telling)}"


def _run(telling: Telling) -> str:
    return f" · {link('run', telling.run_url)}" if telling.run_url else ""


def rationale(fix: ProvenFix) -> str:
    """What the healer says of its patch, in one sentence."""
    return _sentences(fix)[0].rstrip(". ")


def _sentences(fix: ProvenFix) -> tuple[str, str]:
    """The first sentence of the first line, and what follows it there."""
    lines = fix.candidate.rationale.strip().splitlines()
    first, _, rest = (lines[0] if lines else f"mends {fix.failure.summary}").partition(". ")
    return first, rest
