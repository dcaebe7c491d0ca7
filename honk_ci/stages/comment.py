"""The words of a comment and of a pull or merge request, short enough to be read on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from honk_ci.domain import Build, Proof, ProvenFix
from honk_ci.stages.markdown import Words, proof_line, proof_table
from honk_ci.text import one_line

TITLE_CHARS = 100
FIXES_NAMED = 20

# CI systems skip what has these words in its message, and a squash merge makes one of the title.
_SKIPS = re.compile(
    r"\[\s*((?:skip|no)[ -]ci|(?:ci|actions)[ -]skip|skip[ -]actions)\s*\]|\*{3}(NO_CI)\*{3}", re.IGNORECASE
)
_UNSAFE = re.compile("[^0-9A-Za-z]")  # what could end a comment of HTML
_HOW_TO_SAY_NO = (
    "No, thanks? Close this and delete the branch: the same fix does not come back. "
    "`/honk off` in a comment leaves this branch alone, `/honk on` undoes that, `/honk retry` tries again."
)


def mark(fingerprint: str) -> str:
    """The hidden line by which the comment of a failure is found again."""
    return f"<!-- honk-ci:failure={_UNSAFE.sub('', fingerprint)} -->"


def request_title(proof: Proof, *, redact: Callable[[str], str] = str) -> str:
    """What was fixed, in one line without markup."""
    first, *rest = proof.fixes
    more = f" (and {len(rest)} more)" if rest else ""
    said = _SKIPS.sub(r"\1\2", one_line(redact(_rationale(first)), 4 * TITLE_CHARS)).rstrip(". ")
    return f"honk: {one_line(said, TITLE_CHARS - len(more))}{more}"


def request_body(proof: Proof, build: Build, *, redact: Callable[[str], str], limit: int) -> str:
    """The description of a request that asks for the fixes of ``proof``, at most ``limit`` characters."""
    words = Words(redact=redact)
    for count in (FIXES_NAMED, 5, 1):
        text = redact("\n".join(_request(proof, build, words, count)).rstrip() + "\n")
        if len(text) <= limit:
            return text
    return "\n".join(mark(fix.failure.fingerprint) for fix in proof.fixes[:1]) + "\n"


def _request(proof: Proof, build: Build, words: Words, count: int) -> Iterator[str]:
    yield from (mark(fix.failure.fingerprint) for fix in proof.fixes[:FIXES_NAMED])
    for fix in proof.fixes[:count]:
        yield from _what(fix, words)
    if len(proof.fixes) > count:
        yield f"And {len(proof.fixes) - count} more, each a commit of its own."
        yield ""
    yield f"Red commit: {words.plain(build.commit)}"
    yield ""
    yield from _evidence(proof, words)
    yield _HOW_TO_SAY_NO


def _what(fix: ProvenFix, words: Words) -> Iterator[str]:
    yield f"**Broke:** {words.plain(fix.failure.summary)} ({words.plain(fix.failure.cause)})"
    yield ""
    yield f"**Fixed:** {words.plain(_rationale(fix))} (by {words.plain(fix.candidate.healer)})"
    yield ""


def _evidence(proof: Proof, words: Words, keys: frozenset[str] | None = None) -> Iterator[str]:
    yield from proof_table(proof, words, keys=keys)
    yield ""
    yield proof_line(proof, words)
    yield ""
    if proof.needs_person:
        yield f"**A person must decide:** {words.plain(proof.needs_person)}"
        yield ""


def _rationale(fix: ProvenFix) -> str:
    """The first line of what the healer says of its patch."""
    lines = fix.candidate.rationale.strip().splitlines()
    return lines[0] if lines else f"mends {fix.failure.summary}"
