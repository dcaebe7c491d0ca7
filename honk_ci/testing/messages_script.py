"""What a scripted Messages API answers: one ``Reply`` a request, as values or as JSON.

A script is a JSON list; each entry is one answer::

    {"text": "…", "calls": [{"name": "edit", "input": {…}}], "stop_reason": "tool_use"}
    {"error": {"status": 429, "type": "rate_limit_error", "message": "…"}, "headers": {"retry-after": "1"}}
    {"text": "…", "break_after": 3, "break_how": "cut"}

``raw_input`` instead of ``input`` gives the literal text of a tool call's JSON, well formed or not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

BreakHow = Literal["cut", "end", "error"]
ERROR_TYPES = {
    400: "invalid_request_error", 401: "authentication_error", 402: "billing_error", 403: "permission_error",
    404: "not_found_error", 413: "request_too_large", 429: "rate_limit_error", 500: "api_error",
    503: "api_error", 504: "timeout_error", 529: "overloaded_error",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One tool call; ``raw_input`` replaces the JSON of ``input`` with any text."""

    name: str
    input: Mapping[str, Any] = field(default_factory=dict)
    raw_input: str | None = None

    @property
    def json(self) -> str:
        return self.raw_input if self.raw_input is not None else json.dumps(self.input)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """One answer of the service: a message, or an error when ``status`` is not 200."""

    text: str = ""
    thinking: str | None = None  # "" gives a block without text, as models send by default
    calls: Sequence[Call] = ()
    stop_reason: str = ""  # default: tool_use with calls, else end_turn
    stop_details: Mapping[str, Any] | None = None
    status: int = 200
    error_type: str = ""  # default: what the service says with that status
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0  # before the answer begins
    break_after: int | None = None  # events of the stream that are sent before it breaks off
    break_how: BreakHow = "cut"  # cut the connection, end it in good order, or send an error event
    usage: Mapping[str, int] | None = None  # instead of the simulated figures

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Self:
        """Read one entry of a script; ValueError when it has a key that is not known."""
        fields = dict(entry)
        error = fields.pop("error", None)
        if error is not None:
            status = int(error["status"])
            fields |= {"status": status, "error_type": error.get("type", ""), "message": error.get("message", "")}
        fields["calls"] = tuple(Call(**call) for call in fields.get("calls", ()))
        unknown = fields.keys() - set(cls.__slots__)
        if unknown:
            raise ValueError(f"a script entry has no key {', '.join(sorted(unknown))}")
        return cls(**fields)

    @property
    def final_stop_reason(self) -> str:
        return self.stop_reason or ("tool_use" if self.calls else "end_turn")


def call(name: str, **arguments: Any) -> Reply:
    """The commonest answer: one tool call and nothing else."""
    return Reply(calls=(Call(name=name, input=arguments),))


def error(status: int, message: str = "", **headers: str) -> Reply:
    """An error answer; ``retry_after="1"`` becomes the header ``retry-after``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, message=message, headers=named)


def error_body(reply: Reply) -> dict[str, Any]:
    kind = reply.error_type or ERROR_TYPES.get(reply.status, "api_error")
    words = reply.message or kind.replace("_", " ")
    return {"type": "error", "error": {"type": kind, "message": words}, "request_id": "req_scripted"}


def blocks_of(reply: Reply, first_id: int, *, signature: str) -> list[dict[str, Any]]:
    """The content blocks of an answer; tool calls are numbered from ``first_id``."""
    blocks: list[dict[str, Any]] = []
    if reply.thinking is not None:
        blocks.append({"type": "thinking", "thinking": reply.thinking, "signature": signature})
    if reply.text:
        blocks.append({"type": "text", "text": reply.text})
    for number, one in enumerate(reply.calls, first_id):
        blocks.append({"type": "tool_use", "id": f"toolu_{number:06d}", "name": one.name, "input": one.input})
    return blocks


Event = tuple[str, dict[str, Any]]


def events_of(message: Mapping[str, Any], reply: Reply) -> list[Event]:
    """The server-sent events that carry ``message``."""
    start = {**message, "content": [], "stop_reason": None, "usage": {**message["usage"], "output_tokens": 1}}
    events: list[Event] = [("message_start", {"message": start})]
    raw = iter([one.json for one in reply.calls])
    for index, block in enumerate(message["content"]):
        events.extend(_block_events(index, block, raw_input=next(raw) if block["type"] == "tool_use" else ""))
    stop = {key: message[key] for key in ("stop_reason", "stop_sequence", "stop_details")}
    events.append(("message_delta", {"delta": stop, "usage": message["usage"]}))
    events.append(("message_stop", {}))
    return [(name, {"type": name, **data}) for name, data in events]


def _block_events(index: int, block: Mapping[str, Any], *, raw_input: str) -> list[Event]:
    kind = block["type"]
    empty: dict[str, Any]
    if kind == "text":
        empty, deltas = {"type": "text", "text": ""}, [{"type": "text_delta", "text": block["text"]}]
    elif kind == "thinking":
        empty = {"type": "thinking", "thinking": "", "signature": ""}
        deltas = [{"type": "thinking_delta", "thinking": block["thinking"]}] if block["thinking"] else []
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
    else:
        empty = {**block, "input": {}}
        deltas = [{"type": "input_json_delta", "partial_json": part} for part in _halves(raw_input)]
    return [
        ("content_block_start", {"index": index, "content_block": empty}),
        *[("content_block_delta", {"index": index, "delta": delta}) for delta in deltas],
        ("content_block_stop", {"index": index}),
    ]


def _halves(text: str) -> list[str]:
    """In two parts, as a stream may cut anywhere."""
    middle = len(text) // 2
    return [part for part in (text[:middle], text[middle:]) if part]
