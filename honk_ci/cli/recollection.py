"""What a run can remember: put together from its links, where it runs in CI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from honk_ci.cli.links import Links
from honk_ci.config import Config
from honk_ci.domain import Build
from honk_ci.healers import SPENDING
from honk_ci.stages.admission import Admission
from honk_ci.stages.recall import Remembering


@contextmanager
def open_memory(
    links: Links,
    config: Config,
    build: Build,
    admission: Admission,
    *,
    environ: Mapping[str, str],
    thinks: bool = True,
) -> Iterator[Remembering | None]:
    """The memory of one run; None by hand, where nobody else is at it and a person sees what is done.

    ``thinks``: whether healers run in it; those of a bundle have run in another job.
    """
    if not links.context.name:
        yield None
        return
    from honk_ci.forges.this_job import this_job
    from honk_ci.healers.agent.reach import key_problem
    from honk_ci.memory import Memory
    from honk_ci.memory.claims import SLACK_S
    from honk_ci.memory.refs import RefStore

    memory = Memory(
        store=RefStore(remote=links.remote),
        job=this_job(environ),
        can_write=admission.mode != "none" and admission.may_push,
        claim_s=config.limits.time_s + SLACK_S,
    )
    with memory:
        yield Remembering(
            memory=memory,
            build=build,
            config=config,
            forge=links.forge,
            default_branch=links.context.default_branch,
            healers=allowed_healers(config, admission),
            has_model=not (thinks and key_problem(config.agent, environ)),
            retries=admission.retries,
        )


def allowed_healers(config: Config, admission: Admission) -> tuple[str, ...]:
    """The configured healers that this run may use, in order."""
    return tuple(name for name in config.healers.order if admission.may_spend or name not in SPENDING)
