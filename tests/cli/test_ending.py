"""The exit status of a run, as the contract has it."""

from __future__ import annotations

import pytest

from honk_ci.cli.ending import exit_status
from honk_ci.domain import Attempt, Build, Delivery, Healing, Outcome, RunRecord
from tests.stages.site_kit import reproduced

DONE = Delivery(mode="branch", done=True)
HELD = Delivery(mode="branch", done=False)
REJECTED = Delivery(mode="branch", done=False, rejected=True)
SILENCED = Delivery(mode="comment", done=False, forge_refused=True)


def failed_model() -> Healing:
    attempt = Attempt(healer="agent", fingerprint="f1", candidates=0, verdict="failed", why="no key")
    return Healing(reproduction=reproduced("f1", "one"), attempts=(attempt,))


@pytest.mark.parametrize(
    ("outcome", "delivery", "healings", "status"),
    [
        (Outcome.NOTHING_TO_HEAL, None, (), 0),
        (Outcome.HEALED, DONE, (), 0),
        (Outcome.HEALED, None, (), 3),
        (Outcome.HEALED, HELD, (), 3),
        (Outcome.HEALED, REJECTED, (), 14),
        (Outcome.HEALED, SILENCED, (), 15),
        (Outcome.PROPOSED, DONE, (), 3),
        (Outcome.PROPOSED, SILENCED, (), 15),
        (Outcome.GAVE_UP, None, (), 3),
        (Outcome.GAVE_UP, None, (failed_model(),), 16),
        (Outcome.FLAKY, None, (), 3),
        (Outcome.REFUSED, None, (), 3),
    ],
)
def test_the_exit_status_says_what_came_of_a_run(
    outcome: Outcome, delivery: Delivery | None, healings: tuple[Healing, ...], status: int
) -> None:
    record = RunRecord(outcome=outcome, summary="", build=Build(commit=""), delivery=delivery, healings=healings)

    assert exit_status(record) == status
