"""Prices, and the limits that are asked before each request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from honk_ci.config import AgentConfig, LimitsConfig, Price
from honk_ci.domain import Usage
from honk_ci.errors import ModelError
from honk_ci.healers.agent.budget import Budget
from honk_ci.healers.agent.exchange import Request
from honk_ci.healers.agent.pricing import TARIFFS, plain_name, tariff_for
from honk_ci.meter import Meter
from honk_ci.testing.messages_api import MessagesAPI
from honk_ci.testing.messages_script import Call, Reply, call
from tests.healers.agent.bench import bench, edit_call, last_user_text, with_agent
from tests.repos import Repo

READ = call("read", path="shop/cart.py")


def test_a_request_costs_what_the_table_says() -> None:
    usage = Usage(input_tokens=1000, cache_write_tokens=2000, cache_read_tokens=10_000, output_tokens=500)
    cost = TARIFFS["claude-sonnet-5-5"].cost(usage)
    assert cost == pytest.approx((1000 * 2 + 2000 * 2.5 + 10_000 * 0.10 + 500 * 10) / 1e6)


def test_a_long_prompt_costs_more_where_the_model_has_two_bands() -> None:
    haiku = TARIFFS["claude-haiku-5-5"]
    short = Usage(cache_read_tokens=100_000, output_tokens=1000)
    long = Usage(cache_read_tokens=100_001, output_tokens=1000)
    assert haiku.cost(long) == pytest.approx(5 * haiku.cost(short), rel=1e-4)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("claude-sonnet-5-5", "claude-sonnet-5-5"),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("us.anthropic.claude-sonnet-5-5-v1:0", "claude-sonnet-5-5"),
        ("anthropic.claude-opus-4-6-v1", "claude-opus-4-6"),
        ("claude-opus-4-5@20251101", "claude-opus-4-5"),
        ("anthropic/claude-opus-5", "claude-opus-5"),
    ],
)
def test_names_of_other_providers_mean_the_same_model(name: str, plain: str) -> None:
    assert plain_name(name) == plain
    assert tariff_for(name, AgentConfig()) is TARIFFS[plain]


def test_an_unknown_price_must_be_given_or_waived() -> None:
    with pytest.raises(ModelError, match="price of the model my-model") as caught:
        tariff_for("my-model", AgentConfig())
    assert "agent.prices.my-model" in caught.value.hint
    assert tariff_for("my-model", AgentConfig(allow_unknown_price=True)) is None
    given = tariff_for("my-model", AgentConfig(prices={"my-model": Price(input=1.0, output=2.0)}))
    assert given is not None
    assert given.cost(Usage(input_tokens=1_000_000, cache_read_tokens=1_000_000)) == pytest.approx(1.1)


def test_a_price_of_the_config_goes_before_the_table() -> None:
    mine = AgentConfig(prices={"claude-sonnet-5-5": Price(input=0.0, output=0.0)})
    tariff = tariff_for("claude-sonnet-5-5", mine)
    assert tariff is not None
    assert tariff.cost(Usage(input_tokens=10**6)) == 0.0


def _budget(**limits: float) -> tuple[Budget, Meter]:
    meter = Meter(time_limit_s=limits.get("time_s", 100), cost_cap_usd=limits.get("usd", 1.0))
    config = AgentConfig(max_requests=int(limits.get("requests", 10)))
    return Budget(meter=meter, config=config, tariff=TARIFFS["claude-sonnet-5-5"]), meter


def _request(chars: int = 300, max_tokens: int = 16_000) -> Request:
    return Request(system="x" * chars, tools=(), messages=(), max_tokens=max_tokens)


def test_each_limit_is_asked_before_the_next_request() -> None:
    assert _budget()[0].refusal(_request()) == ""
    assert "1 requests" in _spent(_budget(requests=1), Usage(requests=1))
    assert "time limit of 5 s" in _budget(time_s=5)[0].refusal(_request())
    assert "too little to prove" in _budget(time_s=60)[0].refusal(_request(), reserve_s=55)
    assert "what is left of $1.00" in _spent(_budget(), Usage(cost_usd=0.995))


def _spent(budget: tuple[Budget, Meter], usage: Usage) -> str:
    budget[1].spend(usage)
    return budget[0].refusal(_request())


def test_a_prompt_that_costs_more_than_is_left_is_not_sent() -> None:
    assert "could cost more" in _budget(usd=0.1)[0].refusal(_request(chars=300_000))


def test_the_answer_is_limited_to_what_is_left() -> None:
    budget, meter = _budget(usd=0.05)
    tokens = budget.affordable_output(_request())
    assert tokens == pytest.approx(0.05 / 10e-6, rel=0.01)
    dearest = Usage(cache_write_tokens=100, output_tokens=tokens)
    assert TARIFFS["claude-sonnet-5-5"].cost(dearest) <= meter.left_usd


def test_what_the_cache_holds_is_counted_at_its_price() -> None:
    budget, _ = _budget(usd=0.2)
    big = _request(chars=300_000)
    assert budget.refusal(big) != ""
    budget.answered(big, Usage(cache_read_tokens=100_000))
    assert budget.refusal(big) == ""


def test_the_cap_holds_whatever_the_model_says(repo: Repo) -> None:
    """Each answer is as long as it may be; the sum must stay below the cap."""

    def longest(body: Mapping[str, Any]) -> Reply:
        usage = {"input_tokens": 3000, "output_tokens": body["max_tokens"]}
        return Reply(calls=(Call(name="read", input={"path": "shop/cart.py"}),), usage=usage)

    with MessagesAPI(longest) as api, bench(repo, api, limits=LimitsConfig(cost_usd=0.5)) as b:
        assert b.heal() is None
        assert 0.3 < b.case.meter.usage.cost_usd <= 0.5
        assert "left of $0.50" in b.case.learned[-1]
    assert len(api.requests) < 10


@pytest.mark.slow
def test_the_cap_holds_when_answers_break_off(repo: Repo) -> None:
    usage = {"input_tokens": 2500, "output_tokens": 1}
    broken = Reply(text="a long story", usage=usage, break_after=3, headers={"retry-after": "0.01"})
    with MessagesAPI([broken] * 8) as api, bench(repo, api, limits=LimitsConfig(cost_usd=0.025)) as b:
        assert b.heal() is None
        assert b.case.meter.usage.cost_usd <= 0.025
        assert "what is left of $0.03" in b.case.learned[-1] or "what is left of $0.02" in b.case.learned[-1]
    assert 1 < len(api.requests) < 5


def test_at_four_fifths_the_agent_is_told_to_conclude(repo: Repo) -> None:
    with MessagesAPI([READ] * 5) as api, bench(repo, api, agent=with_agent(max_requests=5, attempts=1)) as b:
        assert b.heal() is None
        assert b.case.learned == ["the limit of 5 requests is reached"]
    told = ["nearly used up" in last_user_text(request) for request in api.requests]
    assert told == [False, False, False, False, True]
    assert "(1 requests" in last_user_text(api.requests[4])


def test_no_request_is_made_without_a_price(repo: Repo) -> None:
    with MessagesAPI([READ]) as api, bench(repo, api, agent=with_agent(model="brand-new")) as b:
        with pytest.raises(ModelError, match="price of the model brand-new"):
            b.heal()
    assert api.requests == []


def test_a_waived_price_counts_as_nothing_but_requests_are_limited(repo: Repo) -> None:
    agent = with_agent(model="brand-new", allow_unknown_price=True)
    with MessagesAPI([call("edit", **edit_call())]) as api, bench(repo, api, agent=agent) as b:
        assert b.heal() is not None
        assert b.case.meter.usage.cost_usd == 0.0
        assert b.case.meter.usage.requests == 1


def test_no_key_skips_with_what_to_set(repo: Repo) -> None:
    with bench(repo, environ={"ANTHROPIC_API_KEY": ""}) as b:
        assert b.agent.skip_reason(b.case) == "no model key: set ANTHROPIC_API_KEY"
    with bench(repo, environ={"ANTHROPIC_API_KEY": "", "ANTHROPIC_BASE_URL": "http://gateway"}, files={}) as b:
        assert "to any value if the gateway asks for none" in b.agent.skip_reason(b.case)
    with bench(repo, environ={"ANTHROPIC_API_KEY": ""}, agent=with_agent(model="replay:x"), files={}) as b:
        assert b.agent.skip_reason(b.case) == ""
