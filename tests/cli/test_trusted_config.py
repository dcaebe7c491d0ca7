"""Which commit the config is read from, where strangers may have written what is checked out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from honk_ci.cli.trusted_config import read_config
from honk_ci.errors import ConfigError
from honk_ci.forges.environment import CiContext
from honk_ci.git import Repository
from tests.repos import Repo

TRUSTED = "limits:\n  cost_usd: 1\n"
PROPOSED = "limits:\n  cost_usd: 999\n"


@pytest.fixture
def origin(repo: Repo) -> Repo:
    """Branch ``topic`` proposes another config, and the forge has made its merge with ``main``."""
    repo.commit("first", {".honk.yml": TRUSTED})
    repo.git("checkout", "--quiet", "-b", "topic")
    repo.commit("spend more", {".honk.yml": PROPOSED})
    repo.git("checkout", "--quiet", "-b", "merge", "main")
    repo.commit("main goes on", {"a.txt": "a\n"})
    repo.git("branch", "--quiet", "--force", "main")
    repo.git("merge", "--quiet", "--no-ff", "-m", "Merge", "topic")
    repo.git("checkout", "--quiet", "main")
    return repo


def context(origin: Repo, **fields: object) -> CiContext:
    known: dict[str, object] = {
        "name": "github",
        "event": "pull_request",
        "project": "acme/shop",
        "head_project": "acme/shop",
        "default_branch": "main",
        "target_branch": "main",
        "commit": origin.git("rev-parse", "merge"),
        "head_commit": origin.git("rev-parse", "topic"),
    }
    return CiContext(**{**known, **fields})  # type: ignore[arg-type] # one test's fields


def cost(checkout: Path, context: CiContext, base: str = "") -> float:
    return read_config(Repository(checkout, environ=os.environ), context, base, {}).limits.cost_usd


def clone(origin: Repo, folder: Path, branch: str, *more: str) -> Path:
    origin.git("clone", "--quiet", f"--branch={branch}", *more, origin.path.as_uri(), str(folder))
    return folder


def test_the_target_s_config_counts(origin: Repo, tmp_path: Path) -> None:
    assert cost(clone(origin, tmp_path / "ci", "merge"), context(origin)) == 1


def test_a_merge_of_the_forge_with_its_parents_is_enough(origin: Repo, tmp_path: Path) -> None:
    checkout = clone(origin, tmp_path / "ci", "merge", "--depth=2", "--single-branch")
    assert cost(checkout, context(origin)) == 1


def test_a_merge_that_somebody_else_made_is_not_taken_for_the_forge_s(origin: Repo, tmp_path: Path) -> None:
    checkout = clone(origin, tmp_path / "ci", "merge", "--depth=2", "--single-branch")
    with pytest.raises(ConfigError, match="target branch main"):
        cost(checkout, context(origin, head_commit="1" * 40))
    with pytest.raises(ConfigError, match="target branch main"):
        cost(checkout, context(origin, commit="1" * 40))


def test_a_fork_s_run_that_names_no_target_has_the_default_branch_s(origin: Repo, tmp_path: Path) -> None:
    told = context(origin, event="workflow_run", target_branch="", head_project="stranger/shop", is_detached=True)
    assert cost(clone(origin, tmp_path / "ci", "topic"), told) == 1


def test_a_branch_of_the_project_without_a_request_has_its_own(origin: Repo, tmp_path: Path) -> None:
    told = context(origin, event="push", target_branch="")
    assert cost(clone(origin, tmp_path / "ci", "topic"), told) == 999


@pytest.mark.parametrize("name", ["origin/main", "main"])
def test_a_tag_that_is_called_like_the_target_steers_nothing(origin: Repo, tmp_path: Path, name: str) -> None:
    origin.git("tag", name, "topic")
    checkout = clone(origin, tmp_path / "ci", "merge")
    assert cost(checkout, context(origin)) == 1
    Repo(checkout).git("update-ref", "refs/heads/main", "refs/remotes/origin/main")
    Repo(checkout).git("update-ref", "-d", "refs/remotes/origin/main")
    assert cost(checkout, context(origin)) == 1


def test_nor_does_a_branch_that_is_called_like_it(origin: Repo, tmp_path: Path) -> None:
    checkout = clone(origin, tmp_path / "ci", "merge")
    Repo(checkout).git("branch", "origin/main", "origin/topic")
    assert cost(checkout, context(origin)) == 1
