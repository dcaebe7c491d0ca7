"""Second stage: tries edits, the likeliest first, each in a fork of the collected session.

A candidate first runs the failing tests, quickest first, under a tight limit; the few that turn
them all green then run, in a fresh fork and in the project's order, every chosen test. After the
first that holds the search goes on for a while: rivals tell how much its green is worth.
"""

from __future__ import annotations

import gc
import json
import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from . import items as tests
from .behaviour import Comparison
from .forks import Send, in_fork, limit_cpu, unlimit_cpu
from .guard import Guard
from .state import SharedState
from .swap import Compiled, LiveFunctions, Unit, part_of, take_back

WALL_PER_CPU = 3.0
WALL_FLOOR_S = 1.0
TIGHT_FACTOR, TIGHT_FLOOR_S = 6.0, 0.03  # x the test's own time; candidates that loop are many
LOOSE_FACTOR, LOOSE_FLOOR_S = 10.0, 1.0  # of the second chance, x the tight limit
HANGS_RUN = 2
CONTROL_SHARE = 0.15  # of the time, at most, for the passing tests on the code as it is
COMPARE_WALL_S = 20.0
COMPARE_TEST_S = 1.0  # CPU of one test with our eyes on its calls
MOST_COMPARED = 16  # edits of one function; the first found are the likeliest
RED_RUN = 6  # failing tests whose calls are looked at
RIVAL_SECONDS, RIVAL_CANDIDATES, RIVAL_COUNT = 3.0, 3000, 24
LEAST_RIVAL_CANDIDATES = 800
USUAL_CPU_S = 0.005
BATCH = 25  # edits tried in one fork


def run(session: Any, job: dict[str, Any]) -> None:
    with Path(job["results"]).open("w", encoding="utf-8") as results:
        Evaluation(session, job, results).run()


