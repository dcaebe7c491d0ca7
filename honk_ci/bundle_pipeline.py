"""The second half of the pipeline alone, for a fix that another job has healed and proven: check, deliver, record.

Nothing of the repository runs here, and nothing that a bundle says is believed before it is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from honk_ci.config import Config
from honk_ci.domain import RunRecord
from honk_ci.git import Repository
from honk_ci.meter import Meter
from honk_ci.progress import Progress
from honk_ci.stages.admission import Admission
from honk_ci.stages.announce import announce
from honk_ci.stages.bundle.judge import as_remembered, judge, kept_in, not_ours, refused, unless_signed
from honk_ci.stages.bundle.origin import NotOurs, Origin
from honk_ci.stages.bundle.read import Bundle
from honk_ci.stages.deliver import Dispatch, deliver
from honk_ci.stages.recall import Remembering, recall, remember
from honk_ci.stages.record import open_ends


@dataclass(frozen=True, kw_only=True, slots=True)
class BundleParts:
    """What the delivery of a bundle is made of; put together in ``honk_ci.cli.deliver_run``."""

    bundle: Bundle
    repository: Repository  # honk's own: nothing in it can run
    meter: Meter
    progress: Progress
    trace: Callable[[], Origin | NotOurs]
    config_of: Callable[[Origin], Config]
    admit: Callable[[Origin, Config], Admission]
    open_memory: Callable[[Origin, Config, Admission], AbstractContextManager[Remembering | None]]
    dispatch: Callable[[Origin, Config, Admission], Dispatch]
    versions: Mapping[str, str]
    notes: tuple[str, ...] = ()


def deliver_bundle(parts: BundleParts) -> RunRecord:
    """Whose the bundle is, whether its fix may stand, and where that goes."""
    stage, bundle = parts.progress.stage, parts.bundle
    told = replace(bundle.record, versions=parts.versions, notes=(*bundle.record.notes, *parts.notes))
    with stage("check"):
        origin = parts.trace()
        if isinstance(origin, NotOurs):
            return not_ours(told, origin.why)
        config = parts.config_of(origin)
        admission = parts.admit(origin, config)
        if admission.refusal:
            return refused(told, admission.refusal)
        judged = judge(replace(bundle, record=replace(told, build=origin.build)), config, parts.repository)
    with parts.open_memory(origin, config, admission) as memory:
        with stage("deliver"):
            judged = as_remembered(judged, recall(judged.record.reproductions, memory))
            dispatch = unless_signed(bundle, parts.dispatch(origin, config, admission))
            delivery = deliver(judged.proof, dispatch, still_red=open_ends(judged.record.healings, judged.proof))
        notes = (*judged.record.notes, *admission.notes, *(memory.notes if memory else ()))
        run_record = replace(judged.record, delivery=kept_in(bundle.folder, delivery), notes=notes)
        return announce(remember(run_record, memory), dispatch)
