"""Commands of the repository see what they need, and nothing that is secret."""

from __future__ import annotations

import pytest

from honk_ci.redact import is_secret_name
from honk_ci.workspaces.environment import child_environ


@pytest.mark.parametrize(
    "name",
    ["ANTHROPIC_API_KEY", "GITHUB_TOKEN", "CI_JOB_TOKEN", "NPM_TOKEN", "AWS_SECRET_ACCESS_KEY", "DB_PASSWORD", "MY_PAT",
     "SLACK_API_KEY", "SENTRY_DSN", "ACTIONS_ID_TOKEN_REQUEST_URL", "GITHUB_ENV", "GIT_DIR", "SSH_PRIVATE_KEY"],
)  # fmt: skip
def test_withheld(name: str) -> None:
    assert name not in child_environ({name: "value"})


@pytest.mark.parametrize(
    "name", ["PATH", "HOME", "LANG", "CI", "GITHUB_SHA", "KEYBOARD_LAYOUT", "MONKEY", "PASSENGERS", "PWD"]
)
def test_passed_on(name: str) -> None:
    assert child_environ({name: "value"})[name] == "value"


def test_addresses_with_a_password_are_withheld_whatever_their_name() -> None:
    assert "DATABASE" not in child_environ({"DATABASE": "postgres://user:pass@host/db"})
    assert "SITE" in child_environ({"SITE": "https://example.invalid/a:b@c"})


@pytest.mark.parametrize("name", ["MYTOKEN", "NPM_CONFIG__AUTHTOKEN", "SLACK_WEBHOOK", "DEPLOYKEY", "DB_PWD", "A_JWT"])
def test_what_is_redacted_is_withheld_too(name: str) -> None:
    assert is_secret_name(name)
    assert name not in child_environ({name: "value"})


def test_what_the_config_names_is_passed_on() -> None:
    assert child_environ({"TEST_TOKEN": "t"}, passed=["TEST_TOKEN"])["TEST_TOKEN"] == "t"
