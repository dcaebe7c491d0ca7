"""One request over the Anthropic client, its outcome as a value.

Written against anthropic 2.11: the stream helper hands over a truncated tool input without a
word (it parses partial JSON), ends without error when the connection closes in good order half
way, and raises the transport's own errors for the rest; all three are told apart here.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from honk_ci.config import AgentConfig
from honk_ci.domain import Usage
from honk_ci.errors import ModelError
from honk_ci.healers.agent.clients import foreign_errors, make_client
from honk_ci.healers.agent.exchange import Answer, Block, Request, with_breakpoints
from honk_ci.healers.agent.faults import CLOUD_HINT, UNREACHABLE_HINT, Fault, status_fault

CONNECT_S = 15.0
SILENCE_S = 300.0  # the service sends pings; a gateway may not


class Connection:
    """The client, made at first use."""

    def __init__(self, *, config: AgentConfig, environ: Mapping[str, str]) -> None:
        self._config = config
        self._environ = environ
        self._client: Any = None

    def open(self) -> None:
        """Import and make the client; ModelError when its extra or its settings are missing."""
        if self._client is None:
            self._client = make_client(self._config, self._environ)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def send(self, request: Request, *, time_s: float) -> Answer | tuple[Fault, Usage | None]:
        """One try: the answer, or the fault and what the broken answer cost as far as that is known."""
        import anthropic
        import httpx2

        stream: Any = None
        try:
            with self._stream(request, time_s) as stream, _stopped_after(stream, time_s):
                raw_inputs = _read(stream)
            message = stream.current_message_snapshot
            if message.stop_reason is None:
                return Fault(words="the answer broke off", passes=True), _usage(stream)
            return _answer(message, raw_inputs)
        except anthropic.APIStatusError as error:
            return _status_fault(error), _usage(stream)
        except anthropic.APIConnectionError as error:
            return _unreachable(error), None
        except (anthropic.AnthropicError, httpx2.HTTPError, httpx2.StreamError) as error:
            return Fault(words=f"the answer broke off ({type(error).__name__})", passes=True), _usage(stream)
        except AssertionError:  # the stream helper's way to say that no message began
            words = "the answer holds no message; is there a Messages API at this address?"
            return Fault(words=words, passes=True, unreachable=True, hint=UNREACHABLE_HINT), None
        except foreign_errors(self._config) as error:
            return Fault(words=f"{type(error).__name__}: {error}", hint=CLOUD_HINT), None
        except (ValueError, RuntimeError) as error:
            if stream is None:
                return Fault(words=f"the request cannot be made: {error}", hint=CLOUD_HINT), None
            # events out of order, or JSON that is none
            return Fault(words=f"the answer cannot be read: {error}", passes=True), _usage(stream)

    def probe(self, model: str, *, time_s: float) -> str:
        """Ask the service for a model's card, which costs nothing; what it says, as one line.

        Raises ModelError when the service cannot be reached or refuses the key or the model. A
        gateway that serves no cards counts as reached.
        """
        self.open()
        import anthropic

        try:
            card = self._client.models.retrieve(model, timeout=time_s)
        except anthropic.NotFoundError as error:
            if "not_found_error" in str(error):
                raise ModelError(f"the service has no model {model}", hint="choose another with --model") from error
            return f"{model}: the service answers, but serves no model cards"
        except anthropic.APIStatusError as error:
            fault = _status_fault(error)
            raise ModelError(fault.words, hint=fault.hint) from error
        except anthropic.APIConnectionError as error:
            raise ModelError(_unreachable(error).words, hint=UNREACHABLE_HINT) from error
        return f"{card.display_name or model} answers"

    def _stream(self, request: Request, time_s: float) -> Any:
        import httpx2

        system, messages = with_breakpoints(request.system, request.messages)
        return self._client.messages.stream(
            model=self._config.model,
            max_tokens=request.max_tokens,
            system=system,
            tools=list(request.tools),
            messages=messages,
            timeout=httpx2.Timeout(min(SILENCE_S, time_s + 1.0), connect=CONNECT_S),
        )


@contextmanager
def _stopped_after(stream: Any, seconds: float) -> Iterator[None]:
    """Close the stream when the time is over, even while nothing but pings arrive."""
    timer = threading.Timer(seconds, stream.response.close)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _read(stream: Any) -> dict[int, str]:
    """Read the stream to its end; the literal JSON of each tool input by the number of its block."""
    raw: dict[int, str] = {}
    for event in stream:
        if event.type == "content_block_start" and event.content_block.type == "tool_use":
            raw[event.index] = ""
        elif event.type == "content_block_delta" and event.delta.type == "input_json_delta":
            raw[event.index] = raw.get(event.index, "") + event.delta.partial_json
    return raw


def _answer(message: Any, raw_inputs: Mapping[int, str]) -> Answer:
    details = message.stop_details
    words = [details.category, details.explanation] if details is not None else []
    broken = [message.content[index] for index, text in raw_inputs.items() if not _is_object(text)]
    for call in broken:
        call.input = {}  # it goes back with the history, and the service takes objects only
    return Answer(
        content=tuple(_plain(block) for block in message.content),
        stop_reason=message.stop_reason or "",
        usage=usage_of(message.usage),
        explanation=": ".join(word for word in words if word),
        malformed_calls=frozenset(call.id for call in broken),
    )


def _plain(block: Any) -> Block:
    """The block as it must be sent back: thinking blocks are signed and must not change by a byte."""
    fields: Block = block.to_dict(mode="json")
    return {name: value for name, value in fields.items() if value is not None and name != "parsed_output"}


def _is_object(text: str) -> bool:
    if not text:
        return True  # a call without arguments
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _usage(stream: Any) -> Usage | None:
    """What a broken answer is known to have cost; None when it did not even begin."""
    try:
        return usage_of(stream.current_message_snapshot.usage)
    except (AttributeError, AssertionError):
        return None


def usage_of(figures: Any) -> Usage:
    """The token counts of the service's ``usage``, where any of them may be missing."""
    return Usage(
        input_tokens=figures.input_tokens or 0,
        cache_read_tokens=figures.cache_read_input_tokens or 0,
        cache_write_tokens=figures.cache_creation_input_tokens or 0,
        output_tokens=figures.output_tokens or 0,
    )


def _status_fault(error: Any) -> Fault:
    kind = error.type or ""
    message = error.api_message or (str(error.body)[:300] if error.body else error.message)
    return status_fault(error.status_code, kind, message, error.response.headers)


def _unreachable(error: Any) -> Fault:
    cause = error.__cause__
    words = f"{type(cause).__name__}: {cause}" if cause is not None else str(error)
    return Fault(words=words, passes=True, unreachable=True, hint=UNREACHABLE_HINT)
