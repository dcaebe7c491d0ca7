"""Secrets leave the text, ordinary code stays."""

from __future__ import annotations

import base64
import json
import os
import random
import string
import time
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from honk_ci.redact import Redactor, is_secret_name

VALUE = "s3cr3t/Value+with=signs&more"


def _random(length: int, alphabet: str = string.ascii_letters + string.digits, seed: int = 1) -> str:
    return "".join(random.Random(seed).choices(alphabet, k=length))


# Made here of random characters, so that no scanner takes this file for a leak.
TOKENS = {
    "anthropic-key": "sk-ant-" + "api03-" + _random(80),
    "openai-key": "sk-" + "proj-" + _random(60),
    "github-token": "ghp" + "_" + _random(36),
    "gitlab-token": "glpat" + "-" + _random(20),
    "slack-token": "xoxb" + "-123456789012-" + _random(24),
    "aws-access-key": "AKIA" + _random(16, string.ascii_uppercase + string.digits),
    "npm-token": "npm" + "_" + _random(36),
    "pypi-token": "pypi" + "-AgEIcHlwaS5vcmc" + _random(80),
    "google-key": "AIza" + _random(35),
    "huggingface-token": "hf" + "_" + _random(34, string.ascii_letters),
    "jwt": ".".join((f"eyJ{_random(20)}", f"eyJ{_random(40)}", _random(43))),
    "private-key": "-----BEGIN RSA PRIVATE"
    + f" KEY-----\n{_random(64)}\n{_random(64, seed=2)}\n-----END RSA PRIVATE KEY-----",
}


@pytest.mark.parametrize(
    "name",
    ["GITHUB_TOKEN", "db_password", "MY_SECRET", "AWS_SECRET_ACCESS_KEY", "OPENAI_API_KEY", "DEPLOY_KEY", "HTTP_AUTH"],
)
def test_knows_the_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["GIT_AUTHOR_NAME", "PATH", "KEYBOARD", "MONKEY", "HOME", "PATTERN", "PYTHONPATH"])
def test_other_names_hold_no_secrets(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "form",
    [
        VALUE,
        quote(VALUE, safe=""),
        quote_plus(VALUE),
        json.dumps(VALUE),
        base64.b64encode(VALUE.encode()).decode(),
        base64.urlsafe_b64encode(VALUE.encode()).decode(),
        base64.b64encode(b"x-access-token:" + VALUE.encode()).decode(),
        base64.b64encode(b"u:" + VALUE.encode() + b"\n").decode(),
        base64.b64encode(b"a:" + VALUE.encode()).decode(),
        base64.b64encode(b"abc:" + VALUE.encode() + b":tail").decode(),
    ],
)
def test_a_value_leaves_in_every_form(form: str) -> None:
    redacted = Redactor({"DEPLOY_TOKEN": VALUE}).redact(f"before {form} after")
    assert "[redacted:DEPLOY_TOKEN]" in redacted
    assert redacted.startswith("before ")
    assert redacted.endswith(" after")
    assert form[4:-6] not in redacted


def test_lines_of_a_long_secret_leave_one_by_one() -> None:
    first, second = _random(40, seed=3), _random(40, seed=4)
    redactor = Redactor({"SSH_KEY": f"{first}\n{second}\n"})
    assert redactor.redact(f"1: {second}\n") == "1: [redacted:SSH_KEY]\n"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOKENIZERS_PARALLELISM", "false"),
        ("SSH_AUTH_SOCK", "/tmp/ssh-abc/agent.42"),
        ("AUTH_MODE", "oidc-federated"),
        ("SECRET_FILE", "/run/secrets/database"),
        ("AUTH_TIMEOUT", "300000"),
        ("TOKEN_URL", "https://login.example.com/oauth/token"),
        ("PASSWORD", "password"),
        ("API_KEY", "abc"),
        ("API_TOKEN", ""),
    ],
)
def test_words_paths_and_switches_are_no_secrets(name: str, value: str) -> None:
    text = f"the value is {value} here"
    assert Redactor({name: value}).redact(text) == text


def test_a_weak_password_is_a_secret_all_the_same() -> None:
    assert Redactor({"DB_PASSWORD": "correcthorse"}).redact("got correcthorse") == "got [redacted:DB_PASSWORD]"


def test_the_longer_of_two_overlapping_values_goes_first() -> None:
    redactor = Redactor({"A_TOKEN": "abcdef123", "B_TOKEN": "abcdef123456"})
    assert redactor.redact("abcdef123456 abcdef123") == "[redacted:B_TOKEN] [redacted:A_TOKEN]"


