"""Token counts of the scripted Messages API, with its prompt cache.

As the service documents it: an entry is written at each block that carries ``cache_control``, and
a request reads the longest entry found at one of its own breakpoints or up to 20 blocks before.
Four characters count as one token; the least size of an entry and its time to live are left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from honk_ci.testing.messages_rules import content_blocks

CHARS_PER_TOKEN = 4
LOOK_BACK = 20


class Cache:
    """The entries of one server."""

    def __init__(self) -> None:
        self._entries: set[str] = set()

    def usage(self, body: Mapping[str, Any], output_chars: int) -> dict[str, int]:
        """The usage figures of an answer to ``body``, which is then in the cache."""
        prefixes, breakpoints = _prefixes(body)
        read = max((self._longest_hit(prefixes, at) for at in breakpoints), default=0)
        written = max((len(prefixes[at]) for at in breakpoints), default=0)
        self._entries.update(prefixes[at] for at in breakpoints)
        whole = len(prefixes[-1])
        return {
            "input_tokens": (whole - max(written, read)) // CHARS_PER_TOKEN,
            "cache_read_input_tokens": read // CHARS_PER_TOKEN,
            "cache_creation_input_tokens": max(0, written - read) // CHARS_PER_TOKEN,
            "output_tokens": max(1, output_chars // CHARS_PER_TOKEN),
        }

    def _longest_hit(self, prefixes: list[str], at: int) -> int:
        for index in range(at, max(-1, at - LOOK_BACK), -1):
            if prefixes[index] in self._entries:
                return len(prefixes[index])
        return 0


def _prefixes(body: Mapping[str, Any]) -> tuple[list[str], list[int]]:
    """The prompt up to each block, and the numbers of the blocks with a breakpoint."""
    system = body.get("system") or []
    blocks: list[Mapping[str, Any]] = list(body.get("tools") or [])
    blocks.extend([{"type": "text", "text": system}] if isinstance(system, str) else system)
    for message in body["messages"]:
        blocks.extend({**block, "role": message["role"]} for block in content_blocks(message))
    prefixes, text = [], ""
    for block in blocks:
        kept = {key: value for key, value in block.items() if key != "cache_control"}
        text += json.dumps(kept, ensure_ascii=False)
        prefixes.append(text)
    breakpoints = [number for number, block in enumerate(blocks) if "cache_control" in block]
    if "cache_control" in body:
        breakpoints.append(len(blocks) - 1)
    return prefixes, breakpoints
