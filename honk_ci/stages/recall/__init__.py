"""Recall and remember: what the repository knows of the failures at hand from earlier runs, and what this one adds.

What does it is loaded where something is remembered, which by hand is nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from honk_ci.config import Config
from honk_ci.domain import Build, Reproduction, ReproductionState, RunRecord
from honk_ci.forges.interface import Forge

if TYPE_CHECKING:
    from honk_ci.memory import Memory
    from honk_ci.memory.attempts import Fix
    from honk_ci.stages.admission.commands import Retry


@dataclass(frozen=True, kw_only=True, slots=True)
class Recollection:
    """What is remembered of one failure."""

    stop: str = (
        ""  # why this run leaves it alone: another run is at it, the attempts are used up, …; "" when it goes on
    )
    left_to: str = ""  # of the stops: the run that is at it instead, as an address where there is one
    barred: Mapping[str, str] = field(default_factory=dict)  # healer -> why it is not tried: people refused its fix
    fixes: tuple[Fix, ...] = ()  # of earlier runs, newest first, that nobody refused and the red commit has not got


@dataclass(frozen=True, kw_only=True, slots=True)
class Remembering:
    """What recall needs besides the failures, put together by the composition root."""

    memory: Memory
    build: Build
    config: Config
    forge: Forge | None
    default_branch: str
    healers: tuple[str, ...]  # names of the healers that this run may use
    has_model: bool = True  # whether nothing is known to be missing for asking one
    retries: tuple[Retry, ...] = ()  # people want another try

    @property
    def head(self) -> str:
        return self.build.head or self.build.commit

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be looked up or kept so far."""
        return tuple(self.memory.notes)


def recall(reproductions: Sequence[Reproduction], asked: Remembering | None) -> Mapping[str, Recollection]:
    """What is remembered, by fingerprint; claims the failures that this run goes on with."""
    prints = [r.failure.fingerprint for r in reproductions if r.state is ReproductionState.REPRODUCED]
    if asked is None or not prints:
        return {}
    from honk_ci.stages.recall.stage import recollect

    return recollect(reproductions, prints, asked)


def remember(record: RunRecord, asked: Remembering | None) -> RunRecord:
    """Leave in the repository what this run came to; the record, with what could not be kept among its notes."""
    if asked is None:
        return record
    from honk_ci.stages.recall.remember import keep

    return keep(record, asked)
