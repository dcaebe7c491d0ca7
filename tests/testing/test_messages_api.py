"""The scripted Messages API: what the real one refuses it refuses, and its cache counts as documented."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import pytest

from honk_ci.testing.messages_api import MessagesAPI
from honk_ci.testing.messages_rules import complaint
from honk_ci.testing.messages_script import Call, Reply, call, error

TOOL = {"name": "read", "input_schema": {"type": "object", "properties": {}}}


def _body(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"model": "claude-sonnet-5-5", "max_tokens": 100, "messages": list(messages), **more}


def _user(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks) or [{"type": "text", "text": "hello"}]}


def _assistant(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def _use(number: int) -> dict[str, Any]:
    return {"type": "tool_use", "id": f"t{number}", "name": "read", "input": {}}


def _result(number: int) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": f"t{number}", "content": "text"}


def _text(words: str = "hello") -> dict[str, Any]:
    return {"type": "text", "text": words}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"model": "m", "messages": [_user()]}, "max_tokens"),
        (_body(), "at least one message"),
        (_body(_assistant(_text())), "first message"),
        (_body(_user(), _user()), "alternate"),
        (_body(_user(), _assistant(_use(1)), _user()), "without `tool_result`"),
        (_body(_user(), _assistant(_use(1))), "without `tool_result`"),
        (_body(_user(), _assistant(_use(1)), _user(_result(2))), "without `tool_result`"),
        (_body(_user(), _assistant(_use(1)), _user(_result(1), _result(2))), "unexpected `tool_use_id`"),
        (_body(_user(), _assistant(_use(1)), _user(_result(1), _result(1))), "single result"),
        (_body(_user(), _assistant(_use(1)), _user(_text(), _result(1))), "come first"),
        (_body(_user(_text("  "))), "non-whitespace"),
        (_body(_user(*[{**_text(), "cache_control": {"type": "ephemeral"}}] * 5)), "maximum of 4"),
        (_body(_user(), tools=[TOOL, TOOL]), "unique"),
        (_body(_user(), tools=[{"name": "a", "input_schema": {}}]), "input_schema"),
        (_body(_user(), tool_choice={"type": "any"}), "forced"),
        (_body(_user(), _assistant({"type": "thinking", "thinking": "", "signature": "x"}), _user()), "thinking"),
    ],
)
def test_refuses_what_the_service_refuses(body: dict[str, Any], words: str) -> None:
    assert words in complaint(body)


def test_takes_a_whole_conversation_with_tools() -> None:
    body = _body(_user(), _assistant(_text(), _use(1), _use(2)), _user(_result(1), _result(2)), tools=[TOOL])
    assert complaint(body) == ""


def _client(api: MessagesAPI, **options: Any) -> anthropic.Anthropic:
    return anthropic.Anthropic(api_key="any", base_url=api.url, max_retries=0, **options)


def _ask(client: anthropic.Anthropic, *messages: Any, system: Any = "be brief") -> Any:
    with client.messages.stream(model="m", max_tokens=100, messages=list(messages), system=system) as stream:
        return stream.get_final_message()


def test_streams_text_and_several_calls() -> None:
    reply = Reply(text="look", thinking="", calls=(Call(name="a", input={"x": 1}), Call(name="b")))
    with MessagesAPI([reply]) as api, _client(api) as client:
        message = _ask(client, _user())
    assert [block.type for block in message.content] == ["thinking", "text", "tool_use", "tool_use"]
    assert message.content[2].input == {"x": 1}
    assert message.stop_reason == "tool_use"


def test_answers_without_streaming_too() -> None:
    with MessagesAPI([Reply(text="yes")]) as api, _client(api) as client:
        message: Any = client.messages.create(model="m", max_tokens=10, messages=[{"role": "user", "content": "?"}])
    assert message.content[0].text == "yes"


def test_counts_a_shared_prefix_as_read_from_the_cache() -> None:
    system = [{"type": "text", "text": "s" * 4000, "cache_control": {"type": "ephemeral"}}]
    with MessagesAPI([Reply(text="1"), Reply(text="2")]) as api, _client(api) as client:
        first = _ask(client, _user(_text("one")), system=system).usage
        second = _ask(client, _user(_text("two")), system=system).usage
    assert first.cache_creation_input_tokens > 1000
    assert first.cache_read_input_tokens == 0
    assert second.cache_read_input_tokens == first.cache_creation_input_tokens
    assert second.cache_creation_input_tokens == 0


def test_nothing_is_cached_without_a_breakpoint() -> None:
    with MessagesAPI([Reply(text="1"), Reply(text="2")]) as api, _client(api) as client:
        usages = [_ask(client, _user()).usage for _ in range(2)]
    assert all(usage.cache_read_input_tokens == 0 for usage in usages)


def test_errors_carry_status_type_and_headers() -> None:
    with MessagesAPI([error(429, "slow down", retry_after="7")]) as api, _client(api) as client:
        with pytest.raises(anthropic.RateLimitError) as caught:
            _ask(client, _user())
    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.type == "rate_limit_error"


def test_a_wrong_key_is_not_let_in() -> None:
    with MessagesAPI([Reply(text="x")], key="right") as api, _client(api) as client:
        with pytest.raises(anthropic.AuthenticationError):
            _ask(client, _user())


def test_a_cut_stream_is_a_transport_error_and_an_ended_one_has_no_stop_reason() -> None:
    script = [Reply(text="one", break_after=3), Reply(text="two", break_after=3, break_how="end")]
    with MessagesAPI(script) as api, _client(api) as client:
        with pytest.raises(httpx2.HTTPError):
            _ask(client, _user())
        assert _ask(client, _user()).stop_reason is None


def test_past_the_script_it_answers_400() -> None:
    with MessagesAPI([]) as api, _client(api) as client:
        with pytest.raises(anthropic.BadRequestError, match="no more answers"):
            _ask(client, _user())
    assert api.complaints == ["the script has no more answers"]


def test_a_script_can_be_a_function_of_the_request() -> None:
    def echo(body: Any) -> Reply:
        return Reply(text=f"you said {body['messages'][-1]['content'][0]['text']}")

    with MessagesAPI(echo) as api, _client(api) as client:
        assert _ask(client, _user(_text("boo"))).content[0].text == "you said boo"


def test_runs_as_a_command(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps([{"text": "hi", "calls": [{"name": "read", "input": {"path": "a"}}]}]))
    command = [sys.executable, "-m", "honk_ci.testing.messages_api", str(script), "--seconds", "20"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with anthropic.Anthropic(api_key="any", base_url=url, max_retries=0) as client:
            message = _ask(client, _user())
        process.terminate()
    assert message.content[1].name == "read"


def test_an_unknown_key_of_a_script_is_refused() -> None:
    with pytest.raises(ValueError, match="txt"):
        Reply.from_json({"txt": "typo"})


def test_call_is_short_for_one_tool_call() -> None:
    assert call("read", path="a.py") == Reply(calls=(Call(name="read", input={"path": "a.py"}),))
