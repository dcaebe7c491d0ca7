"""The faults of the service: those that pass are sat out, the others say what to do."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import pytest

from honk_ci.config import AgentConfig
from honk_ci.errors import ModelError
from honk_ci.healers.agent.exchange import Answer, BrokenAnswerError, OutOfTimeError, PromptTooLongError, Request
from honk_ci.healers.agent.faults import retry_after, status_fault
from honk_ci.healers.agent.pricing import tariff_for
from honk_ci.healers.agent.service import Service
from honk_ci.meter import Meter
from honk_ci.testing.messages_api import MessagesAPI
from honk_ci.testing.messages_script import Call, Reply, error
from tests.healers.agent.bench import Watcher

HELLO = Request(
    system="be brief",
    tools=(),
    messages=[{"role": "user", "content": [{"type": "text", "text": "hello"}]}],
    max_tokens=2000,
)


class Line:
    """A service on a scripted API, and what it told."""

    def __init__(self, url: str, *, seconds: float = 30, **config: Any) -> None:
        self.watcher = Watcher()
        self.meter = Meter(time_limit_s=seconds, cost_cap_usd=2.0)
        settings = AgentConfig(**config)
        self.service = Service(
            config=settings,
            environ={"ANTHROPIC_API_KEY": "any", "ANTHROPIC_BASE_URL": url},
            tariff=tariff_for(settings.model, settings),
            meter=self.meter,
            progress=self.watcher,
            first_wait_s=0.01,
        )

    def ask(self) -> Answer:
        """As the conversation does it: what broke off is asked for again."""
        while True:
            try:
                return self.service.answer(HELLO)
            except BrokenAnswerError:
                continue


@contextmanager
def line(*script: Reply, **options: Any) -> Iterator[tuple[Line, MessagesAPI]]:
    with MessagesAPI(script) as api:
        one = Line(api.url, **options)
        yield one, api
        one.service.close()


OK = Reply(text="hi")


@pytest.mark.parametrize(
    "fault",
    [
        error(429),
        error(529),
        error(500),
        error(503),
        error(408),
        Reply(text="a long story", break_after=3),
        Reply(text="a long story", break_after=3, break_how="end"),
        Reply(text="a long story", break_after=3, break_how="error"),
        Reply(text="nothing at all", break_after=0),
        Reply(text="nothing at all", break_after=0, break_how="end"),
        Reply(calls=(Call(name="read", raw_input='{"path": nonsense}'),)),
    ],
    ids=str,
)
def test_a_fault_that_passes_is_sat_out(fault: Reply) -> None:
    with line(fault, OK) as (one, api):
        answer = one.ask()
    assert answer.text == "hi"
    assert len(api.requests) == 2
    assert len(one.watcher.notes) == 1


def test_the_wait_that_the_service_names_is_kept() -> None:
    with line(error(429, retry_after="0.4"), OK) as (one, _):
        started = time.monotonic()
        one.ask()
        assert time.monotonic() - started >= 0.4


def test_a_wait_beyond_the_time_limit_is_not_begun() -> None:
    with line(error(429, "hourly limit", retry_after="3600"), OK) as (one, api):
        started = time.monotonic()
        with pytest.raises(ModelError, match="asks to wait 3600 s") as caught:
            one.ask()
        assert time.monotonic() - started < 2
    assert "rate limit" in caught.value.hint
    assert len(api.requests) == 1


def test_a_service_that_stays_overloaded_is_given_up() -> None:
    with line(*[error(529)] * 8) as (one, api):
        with pytest.raises(ModelError, match="8 times in a row: 529 overloaded_error"):
            one.ask()
    assert len(api.requests) == 8


@pytest.mark.parametrize(
    ("reply", "hint"),
    [
        (error(401, "invalid x-api-key"), "ANTHROPIC_API_KEY"),
        (error(402, "no funds"), "billing"),
        (error(403, "not allowed"), "may not use this model"),
        (error(404, "model: claude-nope"), "agent.model"),
        (error(400, "temperature: unknown"), "model name"),
        (error(400, "Your credit balance is too low"), "billing"),
    ],
    ids=str,
)
def test_a_fault_that_stays_says_what_to_do(reply: Reply, hint: str) -> None:
    with line(reply, OK) as (one, api):
        with pytest.raises(ModelError) as caught:
            one.ask()
    assert hint in caught.value.hint
    assert reply.message in str(caught.value)
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    "reply",
    [
        error(413, "request exceeds the maximum size"),
        error(400, "prompt is too long: 210000 tokens > 200000 maximum"),
        error(400, "input length and `max_tokens` exceed context limit: 199000 + 16000 > 200000"),
    ],
    ids=str,
)
def test_a_prompt_too_long_is_told_apart(reply: Reply) -> None:
    with line(reply) as (one, _):
        with pytest.raises(PromptTooLongError):
            one.ask()


def test_nobody_at_the_address_is_told_with_the_address_setting() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        one = Line(f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(ModelError, match=r"4 times in a row.*[Rr]efused") as caught:
            one.ask()
    assert "ANTHROPIC_BASE_URL" in caught.value.hint


@pytest.mark.slow
def test_an_answer_slower_than_the_time_limit_is_cut_short() -> None:
    with line(replace(OK, delay_s=5), seconds=1.0) as (one, _):
        started = time.monotonic()
        with pytest.raises(OutOfTimeError):
            one.ask()
        assert time.monotonic() - started < 4


def test_broken_answers_are_paid_for_too() -> None:
    usage = {"input_tokens": 1000, "output_tokens": 50}
    with line(Reply(text="a story", usage=usage, break_after=3), replace(OK, usage=usage)) as (one, _):
        answer = one.ask()
    assert one.meter.usage.requests == 2
    assert one.meter.usage.input_tokens == 2000
    assert answer.usage.cost_usd == pytest.approx((1000 * 2 + 50 * 10) / 1e6)
    assert one.watcher.usages[-1] == one.meter.usage


def test_waiting_for_the_model_is_model_time() -> None:
    with line(error(529, retry_after="0.3"), OK) as (one, _):
        one.ask()
    assert one.meter.timing().model_s >= 0.3


def test_figures_that_a_gateway_leaves_out_count_as_nothing() -> None:
    with line(replace(OK, usage={"input_tokens": 5, "output_tokens": 1})) as (one, _):
        assert one.ask().usage.cache_read_tokens == 0


def test_an_auth_token_serves_as_well_as_a_key() -> None:
    with MessagesAPI([OK], key="token-1") as api:
        one = Line(api.url)
        environ = {"ANTHROPIC_AUTH_TOKEN": "token-1"}
        config = AgentConfig(base_url=api.url)
        service = Service(config=config, environ=environ, tariff=None, meter=one.meter, progress=one.watcher)
        assert service.answer(HELLO).text == "hi"
        service.close()


def test_a_missing_extra_is_named() -> None:
    if find_spec("botocore") is not None:
        pytest.skip("botocore is installed here")
    config = AgentConfig(provider="bedrock", model="us.anthropic.claude-sonnet-5-5-v1:0")
    meter = Meter(time_limit_s=5, cost_cap_usd=1)
    service = Service(config=config, environ={}, tariff=None, meter=meter, progress=Watcher())
    with pytest.raises(ModelError, match="bedrock needs the package botocore") as caught:
        service.answer(HELLO)
    assert "honk-ci[bedrock]" in caught.value.hint


def test_retry_after_is_read_in_its_three_notations() -> None:
    assert retry_after({"retry-after-ms": "1500"}) == 1.5
    assert retry_after({"retry-after": "3"}) == 3.0
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0.0
    assert retry_after({"retry-after": "soon"}) is None
    assert retry_after({}) is None


def test_the_service_may_forbid_a_retry() -> None:
    assert not status_fault(500, "api_error", "no", {"x-should-retry": "false"}).passes
    assert status_fault(529, "overloaded_error", "no", {"x-should-retry": "false"}).passes


def test_an_address_without_a_messages_api_is_told_so() -> None:
    with line(*[Reply(break_after=0, break_how="end")] * 4) as (one, _):
        with pytest.raises(ModelError, match="is there a Messages API at this address") as caught:
            one.ask()
    assert "ANTHROPIC_BASE_URL" in caught.value.hint


def test_answers_that_break_off_again_and_again_end_it() -> None:
    with line(*[Reply(text="a long story", break_after=3)] * 8) as (one, api):
        with pytest.raises(ModelError, match="8 times in a row: the answer broke off"):
            one.ask()
    assert len(api.requests) == 8
    assert one.meter.usage.requests == 8
