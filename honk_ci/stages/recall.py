"""Recall: what the repository remembers of the failures at hand, before anything is tried again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from honk_ci.domain import Reproduction
from honk_ci.memory import Memory


@dataclass(frozen=True, kw_only=True, slots=True)
class Recollection:
    """What is remembered of one failure."""

    stop: str = (
        ""  # why this run leaves it alone: another run is at it, the attempts are used up, …; "" when it goes on
    )
    barred: Mapping[str, str] = field(default_factory=dict)  # healer -> why it is not tried: people refused its fix


def recall(reproductions: Sequence[Reproduction], memory: Memory | None) -> Mapping[str, Recollection]:
    """What is remembered, by fingerprint; claims the failures that this run goes on with."""
    return {}
