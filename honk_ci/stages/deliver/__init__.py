"""Deliver: a proven fix becomes commits on a branch, and what the configuration asks for beyond that."""

from __future__ import annotations

from honk_ci.stages.deliver.dispatch import Dispatch
from honk_ci.stages.deliver.stage import branch_name, deliver, keep

__all__ = ["Dispatch", "branch_name", "deliver", "keep"]
