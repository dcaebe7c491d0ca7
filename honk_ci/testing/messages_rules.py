"""What the real Messages API refuses, so that a protocol mistake fails a test here and not a user's run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

MOST_BREAKPOINTS = 4


def complaint(body: Mapping[str, Any]) -> str:
    """What is wrong with a request, in the words of its 400; "" when nothing is."""
    return next(_complaints(body), "")


def _complaints(body: Mapping[str, Any]) -> Iterator[str]:
    for name in ("model", "max_tokens", "messages"):
        if name not in body:
            yield f"{name}: Field required"
    if not isinstance(body.get("max_tokens"), int) or body["max_tokens"] < 1:
        yield "max_tokens: Input should be greater than or equal to 1"
    if not body.get("messages"):
        yield "messages: at least one message is required"
        return
    if body.get("tool_choice", {}).get("type") in {"any", "tool"}:
        yield "tool_choice: forced tool use is not supported for this model"
    if _breakpoints(body) > MOST_BREAKPOINTS:
        yield f"A maximum of {MOST_BREAKPOINTS} blocks with cache_control may be provided."
    yield from _tool_complaints(body.get("tools") or [])
    yield from _message_complaints(body["messages"])
    yield from _thinking_complaints(body)


def _tool_complaints(tools: list[Any]) -> Iterator[str]:
    names = [tool.get("name") for tool in tools]
    if len(names) != len(set(names)):
        yield "tools: Tool names must be unique."
    for number, tool in enumerate(tools):
        if tool.get("input_schema", {}).get("type") != "object":
            yield f"tools.{number}.custom.input_schema.type: Field required"


def _message_complaints(messages: list[Any]) -> Iterator[str]:
    if messages[0]["role"] != "user":
        yield 'messages: first message must use the "user" role'
    pending: set[str] = set()
    before = ""
    for number, message in enumerate(messages):
        if message["role"] == before:
            yield f'messages.{number}: roles must alternate between "user" and "assistant"'
        before = message["role"]
        blocks = content_blocks(message)
        if not blocks and number < len(messages) - 1:
            yield f"messages.{number}: all messages must have non-empty content"
        if blocks and "thinking" in blocks[-1]["type"]:
            yield f"messages.{number}: The final block in an assistant message cannot be `thinking`."
        yield from _block_complaints(number, blocks)
        yield from _result_complaints(number, blocks, pending)
        pending = {block["id"] for block in blocks if block["type"] == "tool_use"}
    if pending:
        yield f"messages.{len(messages)}: `tool_use` ids were found without `tool_result` blocks: {sorted(pending)}"


def _block_complaints(number: int, blocks: list[dict[str, Any]]) -> Iterator[str]:
    for at, block in enumerate(blocks):
        if block["type"] == "text" and not block["text"].strip():
            yield f"messages.{number}.content.{at}: text content blocks must contain non-whitespace text"


def _result_complaints(number: int, blocks: list[dict[str, Any]], pending: set[str]) -> Iterator[str]:
    answered = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
    if len(answered) != len(set(answered)):
        yield f"messages.{number}: each tool_use must have a single result"
    if missing := pending - set(answered):
        yield f"messages.{number}: `tool_use` ids were found without `tool_result` blocks: {sorted(missing)}"
    if strange := set(answered) - pending:
        yield f"messages.{number}: unexpected `tool_use_id` found in `tool_result` blocks: {sorted(strange)}"
    kinds = [block["type"] == "tool_result" for block in blocks]
    if answered and kinds != sorted(kinds, reverse=True):
        yield f"messages.{number}: tool_result blocks must come first in the content"


def _thinking_complaints(body: Mapping[str, Any]) -> Iterator[str]:
    for number, message in enumerate(body["messages"]):
        for at, block in enumerate(content_blocks(message)):
            if block["type"] == "thinking" and block.get("signature") != signature(body, number, at):
                yield (
                    f"messages.{number}.content.{at}: Invalid `signature` in `thinking` block. "
                    "The block is bound to a different conversation."
                )


def signature(body: Mapping[str, Any], number: int, at: int = 0) -> str:
    """The signature of a thinking block, the ``at``-th of message ``number``: it holds for that history alone.

    Since the 5.5 models the service refuses thinking blocks once anything before them has changed.
    What counts is the order of blocks: an answer that goes on after a pause is one turn with its start.
    """
    messages = [{"role": "system", "content": body.get("system") or ""}, *body["messages"]][: number + 2]
    blocks = [[m["role"], _without_breakpoint(block)] for m in messages[: number + 1] for block in content_blocks(m)]
    if at:
        blocks += [[messages[-1]["role"], _without_breakpoint(b)] for b in content_blocks(messages[-1])[:at]]
    return hashlib.sha256(json.dumps(blocks, sort_keys=True).encode()).hexdigest()[:32]


def _without_breakpoint(block: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in block.items() if key != "cache_control"}


def content_blocks(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def _breakpoints(body: Mapping[str, Any]) -> int:
    system = body.get("system") or []
    blocks = [*(body.get("tools") or []), *(system if isinstance(system, list) else [])]
    for message in body["messages"]:
        blocks.extend(content_blocks(message))
    return sum("cache_control" in block for block in blocks) + ("cache_control" in body)
