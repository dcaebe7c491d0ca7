"""A recorded run as a model: the answers come from its transcript, without network or key.

What was asked is compared with what was asked then. What differs between machines and runs
(folders, durations, addresses, ids, dates) is no difference; anything else is reported, since the
recorded answers would be answers to another question.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from honk_ci.domain import Usage
from honk_ci.errors import ModelError
from honk_ci.healers.agent.exchange import Answer, Message, Request
from honk_ci.healers.agent.transcript import SCHEMA
from honk_ci.meter import Meter
from honk_ci.progress import Progress

_HINT = "replay needs the same commit, tests and honk-ci version as the recorded run"
_HARMLESS = (
    (re.compile(r"/(?:tmp|var/folders|private/tmp|private/var)/[^\s'\":,;)\]]*"), "{temporary}"),
    (re.compile(r"\b0x[0-9a-fA-F]+\b"), "{address}"),
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{7,64}\b"), "{id}"),
    (re.compile(r"\b\d+(?:\.\d+)? ?(?:ms|s|sec|secs|seconds?|minutes?)\b"), "{time}"),
    (re.compile(r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"), "{date}"),
    (re.compile(r"\$\d+\.\d+"), "{money}"),
    (re.compile(r"(duration_ms:? )\d+(?:\.\d+)?"), r"\1{time}"),
)


class Replay:
    """The model of a recorded run."""

    def __init__(self, path: Path, *, root: Path, meter: Meter, progress: Progress) -> None:
        """Raises ModelError when ``path`` cannot be read or is no transcript."""
        self._records = _conversations(_read(path))
        self._path = path
        run = next(_read(path))
        self.name = f"replay of {run['model']}"
        roots = sorted((str(run["root"]), str(root)), key=len, reverse=True)
        self._root = re.compile(rf"(?:{'|'.join(map(re.escape, roots))})(?![\w-])")
        self._meter = meter
        self._progress = progress
        self._current: Iterator[tuple[Mapping[str, Any], Answer]] = iter(())
        self._history: list[Message] = []

    def conversation(self, fingerprint: str, number: int) -> None:
        start, exchanges = next(self._records, (None, ()))
        if start is None:
            raise ModelError(f"{self._path} holds no further conversation", hint=_HINT)
        if start["fingerprint"] != fingerprint or start["number"] != number:
            raise ModelError(
                f"{self._path} goes on with attempt {start['number']} at failure {start['fingerprint']}, "
                f"this run with attempt {number} at failure {fingerprint}",
                hint=_HINT,
            )
        self._current, self._history = iter(exchanges), []

    def close(self) -> None:
        """There is no connection."""

    def answer(self, request: Request) -> Answer:
        recorded, answer = next(self._current, (None, None))
        if recorded is None or answer is None:
            raise ModelError(f"{self._path} ends before this run does: it holds no further answer", hint=_HINT)
        self._compare(recorded, request)
        usage = replace(answer.usage, model=self.name, requests=1, cost_usd=0.0)  # nothing is paid for a replay
        self._meter.spend(usage)
        self._progress.spent(self._meter.usage)
        return replace(answer, usage=usage)

    def _compare(self, recorded: Mapping[str, Any], request: Request) -> None:
        self._history = [*self._history[: recorded["from"]], *recorded["messages"]]
        if "system" in recorded:
            self._differ("the system prompt", recorded["system"], request.system)
            self._differ("the tools", json.dumps(recorded["tools"]), json.dumps(list(request.tools)))
        if len(self._history) != len(request.messages):
            what = f"{len(request.messages)} messages are sent where {len(self._history)} were recorded"
            raise ModelError(f"this run differs from the transcript: {what}", hint=f"{_HINT} ({self._path})")
        for number, (old, new) in enumerate(zip(self._history, request.messages, strict=True), 1):
            if old["role"] == "user":
                self._differ(f"message {number}", _text(old["content"]), _text(new["content"]))

    def _differ(self, what: str, recorded: str, now: str) -> None:
        old, new = self._normal(recorded), self._normal(now)
        if old == new:
            return
        at = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
        start = max(0, at - 30)
        raise ModelError(
            f"{what} differs from the transcript: recorded {old[start : at + 30]!r}, now {new[start : at + 30]!r}",
            hint=f"{_HINT} ({self._path})",
        )

    def _normal(self, text: str) -> str:
        text = self._root.sub("{root}", text)
        for pattern, stand_in in _HARMLESS:
            text = pattern.sub(stand_in, text)
        return " ".join(text.split())


def _read(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ModelError(f"the transcript {path} cannot be read: {error.strerror}", hint="replay:FILE") from error
    records = [record for line in lines if (record := _record(line)) is not None]
    if not records or records[0].get("schema") != SCHEMA:
        raise ModelError(f"{path} is no transcript of honk-ci", hint="its first line names the schema " + SCHEMA)
    return iter(records)


def _record(line: str) -> dict[str, Any] | None:
    """One record; None for a line that a kill cut short."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def _conversations(
    records: Iterator[dict[str, Any]],
) -> Iterator[tuple[dict[str, Any], list[tuple[Mapping[str, Any], Answer]]]]:
    """Each conversation's start with its requests and answers; unanswered requests are left out."""
    found: list[tuple[dict[str, Any], list[tuple[Mapping[str, Any], Answer]]]] = []
    request: Mapping[str, Any] | None = None
    for record in records:
        match record["kind"]:
            case "conversation":
                found.append((record, []))
            case "request":
                request = record
            case "answer" if request is not None and found:
                found[-1][1].append((request, _answer(record)))
    return iter(found)


def _answer(record: Mapping[str, Any]) -> Answer:
    return Answer(
        content=tuple(record["content"]),
        stop_reason=record["stop_reason"],
        usage=Usage(**record["usage"]),
        explanation=record["explanation"],
        malformed_calls=frozenset(record["malformed_calls"]),
    )


def _text(content: Sequence[Mapping[str, Any]]) -> str:
    """What a user message says; the ids that tie results to calls are recorded with the answers."""
    return "\n".join(str(block.get("text") or block.get("content") or "") for block in content)
