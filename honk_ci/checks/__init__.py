"""The checks of the gate, in the order in which they are made: what costs nothing comes first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from honk_ci.checks.interface import Check


@cache
def checks() -> Sequence[Check]:
    """All checks; imported here, since most runs that heal nothing never come to need them."""
    from honk_ci.checks.integrity.check import Integrity
    from honk_ci.checks.policy import Policy
    from honk_ci.checks.repeat import Repeat
    from honk_ci.checks.suite import Suite
    from honk_ci.checks.target import Target
    from honk_ci.checks.verifiers import Verifiers

    return (Policy(), Integrity(), Target(), Verifiers(), Suite(), Repeat())
