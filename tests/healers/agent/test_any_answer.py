"""Whatever the model answers, the protocol holds, the limits hold, and the checkout stays whole."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest

from honk_ci.config import LimitsConfig
from honk_ci.domain import Cause, Failure
from honk_ci.testing.messages_api import MessagesAPI
from honk_ci.testing.messages_script import Call, Reply
from tests.healers.agent.bench import CART, bench, with_agent
from tests.repos import Repo

TOOLS = ("read", "search", "edit", "verify", "history", "run", "bash", "")
PATHS = (
    "shop/cart.py",
    "shop",
    "missing.py",
    "../x",
    "/etc/passwd",
    ".git/config",
    "",
    "a\0b",
    "x" * 5000,
    "*.py",
    "é/ü.py",
)
VALUES: tuple[Any, ...] = (
    *PATHS,
    None,
    3,
    -1,
    10**12,
    True,
    [],
    {},
    [1],
    "(",
    "[a",
    "--",
    "\u202e",
    "total",
    "log",
    "show",
    "HEAD~9",
)
NAMES = ("path", "symbol", "start", "end", "pattern", "kind", "edits", "why", "action", "revision", "command", "x")
STOPS = ("", "", "", "", "end_turn", "max_tokens", "pause_turn", "stop_sequence", "tool_use", "something_new")


def _edit(dice: random.Random) -> dict[str, Any]:
    edit = {name: dice.choice(VALUES) for name in dice.sample(("old", "new", "all", "content", "delete", "restore"), 3)}
    return {"path": dice.choice(PATHS), **edit}


def _call(dice: random.Random) -> Call:
    arguments = {name: dice.choice(VALUES) for name in dice.sample(NAMES, dice.randint(0, 5))}
    if dice.random() < 0.4:
        arguments |= {"why": "because", "edits": [_edit(dice) for _ in range(dice.randint(0, 3))]}
    if dice.random() < 0.5:
        arguments |= {"path": "shop/cart.py", "pattern": "total", "action": "log", "command": "true"}
    raw = dice.choice(['{"path": ', "[1, 2]", '"text"', '{"path": "shop/ca']) if dice.random() < 0.1 else None
    return Call(name=dice.choice(TOOLS), input=arguments, raw_input=raw)


def _reply(dice: random.Random) -> Reply:
    calls = tuple(_call(dice) for _ in range(dice.choice((0, 1, 1, 1, 2, 4))))
    thinking = dice.choice((None, "", "hm"))
    return Reply(text=dice.choice(("", " ", "words")), thinking=thinking, calls=calls, stop_reason=dice.choice(STOPS))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.slow
def test_no_answer_breaks_the_loop(repo: Repo, seed: int) -> None:
    dice = random.Random(seed)

    def script(_: Mapping[str, Any]) -> Reply:
        return _reply(dice)

    failure = Failure(fingerprint="0123456789ab", cause=Cause.BUILD, summary="the build fails")
    limits, agent = LimitsConfig(time_s=60), with_agent(max_requests=30)
    with MessagesAPI(script) as api:
        with bench(repo, api, command="false", failure=failure, limits=limits, agent=agent, sandboxed=True) as b:
            assert b.heal() is None
            assert b.case.learned
            assert b.case.meter.usage.requests <= 30
        assert api.complaints == []
    assert repo.git("status", "--porcelain") == ""
    assert "100 + discount" in (repo.path / "shop/cart.py").read_text()
    assert set(CART) <= set(repo.git("ls-files").splitlines())
