"""Claims: of many runs at once one goes on, and none is kept away for ever."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from honk_ci.forges.this_job import ThisJob, this_job
from honk_ci.memory import Memory
from honk_ci.memory.claims import LONGEST_S, SKEW_S, Claim
from tests.memory.kit import NOON, PRINT, clone, memory, store
from tests.repos import Repo

REF = f"refs/honk/claims/{PRINT}"
HOUR = 3600.0


@pytest.fixture
def remote(repo: Repo, tmp_path: Path) -> Repo:
    repo.commit("first", {"a.txt": "1\n"})
    return repo.add_bare_remote(tmp_path / "remote.git")


@pytest.fixture
def other(remote: Repo, tmp_path: Path) -> Repo:
    return clone(remote, tmp_path / "other")


def claimed(run: Memory) -> Claim | None:
    run.look([PRINT])
    return run.claim(PRINT, commit="1" * 40, branch="main")


def test_whoever_is_second_hears_of_the_first(repo: Repo, remote: Repo, other: Repo) -> None:
    assert claimed(memory(repo, "1")) is None
    holder = claimed(memory(other, "2"))
    assert holder is not None
    assert holder.holder == "https://ci.example/runs/1"
    assert (holder.commit, holder.branch) == ("1" * 40, "main")
    assert remote.git("for-each-ref", "--format=%(refname)", "refs/honk") == REF


def test_a_race_that_both_began_is_lost_by_one(repo: Repo, remote: Repo, other: Repo) -> None:
    first, second = memory(repo, "1"), memory(other, "2")
    first.look([PRINT])
    second.look([PRINT])
    assert first.claim(PRINT, commit="", branch="") is None
    assert second.claim(PRINT, commit="", branch="") is not None


def test_what_is_given_back_is_free(repo: Repo, remote: Repo, other: Repo) -> None:
    with memory(repo, "1") as first:
        assert claimed(first) is None
    assert remote.git("for-each-ref", "refs/honk") == ""
    assert claimed(memory(other, "2")) is None


def test_a_fault_gives_it_back_too(repo: Repo, remote: Repo) -> None:
    def run() -> None:
        with memory(repo, "1") as taken:
            claimed(taken)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert remote.git("for-each-ref", "refs/honk") == ""


@pytest.mark.slow
def test_of_ten_jobs_of_one_run_one_goes_on(repo: Repo, remote: Repo, tmp_path: Path) -> None:
    clones = [clone(remote, tmp_path / f"job{number}") for number in range(10)]
    won: list[int] = []
    barrier = threading.Barrier(10, timeout=60)

    def start(number: int) -> None:
        run = memory(clones[number], "the same run")
        run.look([PRINT])
        barrier.wait()
        if run.claim(PRINT, commit="1" * 40, branch="main") is None and not run.notes:
            won.append(number)

    threads = [threading.Thread(target=start, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(won) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("later_s", "is_free"),
    [(0, False), (HOUR, False), (HOUR + SKEW_S - 1, False), (HOUR + SKEW_S + 1, True), (-SKEW_S, False)],
)
def test_a_killed_run_keeps_a_failure_for_its_time_limit(
    repo: Repo, remote: Repo, other: Repo, later_s: float, *, is_free: bool
) -> None:
    claimed(memory(repo, "1", claim_s=HOUR))
    assert (claimed(memory(other, "2", now=NOON + later_s)) is None) == is_free


def test_no_claim_is_believed_for_longer_than_a_day(repo: Repo, remote: Repo, other: Repo) -> None:
    claimed(memory(repo, "1", claim_s=1e9))
    assert claimed(memory(other, "2", now=NOON + LONGEST_S - 1)) is not None
    assert claimed(memory(other, "2", now=NOON + LONGEST_S + SKEW_S + 1)) is None


def test_a_clock_that_is_days_ahead_keeps_nobody_away(repo: Repo, remote: Repo, other: Repo) -> None:
    claimed(memory(repo, "1", now=NOON + 1e7))
    assert claimed(memory(other, "2")) is None


def test_a_restarted_run_takes_its_own_claim_over(repo: Repo, remote: Repo, other: Repo) -> None:
    claimed(memory(repo, "1", attempt=1))
    assert claimed(memory(other, "1", attempt=1)) is not None
    assert claimed(memory(other, "1", attempt=2)) is None


def test_a_claim_that_somebody_took_over_is_not_given_back_by_the_first(repo: Repo, remote: Repo, other: Repo) -> None:
    slow = memory(repo, "1", attempt=1)
    claimed(slow)
    claimed(memory(other, "1", attempt=2))
    slow.release()
    assert remote.git("for-each-ref", "--format=%(refname)", "refs/honk") == REF


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"schema": "honk-ci/claim/1"},
        {"schema": "honk-ci/claim/1", "taken_at": "2027-01-15T08:00:00Z", "expires_at": "never"},
        {"schema": "honk-ci/claim/1", "taken_at": "2027-01-15T08:00:00", "expires_at": "2027-01-15T09:00:00"},
        {"schema": "honk-ci/claim/1", "taken_at": "9999-12-31T23:59:59Z", "expires_at": "9999-12-31T23:59:59Z"},
        {"schema": "honk-ci/claim/1", "taken_at": 7, "expires_at": [1]},
        {"schema": "other", "taken_at": "2027-01-15T08:00:00Z", "expires_at": "2027-01-15T09:00:00Z"},
    ],
)
def test_a_claim_that_makes_no_sense_keeps_nobody_away(repo: Repo, remote: Repo, body: dict[str, object]) -> None:
    store(repo).write(REF, body, expected=None)
    run = memory(repo, "2")
    assert claimed(run) is None
    assert run.notes == []


def test_a_forged_address_is_not_shown(repo: Repo, remote: Repo) -> None:
    body = {
        "schema": "honk-ci/claim/1",
        "run": "7\n::error::x",
        "url": "javascript:alert(1)",
        "taken_at": "2027-01-15T08:00:00Z",
        "expires_at": "2027-01-15T09:00:00Z",
    }
    store(repo).write(REF, body, expected=None)
    holder = claimed(memory(repo, "2"))
    assert holder is not None
    assert holder.holder == "run 7 ::error::x"


def test_without_the_right_to_push_nothing_is_claimed(repo: Repo, remote: Repo) -> None:
    assert claimed(memory(repo, "1", can_write=False)) is None
    assert remote.git("for-each-ref", "refs/honk") == ""


def test_a_remote_that_takes_no_claims_costs_no_healing(repo: Repo, remote: Repo) -> None:
    hook = remote.path / "hooks/update"
    hook.write_text('#!/bin/sh\ncase "$1" in refs/honk/*) echo "not on this server" >&2; exit 1;; esac\n')
    hook.chmod(0o755)
    run = memory(repo, "1")
    assert claimed(run) is None
    assert "not on this server" in " ".join(run.notes)
    assert claimed(run) is None
    assert len(run.notes) == 1


def test_a_remote_that_is_gone_costs_no_healing(repo: Repo, remote: Repo) -> None:
    repo.git("remote", "set-url", "origin", "/nowhere/at/all.git")
    with memory(repo, "1") as run:
        assert claimed(run) is None
    assert len(run.notes) == 1


KILLED = """
import os, sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from tests.memory.kit import PRINT, memory
from tests.repos import Repo
from honk_ci.cli.errors import _stop_on_signals
_stop_on_signals()
with memory(Repo(Path(sys.argv[2])), "1", now=time.time()) as run:
    run.look([PRINT])
    assert run.claim(PRINT, commit="", branch="") is None
    print("taken", flush=True)
    time.sleep(60)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "is_left"), [(signal.SIGTERM, False), (signal.SIGINT, False), (signal.SIGKILL, True)]
)
def test_a_run_that_is_stopped_gives_back_what_it_can(
    repo: Repo, remote: Repo, number: signal.Signals, *, is_left: bool
) -> None:
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, root, str(repo.path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": root},
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"taken\n"
        run.send_signal(number)
        run.wait(timeout=30)
    assert bool(remote.git("for-each-ref", "refs/honk")) == is_left


@pytest.mark.slow
def test_a_run_that_is_stopped_within_the_push_of_its_claim_gives_it_back(
    repo: Repo, remote: Repo, tmp_path: Path
) -> None:
    root, number = str(Path(__file__).parents[2]), tmp_path / "number"
    hook = remote.path / "hooks" / "post-receive"
    hook.write_text(f'#!/bin/sh\nkill -TERM "$(cat {number})"\nsleep 1\n')
    hook.chmod(0o755)
    script = KILLED.replace("with memory", "Path(sys.argv[3]).write_text(str(os.getpid()))\nwith memory")
    run = subprocess.run(
        [sys.executable, "-c", script, root, str(repo.path), str(number)],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": root},
        timeout=60,
        check=False,
    )
    assert b"InterruptedRun" in run.stderr
    assert run.stdout == b""
    assert remote.git("for-each-ref", "refs/honk") == ""


@pytest.mark.parametrize(
    ("earlier", "later", "follows"),
    [
        ({"GITHUB_RUN_ID": "7"}, {"GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "2"}, True),
        ({"GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "2"}, {"GITHUB_RUN_ID": "7"}, False),
        ({"GITHUB_RUN_ID": "7"}, {"GITHUB_RUN_ID": "7"}, False),
        ({"GITHUB_RUN_ID": "7"}, {"GITHUB_RUN_ID": "8", "GITHUB_RUN_ATTEMPT": "2"}, False),
        ({}, {"GITHUB_RUN_ATTEMPT": "2"}, False),
    ],
)
def test_a_re_run_on_github_follows_the_first(earlier: dict[str, str], later: dict[str, str], *, follows: bool) -> None:
    known = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/shop"}
    assert this_job({**known, **later}).follows(this_job({**known, **earlier})) == follows


def test_a_retried_job_on_gitlab_follows_the_first_and_another_cell_does_not() -> None:
    def job(name: str, number: int) -> ThisJob:
        return this_job(
            {
                "GITLAB_CI": "true",
                "CI_PIPELINE_ID": "9",
                "CI_JOB_NAME": name,
                "CI_JOB_ID": str(number),
                "CI_JOB_URL": "u",
            }
        )

    assert job("heal 1/2", 12).follows(job("heal 1/2", 11))
    assert not job("heal 2/2", 12).follows(job("heal 1/2", 11))
    assert not job("heal 1/2", 11).follows(job("heal 1/2", 11))
