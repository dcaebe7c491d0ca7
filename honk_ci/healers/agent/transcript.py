"""The agent's exchange with its model as JSON lines, written as it happens.

Each line is one record with a ``kind``: ``run``, then for each conversation ``conversation`` and,
in turn, ``request`` (the messages that are new since the last one, the first time with system
prompt and tools), ``fault`` and ``answer``, and ``end``. A line is on disk before the next thing
happens, so that a killed run leaves all but its last moment. Secrets are taken out of every text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import honk_ci
from honk_ci.healers.agent.exchange import Answer, Message, Model, Request

SCHEMA = "honk-ci/transcript/1"


class Transcript:
    """One file of records; it is opened anew for each, since records are rare and runs get killed."""

    def __init__(
        self,
        path: Path,
        *,
        redact: Callable[[str], str],
        on_fault: Callable[[str], None],
        root: Path,
        commit: str,
        model: str,
    ) -> None:
        self.path = path
        self.fault = ""
        self._redact = redact
        self._on_fault = on_fault
        run = {"schema": SCHEMA, "honk": honk_ci.__version__, "model": model, "root": str(root), "commit": commit}
        self.write("run", **run)

    def write(self, kind: str, **fields: Any) -> None:
        """Add one record. A disk that is full must not end a healing: then ``fault`` says so once."""
        record = redacted({"kind": kind, **fields}, self._redact)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self.path.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(json.dumps(record, ensure_ascii=False, default=str) + "\n")
        except OSError as error:
            if not self.fault:
                self.fault = f"the transcript cannot be written: {error.strerror}"
                self._on_fault(self.fault)


class Recorded:
    """A model whose every exchange goes into a transcript."""

    def __init__(self, model: Model, transcript: Transcript) -> None:
        self.name = model.name
        self._model = model
        self._transcript = transcript
        self._sent: list[Message] = []

    def conversation(self, fingerprint: str, number: int) -> None:
        self._sent = []
        self._transcript.write("conversation", fingerprint=fingerprint, number=number)
        self._model.conversation(fingerprint, number)

    def close(self) -> None:
        self._model.close()

    def answer(self, request: Request) -> Answer:
        self._write_request(request)
        answer = self._model.answer(request)
        self._transcript.write(
            "answer",
            content=list(answer.content),
            stop_reason=answer.stop_reason,
            explanation=answer.explanation,
            malformed_calls=sorted(answer.malformed_calls),
            usage=asdict(answer.usage),
        )
        return answer

    def _write_request(self, request: Request) -> None:
        start = first_difference(self._sent, request.messages)
        fields: dict[str, Any] = {"from": start, "messages": list(request.messages[start:])}
        if not self._sent:
            fields |= {"system": request.system, "tools": list(request.tools)}
        self._transcript.write("request", max_tokens=request.max_tokens, **fields)
        self._sent = list(request.messages)


def first_difference(old: list[Message], new: Any) -> int:
    """The number of messages that both histories begin with."""
    return next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))


def redacted(value: Any, redact: Callable[[str], str]) -> Any:
    """``value`` with every text in it redacted."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {key: redacted(item, redact) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(item, redact) for item in value]
    return value
