"""The memory of one repository, for one run: looked up once, written as the run goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from honk_ci.errors import GitError
from honk_ci.forges.this_job import ThisJob
from honk_ci.memory import attempts, claims, tombstones
from honk_ci.memory.attempts import History, PastRun
from honk_ci.memory.changes import TRIES, change_history
from honk_ci.memory.claims import Claim
from honk_ci.memory.refs import ROOT, Document, RefStore
from honk_ci.memory.tombstones import Tombstone
from honk_ci.text import one_line


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What the remote's refs say of one failure."""

    fingerprint: str
    history: History = field(default_factory=History)
    tombstones: tuple[Tombstone, ...] = ()  # lifted ones too
    claim: Claim | None = None


@dataclass(kw_only=True, slots=True)
class Memory:
    """What the repository remembers; a context manager that gives this run's claims back.

    A remote that refuses refs, or is not there, costs the memory and not the healing: the methods
    raise nothing, and ``notes`` says what could not be done.
    """

    store: RefStore
    job: ThisJob
    can_write: bool  # whether this run's token may push
    claim_s: float  # how long a claim holds when nobody gives it back
    notes: list[str] = field(default_factory=list)
    _tips: Mapping[str, str] = field(default_factory=dict)  # every ref that was listed, branches among them
    _known: dict[str, Known] = field(default_factory=dict)
    _held: dict[str, str] = field(default_factory=dict)  # ref of a claim of ours -> its commit

    def __enter__(self) -> Memory:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    # --- reading ----------------------------------------------------------------------------------

    @property
    def tips(self) -> Mapping[str, str]:
        """All branches of the remote and all refs of honk's, as they were when ``look`` asked."""
        return MappingProxyType(self._tips)

    def look(self, fingerprints: Sequence[str]) -> None:
        """Ask the remote what it holds of these failures."""
        try:
            self._tips = self.store.tips("refs/heads/*", f"{ROOT}/*")
            wanted = {ref: tip for ref, tip in self._tips.items() if _fingerprint_of(ref) in set(fingerprints)}
            documents = self.store.read(wanted)
        except GitError as error:
            self._forgo(f"what earlier runs left in {ROOT} cannot be read: {error}")
            return
        self.notes += self.store.notes
        for fingerprint in fingerprints:
            self._known[fingerprint] = _known(fingerprint, documents)

    def of(self, fingerprint: str) -> Known:
        return self._known.get(fingerprint) or Known(fingerprint=fingerprint)

    def fix_commits(self, fingerprint: str) -> Mapping[str, str]:
        """Fixes that are kept: ref to commit."""
        start = f"{ROOT}/fixes/{fingerprint}/"
        return {ref: tip for ref, tip in self._tips.items() if ref.startswith(start)}

    # --- claims -----------------------------------------------------------------------------------

    def claim(
        self, fingerprint: str, *, commit: str, branch: str, has_ended: Callable[[Claim], bool] = lambda _: False
    ) -> Claim | None:
        """Take a failure for this run; the claim of the run that is at it, None when it is ours now.

        ``has_ended`` is asked of a claim that still holds: its run may have been killed. Without a
        right to push there are no claims, and every run goes on.
        """
        ref = claims.ref_of(fingerprint)
        if not self.can_write or ref in self._held:
            return None
        now = self.store.clock()
        mine = Claim(
            fingerprint=fingerprint,
            job=self.job,
            commit=commit,
            branch=branch,
            taken_at=now,
            expires_at=now + min(self.claim_s, claims.LONGEST_S),
        )
        try:
            return self._take(mine, now, has_ended)
        except GitError as error:
            self._forgo(f"{ROOT} takes no claim, so another run may work on the same failure: {error}")
            return None

    def _take(self, mine: Claim, now: float, has_ended: Callable[[Claim], bool]) -> Claim | None:
        """Whoever else is first is asked again: it may have ended meanwhile."""
        ref, there = claims.ref_of(mine.fingerprint), self._tips.get(claims.ref_of(mine.fingerprint))
        other = self.of(mine.fingerprint).claim
        for _ in range(TRIES):
            holds = there is not None and other is not None and not other.gives_way_to(self.job, now)
            if holds and other is not None and not has_ended(other):
                return other
            if self._put_claim(ref, mine, there):
                return None
            there = self.store.tips(ref).get(ref)
            document = self.store.read({ref: there}).get(ref) if there else None
            other = claims.from_document(document) if document else None
        raise GitError("it changes faster than it can be taken")

    def _put_claim(self, ref: str, mine: Claim, there: str | None) -> bool:
        """Known as ours before it is: a run that is stopped within the push gives it back too."""
        self._held[ref] = self.store.commit(ref, claims.to_body(mine), there)
        try:
            is_ours = self.store.put(ref, self._held[ref], expected=there) is not None
        except GitError:
            del self._held[ref]
            raise
        if not is_ours:
            del self._held[ref]
        return is_ours

    def release(self) -> None:
        """Give back what this run has claimed."""
        for ref, commit in tuple(self._held.items()):
            try:
                self.store.delete(ref, expected=commit)
            except GitError as error:
                self.notes.append(one_line(f"{ref} could not be given back; it ends by itself: {error}", 300))
            del self._held[ref]

    # --- writing ----------------------------------------------------------------------------------

    def add_run(self, fingerprint: str, run: PastRun) -> None:
        """Remember what this run came to, and keep its fix."""
        if not self.can_write:
            return
        try:
            if run.fix is not None:
                self.store.keep(attempts.fix_ref(fingerprint, run.fix.commit), run.fix.commit)
            there = self._tips.get(attempts.ref_of(fingerprint))
            lifted_at = self.of(fingerprint).history.lifted_at
            change_history(self.store, fingerprint, lambda old: _with_run(old, run, lifted_at), there=there)
        except GitError as error:
            self._forgo(f"what this run tried is not remembered: {error}")

    def lift(self, fingerprint: str, *, before: float) -> None:
        """What was remembered until then counts no more: people asked for another try at that time."""
        known = self.of(fingerprint)
        for stone in known.tombstones:
            if stone.stands and stone.at < before:
                self.bury(replace(stone, lifted_at=before))
        known = self.of(fingerprint)
        lifted_at = max(known.history.lifted_at, before)
        self._known[fingerprint] = replace(known, history=replace(known.history, lifted_at=lifted_at))

    def bury(self, tombstone: Tombstone) -> None:
        """Remember a no."""
        known = self.of(tombstone.fingerprint)
        others = [one for one in known.tombstones if one.healer != tombstone.healer]
        self._known[tombstone.fingerprint] = replace(known, tombstones=(*others, tombstone))
        if not self.can_write or not tombstones.is_healer_name(tombstone.healer):
            return
        ref = tombstones.ref_of(tombstone.fingerprint, tombstone.healer)
        try:
            # whoever was first has read the same refusal
            self.store.write(ref, tombstones.to_body(tombstone), expected=self._tips.get(ref))
        except GitError as error:
            self._forgo(f"that {tombstone.why} is not remembered: {error}")

    def _forgo(self, why: str) -> None:
        self.can_write = False
        self.notes.append(one_line(why, 300))


def _with_run(old: History, run: PastRun, lifted_at: float) -> History:
    return replace(old, runs=(*old.runs, run), lifted_at=max(old.lifted_at, lifted_at))


_READ = ("claims", "attempts", "tombstones")


def _fingerprint_of(ref: str) -> str:
    """Of a ref that holds a document; "" for others."""
    root, _, rest = ref.partition(f"{ROOT}/")
    kind, _, name = rest.partition("/")
    return name.partition("/")[0] if not root and kind in _READ else ""


def _known(fingerprint: str, documents: Mapping[str, Document]) -> Known:
    history = documents.get(attempts.ref_of(fingerprint))
    claim = documents.get(claims.ref_of(fingerprint))
    start = tombstones.ref_of(fingerprint, "")
    stones = [tombstones.from_document(document) for ref, document in documents.items() if ref.startswith(start)]
    return Known(
        fingerprint=fingerprint,
        history=(attempts.from_document(history) if history else None) or History(),
        tombstones=tuple(stone for stone in stones if stone is not None),
        claim=claims.from_document(claim) if claim else None,
    )
