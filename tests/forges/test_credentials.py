"""Which token a run has, and what is known of it."""

from __future__ import annotations

import base64

import pytest

from honk_ci.forges.credentials import Token, find_token
from honk_ci.forges.environment import CiContext

GITHUB = CiContext(name="github", project="acme/shop")
GITLAB = CiContext(name="gitlab", project="acme/shop")


def found(context: CiContext, **environ: str) -> Token:
    token = find_token(context, environ)
    assert token is not None
    return token


@pytest.mark.parametrize("context", [CiContext(), GITHUB, GITLAB])
def test_none_where_there_is_none(context: CiContext) -> None:
    assert find_token(context, {"HOME": "/root", "GITHUB_TOKEN": " ", "CI_JOB_TOKEN": ""}) is None


def test_a_token_of_another_forge_is_not_used() -> None:
    assert find_token(GITHUB, {"GITLAB_TOKEN": "glpat-x", "CI_JOB_TOKEN": "y"}) is None
    assert find_token(GITLAB, {"GITHUB_TOKEN": "ghs_x", "GH_TOKEN": "ghp_y"}) is None


def test_the_job_s_own_token_starts_no_ci() -> None:
    token = found(GITHUB, GITHUB_TOKEN="ghs_job")
    assert (token.source, token.user, token.is_job_token) == ("GITHUB_TOKEN", "x-access-token", True)


def test_the_action_s_token_that_is_the_job_s_own() -> None:
    token = found(GITHUB, HONK_TOKEN="ghs_job\n", HONK_JOB_TOKEN="ghs_job")
    assert (token.value, token.source, token.is_job_token) == ("ghs_job", "HONK_TOKEN", True)


def test_spaces_around_the_job_s_own_token_do_not_hide_it() -> None:
    assert found(GITHUB, HONK_TOKEN="ghs_job", HONK_JOB_TOKEN="ghs_job\n").is_job_token
    assert found(GITHUB, GITHUB_TOKEN="ghs_job\n").is_job_token


def test_an_app_s_token_starts_ci() -> None:
    token = found(GITHUB, HONK_TOKEN="ghs_app", HONK_JOB_TOKEN="ghs_job", GITHUB_TOKEN="ghs_job")
    assert (token.value, token.is_job_token) == ("ghs_app", False)


@pytest.mark.parametrize("value", ["ghp_x", "github_pat_x", "gho_x", "ghu_x"])
def test_a_person_s_token_starts_ci_whatever_the_variable_is_called(value: str) -> None:
    assert not found(GITHUB, GITHUB_TOKEN=value).is_job_token


def test_gitlab_s_job_token_has_a_user_of_its_own() -> None:
    token = found(GITLAB, CI_JOB_TOKEN="glcbt-x")
    assert (token.user, token.is_job_token) == ("gitlab-ci-token", True)
    token = found(GITLAB, GITLAB_TOKEN="glpat-x", CI_JOB_TOKEN="glcbt-x")
    assert (token.user, token.is_job_token) == ("oauth2", False)


def test_the_job_s_token_under_another_name() -> None:
    assert found(GITLAB, HONK_TOKEN="glcbt-x", CI_JOB_TOKEN="glcbt-x").user == "gitlab-ci-token"


def test_git_s_header_and_what_is_printed() -> None:
    token = found(GITHUB, HONK_TOKEN="ghs_app")
    kind, _, value = token.git_header.removeprefix("Authorization: ").partition(" ")
    assert (kind, base64.b64decode(value)) == ("Basic", b"x-access-token:ghs_app")
    assert "ghs_app" not in repr(token)
