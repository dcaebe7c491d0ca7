"""Deliver: a proven fix becomes commits on a branch, and what the configuration asks for beyond that."""

from __future__ import annotations

from collections.abc import Sequence

from honk_ci.domain import Delivery, Proof
from honk_ci.stages.deliver.dispatch import Dispatch
from honk_ci.stages.verify import Refusal

__all__ = ["Dispatch", "deliver"]


def deliver(proof: Proof | Refusal | None, dispatch: Dispatch, *, still_red: Sequence[str] = ()) -> Delivery | None:
    """What came of a fix, None where none was proven; see ``stage``, loaded when there is one."""
    if not isinstance(proof, Proof):
        return None
    from honk_ci.stages.deliver.stage import bring

    return bring(proof, dispatch, still_red=still_red)
