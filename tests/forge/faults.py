"""Faults on purpose: which calls fail, how, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.forge.wire import match


@dataclass(kw_only=True, slots=True)
class Fault:
    """One scripted fault; see ``LoopbackForge.fail``."""

    method: str
    pattern: str
    times: int
    status: int = 0  # 0: the true answer
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    hang_s: float = 0.0
    is_truncated: bool = False
    is_after: bool = False
    is_dropped: bool = False

    def takes(self, method: str, path: str) -> bool:
        """Whether this call is one that fails; counts it."""
        if not self.times or self.method not in {method, "*"} or match(self.pattern, path) is None:
            return False
        self.times -= 1
        return True
