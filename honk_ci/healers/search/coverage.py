"""What the traced tests ran, and how suspicious that makes each line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from pathlib import Path
from typing import Any

Place = tuple[str, int]  # path relative to the repository, line

CRASH_BONUS = 0.5  # innermost product frame of a traceback
FRAME_BONUS = 0.2  # the frames around it
CHANGED_BONUS = 0.3  # changed since the base


@dataclass(frozen=True, kw_only=True, slots=True)
class TracedTest:
    """One test as the tracing session saw it."""

    test: str  # pytest's node id
    path: str  # of the test file, absolute
    is_target: bool  # one of the failures to heal
    state: str  # "passed", "failed", "skipped", "timeout"
    cpu_s: float = 0.0
    lines: frozenset[Place] = frozenset()
    error: str = ""
    error_text: str = ""
    frames: tuple[Place, ...] = ()  # innermost first
    types: Mapping[Place, Mapping[str, frozenset[str]]] = field(default_factory=dict)  # by first line of function

    @property
    def is_failing_target(self) -> bool:
        return self.is_target and self.state in ("failed", "timeout")


def read_trace(results: Path, root: Path) -> tuple[TracedTest, ...]:
    """The tests that the session got to; a last line cut off by a kill is left out."""
    if not results.exists():
        return ()
    lines = results.read_text(encoding="utf-8").split("\n")
    return tuple(_traced(json.loads(line), root) for line in lines[:-1])


def suspicion(tests: Sequence[TracedTest], changed: frozenset[Place]) -> dict[Place, float]:
    """Ochiai's formula over lines, plus what the tracebacks and the last change say; 1 is the most.

    Lines that no failing test runs are not in it.
    """
    failing = [test for test in tests if test.is_failing_target]
    passing = [test for test in tests if test.state == "passed"]
    runs_failing, runs_passing = _counts(failing), _counts(passing)
    scores = {place: n / sqrt(len(failing) * (n + runs_passing.get(place, 0))) for place, n in runs_failing.items()}
    for test in failing:
        for depth, place in enumerate(test.frames):
            if place in scores:
                scores[place] += (CRASH_BONUS if depth == 0 else FRAME_BONUS) / len(failing)
    for place in changed & scores.keys():
        scores[place] += CHANGED_BONUS
    top = max(scores.values(), default=1.0)
    return {place: score / top for place, score in scores.items()}


def _counts(tests: Iterable[TracedTest]) -> dict[Place, int]:
    counts: dict[Place, int] = {}
    for test in tests:
        for place in test.lines:
            counts[place] = counts.get(place, 0) + 1
    return counts


def _traced(record: dict[str, Any], root: Path) -> TracedTest:
    prefix = f"{root}/"

    def relative(path: str) -> str:
        return path.removeprefix(prefix)

    return TracedTest(
        test=record["test"],
        path=record["path"],
        is_target=record["is_target"],
        state=record["state"],
        cpu_s=record.get("cpu_s", 0.0),
        lines=frozenset((relative(path), line) for path, lines in record.get("lines", {}).items() for line in lines),
        error=record.get("error", ""),
        error_text=record.get("error_text", ""),
        frames=tuple((relative(path), line) for path, line in record.get("frames", ())),
        types={
            (relative(path), line): {name: frozenset(kinds) for name, kinds in names.items()}
            for path, line, names in record.get("types", ())
        },
    )
