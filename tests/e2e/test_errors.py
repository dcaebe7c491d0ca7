"""Faults: one exit code a kind, words that say what to do next, and a checkout left as it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from honk_ci.testing.messages_api import MessagesAPI
from honk_ci.testing.messages_script import Reply, error
from tests.e2e.honk import honk, model
from tests.e2e.projects import PYTHON, RedBuild, break_build, edited, run_pytest

WRONG_DISCOUNT = edited(PYTHON, "shop/cart.py", "(100 - discount)", "(100 + discount)")


@pytest.fixture
def red(tmp_path: Path) -> RedBuild:
    build = break_build(tmp_path, PYTHON, WRONG_DISCOUNT)
    run_pytest(build.path)
    return build


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["heal", "--no-such-option"], 2, "no-such-option"),
        (["heal", "--deliver", "pigeon"], 2, "pigeon"),
        (["heal", "--max-cost-usd", "much"], 2, "much"),
        (["heal", "--report", "nowhere/*.xml"], 12, "nowhere/*.xml"),
        (["heal", "--healers", "prayer"], 11, "prayer"),
        (["heal", "--base", "no-such-commit"], 14, "no-such-commit"),
        (["heal", "--repo", "/"], 14, "not in a git checkout"),
        (["heal", "--deliver", "pull-request"], 15, "--deliver branch"),
    ],
)
@pytest.mark.slow
def test_each_fault_has_its_code_and_says_what_to_do(
    red: RedBuild, arguments: list[str], status: int, words: str
) -> None:
    if "nowhere/*.xml" in arguments:
        (red.path / "junit.xml").unlink()
    ended = honk(*arguments, repo=red.path)
    assert ended.status == status, ended.err
    assert words in ended.err
    assert "Traceback" not in ended.err


def test_no_report_and_no_log_is_an_error(red: RedBuild) -> None:
    (red.path / "junit.xml").unlink()
    ended = honk("heal", repo=red.path)
    assert ended.status == 12, ended.err
    assert "--report" in ended.err
    assert (ended.outcome, ended.record["usage"]["requests"]) == ("gave_up", 0)
    assert "no test report and no console log" in ended.record["summary"]


@pytest.mark.slow
def test_empty_values_count_as_not_given(red: RedBuild) -> None:
    empty = [f"--{name}=" for name in ("report", "log", "test-command", "setup-command", "base", "model", "healers")]
    empty += ["--deliver=", "--remote=", "--bundle=", "--max-cost-usd=", "--time-limit=", "--summary="]
    ended = honk("diagnose", *[e for e in empty if not e.startswith(_HEAL_ONLY)], repo=red.path)
    assert ended.status == 3, ended.err
    ended = honk("heal", *empty, "--healers", "autofix", "--deliver", "none", repo=red.path)
    assert ended.status == 3, ended.err


_HEAL_ONLY = ("--model", "--healers", "--deliver", "--remote", "--bundle", "--max-cost-usd")


@pytest.mark.parametrize(
    ("text", "words"),
    [("lmits:\n  cost_usd: 1\n", "limits"), ("limits:\n  cost_usd: much\n", "line 2"), ("a: [1\n", "line")],
)
@pytest.mark.slow
def test_a_bad_config_is_told_with_its_line(red: RedBuild, text: str, words: str) -> None:
    (red.path / ".honk.yml").write_text(text)
    ended = honk("heal", "--report", "junit.xml", repo=red.path)
    assert ended.status == 11, ended.err
    assert words in ended.err


@pytest.mark.slow
def test_a_wrong_key_is_a_fault_of_the_wiring(red: RedBuild) -> None:
    with MessagesAPI([], key="the-right-key") as api:
        ended = honk("heal", "--report", "junit.xml", "--healers", "agent", repo=red.path, env=model(api.url))
    assert ended.status == 16, ended.err
    assert ended.outcome == "gave_up"


@pytest.mark.slow
def test_a_service_that_stays_overloaded_is_told_as_such(red: RedBuild) -> None:
    def overloaded(_: object) -> Reply:
        return error(529, "overloaded", retry_after="0")

    with MessagesAPI(overloaded) as api:
        ended = honk(
            "heal",
            "--report",
            "junit.xml",
            "--healers",
            "agent",
            "--time-limit",
            "40",
            repo=red.path,
            env=model(api.url),
        )
    assert ended.status == 16, ended.err
    assert ended.outcome == "gave_up"
    assert "529" in ended.record["failures"][0]["why"]


@pytest.mark.parametrize(
    "number", [signal.SIGKILL, *(pytest.param(n, marks=pytest.mark.slow) for n in (signal.SIGINT, signal.SIGTERM))]
)
@pytest.mark.slow
def test_stopped_at_any_time_the_checkout_comes_back(red: RedBuild, number: signal.Signals) -> None:
    red.repo.write({"notes.md": "mine\n", "shop/cart.py": "unfinished\n"})
    before = (red.repo.git("status", "--porcelain"), red.repo.git("diff"))
    command = [sys.executable, "-m", "honk_ci", "heal", "--report", "junit.xml", "--healers", "search"]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    run = subprocess.Popen(command, cwd=red.path, env=environ, stderr=subprocess.PIPE, text=True)
    assert run.stderr is not None
    for line in run.stderr:
        if "honk heal" in line:
            break
    time.sleep(1.0)
    run.send_signal(number)
    run.stderr.read()
    run.stderr.close()
    status = run.wait(60)
    if number == signal.SIGKILL:
        assert status == -signal.SIGKILL
        assert honk("diagnose", "--report", "junit.xml", repo=red.path).status == 3
    else:
        assert status == (130 if number == signal.SIGINT else 18)
    assert (red.repo.git("status", "--porcelain"), red.repo.git("diff")) == before


@pytest.mark.slow
def test_the_record_is_written_to_files_and_the_bundle_carries_the_fix(red: RedBuild, tmp_path: Path) -> None:
    ended = honk(
        "heal", "--report", "junit.xml", "--healers", "search", "--deliver", "none",
        "--json", str(tmp_path / "out/record.json"), "--summary", str(tmp_path / "out/summary.md"),
        "--bundle", str(tmp_path / "bundle"), repo=red.path,
    )  # fmt: skip
    assert ended.status == 0, ended.err
    assert (tmp_path / "out/record.json").read_text().startswith("{")
    summary = (tmp_path / "out/summary.md").read_text()
    assert summary.startswith("## honk-ci: Healed")
    assert "+    return sum(prices) * (100 - discount) / 100" in summary
    assert sorted(path.name for path in (tmp_path / "bundle").iterdir()) == [
        "fix.patch",
        "manifest.json",
        "record.json",
    ]
    red.repo.git("apply", "--check", str(tmp_path / "bundle/fix.patch"))


@pytest.mark.slow
def test_names_that_are_no_text_do_not_lose_the_record(red: RedBuild) -> None:
    (red.path / "junit.xml").rename(red.path / os.fsdecode(b"junit-\xe9.xml"))
    ended = honk("diagnose", "--report", "junit-*.xml", repo=red.path, env={"PYTHONIOENCODING": "ascii:strict"})
    assert ended.status == 3, ended.err
    assert ended.record["build"]["sources"] == ["junit-\udce9.xml"]


def test_a_full_disk_is_told_as_such(red: RedBuild) -> None:
    command = ["sh", "-c", 'ulimit -f 1; exec "$@"', "sh", sys.executable, "-m", "honk_ci", "heal", "--json", "-"]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(command, cwd=red.path, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 10, done.stderr
    assert "honk-ci: File too large" in done.stderr
    assert json.loads(done.stdout)["outcome"] == "gave_up"


@pytest.mark.slow
def test_config_of_a_pull_request_is_read_from_its_target_whatever_the_remote_is_called(red: RedBuild) -> None:
    red.repo.git("remote", "rename", "origin", "upstream")
    red.repo.git("fetch", "--quiet", "upstream")
    red.repo.git("checkout", "--quiet", "--detach")
    red.repo.git("branch", "--delete", "--force", "main")
    red.repo.write({".honk.yml": "no-such-key: of a stranger\n"})
    pull_request = {"GITHUB_ACTIONS": "true", "GITHUB_BASE_REF": "main", "GITHUB_HEAD_REF": "feature"}
    named = ("heal", "--report", "junit.xml", "--deliver", "none", "--remote", "upstream", "--healers", "autofix")
    assert honk(*named, repo=red.path, env=pull_request).status == 3
    unnamed = honk(*named[:5], repo=red.path, env=pull_request)
    assert (unnamed.status, "--base" in unnamed.err) == (11, True)
