"""The message of a fix commit: what broke, why, what changed, and the proof."""

from __future__ import annotations

import textwrap

from honk_ci.domain import Build, Failure, Proof, ProvenFix
from honk_ci.text import inert, one_line, plural

WIDTH = 72
NAMED = 10  # tests listed


def commit_message(fix: ProvenFix, proof: Proof, build: Build) -> str:
    """A subject, the cause, the change, the three-point proof and trailers."""
    failure = fix.failure
    parts = [
        _subject(fix),
        _wrapped(f"Broken: {one_line(failure.summary, 400)}"),
        _red(failure),
        _wrapped(f"Fix: {rationale}") if (rationale := fix.candidate.rationale.strip()) else "",
        _proof(fix, proof, build),
        _trailers(fix, build),
    ]
    return inert("\n\n".join(part for part in parts if part)) + "\n"


def _subject(fix: ProvenFix) -> str:
    lines = fix.candidate.rationale.strip(". \n").splitlines()
    first = one_line(lines[0].split(". ")[0], 200) if lines else ""
    subject = first.rstrip(".") or one_line(f"Fix {fix.failure.summary}")
    return subject if len(subject) <= WIDTH else subject[: WIDTH - 1].rsplit(" ", 1)[0] + "…"


def _red(failure: Failure) -> str:
    if not failure.tests:
        return f"Red check: {one_line(failure.verifier)}" if failure.verifier else ""
    names = [f"  {one_line(test.key, 160)}" for test in failure.tests[:NAMED]]
    more = [f"  and {len(failure.tests) - NAMED} more"] if len(failure.tests) > NAMED else []
    return "\n".join(["Red tests:", *names, *more])


def _proof(fix: ProvenFix, proof: Proof, build: Build) -> str:
    base = f"at the base {proof.base.commit[:9]}: {_of(fix, dict(proof.base.targets))}" if proof.base else ""
    lines = [
        base,
        f"at the red commit {build.commit[:9]}: failed",
        f"with this fix: passed {plural(proof.repeats, 'time')}" if fix.failure.tests else "with this fix: green",
        f"whole suite: {proof.fixed.counts.passed} passed, {proof.fixed.counts.failed} failed"
        if proof.fixed.counts
        else "",
        f"clean checkout: {proof.clean}",
    ]
    return "\n".join(["Proof:", *(f"  {one_line(line, 400)}" for line in lines if line)])


def _of(fix: ProvenFix, states: dict[str, str]) -> str:
    names = [test.key for test in fix.failure.tests] or [fix.failure.verifier]
    found = sorted({states[name] for name in names if name in states})
    return ", ".join(found) or "not run"


def _trailers(fix: ProvenFix, build: Build) -> str:
    """What later runs read in a fix commit (``honk_ci.memory.fixes``)."""
    decide = one_line(fix.candidate.needs_person, 300)
    lines = [
        f"Honk-Fingerprint: {fix.failure.fingerprint}",
        f"Honk-Healer: {fix.candidate.healer}",
        f"Honk-Cause: {fix.failure.cause}",
        f"Honk-Kind: {fix.candidate.kind}",
        f"Honk-Red-Commit: {build.commit}",
        f"Honk-Decide: {decide}" if decide else "",
    ]
    return "\n".join(line for line in lines if line)


# Lines at which git am takes the message to be over and the patch to begin.
_PATCH_MARKS = ("---", "diff -", "Index: ")


def _wrapped(text: str) -> str:
    printable = ("".join(c if c.isprintable() else " " for c in line) for line in text.splitlines())
    lines = "\n".join(textwrap.fill(line, WIDTH, break_long_words=False) for line in printable).splitlines()
    return "\n".join(f" {line}" if line.startswith(_PATCH_MARKS) else line for line in lines)
