"""One request to a model and its answer, as plain values that a transcript can hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from honk_ci.domain import Usage

Block = dict[str, Any]  # a content block of the Messages API
Message = dict[str, Any]  # {"role": …, "content": [blocks]}

EPHEMERAL = {"type": "ephemeral"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A whole request; the history goes with each one, since nothing is kept by the service."""

    system: str
    tools: Sequence[Block]
    messages: Sequence[Message]
    max_tokens: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the model said."""

    content: tuple[Block, ...]
    stop_reason: str  # "" when the service gave none
    usage: Usage = field(default_factory=Usage)
    explanation: str = ""  # the service's words beside a refusal
    malformed_calls: frozenset[str] = frozenset()  # ids of tool calls whose input was no complete JSON

    @property
    def calls(self) -> tuple[Block, ...]:
        return tuple(block for block in self.content if block["type"] == "tool_use")

    @property
    def text(self) -> str:
        return "\n".join(block["text"] for block in self.content if block["type"] == "text").strip()


class PromptTooLongError(Exception):
    """The service refused a request because its history does not fit the model's context."""


class BrokenAnswerError(Exception):
    """An answer broke off that has to be paid for; the request may be made again if the limits allow it."""


class OutOfTimeError(Exception):
    """The run's time was over before an answer was complete."""


class Model(Protocol):
    """Something that answers: the service, or a recorded run."""

    name: str  # as usage and progress show it

    def answer(self, request: Request) -> Answer:
        """The next answer, with faults of the service that pass already sat out.

        Raises BrokenAnswerError, PromptTooLongError, OutOfTimeError, and ModelError for what no further request can mend. Usage is
        counted by the model itself, since an answer that broke off costs money too.
        """

    def conversation(self, fingerprint: str, number: int) -> None:
        """A new conversation begins, the ``number``-th about this failure."""

    def close(self) -> None:
        """Let go of connections; the next answer opens them again."""


def with_breakpoints(system: str, messages: Sequence[Message]) -> tuple[list[Block], list[Message]]:
    """The system prompt and history with their cache breakpoints.

    One on the system prompt, which closes the prefix that all conversations share, and one each on
    the last two user messages: the newer is written by this request, the older was written by the
    one before and is read. (The service looks at most 20 blocks back for what it has; one answer
    with many tool calls exceeds that.)
    """
    marked = [{"type": "text", "text": system, "cache_control": EPHEMERAL}]
    latest = [number for number, message in enumerate(messages) if message["role"] == "user"][-2:]
    return marked, [_marked(message) if n in latest else message for n, message in enumerate(messages)]


def _marked(message: Message) -> Message:
    *blocks, last = message["content"]
    return {**message, "content": [*blocks, {**last, "cache_control": EPHEMERAL}]}
