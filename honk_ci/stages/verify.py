"""Verify: shrink what the gate passed, put the fixes together, and prove them in a clean checkout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from honk_ci.checks.repeat import failures_seen, passes_made
from honk_ci.checks.suite import compare
from honk_ci.domain import (
    Build,
    Candidate,
    FailedTest,
    Healing,
    Proof,
    ProvenFix,
    Reproduction,
    Severity,
    SideOfProof,
    TestRun,
)
from honk_ci.errors import RunnerError
from honk_ci.flakes import slip_chance
from honk_ci.git import Repository
from honk_ci.patch import FileChange, Patch
from honk_ci.process import Command
from honk_ci.stages.shrink import shrink
from honk_ci.stages.site import Site
from honk_ci.text import clip, plural
from honk_ci.workspaces.testbed import still_failing, target_states

if TYPE_CHECKING:  # their packages load every plug-in, which most starts of the command never need
    from honk_ci.verifiers.interface import Verifier


NOT_CLEAN = "not clean"


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Why what passed the gate could not be proven all the same."""

    why: str
    detail: str = ""
    is_final: bool = False  # it would be so with fewer fixes too


def verify(healings: Sequence[Healing], site: Site) -> Proof | Refusal | None:
    """The proof of all fixes together; None where there is no fix to prove."""
    fixes = [_shrunk(healing, healings, site) for healing in healings if healing.candidate is not None]
    if not fixes:
        return None
    stacked, left_out = _stack(fixes, site)
    while True:
        proof = _prove_in_clean_checkout(stacked, left_out, healings, site)
        if isinstance(proof, Proof) or proof.is_final or len(stacked) == 1:
            return proof
        # each holds on its own and not all together: the proof of fewer is better than none
        dropped = stacked.pop()
        left_out.append(f"{dropped.failure.summary}: its fix does not hold together with the others ({proof.why})")


# --- each on its own -----------------------------------------------------------------------------


def _shrunk(healing: Healing, healings: Sequence[Healing], site: Site) -> ProvenFix:
    candidate, verdict = healing.candidate, healing.verdict
    assert candidate is not None
    assert verdict is not None
    reproduction = healing.reproduction
    mended = [other.reproduction for other in healings if other.healed_by == reproduction.failure.fingerprint]
    smaller = replace(candidate, patch=_smallest(candidate, [reproduction, *mended], site))
    if smaller.patch != candidate.patch:
        site.progress.doing("the gate again, for the smaller patch")
        again = site.gate.judge(smaller, reproduction)
        if again.passed:  # what it leaves to a person counts, even if what was cut off had hidden that
            candidate, verdict = smaller, again
    return ProvenFix(failure=reproduction.failure, candidate=candidate, verdict=verdict)


def _smallest(candidate: Candidate, reproductions: Sequence[Reproduction], site: Site) -> Patch:
    """The part of the patch that all of ``reproductions`` need, the first being the one it was made for."""
    tests = [test for reproduction in reproductions for test in reproduction.failure.tests]
    alone = [test for r in reproductions if not r.in_suite_only for test in r.failure.tests]
    if not reproductions[0].failure.tests:
        return candidate.patch  # what a tool wrote is one piece

    def holds(patch: Patch) -> bool:
        site.progress.doing("which parts of the patch are needed")
        site.workspace.apply(patch)
        if alone and still_failing(alone, site.testbed.run_tests(alone)):
            return False
        ledger = compare(site.gate.red.suite(), site.testbed.run_suite(), tuple(tests))
        return ledger.is_clean and not ledger.not_healed

    try:
        return shrink(candidate.patch, holds=holds)
    finally:
        site.workspace.reset()


# --- all together --------------------------------------------------------------------------------


def _stack(fixes: Sequence[ProvenFix], site: Site) -> tuple[list[ProvenFix], list[str]]:
    """The fixes as patches that apply one on top of the other; what does not fit is left out, with a line."""
    kept: list[ProvenFix] = []
    left_out: list[str] = []
    for fix in fixes:
        merged = merge(combined(kept, site.repository), fix.candidate.patch, site.repository)
        if merged is None:
            left_out.append(
                f"{fix.failure.summary}: its fix touches the same lines as another; run honk on the fix branch"
            )
        else:
            kept.append(fix)
    return kept, left_out


