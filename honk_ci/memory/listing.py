"""Everything that a repository remembers, for people to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from honk_ci.memory import attempts, claims, tombstones
from honk_ci.memory.fields import iso
from honk_ci.memory.refs import ROOT, Document, RefStore

KINDS = ("claims", "attempts", "tombstones")


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One line of what is remembered."""

    fingerprint: str
    kind: str  # "claim", "attempt", "tombstone"
    state: str  # "running", "ended", "fixed", "failed", "counts no more", "stands", "lifted"
    at: str  # ISO 8601
    text: str
    url: str = ""


def entries(store: RefStore) -> Iterator[Entry]:
    """By failure, oldest first; raises GitError where the remote cannot be read."""
    tips = store.tips(*(f"{ROOT}/{kind}/*" for kind in KINDS))
    documents = store.read(tips)
    for ref in sorted(documents, key=lambda ref: (ref.split("/")[3], KINDS.index(ref.split("/")[2]))):
        kind, fingerprint = ref.split("/")[2:4]
        yield from _READERS[kind](fingerprint, documents[ref], store.clock())


def _claim(fingerprint: str, document: Document, now: float) -> Iterator[Entry]:
    claim = claims.from_document(document)
    if claim is not None:
        state = "ended" if claim.is_over(now) else "running"
        text = f"{claim.holder} is at it until {iso(claim.expires_at)}"
        yield Entry(
            fingerprint=fingerprint, kind="claim", state=state, at=iso(claim.taken_at), text=text, url=claim.job.url
        )


def _attempts(fingerprint: str, document: Document, _now: float) -> Iterator[Entry]:
    history = attempts.from_document(document)
    for run in history.runs if history else ():
        state = "fixed" if run.fix else "failed"
        if history and run not in history.counted:
            state = "counts no more"
        yield Entry(fingerprint=fingerprint, kind="attempt", state=state, at=iso(run.at), text=run.told, url=run.url)


def _tombstone(fingerprint: str, document: Document, _now: float) -> Iterator[Entry]:
    stone = tombstones.from_document(document)
    if stone is not None:
        state = "stands" if stone.stands else "lifted"
        text = f"{stone.healer} is barred: {stone.why}" if stone.stands else f"{stone.healer}: {stone.why}"
        yield Entry(
            fingerprint=fingerprint, kind="tombstone", state=state, at=iso(stone.at), text=text, url=stone.evidence
        )


_READERS: Mapping[str, Callable[[str, Document, float], Iterator[Entry]]] = {
    "claims": _claim,
    "attempts": _attempts,
    "tombstones": _tombstone,
}
