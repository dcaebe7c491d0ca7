"""First stage: runs each test in a fork of its own and notes which lines of the product it runs.

Failing tests come first, then the tests beside them, then the rest, for as long as time lasts.
Every result is one JSON line, so that nothing is lost when the run is cut short.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from . import items as tests
from .forks import Send, in_fork, limit_cpu

WALL_PER_CPU = 3.0
HANGS_FOLLOWED, HUNG_LIMIT_S = 2, 0.3  # tests that hang do so in the same place: few are worth the time
TYPES_PER_FUNCTION = 60  # returns looked at: types repeat soon


def run(session: Any, job: dict[str, Any]) -> None:
    deadline = time.monotonic() + job["budget_s"]
    targets = tests.matching(session.items, job["targets"])
    chosen = {item.nodeid for item in targets}
    near = {tests.path_of(item) for item in targets}
    others = [item for item in session.items if item.nodeid not in chosen]
    others.sort(key=lambda item: tests.path_of(item) not in near)
    with Path(job["results"]).open("w", encoding="utf-8") as results:
        hung = 0
        for item in [*targets, *others]:
            if time.monotonic() > deadline and (item.nodeid not in chosen or hung >= HANGS_FOLLOWED):
                break
            limit_s = job["test_limit_s"] if hung < HANGS_FOLLOWED else HUNG_LIMIT_S
            record = _traced(item, job, limit_s, is_target=item.nodeid in chosen)
            hung += record["state"] == "timeout"
            results.write(json.dumps(record) + "\n")
            results.flush()


def _traced(item: Any, job: dict[str, Any], cpu_s: float, *, is_target: bool) -> dict[str, Any]:
    record = {"test": item.nodeid, "path": tests.path_of(item), "is_target": is_target, "state": "timeout"}
    messages, _ = in_fork(
        lambda send: _trace_one(item, set(job["product"]), cpu_s, send, is_target), cpu_s * WALL_PER_CPU
    )
    for message in messages[:1]:
        record.update(message)
    return record


def _trace_one(item: Any, product: set[str], cpu_s: float, send: Send, is_target: bool) -> None:
    tracer = Tracer(product, with_types=is_target)
    crash = Crash(product)
    item.config.pluginmanager.register(crash)

    def give_up() -> None:
        sys.settrace(None)
        send({"state": "timeout", "lines": tracer.lines_run(), "types": tracer.types_seen(), "cpu_s": cpu_s})
        os._exit(0)

    limit_cpu(cpu_s, on_overtime=give_up)
    threading.settrace(tracer.on_call)
    sys.settrace(tracer.on_call)
    outcome = tests.run_item(item)
    sys.settrace(None)
    send(
        {
            "state": outcome.state,
            "lines": tracer.lines_run(),
            "types": tracer.types_seen(),
            "cpu_s": outcome.cpu_s,
            "error": crash.error,
            "error_text": crash.text,
            "frames": crash.frames,
        }
    )


class Tracer:
    """Notes lines run in product files, and what types the locals have when a function returns."""

    def __init__(self, product: set[str], *, with_types: bool) -> None:
        self._product = product
        self._with_types = with_types
        self._local: dict[str, Any] = {}  # file name in code objects -> its trace function, None if not product
        self._lines: dict[str, set[int]] = {}
        self._types: dict[tuple[str, int], dict[str, set[str]]] = {}
        self._returns: dict[tuple[str, int], int] = {}

    def on_call(self, frame: Any, _event: str, _argument: Any) -> Any:
        filename = frame.f_code.co_filename
        if filename not in self._local:
            path = os.path.realpath(filename)
            self._local[filename] = self._tracer_of(path) if path in self._product else None
        return self._local[filename]

    def lines_run(self) -> dict[str, list[int]]:
        return {path: sorted(lines) for path, lines in self._lines.items()}

    def types_seen(self) -> list[Any]:
        return [
            [path, line, {name: sorted(kinds) for name, kinds in names.items()}]
            for (path, line), names in self._types.items()
        ]

    def _tracer_of(self, path: str) -> Callable[[Any, str, Any], Any]:
        lines = self._lines.setdefault(path, set())
        add = lines.add

        def on_line(frame: Any, event: str, _argument: Any) -> Any:
            if event == "line":
                add(frame.f_lineno)
            elif event == "return" and self._with_types:
                self._note_types(path, frame)
            return on_line

        return on_line

    def _note_types(self, path: str, frame: Any) -> None:
        place = (path, frame.f_code.co_firstlineno)
        self._returns[place] = self._returns.get(place, 0) + 1
        if self._returns[place] <= TYPES_PER_FUNCTION:
            names = self._types.setdefault(place, {})
            for name, value in frame.f_locals.items():
                names.setdefault(name, set()).add(type(value).__name__)


class Crash:
    """Notes what the test died of, and the product frames on the way, innermost first."""

    def __init__(self, product: set[str]) -> None:
        self._product = product
        self.error = ""
        self.text = ""
        self.frames: list[Any] = []

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, call: Any) -> Any:
        yield  # pytest's unittest support puts the exception into ``call`` here
        if call.excinfo is None or self.error:
            return
        self.error = call.excinfo.type.__name__
        self.text = str(call.excinfo.value)[:500]
        entries = [(os.path.realpath(str(entry.path)), entry.lineno + 1) for entry in call.excinfo.traceback]
        self.frames = [[path, line] for path, line in reversed(entries) if path in self._product]