def combined(fixes: Sequence[ProvenFix], repository: Repository) -> Patch:
    """All patches as one against the red commit; they are known to merge."""
    patch = Patch()
    for fix in fixes:
        patch = merge(patch, fix.candidate.patch, repository) or patch
    return patch


def merge(ours: Patch, theirs: Patch, repository: Repository) -> Patch | None:
    """Two patches against the same commit as one, or None where they touch the same lines differently."""
    changes = {change.path: change for change in ours.changes}
    for change in theirs.changes:
        mine = changes.get(change.path)
        if mine is None or mine == change:
            changes[change.path] = change
            continue
        both = _merge_file(mine, change, repository)
        if both is None:
            return None
        changes[change.path] = both
    return Patch.of(changes.values())


def _merge_file(ours: FileChange, theirs: FileChange, repository: Repository) -> FileChange | None:
    if ours.before is None or ours.after is None or theirs.after is None:
        return None
    merged = repository.merge_contents(ours.before, ours.after, theirs.after)
    return None if merged is None else replace(ours, after=merged, mode_after=max(ours.mode_after, theirs.mode_after))


# --- in a clean checkout -------------------------------------------------------------------------


def _prove_in_clean_checkout(
    fixes: Sequence[ProvenFix], left_out: Sequence[str], healings: Sequence[Healing], site: Site
) -> Proof | Refusal:
    reproductions = _proven_here(fixes, healings)
    tests = tuple(test for reproduction in reproductions for test in reproduction.failure.tests)
    patch = combined(fixes, site.repository)
    site.progress.doing("everything once more in a clean checkout")
    try:
        run, clean = _run_clean(patch, tests, site)
    except RunnerError as fault:
        return Refusal(why=str(fault), is_final=True)
    if red := _red_verifier(fixes, patch, site):
        return Refusal(why=f"all fixes together leave {red} red")
    ledger = compare(site.gate.red.suite(), run, tests)
    losses = [finding.why for finding in ledger.findings if finding.severity is Severity.VETO]
    if run.timed_out or losses or ledger.not_healed:
        why = losses[0] if losses else f"not healed: {', '.join(ledger.not_healed[:3]) or 'ran out of time'}"
        return Refusal(why=f"in a clean checkout: {why}", detail=clip(run.output, 4000))
    checks = [fix.failure.verifier for fix in fixes if fix.failure.verifier]
    runs = [_failures_and_passes(reproduction, site) for reproduction in reproductions if reproduction.failure.tests]
    return Proof(
        fixes=tuple(fixes),
        patch=patch,
        base=_base_side(reproductions, site.build),
        broken=_side("broken", site.build.commit, tests, site.gate.red.suite(), dict.fromkeys(checks, "failed")),
        fixed=_side("fixed", "", tests, run, dict.fromkeys(checks, "passed")),
        repeats=max((passes for _, passes in runs), default=0),
        slip_chance=max((slip_chance(failures, passes) for failures, passes in runs), default=0.0),
        clean=clean,
        is_clean=not clean.startswith(NOT_CLEAN),
        needs_person=_person_needed(fixes),
        notes=tuple(left_out),
    )


def _proven_here(fixes: Sequence[ProvenFix], healings: Sequence[Healing]) -> list[Reproduction]:
    """The failures that the fixes were made for, and those that they mend besides."""
    prints = {fix.failure.fingerprint for fix in fixes}
    return [
        healing.reproduction
        for healing in healings
        if (healing.candidate is not None and healing.reproduction.failure.fingerprint in prints)
        or healing.healed_by in prints
    ]


def _red_verifier(fixes: Sequence[ProvenFix], patch: Patch, site: Site) -> str:
    """The first linter or type checker that was to be healed and is not green with everything in place."""
    wanted = [site.verifier(fix.failure.verifier) for fix in fixes if fix.failure.verifier]
    site.workspace.apply(patch)
    try:
        return next((v.name for v in wanted if v is not None and not _is_greener(v, site)), "")
    finally:
        site.workspace.reset()


