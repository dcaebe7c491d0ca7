"""Changes of what is remembered, by compare-and-swap: read, change, write, again where somebody was first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from honk_ci.errors import GitError
from honk_ci.memory import attempts, claims, tombstones
from honk_ci.memory.attempts import History
from honk_ci.memory.refs import ROOT, RefStore

TRIES = 5  # races lost in a row until it is given up

HistoryChange = Callable[[History], History]


def change_history(store: RefStore, fingerprint: str, change: HistoryChange, *, there: str | None) -> None:
    """Change a failure's attempts; ``there`` is where the ref was last seen. GitError where that fails."""
    ref = attempts.ref_of(fingerprint)
    for _ in range(TRIES):
        document = store.read({ref: there}).get(ref) if there else None
        old = attempts.from_document(document) if document else None
        if store.write(ref, attempts.to_body(fingerprint, change(old or History())), expected=there):
            return
        there = store.tips(ref).get(ref)
    raise GitError(f"{ref} changes faster than it can be written")


def lift(store: RefStore, fingerprint: str, healer: str = "") -> Iterator[str]:
    """Let a failure be tried again, by one healer or by all; what was done, one line each.

    Tombstones are marked, not removed, so that the same refusal is not read a second time. For all
    healers the attempts start to count anew, and a claim that a killed run left is taken away.
    Raises GitError where the remote refuses.
    """
    tips = store.tips(f"{ROOT}/*/{fingerprint}", f"{ROOT}/*/{fingerprint}/*")
    start = tombstones.ref_of(fingerprint, healer)
    for ref, tip in tips.items():
        if ref == start if healer else ref.startswith(start):
            yield from _lift_tombstone(store, ref, tip)
    if healer:
        return
    yield from _forget_attempts(store, fingerprint, tips.get(attempts.ref_of(fingerprint)))
    claim = claims.ref_of(fingerprint)
    if claim in tips and store.delete(claim, expected=tips[claim]):
        yield "the claim of the run that is, or was, at it is gone"


def _lift_tombstone(store: RefStore, ref: str, tip: str) -> Iterator[str]:
    document = store.read({ref: tip}).get(ref)
    stone = tombstones.from_document(document) if document else None
    if stone is None:
        if store.delete(ref, expected=tip):
            yield f"{ref} held nothing that makes sense, and is gone"
    elif stone.stands:
        lifted = replace(stone, lifted_at=store.clock())
        if store.write(ref, tombstones.to_body(lifted), expected=tip) is None:
            raise GitError(f"{ref} has just been changed by somebody else", hint="run the command again")
        yield f"{stone.healer} may heal it again; it was barred because {stone.why}"


def _forget_attempts(store: RefStore, fingerprint: str, there: str | None) -> Iterator[str]:
    if there is None:
        return
    now = store.clock()
    counted = 0

    def lifted(old: History) -> History:
        nonlocal counted
        counted = len(old.counted)
        return replace(old, lifted_at=now)

    change_history(store, fingerprint, lifted, there=there)
    if counted:
        yield f"{counted} earlier runs no longer count against it"