@pytest.mark.parametrize(("kind", "token"), TOKENS.items())
def test_tokens_of_known_formats_leave(kind: str, token: str) -> None:
    for text in (f"token={token}\n", f'"{token}"', f"+ {token} rest", f"({token})"):
        redacted = Redactor({}).redact(text)
        assert f"[redacted:{kind}]" in redacted
        assert token not in redacted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://bob:hunter2hunter@host/x.git", "https://[redacted:url-credentials]@host/x.git"),
        (f"https://{_random(40)}@github.com/a/b", "https://[redacted:url-credentials]@github.com/a/b"),
        ("https://x-access-token:abc123def@github.com", "https://[redacted:url-credentials]@github.com"),
        ("Authorization: Bearer abcdef1234567890", "Authorization: Bearer [redacted:authorization]"),
        ("http.extraheader=AUTHORIZATION: basic eDphYmNkZWY=", "http.extraheader=AUTHORIZATION: basic [redacted:authorization]"),
        (f"AWS_SECRET_ACCESS_KEY={_random(40)}", "AWS_SECRET_ACCESS_KEY=[redacted:aws-secret-key]"),
        (f"//registry.example/:_authToken={_random(20)}", "//registry.example/:_authToken=[redacted:npm-token]"),
    ],
)  # fmt: skip
def test_credentials_leave_their_surroundings(text: str, expected: str) -> None:
    assert Redactor({}).redact(text) == expected


def test_a_key_that_is_cut_off_leaves_too() -> None:
    cut = "-----BEGIN OPENSSH PRIVATE" + f" KEY-----\n{_random(70)}\n{_random(70, seed=5)}"
    assert Redactor({}).redact(cut) == "[redacted:private-key]"
    escaped = "-----BEGIN PRIVATE" + f" KEY-----\\n{_random(64)}\\n-----END PRIVATE KEY-----\\n"
    assert Redactor({}).redact(f'"private_key": "{escaped}"') == '"private_key": "[redacted:private-key]\\n"'


@pytest.mark.parametrize(
    "text",
    [
        "commit 3f786850e387550fdab836ed7e6dc881de23001b",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "id 550e8400-e29b-41d4-a716-446655440000",
        "git@github.com:acme/shop.git",
        "ssh://git@github.com/acme/shop.git",
        "postgres://postgres:postgres@localhost:5432/test",
        'url = f"https://{user}:{password}@{host}/"',
        "https://${TOKEN}@github.com/acme/shop",
        "https://example.com/a:b/@scope/package",
        "see https://example.com/path?x=1 or mail bob@example.com",
        'if "-----BEGIN PRIVATE KEY-----" in text:',
        "headers = {'Authorization': f'Bearer {token}'}",
        "Authorization: Bearer <token>",
        "sk-learn-compatible-estimators-and-transformers",
        "def test_npm_install_of_a_package(): ...",
        "task-sk-1234",
        "the password must not be empty; token expired",
        "integrity sha512-" + "A" * 86 + "==",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    redactor = Redactor({"GITHUB_TOKEN": TOKENS["github-token"]})
    assert redactor.redact(text) is text or redactor.redact(text) == text
    assert redactor.kinds(text) == ()


def test_this_project_has_nothing_to_hide() -> None:
    package = Path(__file__).parent.parent / "honk_ci"
    for file in package.rglob("*.py"):
        text = file.read_text()
        assert Redactor({}).redact(text) == text, file


def test_redacting_twice_changes_nothing() -> None:
    redactor = Redactor({"DEPLOY_TOKEN": VALUE})
    once = redactor.redact(" ".join([VALUE, *TOKENS.values(), "https://bob:hunter2hunter@host/x"]))
    assert redactor.redact(once) == once


def test_names_the_kinds_found() -> None:
    redactor = Redactor({"DEPLOY_TOKEN": VALUE})
    assert redactor.kinds(f"{VALUE} {TOKENS['jwt']}") == ("DEPLOY_TOKEN", "jwt")


def _best_time_s(redactor: Redactor, text: str) -> float:
    times = []
    for _ in range(5):
        started = time.process_time()
        redactor.redact(text)
        times.append(time.process_time() - started)
    return min(times)


def test_a_megabyte_takes_no_time() -> None:
    environ = {f"SERVICE_{n}_TOKEN": _random(40, seed=n) for n in range(8)}
    redactor = Redactor(environ)
    line = "2026-11-20T17:04:55Z shop/cart.py:12: in total https://example.com/a/b 3f786850e387550fdab836ed7e6dc881\n"
    text = line * (1_000_000 // len(line))
    assert _best_time_s(redactor, text) < 0.05
    assert _best_time_s(redactor, text + " ".join(environ.values())) < 0.1


@pytest.mark.parametrize(
    "piece",
    ["-----BEGIN RSA PRIVATE" + " KEY-----", "eyJaaaaaaaaaaaaaa.", "://", "://a:", "sk-", "ghp_", "Authorization: ", "a" * 40],
)  # fmt: skip
@pytest.mark.slow
def test_hostile_text_takes_no_longer(piece: str) -> None:
    assert _best_time_s(Redactor({"A_TOKEN": "a" * 20 + "b"}), piece * (1_000_000 // len(piece))) < 1.0


def test_a_secret_that_is_no_text_is_taken_out_too() -> None:
    value = os.fsdecode(b"\xff\xfeq8Zk2hd01x")
    redactor = Redactor({"SOME_TOKEN": value})
    shown = b"\xff\xfeq8Zk2hd01x".decode("utf-8", "replace")
    assert "q8Zk2hd01x" not in redactor.redact(f"a {value} b {shown} c")