def _is_greener(verifier: Verifier, site: Site) -> bool:
    """Nothing new, and less than at the red commit; what was red before the build may stay so."""
    return site.gate.red.complaints_now(verifier) < site.gate.red.complaints_of(verifier)


def _run_clean(patch: Patch, tests: tuple[FailedTest, ...], site: Site) -> tuple[TestRun, str]:
    """The suite on nothing but the commit and the patch, and how clean that was.

    Without a set-up command what .gitignore names stays (installed packages, build outputs), and
    if even so the red commit's green tests need something untracked, the clean run cannot judge.
    """
    setup = site.config.test.setup
    with site.workspace.clean(patch, ignored_too=bool(setup)):
        if setup:
            _set_up(setup, site)
        run = site.testbed.run_suite()
    if setup:
        return run, "the fix commit's files alone, prepared by the set-up command"
    ledger = compare(site.gate.red.suite(), run, tests)
    if ledger.is_clean and not ledger.not_healed:
        return run, "the fix commit's files alone, besides what .gitignore names"
    return _run_as_is(patch, run, site)


def _run_as_is(patch: Patch, failed_run: TestRun, site: Site) -> tuple[TestRun, str]:
    """Whether it is the patch that fails in the clean checkout, or the red commit does so itself."""
    with site.workspace.clean(Patch(), ignored_too=False):
        red_clean = site.testbed.run_suite()
    before, after = site.gate.red.suite().report.counts, red_clean.report.counts
    if after.passed >= before.passed:
        return failed_run, "the fix commit's files alone, besides what .gitignore names"
    site.workspace.apply(patch)
    run = site.testbed.run_suite()
    site.workspace.reset()
    lost = plural(before.passed - after.passed, "test")
    return (
        run,
        f"{NOT_CLEAN}: {lost} of the red commit need files that git does not know; --setup-command would make them",
    )


def _set_up(setup: str, site: Site) -> None:
    site.progress.doing(f"set-up: {setup}")
    limit = site.meter.within(site.config.test.timeout_s)
    with site.testbed.timed():
        done = site.workspace.run(Command(shell=setup), timeout_s=limit, purpose="setup")
    if not done.ok:
        how = "ran out of time" if done.timed_out else f"exit status {done.exit_code}"
        said = clip(done.output.strip(), 500)
        raise RunnerError(f"the set-up command failed in a clean checkout ({how}): {said}")


def _base_side(reproductions: Sequence[Reproduction], build: Build) -> SideOfProof | None:
    known = {key: state for reproduction in reproductions for key, state in reproduction.base_targets.items()}
    known |= {r.failure.verifier: r.base_state for r in reproductions if r.failure.verifier and r.base_state}
    return SideOfProof(name="base", commit=build.base or "", targets=known) if known else None


def _side(
    name: str, commit: str, tests: tuple[FailedTest, ...], run: TestRun, checks: Mapping[str, str]
) -> SideOfProof:
    """``checks``: the state of the linters and type checkers that were to be healed, by name."""
    return SideOfProof(
        name=name,
        commit=commit,
        targets={**target_states(tests, run), **checks},
        counts=run.report.counts,
        command=run.command,
        duration_s=run.duration_s,
    )


def _failures_and_passes(reproduction: Reproduction, site: Site) -> tuple[int, int]:
    """How often the targets failed without the patch, and passed with it: in the gate and in the clean checkout."""
    failures = failures_seen(reproduction, site.gate.red.suite())
    return failures, 1 + passes_made(reproduction, failures, site.config.limits.flake_risk)


def _person_needed(fixes: Sequence[ProvenFix]) -> str:
    reasons = [fix.candidate.needs_person for fix in fixes if fix.candidate.needs_person]
    reasons += [f.why for fix in fixes for f in fix.verdict.findings if f.severity is Severity.PERSON]
    reasons += [r.summary for fix in fixes for r in fix.verdict.results if r.needs_person and not r.findings]
    return "; ".join(dict.fromkeys(reasons))
