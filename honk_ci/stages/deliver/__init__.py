"""Deliver: a proven fix becomes commits on a branch, and what the configuration asks for beyond that."""

from __future__ import annotations

from honk_ci.stages.deliver.commits import branch_name
from honk_ci.stages.deliver.dispatch import Dispatch
from honk_ci.stages.deliver.push import keep
from honk_ci.stages.deliver.stage import deliver

__all__ = ["Dispatch", "branch_name", "deliver", "keep"]
