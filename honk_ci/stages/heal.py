"""Heal: the ladder of healers, cheap and certain first, for each failure until the gate passes a patch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from honk_ci.checks.repeat import failures_seen, passes_made
from honk_ci.domain import (
    Attempt,
    Candidate,
    Healing,
    Reproduction,
    ReproductionState,
    Verdict,
)
from honk_ci.errors import HonkError, InterruptedRun, ModelError
from honk_ci.healers.interface import HealCase, Healer
from honk_ci.stages.recall import Recollection
from honk_ci.stages.site import Site
from honk_ci.text import one_line, plural
from honk_ci.workspaces.testbed import still_failing

NewCase = Callable[[Reproduction, Callable[[Candidate], Verdict]], HealCase]


def heal(
    reproductions: Sequence[Reproduction],
    site: Site,
    *,
    healers: Callable[[], Sequence[Healer]],
    new_case: NewCase,
    memories: Mapping[str, Recollection] = MappingProxyType({}),
) -> tuple[Healing, ...]:
    """One healing for each failure; those that honk does not answer for are passed on unhealed."""
    healings: list[Healing] = []
    for reproduction in reproductions:
        memory = memories.get(reproduction.failure.fingerprint, Recollection())
        if reproduction.state is not ReproductionState.REPRODUCED:
            healings.append(Healing(reproduction=reproduction, why=reproduction.why))
            continue
        try:
            mended = _already_healed(reproduction, healings, site)
            if mended is None and memory.stop:
                mended = Healing(reproduction=reproduction, why=memory.stop, left_to=memory.left_to)
            healings.append(mended or _climb(reproduction, site, healers(), new_case, memory))
        except HonkError as fault:
            if isinstance(fault, InterruptedRun) or all(healing.candidate is None for healing in healings):
                raise
            # what is healed by now has cost time and money: it is still proven and delivered
            healings.append(Healing(reproduction=reproduction, why=one_line(f"a fault ended it: {fault}")))
            site.workspace.reset()
    return tuple(healings)


def _already_healed(reproduction: Reproduction, healings: Sequence[Healing], site: Site) -> Healing | None:
    """Two failures may turn out to have one cause: then the patch of the first mends the second."""
    if not reproduction.failure.tests or reproduction.in_suite_only:
        return None
    for healing in healings:
        if healing.candidate is None:
            continue
        if _mends(healing.candidate, reproduction, site):
            first = healing.reproduction.failure
            return Healing(
                reproduction=reproduction,
                why=f"mended by the same patch as: {first.summary}",
                healed_by=first.fingerprint,
            )
    return None


def _mends(candidate: Candidate, reproduction: Reproduction, site: Site) -> bool:
    """Whether the tests pass with the patch, as often as the gate would ask for."""
    site.progress.doing("whether an earlier patch mends this too")
    tests = reproduction.failure.tests
    failures = failures_seen(reproduction, site.gate.red.suite())
    passes = passes_made(reproduction, failures, site.config.limits.flake_risk)
    site.workspace.apply(candidate.patch)
    try:
        return all(not still_failing(tests, site.testbed.run_tests(tests)) for _ in range(passes))
    finally:
        site.workspace.reset()


@dataclass(slots=True)
class _Tries:
    """What one healer has put before the gate."""

    candidates: int = 0
    refused: list[Verdict] = field(default_factory=list)


def _climb(
    reproduction: Reproduction, site: Site, healers: Sequence[Healer], new_case: NewCase, memory: Recollection
) -> Healing:
    """The rungs in order, up to the first whose patch passes the gate and needs nobody to decide on it.

    A patch that does need a person is kept, and offered if no later rung does better.
    """
    tries = _Tries()

    def gate(candidate: Candidate) -> Verdict:
        verdict = site.gate.judge(candidate, reproduction)
        if verdict not in tries.refused:
            tries.candidates += 1
            if not verdict.passed:
                tries.refused.append(verdict)
        return verdict

    case = new_case(reproduction, gate)
    attempts: list[Attempt] = []
    refused: list[Verdict] = []
    for_a_person: Candidate | None = None
    for healer in healers:
        tries.candidates, tries.refused = 0, []
        started_s = site.meter.elapsed_s
        candidate, attempt = _one_rung(healer, case, tries, barred=memory.barred.get(healer.name, ""))
        attempts.append(replace(attempt, duration_s=site.meter.elapsed_s - started_s))
        refused += tries.refused
        site.progress.note(f"{healer.name}: {attempt.why}")
        if candidate is None:
            continue
        if not _needs_person(candidate, gate(candidate)):
            return _healed(reproduction, candidate, gate(candidate), attempts, refused)
        for_a_person = for_a_person or candidate
        case.learned.append(f"{healer.name} has a patch that only a person could decide on: {candidate.rationale}")
    if for_a_person is not None:
        return _healed(reproduction, for_a_person, gate(for_a_person), attempts, refused)
    why = "; ".join(f"{attempt.healer}: {attempt.why}" for attempt in attempts) or "no healer is configured"
    return Healing(reproduction=reproduction, attempts=tuple(attempts), why=why, verdicts=tuple(refused))


def _needs_person(candidate: Candidate, verdict: Verdict) -> bool:
    return bool(candidate.needs_person) or verdict.needs_person


def _healed(
    reproduction: Reproduction,
    candidate: Candidate,
    verdict: Verdict,
    attempts: Sequence[Attempt],
    refused: Sequence[Verdict],
) -> Healing:
    return Healing(
        reproduction=reproduction,
        candidate=candidate,
        verdict=verdict,
        attempts=tuple(attempts),
        verdicts=tuple(refused),
    )


def _one_rung(healer: Healer, case: HealCase, tries: _Tries, *, barred: str) -> tuple[Candidate | None, Attempt]:
    def attempt(verdict: str, why: str) -> Attempt:
        fingerprint = case.failure.fingerprint
        return Attempt(
            healer=healer.name, fingerprint=fingerprint, candidates=tries.candidates, verdict=verdict, why=one_line(why)
        )

    if case.meter.left_s <= 0:
        return None, attempt("skipped", f"the time limit of {case.meter.time_limit_s:.0f} s is used up")
    if reason := barred or healer.skip_reason(case):
        return None, attempt("skipped", reason)
    case.progress.doing(f"{healer.name} looks for a patch")
    known = len(case.learned)
    try:
        candidate = next(_passing(healer, case), None)
    except ModelError as error:
        return None, attempt("failed", f"{error}{f' ({error.hint})' if error.hint else ''}")
    finally:
        case.workspace.reset()
    if candidate is not None:
        return candidate, attempt("healed", candidate.rationale.splitlines()[0] if candidate.rationale else "healed")
    if tries.refused:
        count = plural(len(tries.refused), "patch") if len(tries.refused) == 1 else f"{len(tries.refused)} patches"
        return None, attempt("refused", f"{count} refused; the last by {tries.refused[-1].why}")
    lessons = case.learned[known:]  # its own, not those of the healers before
    return None, attempt("nothing", lessons[-1].removeprefix(f"{healer.name}: ") if lessons else "found no patch")


def _passing(healer: Healer, case: HealCase) -> Iterator[Candidate]:
    for candidate in healer.heal(case):
        if case.gate(candidate).passed:
            yield candidate
