"""``honk memory``: what people see of what is remembered, and how they lift it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from honk_ci.memory.attempts import Fix, PastRun, Tried
from honk_ci.memory.tombstones import Tombstone
from tests.e2e.honk import honk
from tests.memory.kit import PRINT, memory, store
from tests.repos import Repo

pytestmark = pytest.mark.slow  # processes of their own

URL = "https://ci.example/runs/9"


@pytest.fixture
def shop(repo: Repo, tmp_path: Path) -> Repo:
    repo.commit("first", {"a.txt": "1\n"})
    repo.add_bare_remote(tmp_path / "remote.git")
    return repo


def remember(shop: Repo) -> str:
    """A failed run, a fixed one, a no and a claim; the fix's commit."""
    now = time.time()
    commit = shop.git("rev-parse", "HEAD")
    run = memory(shop, "9", now=now)
    run.look([PRINT])
    tried = (Tried(healer="search", verdict="nothing", why="found no patch"),)
    failed = PastRun(run="8", url=URL, commit=commit, branch="main", at=now - 9, outcome="gave_up", tried=tried)
    run.add_run(PRINT, failed)
    fix = Fix(commit=commit, healer="agent", branch="honk/fix", mode="branch")
    run.add_run(PRINT, PastRun(run="9", url=URL, commit=commit, branch="main", at=now, outcome="healed", fix=fix))
    why = "people closed pull request 7 unmerged"
    run.bury(Tombstone(fingerprint=PRINT, healer="agent", why=why, evidence=URL, by=URL, at=now, fix=commit))
    run.claim(PRINT, commit=commit, branch="main")
    return commit


def test_nothing_remembered_is_said(shop: Repo) -> None:
    ended = honk("memory", repo=shop.path)
    assert (ended.status, ended.out) == (0, "nothing is remembered\n"), ended.err


def test_the_remote_of_the_config_is_asked(shop: Repo) -> None:
    remember(shop)
    shop.git("remote", "rename", "origin", "mirror")
    shop.write({".honk.yml": "deliver: {remote: mirror, mode: pull-request}\n"})
    ended = honk("memory", repo=shop.path)
    assert ended.status == 0, ended.err
    assert PRINT in ended.out


def test_a_remote_that_cannot_be_asked_is_told_with_what_to_do(shop: Repo) -> None:
    shop.git("remote", "set-url", "origin", "/nowhere/at/all.git")
    ended = honk("memory", repo=shop.path)
    assert ended.status == 14
    assert "hint: see that git can log in: git ls-remote origin" in ended.err


def test_everything_is_listed_by_failure(shop: Repo) -> None:
    commit = remember(shop)
    ended = honk("memory", repo=shop.path)
    assert ended.status == 0, ended.err
    lines = [" ".join(line.split()) for line in ended.out.splitlines()]
    assert lines[0] == "failure what state when"
    kinds = [tuple(line.split()[:3]) for line in lines[1:]]
    assert kinds == [
        (PRINT, "claim", "running"),
        (PRINT, "attempt", "failed"),
        (PRINT, "attempt", "fixed"),
        (PRINT, "tombstone", "stands"),
    ]
    assert "search: found no patch" in lines[2]
    assert f"fixed by agent in {commit[:9]}" in lines[3]
    assert "agent is barred: people closed pull request 7 unmerged" in lines[4]


def test_lifting_all_and_then_nothing_is_left_to_lift(shop: Repo) -> None:
    remember(shop)
    first = honk("memory", "--lift", PRINT, repo=shop.path)
    assert first.out.splitlines() == [
        "agent may heal it again; it was barred because people closed pull request 7 unmerged",
        "2 earlier runs no longer count against it",
        "the claim of the run that is, or was, at it is gone",
    ], first.err
    second = honk("memory", "--lift", PRINT, repo=shop.path)
    assert second.out == "nothing is remembered that would have to be lifted\n"


def test_lifting_for_one_healer_leaves_the_rest(shop: Repo) -> None:
    remember(shop)
    other = honk("memory", "--lift", PRINT, "--healer", "search", "--json", repo=shop.path)
    assert json.loads(other.out) == {"fingerprint": PRINT, "lifted": []}
    mine = honk("memory", "--lift", PRINT, "--healer", "agent", "--json", repo=shop.path)
    assert len(json.loads(mine.out)["lifted"]) == 1
    entries = json.loads(honk("memory", "--json", repo=shop.path).out)["entries"]
    assert [entry["state"] for entry in entries] == ["running", "failed", "fixed", "lifted"]
    assert {entry["fingerprint"] for entry in entries} == {PRINT}


@pytest.mark.parametrize(
    "arguments", [["--lift", "*"], ["--lift", "abc"], ["--healer", "agent"], ["--lift", PRINT, "--healer", "../x"]]
)
def test_wrong_usage_is_told(shop: Repo, arguments: list[str]) -> None:
    ended = honk("memory", *arguments, repo=shop.path)
    assert ended.status == 2, ended.err


def test_a_remote_that_is_not_there_is_a_fault_of_git(shop: Repo) -> None:
    shop.git("remote", "set-url", "origin", "/nowhere/at/all.git")
    assert honk("memory", repo=shop.path).status == 14
    assert honk("memory", "--remote", "upstream", repo=shop.path).status == 14


def test_what_somebody_else_put_there_is_passed_over(shop: Repo) -> None:
    store(shop).write(f"refs/honk/attempts/{PRINT}", {"schema": "\x1b[31m"}, expected=None)
    shop.git("push", "--quiet", "origin", "HEAD:refs/honk/claims/evil")
    shop.git("push", "--quiet", "origin", "HEAD:refs/honk/tombstones/evil")
    ended = honk("memory", repo=shop.path)
    assert ended.status == 0, ended.err
    assert "nothing is remembered" in ended.out
    assert ended.out.count("note: ") == 2
