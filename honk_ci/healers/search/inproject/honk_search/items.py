"""Collected tests: which are meant by a report's names, and one of them run to its outcome."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from _pytest.runner import runtestprotocol

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


class FailureCounter:
    """Counts failures that are only logged, as those of subtests are."""

    def __init__(self) -> None:
        self.failures = 0

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.failures += bool(report.failed)


class Outcome:
    """How one test ended, and what it took."""

    def __init__(self, state: str, cpu_s: float, wall_s: float) -> None:
        self.state = state
        self.cpu_s = cpu_s
        self.wall_s = wall_s


def run_item(item: Any, nextitem: Any = None) -> Outcome:
    """Run one test through pytest's own protocol."""
    counter = FailureCounter()
    item.config.pluginmanager.register(counter)
    cpu, wall = time.process_time(), time.monotonic()
    try:
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    finally:
        item.config.pluginmanager.unregister(counter)
    states = {report.outcome for report in reports}
    state = FAILED if FAILED in states or counter.failures else SKIPPED if SKIPPED in states else PASSED
    return Outcome(state, time.process_time() - cpu, time.monotonic() - wall)


def without_tracebacks(items: list[Any]) -> None:
    """Let failures of these items go unworded: nobody reads them, and wording takes most of a small test's time."""
    for item in items:
        item.repr_failure = _unworded
        item._repr_failure_py = _unworded  # noqa: SLF001 (what pytest itself calls for set-up and teardown)


def _unworded(*_arguments: Any, **_keywords: Any) -> str:
    return ""


def key_of(item: Any) -> str:
    """The test's name in a JUnit report: ``classname::name``, as pytest's own reporter writes it."""
    node_id: str = item.nodeid
    path, bracket, parameters = node_id.partition("[")
    names = path.split("::")
    names[0] = re.sub(r"\.py$", "", names[0].replace("/", "."))
    names[-1] += bracket + parameters
    return ".".join(names[:-1]) + "::" + names[-1]


def matching(items: list[Any], keys: list[str]) -> list[Any]:
    """The items that the keys of a report mean.

    A report may come from a run in another folder or with a prefix, so where the whole name is not
    found the same name in a class or module of the same name counts, and then the name alone.
    """
    found: dict[str, Any] = {}
    for key in keys:
        for same in (_equal, _same_tail, _same_name):
            hits = [item for item in items if same(key_of(item), key)]
            found.update({item.nodeid: item for item in hits})
            if hits:
                break
    return list(found.values())


def path_of(item: Any) -> str:
    """The test file, absolute."""
    return str(Path(item.fspath))


def _equal(one: str, other: str) -> bool:
    return one == other


def _same_tail(one: str, other: str) -> bool:
    class_one, _, name_one = one.rpartition("::")
    class_other, _, name_other = other.rpartition("::")
    if name_one != name_other or not class_one or not class_other:
        return False
    return f".{class_one}".endswith(f".{class_other}") or f".{class_other}".endswith(f".{class_one}")


def _same_name(one: str, other: str) -> bool:
    return one.rpartition("::")[2] == other.rpartition("::")[2]
