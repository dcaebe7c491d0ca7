"""What rerunning a failure at the red commit and at its base tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from honk_ci.checks.repeat import failures_seen
from honk_ci.config import Config, TestConfig
from honk_ci.domain import Cause, Report, ReproductionState, TestCounts
from honk_ci.stages.reproduce import look_again, reproduce
from tests.repos import Repo
from tests.stages.site_kit import failed, failure, opened, project

ONE = {"cases/one": "grep -q 1 a.txt\n", "a.txt": "1\n"}


def counted(tmp_path: Path, script: str) -> str:
    """A case that knows in ``$n`` how often it has run, in all trees."""
    file = tmp_path / "times"
    return f"n=$(($(cat {file} 2>/dev/null || echo 0) + 1)); echo $n > {file}\n{script}\n"


def test_red_again_and_green_at_the_base(tmp_path: Path) -> None:
    repo = project(tmp_path / "repo", ONE, {"a.txt": "2\n"})
    with opened(repo, tmp_path, base="HEAD~1") as site:
        (found,) = reproduce([failure("f1", "one")], site)
    assert (found.state, found.base_state) == (ReproductionState.REPRODUCED, "passed")
    assert (found.runs, found.failed_runs) == (2, 2)


def test_red_in_the_same_way_at_the_base(tmp_path: Path) -> None:
    repo = project(tmp_path / "repo", ONE | {"a.txt": "3\n"}, {"a.txt": "2\n"})
    with opened(repo, tmp_path, base="HEAD~1") as site:
        (found,) = reproduce([failure("f1", "one")], site)
    assert found.state is ReproductionState.ALREADY_RED


@pytest.mark.slow
def test_a_base_that_ran_out_of_time_says_nothing(tmp_path: Path) -> None:
    slow = {"suite.sh": "sleep 30\n", **ONE}
    suite = project(tmp_path / "other").path / "suite.sh"
    repo = project(tmp_path / "repo", slow, {"suite.sh": suite.read_text(), "a.txt": "2\n"})
    config = Config(test=TestConfig(timeout_s=1))
    with opened(repo, tmp_path, base="HEAD~1", config=config) as site:
        (found,) = reproduce([failure("f1", "one")], site)
    assert (found.state, found.base_state) == (ReproductionState.REPRODUCED, "")


def test_a_cause_that_is_half_old_is_split(tmp_path: Path) -> None:
    before = ONE | {"cases/two": "grep -q 1 b.txt\n", "b.txt": "2\n"}
    repo = project(tmp_path / "repo", before, {"a.txt": "2\n"})
    with opened(repo, tmp_path, base="HEAD~1") as site:
        found = reproduce([failure("f1", "one", "two")], site)
    assert [(r.state.value, [t.case.name for t in r.failure.tests]) for r in found] == [
        ("reproduced", ["one"]),
        ("already_red", ["two"]),
    ]


def test_each_test_keeps_its_own_state_at_the_base(tmp_path: Path) -> None:
    repo = project(tmp_path / "repo", ONE, {"a.txt": "2\n", "cases/new": "grep -q 1 a.txt\n"})
    with opened(repo, tmp_path, base="HEAD~1") as site:
        (found,) = reproduce([failure("f1", "one", "new")], site)
    assert found.base_state == "passed"
    assert dict(found.base_targets) == {"cases::one": "passed", "cases::new": "absent"}


def test_green_alone_and_in_the_suite_is_not_reproduced(tmp_path: Path) -> None:
    repo = project(tmp_path / "repo", ONE)
    with opened(repo, tmp_path) as site:
        (found,) = reproduce([failure("f1", "one")], site)
    assert found.state is ReproductionState.NOT_REPRODUCED
    assert found.runs == 18


def test_what_does_not_run_here_has_not_passed_here(tmp_path: Path) -> None:
    repo = project(tmp_path / "repo", ONE)
    with opened(repo, tmp_path) as site:
        (found,) = reproduce([failure("f1", "of another project")], site)
    assert found.state is ReproductionState.UNRUNNABLE
    assert "it is not there in a run of the whole suite here" in found.why


def test_a_second_cause_of_the_log_is_not_told_as_passing(tmp_path: Path) -> None:
    repo = project(tmp_path / "repo", {**ONE, "a.txt": "2\n"})
    with opened(repo, tmp_path) as site:
        first, second = reproduce([failure("f1"), failure("f2")], site)
    assert first.state is ReproductionState.REPRODUCED
    assert second.why.startswith("what fails here was taken for another cause of the log")


def test_red_now_and_then_is_flaky(tmp_path: Path) -> None:
    repo = project(tmp_path / "repo", {"cases/one": counted(tmp_path, "[ $n != 4 ]")})
    with opened(repo, tmp_path) as site:
        (found,) = reproduce([failure("f1", "one")], site)
    assert found.state is ReproductionState.FLAKY
    assert (found.runs, found.failed_runs) == (5, 2)


def test_red_in_the_suite_only(tmp_path: Path) -> None:
    cases = {"cases/a": "touch left.count\n", "cases/b": "[ ! -f left.count ] || { rm left.count; false; }\n"}
    repo = project(tmp_path / "repo", cases)
    with opened(repo, tmp_path) as site:
        (found,) = reproduce([failure("f1", "b")], site)
    assert (found.state, found.in_suite_only) == (ReproductionState.REPRODUCED, True)


def test_infrastructure_is_not_believed_where_only_the_red_commit_fails(tmp_path: Path) -> None:
    repo = project(tmp_path / "repo", ONE, {"a.txt": "2\n"})
    with opened(repo, tmp_path, base="HEAD~1") as site:
        (found,) = reproduce([failure("f1", "one", cause=Cause.INFRASTRUCTURE)], site)
    assert (found.state, found.failure.cause) == (ReproductionState.REPRODUCED, Cause.CODE)


def test_a_green_report_and_a_green_suite_leave_nothing(tmp_path: Path) -> None:
    repo = project(tmp_path / "repo", ONE)
    with opened(repo, tmp_path, report=Report(counts=TestCounts(passed=1))) as site:
        assert look_again(site.build, site) == site.build


def test_a_suite_without_tests_is_told_as_such(tmp_path: Path) -> None:
    repo = project(tmp_path / "repo", {"suite.sh": "echo '<testsuites/>' > $1\n"})
    with opened(repo, tmp_path, report=Report(counts=TestCounts())) as site:
        assert "no test in it" in look_again(site.build, site).notes[-1]


def test_a_failure_that_only_the_suite_here_shows_is_not_counted_twice(tmp_path: Path) -> None:
    repo = red_but_reported_green(tmp_path)
    with opened(repo, tmp_path, report=Report(counts=TestCounts(passed=1))) as site:
        build = look_again(site.build, site)
        assert build.report is not None
        assert [test.key for test in build.report.failed] == ["cases::one"]
        (found,) = reproduce([failure("f1", "one")], site)
        assert failures_seen(found, site.gate.red.suite()) == 2


def red_but_reported_green(tmp_path: Path) -> Repo:
    return project(tmp_path / "repo", ONE | {"a.txt": "2\n"})


def test_a_report_counts_as_the_first_run(tmp_path: Path) -> None:
    told = Report(counts=TestCounts(failed=1), failed=failed("one"))
    with opened(red_but_reported_green(tmp_path), tmp_path, report=told) as site:
        (found,) = reproduce([failure("f1", "one")], site)
        assert failures_seen(found, site.gate.red.suite()) == 3


def test_a_command_that_is_not_there_shows_nothing(tmp_path: Path) -> None:
    repo = project(tmp_path / "repo", ONE | {"suite.sh": "exec no-such-runner\n"}, {"a.txt": "2\n"})
    with opened(repo, tmp_path) as site:
        (found,) = reproduce([failure("f1", "one")], site)
    assert found.state is ReproductionState.UNRUNNABLE
    assert "could not be run here: exit status 127: " in found.why
    assert "no-such-runner" in found.why


def test_a_command_that_fails_everywhere_and_names_no_test_does_not_make_the_base_red(tmp_path: Path) -> None:
    repo = project(tmp_path / "repo", ONE | {"suite.sh": "echo No module named that; exit 1\n"}, {"a.txt": "2\n"})
    with opened(repo, tmp_path, base="HEAD~1") as site:
        (found,) = reproduce([failure("f1", "one")], site)
    assert found.state is ReproductionState.UNRUNNABLE
    assert found.why.endswith("so it may not work here: exit status 1: No module named that")


def test_a_base_at_which_the_tests_cannot_be_run_says_nothing(tmp_path: Path) -> None:
    suite = project(tmp_path / "other").path / "suite.sh"
    repo = project(tmp_path / "repo", ONE | {"suite.sh": "exit 1\n"}, {"suite.sh": suite.read_text(), "a.txt": "2\n"})
    with opened(repo, tmp_path, base="HEAD~1") as site:
        (found,) = reproduce([failure("f1", "one")], site)
    assert (found.state, found.base_state) == (ReproductionState.REPRODUCED, "")
