"""Commands in comments: who may give them, and what is none."""

from __future__ import annotations

import pytest

from honk_ci.forges.interface import Access, Comment
from honk_ci.stages.admission.commands import Orders, read_orders

PEOPLE = {"ada": Access.ADMIN, "bob": Access.WRITE, "eve": Access.READ}


def orders(*said: tuple[str, str], author: str = "") -> Orders:
    comments = [
        Comment(id=str(number), body=body, author=login, url=f"#{number}", created_at=f"2026-01-0{number + 1}T00:00:00Z")
        for number, (login, body) in enumerate(said)
    ]  # fmt: skip
    return read_orders(comments, lambda login: PEOPLE.get(login, Access.NONE), author=author)


def test_without_commands_honk_is_on() -> None:
    assert orders(("ada", "nice work")) == Orders()


def test_people_with_write_access_turn_it_off_and_on() -> None:
    assert orders(("bob", "not here\n/honk off\nthanks")) == Orders(off_by="bob", off_url="#0")
    assert not orders(("bob", "/honk off"), ("ada", "/honk on")).is_off
    assert orders(("bob", "/honk off\n/honk on\n/honk off")).is_off


@pytest.mark.parametrize("login", ["eve", "nobody", ""])
@pytest.mark.parametrize("command", ["off", "retry"])
def test_strangers_turn_nothing(login: str, command: str) -> None:
    assert orders((login, f"/honk {command}")) == Orders()


def test_an_author_turns_it_off_and_undoes_only_that() -> None:
    assert orders(("eve", "/honk off"), author="eve").is_off
    assert not orders(("eve", "/honk off"), ("eve", "/honk on"), author="eve").is_off
    assert orders(("ada", "/honk off"), ("eve", "/honk on"), author="eve").off_by == "ada"
    assert orders(("eve", "/honk retry"), author="eve").retries == ()


def test_a_retry_says_who_when_and_of_what() -> None:
    first, second = orders(("ada", "/honk retry"), ("bob", "/HONK retry 0123456789ab  ")).retries

    assert (first.by, first.at, first.fingerprint) == ("ada", "2026-01-01T00:00:00Z", "")
    assert (second.by, second.fingerprint) == ("bob", "0123456789ab")


@pytest.mark.parametrize(
    "body",
    [
        "> /honk off",
        "please /honk off",
        "`/honk off`",
        "/honk offline",
        "/honkoff",
        "/honk",
        "    /honk off",
        "```\n/honk off\n```",
        "````\n```\n/honk off\n````",
        "~~~sh\n/honk off",
        "```\n```js\n/honk off\n```",
        "<!--\n/honk off\n-->",
        "<!--\n/honk off",
        "<!-- honk-ci:failure=0123456789ab -->\n/honk off",
        "",
    ],
)
def test_what_is_quoted_or_shown_is_no_command(body: str) -> None:
    assert orders(("ada", body)) == Orders()


@pytest.mark.parametrize(
    "body", ["/honk off\r\n", "```\ncode\n```\n/honk off", "\n\n/honk \t off", "```x```\n/honk off"]
)
def test_commands_are_found_among_other_lines(body: str) -> None:
    assert orders(("ada", body)).is_off


def test_access_is_asked_once_for_those_who_command() -> None:
    asked: list[str] = []

    def access(login: str) -> Access:
        asked.append(login)
        return Access.WRITE

    said = [("ada", "hello"), ("bob", "/honk off"), ("bob", "/honk on"), ("eve", "/honk retry")]
    read_orders([Comment(id="1", body=body, author=login) for login, body in said], access)

    assert asked == ["bob", "eve"]
