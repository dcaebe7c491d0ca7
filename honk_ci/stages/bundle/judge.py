"""The fixes of a bundle, applied and judged anew by the checks that read and run nothing.

The bundle's own verdict is shown to people and lowers nothing: what these checks refuse is refused,
and what they want a person for awaits one. Which failure a fix is for, and of what kind it is, only
the bundle can say; where that claim is what opens a file to it, and nobody has signed the claim, a
person decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from honk_ci.checks.integrity.check import Integrity
from honk_ci.checks.policy import Policy
from honk_ci.config import Config
from honk_ci.domain import (
    Candidate,
    Cause,
    CheckResult,
    Delivery,
    Outcome,
    Proof,
    ProvenFix,
    Reproduction,
    RunRecord,
    Verdict,
)
from honk_ci.errors import GitError
from honk_ci.git import Repository
from honk_ci.patch import FileChange, Patch
from honk_ci.stages.bundle.origin import names_its_branch
from honk_ci.stages.bundle.read import Bundle
from honk_ci.stages.bundle.record_read import with_patches
from honk_ci.stages.deliver import Dispatch
from honk_ci.stages.recall import Recollection
from honk_ci.stages.verify import merge
from honk_ci.text import one_line
from honk_ci.workspaces.commit_view import CommitView

# Checks that are made here; the bundle's word for the others is passed on.
_MADE_HERE = ("policy", "integrity")


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """A bundle's record with the patches and verdicts that were found here."""

    record: RunRecord
    proof: Proof | None  # None where there is nothing to deliver


@dataclass(frozen=True, kw_only=True, slots=True)
class _PaperCase:
    """What the checks look at (``PatchCase``): a patch and the files of a commit."""

    reproduction: Reproduction
    candidate: Candidate
    config: Config
    workspace: CommitView
    testbed: CommitView


def judge(bundle: Bundle, config: Config, repository: Repository) -> Judged:
    """Apply and judge; ``repository`` has the red commit. Nothing of the repository runs."""
    if bundle.record.proof is None:
        return Judged(record=bundle.record, proof=None)
    if bundle.record.outcome not in (Outcome.HEALED, Outcome.PROPOSED):
        return _refusal(bundle.record, f"the run has ended as {bundle.record.outcome}, and the bundle holds a fix")
    try:
        alone, together = _patches(bundle, _applied(bundle, repository), repository)
    except GitError as error:
        return _refusal(bundle.record, f"the patch cannot be applied to {bundle.base[:9]}: {error}")
    record = with_patches(bundle.record, alone, together)
    return _judged(bundle, record, config, CommitView(repository, bundle.base))


def as_remembered(judged: Judged, memories: Mapping[str, Recollection]) -> Judged:
    """Nothing is delivered where people have said no to such a fix, or another run is at it."""
    for fix in judged.proof.fixes if judged.proof else ():
        known = memories.get(fix.failure.fingerprint, Recollection())
        if known.left_to or known.stop:
            record = refused(judged.record, known.stop)
            healings = tuple(replace(healing, left_to=known.left_to) for healing in record.healings)
            return Judged(record=replace(record, outcome=Outcome.GAVE_UP, healings=healings), proof=None)
        if why := known.barred.get(fix.candidate.healer, ""):
            return _refusal(judged.record, why)
    return judged


def unless_signed(bundle: Bundle, dispatch: Dispatch) -> Dispatch:
    """What goes by itself rests on the bundle's word for the proof, and maybe for the branch.

    Unsigned, it becomes a request that people look at.
    """
    trusted = bundle.is_signed or (dispatch.mode == "commit" and names_its_branch(dispatch.context))
    if trusted or dispatch.mode not in ("auto", "commit"):
        return dispatch
    return replace(dispatch, mode="pull-request")


def kept_in(folder: Path, delivery: Delivery | None) -> Delivery | None:
    """A fix that is not delivered stays in its bundle; what delivery keeps beside itself is gone with its folder."""
    if delivery is None or not delivery.kept:
        return delivery
    pushed = (place for place in delivery.kept if place.startswith("branch "))
    return replace(delivery, kept=(f"bundle {folder}", *pushed))


# --- applying --------------------------------------------------------------------------------------


def _applied(bundle: Bundle, repository: Repository) -> list[str]:
    """The tree after each fix. Only an index of our own is written: no filter, hook or merge driver has a part in it."""
    trees: list[str] = []
    with repository.private_index(bundle.base) as index:
        for fix in bundle.fixes:
            if fix.mail:
                repository.git(
                    "-c", "apply.ignoreWhitespace=no", "apply", "--cached", "--whitespace=nowarn", "-p1", "-",
                    stdin=fix.mail, env=index,
                )  # fmt: skip
            tree = repository.git("write-tree", env=index).decode().strip()
            if tree != fix.tree:
                raise GitError(f"the fix of {fix.fingerprint} makes other files than the bundle says")
            trees.append(tree)
    return trees


