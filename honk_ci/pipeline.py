"""The pipeline: collect, triage, reproduce, heal, verify, deliver, record.

Each stage is a function from values to values; what the values are is in ``domain``, and which
runners, healers, checks and forges there are is known to nobody here. Short steps stand
between the stages: admission (may this run do anything here?), recall (what does the repository
remember of these failures?) and, at the end, what it is to remember and the announcement on the forge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from honk_ci.config import Config
from honk_ci.domain import Build, Healing, Reproduction, RunRecord
from honk_ci.git import Repository
from honk_ci.healers.interface import Healer
from honk_ci.meter import Meter
from honk_ci.progress import Progress
from honk_ci.stages.admission import Admission
from honk_ci.stages.announce import announce
from honk_ci.stages.collect import BuildRequest, collect, unread
from honk_ci.stages.deliver import Dispatch, deliver
from honk_ci.stages.heal import NewCase, heal
from honk_ci.stages.recall import Recollection, Remembering, recall, remember
from honk_ci.stages.record import open_ends, record, record_of_refusal
from honk_ci.stages.reproduce import look_again, reproduce
from honk_ci.stages.site import Site
from honk_ci.stages.triage import triage
from honk_ci.stages.verify import verify


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """What the pipeline is made of; put together in ``honk_ci.cli.parts``."""

    repository: Repository
    config: Config
    meter: Meter
    progress: Progress
    admit: Callable[[], Admission]
    # None where nothing is remembered, as by hand; gives back what the run has claimed when it ends
    open_memory: Callable[[Build, Admission], AbstractContextManager[Remembering | None]]
    # made when something is there to heal
    healers: Callable[[Admission, Mapping[str, Recollection]], Callable[[], Sequence[Healer]]]
    open_site: Callable[[Build], AbstractContextManager[Site]]
    new_case: Callable[[Site], NewCase]
    dispatch: Callable[[Build, Site, Admission], Dispatch]
    versions: Mapping[str, str]


def heal_build(request: BuildRequest, parts: Parts) -> RunRecord:
    """The whole pipeline in a checkout of the red commit."""
    stage = parts.progress.stage
    with stage("collect"):
        admission = parts.admit()
        if admission.refusal:  # before anything is fetched or read that strangers may have made
            build = unread(request, repository=parts.repository)
            return record_of_refusal(build, admission.refusal, meter=parts.meter, versions=parts.versions)
        build = collect(request, repository=parts.repository, config=parts.config)
    with parts.open_memory(build, admission) as memory:
        with parts.open_site(build) as site:
            build, reproductions = _reproduced(build, site, stage)
            with stage("heal"):
                memories = recall(reproductions, memory)
                healers = parts.healers(admission, memories)
                healings = heal(reproductions, site, healers=healers, new_case=parts.new_case(site), memories=memories)
            with stage("verify"):
                proof = verify(healings, site)
            with stage("deliver"):
                dispatch = parts.dispatch(build, site, admission)
                delivery = deliver(proof, dispatch, still_red=open_ends(healings, proof))
        notes = (*admission.notes, *(memory.notes if memory else ()), *site.notes)
        run_record = record(build, healings, proof, delivery, meter=parts.meter, versions=parts.versions, notes=notes)
        return announce(remember(run_record, memory), dispatch)


def diagnose_build(request: BuildRequest, parts: Parts) -> RunRecord:
    """Collect, triage and reproduce; changes nothing."""
    stage = parts.progress.stage
    with stage("collect"):
        build = collect(request, repository=parts.repository, config=parts.config)
    with parts.open_site(build) as site:
        build, reproductions = _reproduced(build, site, stage)
    healings = [Healing(reproduction=reproduction, why=reproduction.why) for reproduction in reproductions]
    return record(build, healings, None, None, meter=parts.meter, versions=parts.versions, notes=site.notes)


def _reproduced(
    build: Build, site: Site, stage: Callable[[str], AbstractContextManager[None]]
) -> tuple[Build, tuple[Reproduction, ...]]:
    """Triage and reproduce; the build, too, since a report that tells of nothing is looked into here."""
    with stage("triage"):
        build = look_again(build, site)
        failures = triage(build, repository=site.repository, runner=site.testbed.runner, verifier_names=site.names)
    with stage("reproduce"):
        return build, reproduce(failures, site)
