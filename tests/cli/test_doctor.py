"""``honk doctor``: what it finds, and that its hints can be followed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from honk_ci.testing.messages_api import MessagesAPI
from tests.e2e.honk import Ended, honk, model
from tests.e2e.projects import PYTHON
from tests.repos import Repo

COMMAND = ("--test-command", f"{sys.executable} -m pytest")


@pytest.fixture
def shop(tmp_path: Path) -> Repo:
    """Two commits and a remote that can be pushed to."""
    repo = Repo.create(tmp_path / "shop", PYTHON)
    repo.commit("second commit")
    repo.add_bare_remote(tmp_path / "remote.git")
    return repo


def line(ended: Ended, subject: str) -> str:
    """The finding of that subject, with its mark and its hint."""
    lines = ended.out.splitlines()
    at = next(number for number, text in enumerate(lines) if text[2:].startswith(f"{subject} "))
    return " ".join(lines[at : at + 2]) if "hint:" in "".join(lines[at + 1 : at + 2]) else lines[at]


@pytest.mark.slow
def test_all_is_well(shop: Repo) -> None:
    with MessagesAPI([]) as api:
        ended = honk("doctor", *COMMAND, repo=shop.path, env=model(api.url))

    assert ended.status == 0, ended.out
    assert "✗" not in ended.out
    assert shop.git("status", "--porcelain") == ""
    assert shop.git("ls-remote", "origin", "refs/heads/honk/*") == ""


def test_without_a_key_healing_is_still_possible(shop: Repo) -> None:
    ended = honk("doctor", *COMMAND, repo=shop.path)

    assert ended.status == 0, ended.out
    assert line(ended, "model").startswith("· model     no model key: set ANTHROPIC_API_KEY")


def test_a_remote_that_is_not_there_is_missing_and_the_others_are_named(shop: Repo) -> None:
    ended = honk("doctor", *COMMAND, "--remote", "upstream", repo=shop.path)

    assert ended.status == 3
    assert line(ended, "remote").startswith("✗ remote")
    assert "there is origin: name one with --remote" in line(ended, "remote")


@pytest.mark.slow
def test_without_any_remote_a_fix_need_not_be_pushed(shop: Repo) -> None:
    shop.git("remote", "remove", "origin")

    ended = honk("doctor", *COMMAND, repo=shop.path)

    assert ended.status == 3
    assert "or heal with --deliver none" in line(ended, "remote")


@pytest.mark.slow
def test_a_broken_config_hides_nothing_else(shop: Repo) -> None:
    shop.write({".honk.yml": "limts: {}\n"})

    ended = honk("doctor", *COMMAND, "--offline", repo=shop.path)

    assert ended.status == 3
    assert line(ended, "config").endswith("hint: did you mean limits?")
    assert line(ended, "base") == "✓ base      the parent commit is here"


@pytest.mark.slow
def test_only_a_shallow_checkout_is_told_to_fetch_its_history(shop: Repo, tmp_path: Path) -> None:
    first = Repo.create(tmp_path / "first", PYTHON)
    shop.git(
        "clone", "--quiet", "--depth=1", "--branch=main", f"file://{tmp_path / 'remote.git'}", str(tmp_path / "shallow")
    )

    whole = honk("doctor", *COMMAND, "--offline", repo=first.path)
    shallow = honk("doctor", *COMMAND, "--offline", repo=tmp_path / "shallow")

    assert "hint" not in line(whole, "base")
    assert "fetch-depth: 0" in line(shallow, "base")


def test_a_folder_without_git_is_told_so(tmp_path: Path) -> None:
    ended = honk("doctor", repo=tmp_path)

    assert ended.status == 3
    assert "is not in a git checkout" in ended.out
