"""The pipeline: collect, triage, reproduce, heal, verify, deliver, record.

Each stage is a function from values to values; what the values are is in ``domain``, and which
runners, healers, checks and forges there are is known to nobody here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from honk_ci.config import Config
from honk_ci.domain import Build, Healing, RunRecord
from honk_ci.git import Repository
from honk_ci.healers.interface import Healer
from honk_ci.meter import Meter
from honk_ci.progress import Progress
from honk_ci.stages.collect import BuildRequest, collect
from honk_ci.stages.deliver import Dispatch, deliver
from honk_ci.stages.heal import NewCase, heal
from honk_ci.stages.record import record
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
    healers: Callable[[], Sequence[Healer]]  # made when something is there to heal
    open_site: Callable[[Build], AbstractContextManager[Site]]
    new_case: Callable[[Site], NewCase]
    dispatch: Callable[[Build], Dispatch]
    versions: Mapping[str, str]


def heal_build(request: BuildRequest, parts: Parts) -> RunRecord:
    """The whole pipeline in a checkout of the red commit."""
    stage = parts.progress.stage
    with stage("collect"):
        build = collect(request, repository=parts.repository, config=parts.config)
    with parts.open_site(build) as site:
        with stage("triage"):
            build = look_again(build, site)
            failures = triage(build, repository=site.repository, runner=site.testbed.runner, verifier_names=site.names)
        with stage("reproduce"):
            reproductions = reproduce(failures, site)
        with stage("heal"):
            healings = heal(reproductions, site, healers=parts.healers, new_case=parts.new_case(site))
        with stage("verify"):
            verification = verify(healings, site)
    with stage("deliver"):
        delivery = deliver(verification, parts.dispatch(build))
    return record(build, healings, verification, delivery, meter=parts.meter, versions=parts.versions, notes=site.notes)


def diagnose_build(request: BuildRequest, parts: Parts) -> RunRecord:
    """Collect, triage and reproduce; changes nothing."""
    stage = parts.progress.stage
    with stage("collect"):
        build = collect(request, repository=parts.repository, config=parts.config)
    with parts.open_site(build) as site:
        with stage("triage"):
            build = look_again(build, site)
            failures = triage(build, repository=site.repository, runner=site.testbed.runner, verifier_names=site.names)
        with stage("reproduce"):
            reproductions = reproduce(failures, site)
    healings = [Healing(reproduction=reproduction, why=reproduction.why) for reproduction in reproductions]
    return record(build, healings, None, None, meter=parts.meter, versions=parts.versions, notes=site.notes)
