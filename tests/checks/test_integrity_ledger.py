"""The ledger: two runs of a suite compared case by case."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import pytest

from honk_ci.checks.integrity.ledger import Ledger, compare_runs
from honk_ci.domain import FailedTest, Report, Severity, TestCase, TestCounts
from honk_ci.workspaces.testbed import WHOLE_COMMAND


class Runs:
    """Reports that remember the names behind their hashes, as the files of a real report do."""

    def __init__(self) -> None:
        self.names: dict[int, str] = {}

    def report(
        self,
        *,
        passed: Sequence[str] = (),
        skipped: Sequence[str] = (),
        failed: Sequence[FailedTest | str] = (),
        flaky: int = 0,
        is_partial: bool = False,
    ) -> Report:
        self.names.update((hash(name), name) for name in (*passed, *skipped))
        return Report(
            counts=TestCounts(passed=len(passed), failed=len(failed), skipped=len(skipped), flaky=flaky),
            failed=tuple(failed_test(f) if isinstance(f, str) else f for f in failed),
            passed_hashes=array("q", map(hash, passed)),
            skipped_hashes=array("q", map(hash, skipped)),
            is_partial=is_partial,
        )

    def names_of(self, _report: Report, hashes: frozenset[int]) -> list[str]:
        return [self.names[h] for h in hashes if h in self.names]

    def compare(self, before: Report, after: Report, *healed: str) -> Ledger:
        return compare_runs(before, after, healed_keys=frozenset(healed), names_of=self.names_of)


def failed_test(key: str, *, is_error: bool = False) -> FailedTest:
    classname, _, name = key.rpartition("::")
    return FailedTest(case=TestCase(name=name, classname=classname), is_error=is_error)


@pytest.fixture
def runs() -> Runs:
    return Runs()


def rules(ledger: Ledger) -> list[str]:
    return [finding.rule for finding in ledger.findings]


def test_a_healed_suite_has_nothing_to_say(runs: Runs) -> None:
    before = runs.report(passed=["m::a", "m::b"], skipped=["m::s"], failed=["m::c"])
    after = runs.report(passed=["m::a", "m::b", "m::c"], skipped=["m::s"])
    ledger = runs.compare(before, after, "m::c")
    assert ledger.is_clean
    assert not ledger.findings
    assert ledger.healed == ("m::c",)
    assert ledger.not_healed == ()
    assert ledger.summary() == "2 passed, 1 failed, 1 skipped before, 3 passed, 0 failed, 1 skipped with the patch"


def test_names_tests_that_no_longer_run(runs: Runs) -> None:
    before = runs.report(passed=["m::a", "m::b"], failed=["m::c"])
    ledger = runs.compare(before, runs.report(passed=["m::a"]), "m::c")
    assert ledger.vanished.names == ("m::b", "m::c")
    assert ledger.not_healed == ("m::c",)
    assert rules(ledger) == ["test-vanished"]
    assert "m::b, m::c" in ledger.findings[0].why


def test_a_renamed_test_counts_as_vanished(runs: Runs) -> None:
    ledger = runs.compare(runs.report(passed=["m::test_a[3]"]), runs.report(passed=["m::test_a[4]"]))
    assert ledger.vanished.names == ("m::test_a[3]",)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("m::t[<object at 0x7f1200aa>]", "m::t[<object at 0x7f99bb00>]"),
        ("m::t[6fa459ea-ee8a-3ca4-894e-db77e160355e]", "m::t[16fd2706-8baf-433b-82eb-8c7fada847da]"),
        ("m::t[2026-11-19T10:00:00Z]", "m::t[2026-11-20T08:30:01Z]"),
        ("m::t[/tmp/pytest-of-x/pytest-1/a]", "m::t[/tmp/pytest-of-x/pytest-2/a]"),
        ("m::t[1763640000]", "m::t[1763650000]"),
    ],
)
def test_a_volatile_part_of_a_name_is_no_loss(runs: Runs, one: str, other: str) -> None:
    assert runs.compare(runs.report(passed=[one]), runs.report(passed=[other])).is_clean


def test_each_volatile_name_needs_its_own_counterpart(runs: Runs) -> None:
    before = runs.report(passed=["m::t[0xaaaa]", "m::t[0xbbbb]"])
    assert runs.compare(before, runs.report(passed=["m::t[0xcccc]"])).vanished.count == 1


@pytest.mark.parametrize("state", ["passed", "failed"])
def test_a_test_that_is_skipped_now_is_a_loss(runs: Runs, state: str) -> None:
    before = runs.report(passed=["m::a"]) if state == "passed" else runs.report(failed=["m::a"])
    ledger = runs.compare(before, runs.report(skipped=["m::a"]), "m::a")
    assert rules(ledger) == ["test-skipped"]
    assert not ledger.is_clean


def test_a_skipped_test_that_runs_now_is_no_loss(runs: Runs) -> None:
    assert runs.compare(runs.report(skipped=["m::a"]), runs.report(passed=["m::a"])).is_clean


def test_a_case_reported_as_passed_and_failed_has_failed(runs: Runs) -> None:
    before = runs.report(passed=["m::a"])
    after = runs.report(passed=["m::a"], failed=["m::a"])
    assert runs.compare(before, after).broken == ("m::a",)


def test_new_failures_and_broken_tests_are_told_apart(runs: Runs) -> None:
    before = runs.report(passed=["m::a"], failed=["m::x", "m::y"])
    after = runs.report(passed=["m::x"], failed=["m::a", "m::y", "m::new"])
    ledger = runs.compare(before, after, "m::x")
    assert ledger.broken == ("m::a",)
    assert ledger.new_failures == ("m::new",)
    assert ledger.still_failing == ("m::y",)
    assert rules(ledger) == ["test-broken", "test-new-failure"]


def test_a_target_that_still_fails_is_not_healed(runs: Runs) -> None:
    ledger = runs.compare(runs.report(failed=["m::a"]), runs.report(failed=["m::a"]), "m::a")
    assert ledger.not_healed == ("m::a",)
    assert ledger.still_failing == ()


@pytest.mark.parametrize(
    "key", ["tests.test_cart", "src/cart.test.js::src/cart.test.js", "CartTest::initializationError"]
)
def test_a_module_that_can_be_loaded_again_replaces_its_stand_in(runs: Runs, key: str) -> None:
    before = runs.report(failed=[failed_test(key, is_error=True)])
    ledger = runs.compare(before, runs.report(passed=["tests.test_cart::test_total"]), key)
    assert ledger.is_clean
    assert ledger.not_healed == ()


def test_a_stand_in_that_goes_without_a_successor_is_a_loss(runs: Runs) -> None:
    before = runs.report(passed=["m::a"], failed=[failed_test("tests.test_cart", is_error=True)])
    ledger = runs.compare(before, runs.report(passed=["m::a"]), "tests.test_cart")
    assert ledger.vanished.names == ("tests.test_cart",)
    assert ledger.not_healed == ("tests.test_cart",)


def test_a_fixture_error_is_no_stand_in(runs: Runs) -> None:
    before = runs.report(failed=[failed_test("tests.test_cart::test_total", is_error=True)])
    ledger = runs.compare(before, runs.report(passed=["tests.test_cart::test_other"]), "tests.test_cart::test_total")
    assert ledger.vanished.count == 1


def test_a_bad_exit_status_that_is_gone_is_healed(runs: Runs) -> None:
    crash = FailedTest(case=WHOLE_COMMAND, is_error=True)
    before = runs.report(passed=["m::a"], failed=[crash], is_partial=True)
    ledger = runs.compare(before, runs.report(passed=["m::a"]), crash.key)
    assert ledger.is_clean
    assert ledger.not_healed == ()
    assert [(f.rule, f.severity) for f in ledger.findings] == [("baseline-partial", Severity.NOTE)]


def test_a_crash_replaced_by_failures_is_not_healed(runs: Runs) -> None:
    crash = FailedTest(case=WHOLE_COMMAND, is_error=True)
    ledger = runs.compare(runs.report(failed=[crash]), runs.report(failed=["m::a"]), crash.key)
    assert ledger.not_healed == (crash.key,)


def test_a_run_that_broke_off_says_so(runs: Runs) -> None:
    ledger = runs.compare(runs.report(passed=["m::a", "m::b"]), runs.report(passed=["m::a"], is_partial=True))
    assert "broke off" in ledger.findings[0].why


def test_more_retries_by_the_runner_need_a_person(runs: Runs) -> None:
    ledger = runs.compare(runs.report(passed=["m::a"]), runs.report(passed=["m::a"], flaky=1))
    assert [(f.rule, f.severity) for f in ledger.findings] == [("test-retried", Severity.PERSON)]


def test_long_lists_are_capped_but_counted(runs: Runs) -> None:
    names = [f"m::t{number:03}" for number in range(50)]
    ledger = runs.compare(runs.report(passed=names), runs.report())
    assert ledger.vanished.count == 50
    assert str(ledger.vanished).endswith("m::t019 and 30 more")


def test_a_loss_whose_report_is_gone_is_still_counted(runs: Runs) -> None:
    before = runs.report(passed=["m::a"])
    runs.names.clear()
    assert runs.compare(before, runs.report()).vanished.count == 1
