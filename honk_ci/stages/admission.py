"""Admission: what this run may do, judged by who started it and where, before anything is spent."""

from __future__ import annotations

from dataclasses import dataclass

from honk_ci.config import Config, DeliverMode
from honk_ci.forges.credentials import Token
from honk_ci.forges.environment import CiContext
from honk_ci.forges.interface import Forge
from honk_ci.git import Repository
from honk_ci.stages.commands import Retry


@dataclass(frozen=True, kw_only=True, slots=True)
class Admission:
    """What a run may do."""

    mode: DeliverMode  # what it may deliver
    may_spend: bool = True  # whether healers that cost money may run
    refusal: str = ""  # why nothing is done at all; "" when something may be
    may_push: bool = True  # whether anything of it may be written to the remote
    retries: tuple[Retry, ...] = ()  # people want honk to try again, whatever it remembers
    notes: tuple[str, ...] = ()


def admit(
    context: CiContext, config: Config, *, repository: Repository, forge: Forge | None, token: Token | None
) -> Admission:
    """Judge a run before it costs anything."""
    return Admission(mode=config.deliver.mode)
