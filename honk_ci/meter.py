"""What a run has used so far: time by kind, money, and how much of its limits is left."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from honk_ci.domain import Timing, Usage

Kind = Literal["tests", "model"]


class Meter:
    """Counts for one run. Tests and model calls must not overlap in time."""

    def __init__(
        self, *, time_limit_s: float, cost_cap_usd: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._started = clock()
        self._spent_s: dict[Kind, float] = {"tests": 0.0, "model": 0.0}
        self.time_limit_s = time_limit_s
        self.cost_cap_usd = cost_cap_usd
        self.usage = Usage()

    @contextmanager
    def timed(self, kind: Kind) -> Iterator[None]:
        """Count the time of the block as time of ``kind``."""
        start = self._clock()
        try:
            yield
        finally:
            self._spent_s[kind] += self._clock() - start

    def spend(self, usage: Usage) -> None:
        self.usage = self.usage + usage

    @property
    def elapsed_s(self) -> float:
        return self._clock() - self._started

    @property
    def left_s(self) -> float:
        return max(0.0, self.time_limit_s - self.elapsed_s)

    def within(self, timeout_s: float, *, least_s: float = 1.0) -> float:
        """``timeout_s``, or what is left of the time limit where that is less; never less than ``least_s``."""
        return min(timeout_s, max(least_s, self.left_s))

    @property
    def left_usd(self) -> float:
        return max(0.0, self.cost_cap_usd - self.usage.cost_usd)

    def timing(self) -> Timing:
        total = self.elapsed_s
        tests, model = self._spent_s["tests"], self._spent_s["model"]
        return Timing(total_s=total, tests_s=tests, model_s=model, own_s=max(0.0, total - tests - model))
