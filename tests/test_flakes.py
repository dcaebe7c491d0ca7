"""The arithmetic of flaky tests."""

from __future__ import annotations

import pytest

from honk_ci.flakes import passes_needed, passes_to_rule_out, slip_chance


@pytest.mark.parametrize(("failures", "passes"), [(1, 37), (2, 7), (3, 4), (4, 3)])
def test_more_failures_before_ask_for_fewer_passes_after(failures: int, passes: int) -> None:
    assert passes_needed(failures, 0.01) == passes


@pytest.mark.parametrize("failures", range(1, 8))
@pytest.mark.parametrize("risk", [0.2, 0.05, 0.01, 0.001])
def test_no_flake_rate_slips_through_with_more_than_the_risk(failures: int, risk: float) -> None:
    passes = passes_needed(failures, risk)
    worst = max((rate / 1000) ** failures * (1 - rate / 1000) ** passes for rate in range(1, 1000))
    assert worst <= risk + 1e-12
    assert slip_chance(failures, passes) == pytest.approx(worst, rel=0.01)
    if passes > 1:
        assert slip_chance(failures, passes - 1) > risk


def test_ruling_out_a_rate() -> None:
    n = passes_to_rule_out(0.25, 0.01)
    assert 0.75**n <= 0.01 < 0.75 ** (n - 1)


@pytest.mark.parametrize(("rate", "risk"), [(0, 0.1), (1, 0.1), (0.5, 0), (0.5, 1)])
def test_what_is_no_probability_is_refused(rate: float, risk: float) -> None:
    with pytest.raises(ValueError, match="probabilities"):
        passes_to_rule_out(rate, risk)