def _patches(bundle: Bundle, trees: Sequence[str], repository: Repository) -> tuple[dict[str, Patch], Patch]:
    """Each fix alone against the red commit, by fingerprint, and all of them together."""
    alone: dict[str, Patch] = {}
    before = Patch()
    for fix, tree in zip(bundle.fixes, trees, strict=True):
        after = repository.patch_between(f"{bundle.base}^{{tree}}", tree)
        alone[fix.fingerprint] = _alone(before, after, repository)
        before = after
    return alone, before


def _alone(before: Patch, after: Patch, repository: Repository) -> Patch:
    """What ``after`` adds to ``before``, against the red commit.

    Where it cannot be told from the fixes before it, or adds nothing to them, it is all of them together.
    """
    added = [change for change in after.changes if before.change(change.path) != change]
    patch = Patch.of(one for change in added for one in _taken_back(before.change(change.path), change, repository))
    return patch if patch and merge(before, patch, repository) == after else after


def _taken_back(earlier: FileChange | None, later: FileChange, repository: Repository) -> Iterator[FileChange]:
    """One file's change without an earlier one to the same file; nothing where they cannot be parted."""
    if earlier is None:
        yield later
    elif later.before is not None and earlier.after is not None and later.after is not None:
        content = repository.merge_contents(earlier.after, later.before, later.after)
        if content is not None:
            yield replace(later, after=content)


# --- judging ---------------------------------------------------------------------------------------


def _judged(bundle: Bundle, record: RunRecord, config: Config, view: CommitView) -> Judged:
    proof = record.proof
    assert proof is not None
    reproductions = {one.failure.fingerprint: one for one in record.reproductions}
    fixes, people = [], [proof.needs_person]
    for fix in proof.fixes:
        case = _PaperCase(
            reproduction=reproductions[fix.failure.fingerprint],
            candidate=fix.candidate,
            config=config,
            workspace=view,
            testbed=view,
        )
        results = (Policy().check(case), Integrity().check(case))
        fixes.append(replace(fix, verdict=_verdict(results, fix)))
        if failed := next((result for result in results if not result.passed), None):
            return _refusal(_with_fixes(record, [*fixes]), f"{failed.check}: {failed.summary}")
        people += [result.summary for result in results if result.needs_person]
        people.append(fix.candidate.needs_person)
        people.append("" if bundle.is_signed else _open_by_claim(case))
    needs_person = next((why for why in people if why), "")
    if record.outcome is Outcome.PROPOSED and not needs_person:
        needs_person = record.summary
    judged = replace(proof, fixes=tuple(fixes), needs_person=one_line(needs_person, 300))
    outcome = Outcome.PROPOSED if needs_person else record.outcome
    return Judged(record=replace(_with_fixes(record, fixes), outcome=outcome, proof=judged), proof=judged)


def _verdict(results: Sequence[CheckResult], fix: ProvenFix) -> Verdict:
    """What was found here, and the bundle's word for what can only be run."""
    told = tuple(result for result in fix.verdict.results if result.check not in _MADE_HERE)
    return Verdict(results=(*results, *told))


def _open_by_claim(case: _PaperCase) -> str:
    """What would be refused if the bundle told nothing of the failure; "" when nothing would."""
    failure = replace(case.reproduction.failure, cause=Cause.CODE, findings=())
    plain = replace(
        case,
        reproduction=replace(case.reproduction, failure=failure),
        candidate=replace(case.candidate, kind="edit"),
    )
    results = (Policy().check(plain), Integrity().check(plain))
    failed = next((result for result in results if not result.passed), None)
    return f"only the unsigned bundle says that this may be: {failed.summary}" if failed else ""


def _refusal(record: RunRecord, why: str) -> Judged:
    return Judged(record=refused(record, why), proof=None)


def _with_fixes(record: RunRecord, fixes: Sequence[ProvenFix]) -> RunRecord:
    """The record with the verdicts found here, in its healings too."""
    by_print = {fix.failure.fingerprint: fix for fix in fixes}
    healings = tuple(
        replace(healing, verdict=fix.verdict)
        if (fix := by_print.get(healing.reproduction.failure.fingerprint)) is not None
        else healing
        for healing in record.healings
    )
    return replace(record, healings=healings)


def refused(record: RunRecord, why: str) -> RunRecord:
    """The record where nothing is delivered: what was healed there is not healed here."""
    why = one_line(why, 300)
    healings = tuple(
        replace(healing, candidate=None, verdict=None, verdicts=_refusals(healing.verdict), why=why)
        if healing.candidate is not None
        else healing
        for healing in record.healings
    )
    return replace(record, outcome=Outcome.REFUSED, summary=why, proof=None, healings=healings)


def not_ours(record: RunRecord, why: str) -> RunRecord:
    """The record of a bundle that does not belong here; one without a fix had nothing to be refused."""
    return (
        refused(record, why) if record.proof else replace(record, notes=(*record.notes, f"not told to anybody: {why}"))
    )


def _refusals(verdict: Verdict | None) -> tuple[Verdict, ...]:
    return (verdict,) if verdict is not None and not verdict.passed else ()
