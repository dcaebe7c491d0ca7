"""What a run is linked to: whose remote it is, and which token opens it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from honk_ci.cli import main
from honk_ci.cli.links import Links, by_hand, checkout_environ, make_links
from honk_ci.config import Config, DeliverConfig, DeliverMode
from honk_ci.errors import ForgeError
from honk_ci.forges.environment import ci_context
from honk_ci.git import Repository
from tests.repos import Repo

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_SERVER_URL": "https://forge.example",
    "GITHUB_API_URL": "https://forge.example/api/v3",
}
JOB = {**GITHUB, "GITHUB_TOKEN": "ghs_of-the-job-itself"}
APP = {**JOB, "HONK_TOKEN": "ghs_of-an-app-of-ours"}


def links(repo: Repo, environ: Mapping[str, str], scratch: Path, remote: str = "origin", mode: str = "branch") -> Links:
    whole = {**os.environ, **environ}
    context = ci_context(whole)
    repository = Repository(repo.path, environ=checkout_environ(context, whole))
    config = Config(deliver=DeliverConfig(remote=remote, mode=mode))  # type: ignore[arg-type]  # a text of the test's
    return make_links(repository, config, context, whole, scratch=scratch)


@pytest.mark.parametrize(
    ("environ", "address", "starts_ci"),
    [
        (APP, "https://forge.example/acme/shop", True),
        (APP, "git@forge.example:acme/shop.git", True),
        (APP, "https://x:another-token@forge.example/acme/shop", True),
        (JOB, "https://forge.example/acme/shop", False),
        (JOB, "https://x:ghs_of-the-job-itself@forge.example/acme/shop", False),
    ],
)
def test_in_ci_the_forge_s_address_is_used_with_honk_s_token(
    repo: Repo, tmp_path: Path, environ: Mapping[str, str], address: str, starts_ci: bool
) -> None:
    repo.commit("one", {"a": "a\n"})
    repo.git("remote", "add", "origin", address)
    made = links(repo, environ, tmp_path)
    assert (made.remote.name, made.remote.label) == ("https://forge.example/acme/shop.git", "acme/shop")
    assert made.remote.repository.root != repo.path
    assert made.starts_ci is starts_ci


@pytest.mark.parametrize(
    "address", ["git@forge.example:acme/shop.git", "ssh://git@forge.example/x", "https://x:of-a-bot@forge.example/x"]
)
def test_a_key_that_the_job_gave_the_remote_goes_before_the_job_s_own_token(
    repo: Repo, tmp_path: Path, address: str
) -> None:
    repo.commit("one", {"a": "a\n"})
    repo.git("remote", "add", "origin", "https://forge.example/acme/shop")
    repo.git("remote", "set-url", "--push", "origin", address)
    made = links(repo, JOB, tmp_path)
    assert (made.remote.name, made.remote.repository.root, made.starts_ci) == ("origin", repo.path, None)


def test_a_remote_that_somebody_names_is_used_as_it_is_set_up(repo: Repo, tmp_path: Path) -> None:
    """With the variables that its credential helper may read."""
    repo.commit("one", {"a": "a\n"})
    bare = repo.add_bare_remote(tmp_path / "bare.git")
    repo.git("remote", "rename", "origin", "mirror")
    made = links(repo, APP, tmp_path, remote="mirror")
    assert made.remote.tip("refs/heads/main") == repo.git("rev-parse", "HEAD") == bare.git("rev-parse", "main")


def test_git_in_the_checkout_sees_no_token_where_ci_gave_one() -> None:
    secrets = {**APP, "HONK_BUNDLE_KEY": "k", "ACTIONS_RUNTIME_TOKEN": "r", "COPY": "x ghs_of-an-app-of-ours"}
    environ = {**secrets, "PATH": "/bin", "SSH_AUTH_SOCK": "/s"}
    kept = checkout_environ(ci_context(environ), environ)
    assert set(kept) == {*GITHUB, "PATH", "SSH_AUTH_SOCK"}


def test_by_hand_git_sees_what_the_user_has() -> None:
    environ = {"GH_TOKEN": "ghp_mine", "PATH": "/bin"}
    assert checkout_environ(ci_context(environ), environ) == environ


def test_a_request_needs_a_forge(repo: Repo, tmp_path: Path) -> None:
    with pytest.raises(ForgeError, match="needs a forge"):
        links(repo, {}, tmp_path, mode="pull-request")


@pytest.mark.parametrize(
    ("mode", "environ", "here"),
    [
        ("pull-request", {}, "branch"),
        ("commit", {}, "branch"),
        ("auto", {}, "branch"),
        ("suggest", {}, "none"),
        ("comment", {}, "none"),
        ("branch", {}, "branch"),
        ("none", {}, "none"),
        ("pull-request", GITHUB, "pull-request"),
        ("pull-request", {"CI": "true"}, "pull-request"),
    ],
)
def test_by_hand_a_fix_goes_where_it_can(mode: DeliverMode, environ: Mapping[str, str], here: DeliverMode) -> None:
    config, note = by_hand(Config(deliver=DeliverConfig(mode=mode)), ci_context(environ), environ)
    assert config.deliver.mode == here
    assert (mode in note) is (mode != here)


def test_a_config_for_ci_keeps_nobody_from_a_diagnosis_by_hand(repo: Repo) -> None:
    repo.commit("one", {"a": "a\n", ".honk.yml": "deliver: {mode: pull-request}\n"})
    done = CliRunner().invoke(main, ["diagnose", "--repo", str(repo.path)], env={})
    assert done.exit_code == 12, done.output  # no report; not 15
    assert "by hand a fix is pushed as a branch" in done.output
