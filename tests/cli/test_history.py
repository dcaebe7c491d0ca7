"""What a shallow checkout lacks is fetched before anything is judged by it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from honk_ci.cli.history import bring_start
from honk_ci.cli.trusted_config import read_config
from honk_ci.config import Config
from honk_ci.forges.environment import CiContext
from honk_ci.git import Repository
from honk_ci.stages.collect import BuildRequest, collect
from tests.repos import Repo
from tests.stages.deliver.kit import checkout_as_github, opened

REPORT = '<testsuite><testcase name="one"><failure message="no"/></testcase></testsuite>\n'


@pytest.fixture
def remote(repo: Repo, tmp_path: Path) -> Repo:
    """``main`` with a config, ``topic`` with another one, and the merge of both."""
    repo.commit("first")
    repo.commit("good", {".honk.yml": "deliver:\n  labels: [of-main]\n"})
    bare = repo.add_bare_remote(tmp_path / "remote.git")
    repo.git("checkout", "--quiet", "-b", "topic")
    repo.commit("red", {".honk.yml": "deliver:\n  labels: [of-topic]\n", "a.txt": "1\n"})
    repo.git("checkout", "--quiet", "main")
    repo.commit("more", {"b.txt": "b\n"})
    repo.git("merge", "--quiet", "--no-ff", "--message", "merge", "topic")
    repo.git("push", "--quiet", "origin", "main^1:main", "topic", "main:refs/pull/1/merge")
    return bare


def request_of(remote: Repo, commit: str) -> CiContext:
    head = remote.git("rev-parse", "topic")
    return CiContext(name="github", branch="topic", target_branch="main", head_commit=head, commit=commit)


@pytest.mark.parametrize("ref", ["refs/pull/1/merge", "refs/heads/topic"])
@pytest.mark.slow
def test_the_config_of_a_request_is_the_target_s_though_a_single_commit_is_here(
    remote: Repo, tmp_path: Path, ref: str
) -> None:
    ci = checkout_as_github(remote.path, tmp_path / "ci", ref)
    context = request_of(remote, ci.git("rev-parse", "HEAD"))
    start = bring_start(opened(ci), context, os.environ)
    assert start == remote.git("rev-parse", "main")
    assert read_config(opened(ci), context, "", {}, start=start).deliver.labels == ("of-main",)


@pytest.mark.parametrize("ref", ["refs/pull/1/merge", "refs/heads/topic"])
def test_the_base_of_a_single_commit_is_its_first_parent(remote: Repo, tmp_path: Path, ref: str) -> None:
    ci = checkout_as_github(remote.path, tmp_path / "ci", ref)
    (ci.path / "junit.xml").write_text(REPORT)
    commit = ci.git("rev-parse", "HEAD")
    is_merge = ref.startswith("refs/pull")
    context = request_of(remote, commit) if is_merge else CiContext(name="github", branch="topic")
    bring_start(opened(ci), context, os.environ)
    build = collect(BuildRequest(reports=("junit.xml",)), repository=opened(ci), config=Config())
    assert build.base == remote.git("rev-parse", f"{commit}^1")
    assert opened(ci).changed_paths(build.base, commit) == (".honk.yml", "a.txt")


def test_nothing_is_fetched_by_hand_or_where_all_is_here(remote: Repo, tmp_path: Path) -> None:
    shallow = checkout_as_github(remote.path, tmp_path / "shallow", "refs/heads/topic")
    whole = checkout_as_github(remote.path, tmp_path / "whole", "refs/heads/topic", depth=0)
    assert bring_start(opened(shallow), CiContext(branch="topic"), os.environ) == ""
    assert bring_start(opened(whole), CiContext(name="github", branch="topic"), os.environ) == ""
    assert opened(shallow).resolve(remote.git("rev-parse", "topic^")) is None


def test_a_remote_that_cannot_be_reached_ends_nothing(remote: Repo, tmp_path: Path) -> None:
    ci = checkout_as_github(remote.path, tmp_path / "ci", "refs/heads/topic")
    ci.git("remote", "set-url", "origin", str(tmp_path / "gone.git"))
    assert bring_start(Repository(ci.path, environ=os.environ), CiContext(name="github"), os.environ) == ""
