"""How many runs tell a flaky test from a steady one, at a stated risk.

All numbers come from one model: a test fails with an unknown rate q, independently in each run.
"""

from __future__ import annotations

import math

# A failure that comes in one of four runs or more is worth finding; rarer ones would cost a
# hundred reruns (FlakeFlagger needed 10,000 for the rarest).
DETECTABLE_RATE = 0.25


def passes_to_rule_out(rate: float, risk: float) -> int:
    """Passing runs in a row after which a test that fails at ``rate`` or more is unlikely to be behind them.

    The smallest n with (1 - rate)^n <= risk.
    """
    if not (0 < rate < 1 and 0 < risk < 1):
        raise ValueError("rate and risk are probabilities between 0 and 1")
    return math.ceil(math.log(risk) / math.log(1 - rate))


def slip_chance(failures: int, passes: int) -> float:
    """The chance that a test that nothing has mended fails ``failures`` times, then passes ``passes`` times.

    For the flake rate at which this is most likely, q = f / (f + p): the worst case.
    """
    if failures == 0 or passes == 0:
        return 1.0
    q = failures / (failures + passes)
    return q**failures * (1 - q) ** passes


def passes_needed(failures: int, risk: float) -> int:
    """Passing runs after a patch, so that no flake, whatever its rate, looks mended with more than ``risk``.

    ``failures`` is how often the test failed in a row before the patch. One failure and a risk of
    1 % ask for 37 passes, three failures for 4.
    """
    if failures < 1 or not 0 < risk < 1:
        raise ValueError("at least one failure was seen, and the risk is between 0 and 1")
    passes = 1
    while slip_chance(failures, passes) > risk:
        passes += 1
    return passes
