"""The CI's names of tests are found again under the names that a rerun gives them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from honk_ci.domain import Cause, FailedTest, Failure, Report, TestCase, TestCounts, TestRun
from honk_ci.stages.recognise import recognise

PAIRS = [
    # (as CI reports it, as the rerun reports it), each classname, name, file
    (("backend.tests.test_cart", "test_total[1]", ""), ("tests.test_cart", "test_total[1]", "")),
    (
        ("cart takes the discount off", "cart takes the discount off", ""),
        ("cart", "takes the discount off", "src/cart.test.js"),
    ),
    (
        ("test_cart.TotalTest", "test_discount", ""),
        ("tests.test_cart.TotalTest", "test_discount", "tests/test_cart.py"),
    ),
    (("", "src/cart.test.ts > cart > counts", ""), ("src/cart.test.ts", "cart > counts", "")),
]


def failed_case(names: tuple[str, str, str]) -> FailedTest:
    classname, name, file = names
    return FailedTest(case=TestCase(classname=classname, name=name, file=file))


def run_with(*failed: FailedTest) -> TestRun:
    report = Report(counts=TestCounts(failed=len(failed)), failed=failed)
    return TestRun(command="t", exit_code=1, duration_s=1.0, report=report)


def failure_of(*tests: FailedTest) -> Failure:
    return Failure(fingerprint="0" * 12, cause=Cause.CODE, summary="s", tests=tests)


@pytest.mark.parametrize(("ci", "here"), PAIRS)
def test_other_reporters_are_understood(ci: tuple[str, str, str], here: tuple[str, str, str]) -> None:
    other = failed_case(("some.other", "test_else", ""))
    found = recognise(failure_of(failed_case(ci)), run_with(other, failed_case(here)))
    assert found.tests == (failed_case(here),)


def test_known_names_are_left_alone() -> None:
    mine = failed_case(("tests.test_a", "test_x", ""))
    failure = failure_of(mine)
    assert recognise(failure, run_with(mine, failed_case(("other.tests.test_a", "test_x", "")))) is failure


def test_two_that_fit_equally_well_are_not_guessed_at() -> None:
    ci = failed_case(("", "works", ""))
    here = [failed_case(("a", "works", "")), failed_case(("b", "works", ""))]
    assert recognise(failure_of(ci), run_with(*here)).tests == (ci,)


def test_what_only_sounds_alike_is_not_the_same() -> None:
    ci = failed_case(("tests.test_a", "test_total", ""))
    assert recognise(failure_of(ci), run_with(failed_case(("tests.test_a", "test_total_of_two", "")))).tests == (ci,)


@pytest.mark.parametrize(
    "ci",
    [
        ("takes the discount off", "cart total", ""),  # titles in classname
        ("cart.test.js", "cart.test.js cart total - takes the discount off", ""),
        ("unit", "[cart] takes the discount off", ""),
    ],
)
def test_names_put_together_otherwise_are_known_by_what_broke(ci: tuple[str, str, str]) -> None:
    said = "expect(received).toBe(expected)"
    mine = replace(failed_case(ci), message=said)
    name = "cart total takes the discount off"
    here = replace(failed_case((name, name, "test/cart.test.js")), message=said)
    other = replace(failed_case(("cart total gives", "cart total gives 5 for 3", "")), message=said)
    assert recognise(failure_of(mine), run_with(other, here)).tests == (here,)
    assert recognise(failure_of(mine), run_with(replace(here, message="something else"))).tests == (mine,)
    assert recognise(failure_of(mine), run_with(other)).tests == (mine,)
