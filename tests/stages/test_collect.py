"""From the files of a red build to one value."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from honk_ci.config import Config, TestConfig
from honk_ci.domain import Build
from honk_ci.errors import GitError, ReportError
from honk_ci.git import Repository
from honk_ci.stages.collect import BuildRequest, collect
from tests.reports import samples
from tests.repos import Repo


@pytest.fixture
def red(tmp_path: Path) -> Repo:
    """Two commits and, untracked, a report of the second."""
    repo = Repo.create(tmp_path / "repo", {"cart.py": "x = 1\n"})
    repo.commit("break it", {"cart.py": "x = 2\n"})
    report = repo.path / "out" / "report.xml"
    report.parent.mkdir()
    report.write_text(samples.PYTEST.replace("2026-11-20T17:00:00.123456+00:00", "2026-11-20T17:00:00"))
    return repo


def collected(repo: Repo, config: Config | None = None, **request: object) -> Build:
    asked = BuildRequest(**request)  # type: ignore[arg-type]  # each test names fields of its own
    return collect(asked, repository=Repository(repo.path, environ=os.environ), config=config or Config())


def test_a_report_becomes_a_build(red: Repo) -> None:
    build = collected(red, reports=("out/*.xml",))
    assert build.commit == red.git("rev-parse", "HEAD")
    assert build.base == red.git("rev-parse", "HEAD^")
    assert build.branch == "main"
    assert build.report is not None
    assert build.report.counts.failed == 3
    assert build.sources == ("out/report.xml",)
    assert build.notes == ()


def test_reports_and_logs_together(red: Repo) -> None:
    red.write({"job.log": "FAILED tests/test_a.py::test_b - ValueError: no\n"})
    build = collected(red, reports=("out/*.xml",), logs=("job.log",))
    assert build.sources == ("out/report.xml", "job.log")
    assert [one.exception for one in build.findings] == ["ValueError"]


def test_a_log_alone_is_enough(red: Repo) -> None:
    red.write({"job.log": "all is well\n"})
    build = collected(red, logs=("job.log",))
    assert build.report is None
    assert build.findings == ()


def test_nothing_at_all_is_an_error_and_never_a_success(red: Repo) -> None:
    with pytest.raises(ReportError, match="no test report and no console log") as raised:
        collected(red)
    assert "--report" in raised.value.hint


def test_says_where_paths_start_since_the_shell_may_be_elsewhere(red: Repo) -> None:
    with pytest.raises(ReportError, match=r"matches \.\./report\.xml") as raised:
        collected(red, reports=("../report.xml",))
    assert raised.value.hint.endswith(f"relative paths start at {red.path}")


def test_a_glob_that_matches_nothing_is_an_error_alone_and_a_note_beside_others(red: Repo) -> None:
    with pytest.raises(ReportError, match=r"no report file matches none/\*\.xml"):
        collected(red, reports=("none/*.xml",))
    with pytest.raises(ReportError, match=r"no log file matches none\.log"):
        collected(red, logs=("none.log",))
    build = collected(red, reports=("none/*.xml", "out/*.xml"), logs=("none.log",))
    assert build.notes == ("no report file matches none/*.xml", "no log file matches none.log")


def test_an_explicit_report_is_not_replaced_by_the_usual_ones(red: Repo) -> None:
    with pytest.raises(ReportError, match="no report file matches"):
        collected(red, reports=("none.xml",), extra_report_globs=("out/*.xml",))


def test_usual_places_and_config_serve_where_none_is_named(red: Repo) -> None:
    assert collected(red, extra_report_globs=("none.xml", "out/*.xml")).report is not None
    assert collected(red, reports=("", " "), extra_report_globs=("out/*.xml",)).report is not None
    config = Config(test=TestConfig(reports=("out/report.xml",)))
    assert collected(red, config, reports=("",)).report is not None


def test_unreadable_reports_are_named(red: Repo) -> None:
    red.write({"out/bad.xml": "<html/>", "out/empty.xml": ""})
    build = collected(red, reports=("out/*.xml",))
    assert len(build.notes) == 2
    with pytest.raises(ReportError, match=r"bad\.xml is no JUnit report.*empty\.xml is empty"):
        collected(red, reports=("out/bad.xml", "out/empty.xml"))


def test_notes_of_the_reports_are_those_of_the_build(red: Repo) -> None:
    red.write({"out/cut.xml": samples.VITEST[:600]})
    assert any("breaks off" in note for note in collected(red, reports=("out/*.xml",)).notes)


# --- does the report belong to the commit? ------------------------------------------------------------


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_a_report_older_than_the_commit_is_read_with_a_warning(red: Repo) -> None:
    age(red.path / "out/report.xml", 7_200)
    build = collected(red, reports=("out/*.xml",))
    assert build.report is not None
    assert len(build.notes) == 1
    assert "report.xml: older than the commit" in build.notes[0]


def test_its_own_time_stamp_goes_before_the_time_of_the_file(red: Repo) -> None:
    report = red.path / "out/report.xml"
    report.write_text(samples.PYTEST.replace("2026-11-20T17:00:00.123456+00:00", "2999-01-01T00:00:00Z"))
    age(report, 7_200)
    assert collected(red, reports=("out/*.xml",)).notes == ()
    report.write_text(samples.PYTEST.replace("2026-11-20T17:00:00.123456+00:00", "2001-01-01T00:00:00+02:00"))
    assert "older than the commit" in collected(red, reports=("out/*.xml",)).notes[0]


def test_a_report_of_another_commit_is_read_with_a_warning(red: Repo) -> None:
    (red.path / "out/report.xml").write_text(samples.SUREFIRE)
    build = collected(red, reports=("out/*.xml",))
    assert "report.xml: made from commit 012345678901, not from" in build.notes[0]
    own = samples.SUREFIRE.replace("0123456789012345678901234567890123456789", build.commit)
    (red.path / "out/report.xml").write_text(own)
    assert collected(red, reports=("out/*.xml",)).notes == ()


# --- base ---------------------------------------------------------------------------------------------


def test_a_base_that_is_named(red: Repo) -> None:
    first = red.git("rev-parse", "HEAD^")
    red.commit("third")
    assert collected(red, reports=("out/*.xml",), base="HEAD~2").base == first
    assert collected(red, reports=("out/*.xml",), base=first[:10]).base == first


@pytest.mark.parametrize("name", ["nosuch", "--upload-pack=x", "HEAD~99", "0" * 40])
def test_a_base_that_is_unknown_is_an_error(red: Repo, name: str) -> None:
    with pytest.raises(GitError, match="there is no commit") as raised:
        collected(red, reports=("out/*.xml",), base=name)
    assert "unshallow" not in raised.value.hint  # git refuses it where the history is whole


def test_the_red_commit_is_no_base(red: Repo) -> None:
    build = collected(red, reports=("out/*.xml",), base="main")
    assert build.base == red.git("rev-parse", "HEAD^")
    assert "is the red commit itself" in build.notes[0]


def test_a_branch_is_compared_with_where_it_left_its_target(red: Repo, tmp_path: Path) -> None:
    red.add_bare_remote(tmp_path / "remote.git")
    fork = red.git("rev-parse", "HEAD")
    red.git("checkout", "--quiet", "-b", "topic")
    red.commit("one", {"a.py": "1\n"})
    red.commit("two", {"a.py": "2\n"})
    build = collected(red, reports=("out/*.xml",))
    assert (build.base, build.branch) == (fork, "topic")
    assert collected(red, reports=("out/*.xml",), target_branch="main").base == fork


def test_tags_that_are_called_like_the_target_are_not_taken_for_it(red: Repo, tmp_path: Path) -> None:
    red.add_bare_remote(tmp_path / "remote.git")
    fork = red.git("rev-parse", "HEAD")
    red.git("checkout", "--quiet", "-b", "topic")
    for name in ("main", "origin/main"):
        red.git("tag", name, red.commit("one", {"a.py": name}))
    red.commit("two", {"a.py": "2\n"})
    assert collected(red, reports=("out/*.xml",)).base == fork
    assert collected(red, reports=("out/*.xml",), target_branch="main").base == fork


def test_on_the_target_itself_the_parent_is_the_base(red: Repo, tmp_path: Path) -> None:
    red.add_bare_remote(tmp_path / "remote.git")
    assert collected(red, reports=("out/*.xml",)).base == red.git("rev-parse", "HEAD^")


def test_the_first_commit_has_no_base(tmp_path: Path) -> None:
    repo = Repo.create(tmp_path / "repo", {"a.py": "x\n", "job.log": "FAILED\n"})
    assert collected(repo, logs=("job.log",)).base is None


def test_a_shallow_checkout_says_so(red: Repo, tmp_path: Path) -> None:
    red.git("clone", "--quiet", "--depth=1", f"file://{red.path}", str(tmp_path / "shallow"))
    shallow = Repo(tmp_path / "shallow")
    shallow.write({"job.log": "FAILED\n"})
    build = collected(shallow, logs=("job.log",))
    assert build.base is None
    assert "shallow" in build.notes[0]


def test_a_detached_head_and_a_branch_by_name(red: Repo) -> None:
    red.git("checkout", "--quiet", "--detach")
    assert collected(red, reports=("out/*.xml",)).branch == ""
    assert collected(red, reports=("out/*.xml",), branch="topic").branch == "topic"


def test_no_commit_yet(repo: Repo) -> None:
    with pytest.raises(GitError, match="no commit yet"):
        collected(repo, logs=("job.log",))
