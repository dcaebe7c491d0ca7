"""What became of earlier fixes, what people refused, and who else is at it: judged for each failure of a run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from honk_ci.domain import Reproduction
from honk_ci.errors import ForgeError, GitError
from honk_ci.healers import SPENDING
from honk_ci.memory import Memory, fields
from honk_ci.memory.attempts import Fix, PastRun
from honk_ci.memory.claims import Claim
from honk_ci.memory.fixes import fixes_on
from honk_ci.memory.tombstones import Tombstone
from honk_ci.memory.turned_down import Fate, Judge
from honk_ci.stages.recall import Recollection, Remembering
from honk_ci.text import one_line

MOST_FIXES = 6  # of one failure that are looked at, the newest
MOST_TOLD = 5


def recollect(
    reproductions: Sequence[Reproduction], prints: Sequence[str], asked: Remembering
) -> Mapping[str, Recollection]:
    """What is remembered, by fingerprint; claims the failures that this run goes on with, ``prints``."""
    asked.memory.look(prints)
    _bring_fixes(prints, asked)
    green = {r.failure.fingerprint for r in reproductions if r.base_state == "passed"}
    base = asked.build.base or ""
    return {one: _recollect(one, prints, asked, good=base if one in green else "") for one in sorted(prints)}


def _recollect(fingerprint: str, prints: Sequence[str], asked: Remembering, *, good: str) -> Recollection:
    """``good``: the base, where the failure was not there; "" where that was not seen."""
    fates = dict(_fates(fingerprint, asked, good))
    if wanted_at := _wanted_at(fingerprint, asked):
        asked.memory.lift(fingerprint, before=wanted_at)
    barred = dict(_barred(fingerprint, asked.memory))
    if barred and set(asked.healers) <= set(barred):
        return Recollection(stop=f"people said no: {'; '.join(barred.values())}", barred=barred)
    if used_up := _used_up(fingerprint, fates, asked, good):
        return Recollection(stop=used_up, barred=barred)
    other = asked.memory.claim(
        fingerprint,
        commit=asked.build.commit,
        branch=asked.build.branch,
        has_ended=lambda claim: _has_ended(claim, asked),
    )
    if other is not None:
        return Recollection(stop=_is_at_it(other, asked), left_to=other.holder, barred=barred)
    usable = (Fate.OPEN, Fate.HELD)
    waiting = [fix for fix in _fixes(fingerprint, prints, asked) if fates.get(fix.commit, Fate.OPEN) in usable]
    return Recollection(barred=barred, fixes=tuple(fix for fix in waiting if fix.healer not in barred)[:MOST_FIXES])


def _is_at_it(other: Claim, asked: Remembering) -> str:
    if other.branch in ("", asked.build.branch):
        return f"another run is at it: {other.holder}"
    again = f"start this run again when that one has ended, and it brings the fix to {asked.build.branch}"
    return f"another run is at it, on {other.branch}: {other.holder}; {again}"


def _has_ended(claim: Claim, asked: Remembering) -> bool:
    """Whether the forge knows that a claim's run is over: it was killed before it could give the claim back."""
    run = claim.job.run_id.partition("/")[0]
    if asked.forge is None or not run.isdecimal() or claim.job.run_id == asked.memory.job.run_id:
        return False
    try:
        jobs = asked.forge.jobs(run)
    except ForgeError:
        return False  # then it ends by itself
    own = [job for job in jobs if job.id == str(claim.job.attempt)] or jobs  # GitLab's attempts are ids of jobs
    return bool(own) and all(job.state != "running" for job in own)


def _wanted_at(fingerprint: str, asked: Remembering) -> float:
    """When people last asked for another try, seconds since 1970; 0 where they did not."""
    meant = (retry for retry in asked.retries if retry.fingerprint in {"", fingerprint})
    return max((fields.moment({"at": retry.at}, "at") or 0.0 for retry in meant), default=0.0)


# --- refusals ------------------------------------------------------------------------------------


def _fates(fingerprint: str, asked: Remembering, good: str) -> Iterator[tuple[str, Fate]]:
    """What became of each earlier fix; refusals that nobody has read yet become tombstones."""
    memory = asked.memory
    judge = Judge(
        fingerprint=fingerprint,
        head=asked.head,
        tips=memory.tips,
        remote=memory.store.remote,
        forge=asked.forge,
        default_branch=asked.default_branch,
        good=good,
    )
    known = memory.of(fingerprint)
    judged = {stone.fix for stone in known.tombstones}
    wanted_at = _wanted_at(fingerprint, asked)
    delivered = [run for run in reversed(known.history.runs) if run.fix is not None]
    for run in delivered[:MOST_FIXES]:
        assert run.fix is not None
        if run.fix.commit in judged:
            yield run.fix.commit, Fate.REFUSED
            continue
        try:
            judgement = judge.judge(run.fix, run)
        except GitError as error:
            memory.notes.append(one_line(f"what became of {run.fix.commit[:9]} cannot be told: {error}", 300))
            continue
        yield run.fix.commit, judgement.fate
        if judgement.fate is Fate.REFUSED:
            judged.add(run.fix.commit)
            memory.bury(
                Tombstone(
                    fingerprint=fingerprint,
                    healer=run.fix.healer,
                    why=judgement.why,
                    evidence=judgement.evidence,
                    by=memory.job.url or memory.job.run_id,
                    at=memory.store.clock(),
                    fix=run.fix.commit,
                    # a wish to try again that came after that fix speaks of its refusal
                    lifted_at=wanted_at if run.at < wanted_at else 0.0,
                )
            )


