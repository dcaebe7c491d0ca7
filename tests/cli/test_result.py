"""What a run says at its end, on a terminal or in a job's log."""

from __future__ import annotations

from dataclasses import replace

from honk_ci.cli.result import result_lines
from honk_ci.domain import (
    Attempt,
    Build,
    Cause,
    Delivery,
    Evidence,
    FailedTest,
    Failure,
    Healing,
    Outcome,
    Reproduction,
    ReproductionState,
    RunRecord,
    TestCase,
)

FAILURE = Failure(
    fingerprint="0" * 12,
    cause=Cause.CODE,
    summary="total is wrong",
    tests=tuple(FailedTest(case=TestCase(name=f"test_{n}", classname="tests.test_cart")) for n in range(5)),
    evidence=(
        Evidence(kind="rule", text="the failing statement judges total of cart.py"),
        Evidence(kind="message", text="assert 3 == 4"),
        Evidence(kind="changed_file", text="cart.py"),
    ),
)
RED = Reproduction(failure=FAILURE, state=ReproductionState.REPRODUCED, why="failed again at the red commit")


def ended(healing: Healing, outcome: Outcome = Outcome.GAVE_UP) -> RunRecord:
    return RunRecord(
        outcome=outcome,
        summary=healing.why,
        build=Build(commit="0" * 40),
        healings=(healing,),
        remaining=(f"not healed: total is wrong ({healing.why})",),
    )


def test_a_diagnosis_tells_what_is_red_why_and_what_to_do_next() -> None:
    lines = list(result_lines(ended(Healing(reproduction=RED, why=RED.why))))

    assert lines == [
        "",
        "Red, and it stays red: failed again at the red commit",
        "",
        "  broke   total is wrong [code]",
        "  red     tests.test_cart::test_0",
        "  red     tests.test_cart::test_1",
        "  red     tests.test_cart::test_2",
        "          … and 2 more",
        "  why     the failing statement judges total of cart.py",
        "  see     cart.py (changed since the base)",
        "  left    failed again at the red commit",
        "",
        "  next    honk heal, with the same options, tries to mend it",
        "",
        "  took    0.0 s: tests 0.0 s, no model was asked, own 0.0 s",
    ]


def test_a_heal_that_failed_says_so_once() -> None:
    attempt = Attempt(healer="search", fingerprint="0" * 12, candidates=0, verdict="nothing", why="found no patch")
    lines = list(result_lines(ended(Healing(reproduction=RED, why="search: found no patch", attempts=(attempt,)))))

    assert lines[1] == "Not healed: search: found no patch"
    assert "  left    search: found no patch" in lines
    assert not any(line.startswith(("  note:", "  next")) for line in lines)


def test_what_is_not_to_be_healed_is_told_by_its_kind() -> None:
    flaky = replace(RED, state=ReproductionState.FLAKY, why="failed in 2 of 9 runs")
    lines = list(result_lines(ended(Healing(reproduction=flaky, why=flaky.why), Outcome.FLAKY)))

    assert "  left    flaky: failed in 2 of 9 runs" in lines


def test_what_another_patch_mends_is_said_with_one_word() -> None:
    mended = Healing(reproduction=RED, healed_by="1" * 12, why="mended by the same patch as: tax is wrong")
    lines = list(result_lines(ended(mended, Outcome.HEALED)))

    assert "  mended  by the same patch as: tax is wrong" in lines


def test_a_fix_that_was_not_to_be_delivered_is_on_no_branch() -> None:
    given = Delivery(mode="none", done=True, branch="honk/fix-f1", commit="c" * 40, note="nothing was to be delivered")
    lines = list(result_lines(replace(ended(Healing(reproduction=RED)), delivery=given)))

    assert "  commit  ccccccccc, on no branch: nothing was to be delivered" in lines
    assert "          in this checkout git cherry-pick ccccccccc takes it over" in lines
    assert not any("honk/fix" in line for line in lines)