class Evaluation:
    """One run over all candidates."""

    def __init__(self, session: Any, job: dict[str, Any], results: TextIO) -> None:
        by_id = {item.nodeid: item for item in session.items}
        self._started: float = time.monotonic()
        self._deadline: float = self._started + job["budget_s"]
        self._test_limit_s: float = job["test_limit_s"]
        self._results = results
        self._candidates: list[dict[str, Any]] = job["candidates"]
        self._failing = [by_id[name] for name in job["failing"] if name in by_id]
        self._hanging: list[str] = job["hanging"]
        wanted = {*job["failing"], *job["passing"]}
        self._all = [item for item in session.items if item.nodeid in wanted]
        self._covering: list[list[str]] = job["covering"]  # of each unit: ids of the passing tests that run it
        tests.without_tracebacks(self._all)
        live = LiveFunctions()
        self._paths = {unit["path"] for unit in job["units"]}
        self._units = [Unit(unit, Path(unit["path"]).read_bytes(), live) for unit in job["units"]]
        self._cpu_s: dict[str, float] = {}
        self._allowed: set[str] = set()
        self._steady: set[str] = set()
        self._seen: set[tuple[int, bytes]] = set()
        self._late: list[dict[str, Any]] = []
        self._plausible: list[dict[str, Any]] = []
        self._tried = 0
        self._first_at: tuple[float, int] | None = None

    def run(self) -> None:
        gc.collect()
        gc.freeze()  # else every collection in a child copies every page
        self._control()
        if self._failing:
            self._state = SharedState(self._failing, {*self._paths, *map(tests.path_of, self._failing)})
            self._batch_size = BATCH if self._state.can_be_watched else 1
            why = self._search()
            self._say(kind="done", why=why, tried=self._tried, seconds=time.monotonic() - self._started)
            self._compare()

    # --- the code as it is -----------------------------------------------------------------------

    def _control(self) -> None:
        """What fails and what holds here, how long it takes, and what it does to the outside."""
        covering = {name for names in self._covering for name in names}
        others = [item for item in self._all if item.nodeid in covering]
        limit_s = max(self._test_limit_s, CONTROL_SHARE * (self._deadline - self._started))
        messages, _ = in_fork(lambda send: self._run_in_order(others, limit_s, send), limit_s * WALL_PER_CPU)
        for message in messages:
            if "deeds" in message:
                self._allowed.update(message["deeds"])
            elif message["state"] == tests.PASSED:
                self._steady.add(message["test"])
                self._cpu_s[message["test"]] = message["cpu_s"]
        assumed = self._hanging[HANGS_RUN:]  # what is slow under a tracer may yet end, but a loop costs its full time
        self._failing = [item for item in self._failing if item.nodeid in assumed or self._fails_alone(item)]
        self._cpu_s.update(dict.fromkeys(assumed, self._usual_cpu_s()))
        self._failing.sort(key=lambda item: self._cpu_s[item.nodeid])
        self._say(kind="control", failing=[item.nodeid for item in self._failing], steady=sorted(self._steady))

    def _fails_alone(self, item: Any) -> bool:
        limit_s = self._test_limit_s
        messages, _ = in_fork(lambda send: self._run_in_order([item], limit_s, send), limit_s * WALL_PER_CPU)
        states = [message for message in messages if "state" in message]
        came_to_end = bool(states) and states[0]["cpu_s"] < 0.9 * limit_s
        self._cpu_s[item.nodeid] = states[0]["cpu_s"] if came_to_end else self._usual_cpu_s()
        for message in messages:
            self._allowed.update(message.get("deeds", ()))
        return not states or states[0]["state"] == tests.FAILED

    def _usual_cpu_s(self) -> float:
        """What to expect of a test whose own time nobody knows, since it hangs."""
        known = sorted(self._cpu_s.values())
        return known[len(known) // 2] if known else USUAL_CPU_S

    def _run_in_order(self, items: list[Any], limit_s: float, send: Send) -> None:
        guard = Guard(allowed=None)
        guard.start()

        def report_deeds() -> None:
            send({"deeds": sorted(guard.deeds)})

        limit_cpu(limit_s, on_overtime=report_deeds)
        for item, nextitem in zip(items, [*items[1:], None]):  # noqa: B905 (strict= is 3.10+)
            outcome = tests.run_item(item, nextitem)
            send({"test": item.nodeid, "state": outcome.state, "cpu_s": outcome.cpu_s})
        report_deeds()

    # --- with an edit ----------------------------------------------------------------------------

    def _search(self) -> str:
        for factor in (1.0, LOOSE_FACTOR):
            todo, self._late = iter(self._candidates if factor == 1.0 else self._late), []
            while batch := self._next_batch(todo, is_first=factor == 1.0):
                while batch:
                    why = self._reason_to_stop()
                    if why:
                        return why
                    batch = batch[self._try(batch, factor) :]
        return "all tried"

    def _reason_to_stop(self) -> str:
        now = time.monotonic()
        if now > self._deadline:
            return "out of time"
        if self._first_at is not None:
            first_s, first_tried = self._first_at
            spent_s, tried = now - self._started, self._tried - first_tried
            if len(self._plausible) >= RIVAL_COUNT or tried > RIVAL_CANDIDATES:
                return "enough rivals"
            least_s, most_s = max(2 * first_s, first_s + RIVAL_SECONDS), max(3 * first_s, first_s + 4 * RIVAL_SECONDS)
            if spent_s > (least_s if tried > LEAST_RIVAL_CANDIDATES else most_s):
                return "enough rivals"
        return ""

    def _next_batch(self, todo: Iterator[dict[str, Any]], *, is_first: bool) -> list[tuple[dict[str, Any], Compiled]]:
        """Edits that compile, each byte code once."""
        batch: list[tuple[dict[str, Any], Compiled]] = []
        for candidate in todo:
            number: int = candidate["unit"]
            compiled = self._units[number].compiled(candidate["edits"])
            if compiled is None:
                continue
            digest = (number, compiled.digest())
            if is_first and digest in self._seen and not candidate["defaults"]:
                continue
            self._seen.add(digest)
            batch.append((candidate, compiled))
            if len(batch) == self._batch_size:
                break
        return batch

    def _try(self, batch: list[tuple[dict[str, Any], Compiled]], factor: float) -> int:
        """Screen edits in one fork for as long as that is sound; how many of them are done."""
        floor_s = TIGHT_FLOOR_S if factor == 1.0 else LOOSE_FLOOR_S
        limits = [max(floor_s, factor * TIGHT_FACTOR * self._cpu_s[item.nodeid]) for item in self._failing]
        wall_s = self._wall(sum(limits) + len(batch) * limits[0])
        states, came_to_end = in_fork(lambda send: self._screen(batch, limits, send), wall_s)
        if not came_to_end and not (states and states[-1] == "late"):
            states.append("late")
        for (candidate, compiled), state in zip(batch, states):  # noqa: B905 (the fork may end early)
            self._tried += 1
            if state == "late" and factor == 1.0:
                self._late.append(candidate)
            elif state == "green" and self._holds(candidate, compiled):
                self._plausible.append(candidate)
                self._first_at = self._first_at or (time.monotonic() - self._started, self._tried)
        return len(states)

    def _screen(self, batch: list[tuple[dict[str, Any], Compiled]], limits: list[float], send: Send) -> None:
        guard = Guard(allowed=self._allowed)
        guard.start()
        for candidate, compiled in batch:
            unit = self._units[candidate["unit"]]
            undo = unit.put_in_force(compiled, with_defaults=candidate["defaults"])
            state = self._screened(limits, send)
            unlimit_cpu()
            take_back(undo)
            send("red" if guard.was_needed else state)
            if state == "green" or guard.was_needed or not self._state.untouched():
                return

    def _screened(self, limits: list[float], send: Send) -> str:
        def too_late() -> None:
            send("late")
            os._exit(0)

        if self._batch_size > 1:
            self._state.renew_parameters()
        for item, limit in zip(self._failing, limits):  # noqa: B905
            limit_cpu(limit, on_overtime=too_late)
            if tests.run_item(item).state != tests.PASSED:
                return "red"
        return "green"

    def _holds(self, candidate: dict[str, Any], compiled: Compiled) -> bool:
        """Whether all chosen tests that pass without the edit, and the failing ones, pass with it."""
        chosen = self._chosen(candidate["unit"])
        limit = 1.0 + TIGHT_FACTOR * sum(self._cpu_s[item.nodeid] for item in chosen)

        def work(send: Send) -> None:
            guard = self._put_in_force(candidate, compiled)
            limit_cpu(limit)
            for item, nextitem in zip(chosen, [*chosen[1:], None]):  # noqa: B905
                if tests.run_item(item, nextitem).state != tests.PASSED or guard.was_needed:
                    send({"broken": item.nodeid})
                    return
            send({"held": len(chosen)})

        messages, _ = in_fork(work, self._wall(limit))
        verdict = messages[0] if messages else {"broken": "a limit"}
        if "held" in verdict:
            self._say(kind="plausible", id=candidate["id"], unit=candidate["unit"], tests=verdict["held"])
            return True
        self._say(kind="refuted", id=candidate["id"], by=verdict["broken"])
        return False

    def _chosen(self, unit: int) -> list[Any]:
        names = {*self._covering[unit]} & self._steady | {item.nodeid for item in self._failing}
        return [item for item in self._all if item.nodeid in names]

    def _put_in_force(self, candidate: dict[str, Any], compiled: Compiled) -> Guard:
        self._units[candidate["unit"]].put_in_force(compiled, with_defaults=candidate["defaults"])
        guard = Guard(allowed=self._allowed)
        guard.start()
        return guard

    def _wall(self, cpu_s: float) -> float:
        return min(WALL_FLOOR_S + WALL_PER_CPU * cpu_s, max(WALL_FLOOR_S, self._deadline - time.monotonic()))

    # --- how the plausible ones differ -----------------------------------------------------------

    def _compare(self) -> None:
        """Put each plausible edit to inputs like those of the tests; the answers are compared in honk."""
        for number in dict.fromkeys(candidate["unit"] for candidate in self._plausible):
            group = [candidate for candidate in self._plausible if candidate["unit"] == number][:MOST_COMPARED]
            items = self._chosen(number)
            messages, _ = in_fork(lambda send, n=number, g=group: self._compare_unit(n, g, send), COMPARE_WALL_S)  # type: ignore[misc]
            for message in messages:
                self._say(kind="answers", unit=number, tests=len(items), **message)

    def _compare_unit(self, number: int, group: list[dict[str, Any]], send: Send) -> None:
        unit = self._units[number]
        edits: dict[str, Any] = {}
        for candidate in group:
            compiled = unit.compiled(candidate["edits"])
            assert compiled is not None  # it has been in force already
            edits[str(candidate["id"])] = compiled, partial(self._put_in_force, candidate, compiled)
        place = unit.changed_part([compiled for compiled, _ in edits.values()])
        codes = {name: (part_of(compiled.code, place), put) for name, (compiled, put) in edits.items()}
        red = [item for item in self._chosen(number) if item in self._failing]
        green = [item for item in self._chosen(number) if item not in self._failing]
        Comparison(part_of(unit.functions[0].__code__, place), codes, send).run(
            [*red[:RED_RUN], *green], test_limit_s=COMPARE_TEST_S
        )

    def _say(self, **message: Any) -> None:
        self._results.write(json.dumps(message) + "\n")
        self._results.flush()
