"""How a run ends that cannot go on: words without secrets, a record, and a checkout that is put back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from honk_ci.cli.errors import safe
from tests.e2e.honk import honk
from tests.repos import Repo
from tests.stages.site_kit import project

RED = {"cases/one": "grep -q 1 a.txt\n", "a.txt": "2\n"}
REPORT = '<testsuite><testcase classname="cases" name="one"><failure message="Wrong"/></testcase></testsuite>'
SUITE = ("--test-command", "sh suite.sh {report}", "--report", "junit.xml")


@pytest.fixture
def red(tmp_path: Path) -> Repo:
    repo = project(tmp_path / "repo", {"a.txt": "1\n"}, RED)
    (repo.path / "junit.xml").write_text(REPORT)
    return repo


def test_what_is_told_of_a_fault_holds_no_secret_and_no_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOY_TOKEN", "hunter2-and-more-9")
    assert safe("failed:\n::add-path::/x\nhunter2-and-more-9") == "failed:\n: :add-path::/x\n[redacted:DEPLOY_TOKEN]"


@pytest.mark.slow
def test_a_failing_set_up_command_can_say_nothing_to_the_ci_runner(red: Repo) -> None:
    said = "echo ::add-path::/x; echo hunter2-and-more-9; exit 1"
    env = {"DEPLOY_TOKEN": "hunter2-and-more-9"}
    ended = honk("diagnose", *SUITE, "--setup-command", said, repo=red.path, env=env)
    assert ended.status == 17, ended.err
    told = ended.err[ended.err.index("the set-up command failed") :]
    assert "\n::" not in told
    assert "hunter2" not in ended.err + ended.out


def test_an_unwritable_record_does_not_hide_the_fault(red: Repo) -> None:
    (red.path / "junit.xml").unlink()
    ended = honk("diagnose", "--report", "none.xml", "--json", "/dev/null/record.json", repo=red.path)
    assert ended.status == 12, ended.err
    assert "none.xml" in ended.err


@contextmanager
def hanging(red: Repo, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A run whose tests heed no SIGTERM, stopped nowhere yet; they have changed a tracked file."""
    pid = tmp_path / "pid"
    red.commit(
        "hangs",
        {"cases/one": f"trap '' TERM INT\necho changed > a.txt; echo $$ > {pid}; while :; do sleep 0.1; done\n"},
    )
    (red.path / "junit.xml").write_text(REPORT)
    command = [sys.executable, "-m", "honk_ci", "heal", *SUITE, "--json", str(tmp_path / "record.json")]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    run = subprocess.Popen(command, cwd=red.path, env=environ, stderr=subprocess.PIPE, text=True)
    for _ in range(200):
        if pid.exists() and pid.read_text():
            break
        time.sleep(0.05)
    try:
        yield run
    finally:
        run.kill()
        run.communicate()


def is_alive(pid: str) -> bool:
    done = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True, timeout=10, check=False)
    return done.stdout.strip()[:1] not in {"", "Z"}


@pytest.mark.slow
@pytest.mark.parametrize(("first", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 18)])
def test_a_second_signal_does_not_stop_the_putting_back(
    red: Repo, tmp_path: Path, first: signal.Signals, status: int
) -> None:
    with hanging(red, tmp_path) as run:
        before = red.git("rev-parse", "HEAD")
        run.send_signal(first)
        time.sleep(0.5)  # within the grace that the tests' processes are given
        run.send_signal(signal.SIGTERM)
        run.send_signal(signal.SIGINT)
        assert run.wait(20) == status
    assert red.git("rev-parse", "HEAD") == before
    assert red.git("status", "--porcelain", "--untracked-files=no") == ""
    assert not is_alive((tmp_path / "pid").read_text().strip())
    record = json.loads((tmp_path / "record.json").read_text())
    assert record["outcome"] == "gave_up"
    assert "the checkout is as it was before" in record["summary"]


def test_an_empty_report_option_of_the_doctor_counts_as_not_given(red: Repo) -> None:
    ended = honk("doctor", "--report", "", "--offline", "--test-command", "sh suite.sh {report}", repo=red.path)
    assert "1 test, 1 failed" in ended.out or "usual places" in ended.out
    assert "now ()" not in ended.out


@pytest.mark.slow
def test_blanks_count_as_not_given(red: Repo) -> None:
    ended = honk("heal", *SUITE, "--deliver", " ", "--model", " ", "--healers", "autofix", "--json", "-", repo=red.path)
    assert (ended.status, "Traceback" in ended.err) == (3, False), ended.err
    assert json.loads(ended.out)["outcome"] == "gave_up"