def _barred(fingerprint: str, memory: Memory) -> Iterator[tuple[str, str]]:
    for stone in memory.of(fingerprint).tombstones:
        if stone.stands:
            evidence = f" ({stone.evidence})" if stone.evidence else ""
            lift = f"honk memory --lift {fingerprint} --healer {stone.healer}"
            yield stone.healer, f"{stone.why}{evidence}; `{lift}` lets it try again"


def _used_up(fingerprint: str, fates: Mapping[str, Fate], asked: Remembering, good: str) -> str:
    """Why it is handed over to people, with what was tried; "" while there are attempts left."""
    counted = [run for run in asked.memory.of(fingerprint).history.counted if _has_failed(run, fates, asked)]
    failed = [run for run in counted if run.fix is not None or not _was_mended(run, good, asked)]
    if len(failed) < asked.config.limits.attempts:
        return ""
    told = "; ".join(str(run) for run in failed[-MOST_TOLD:])
    lift = f"`honk memory --lift {fingerprint}` lets it be tried again"
    return f"handed over to people: tried {len(failed)} times: {told}; {lift}"


def _has_failed(run: PastRun, fates: Mapping[str, Fate], asked: Remembering) -> bool:
    """It found no fix, or one that did not hold: the red commit has it.

    A run without a model says nothing of what one can do: it counts where there is none now either.
    """
    if run.fix is not None:
        return fates.get(run.fix.commit) is Fate.LANDED
    skipped = {one.healer for one in run.tried if one.verdict == "skipped"}
    return not (asked.has_model and skipped & SPENDING & set(asked.healers))


def _was_mended(run: PastRun, good: str, asked: Remembering) -> bool:
    """Whether the failure of that run has been green since: what is red now is another break."""
    repository = asked.memory.store.remote.repository
    return bool(good and run.commit) and run.commit != good and repository.is_ancestor(run.commit, good)


# --- fixes that wait -----------------------------------------------------------------------------


def _bring_fixes(prints: Sequence[str], asked: Remembering) -> None:
    """The objects of all earlier fixes, in one fetch."""
    memory, repository = asked.memory, asked.memory.store.remote.repository
    wanted = {ref: tip for fingerprint in prints for ref, tip in memory.fix_commits(fingerprint).items()}
    for branch in _branches(prints, asked):
        if tip := memory.tips.get(f"refs/heads/{branch}"):
            wanted[f"refs/heads/{branch}"] = tip
    if not wanted:
        return
    here = repository.resolve_all(list(wanted.values()))
    missing = [ref for ref, commit in zip(wanted, here, strict=True) if commit is None]
    try:
        if missing:
            memory.store.remote.fetch(*missing)
    except GitError as error:
        memory.notes.append(one_line(f"the fixes of earlier runs cannot be fetched: {error}", 300))


def _fixes(fingerprint: str, prints: Sequence[str], asked: Remembering) -> Iterator[Fix]:
    """All that are known, each once; what was remembered of a fix goes before what its commit says."""
    memory, repository = asked.memory, asked.memory.store.remote.repository
    seen: set[str] = set()
    tips = [memory.tips.get(f"refs/heads/{branch}", "") for branch in _branches(prints, asked)]
    tips += memory.fix_commits(fingerprint).values()
    on_refs = (fix for tip in tips if tip for fix in fixes_on(tip, fingerprint, repository))
    for fix in (*memory.of(fingerprint).history.fixes, *on_refs):
        if fix.commit not in seen:
            seen.add(fix.commit)
            yield fix


def _branches(prints: Sequence[str], asked: Remembering) -> Iterator[str]:
    """Names of the branches that a fix of these failures, one or all, is delivered on."""
    from honk_ci.stages.deliver.commits import branch_beside

    together = hashlib.sha256("\n".join(sorted(prints)).encode()).hexdigest()[:12]
    for end in dict.fromkeys((*prints, together)):
        name = f"{asked.config.deliver.branch_prefix}{end}"
        yield name
        yield branch_beside(name, asked.build.branch)
