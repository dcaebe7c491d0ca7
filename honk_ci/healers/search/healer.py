"""Repair of Python by search: single edits of suspicious lines, tried against the tests, no model.

Trace the tests, rank the lines, try edits the likeliest first, and weigh what turns the tests
green by how many rivals it has and whether they behave alike.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from honk_ci.domain import Candidate, Cause
from honk_ci.healers.interface import HealCase
from honk_ci.patch import Patch
from honk_ci.paths import is_test_path
from honk_ci.text import plural
from honk_ci.workspaces.interface import Workspace

if TYPE_CHECKING:
    from honk_ci.healers.search.candidates import CandidateEdit
    from honk_ci.healers.search.coverage import Place, TracedTest
    from honk_ci.healers.search.source import Source, Unit

TRACE_SHARE = 0.35  # of the time, at most, for tracing
TEST_LIMIT_S = 3.0  # CPU seconds that one test may take
MANY_TEST_FILES = 200  # more are not collected whole
LEAST_TIME_S = 3.0
LESSON_LINES = 10
NOT_PRODUCT = ("setup.py", "noxfile.py", "tasks.py", "conftest.py", "fabfile.py")


class Search:
    """The healer of logic errors in Python that one small edit mends."""

    name = "search"

    def skip_reason(self, case: HealCase) -> str:
        if not hasattr(os, "fork"):
            return "this system cannot fork processes"
        if case.testbed.runner.name != "pytest":
            return "the tests do not run under pytest"
        if case.failure.cause not in (Cause.CODE, Cause.TEST):
            return f"the cause is {case.failure.cause}, not code"
        if not case.failure.tests:
            return "no failing test to search with"
        if not product_files(case):
            return "no Python code outside the tests"
        return ""

    def heal(self, case: HealCase) -> Iterator[Candidate]:
        from honk_ci.healers.search.verdict import proposals

        budget_s = min(case.config.healers.search_time_s, case.meter.left_s)
        if budget_s < LEAST_TIME_S:
            case.learned.append(f"search: only {budget_s:.1f} s are left to search in")
            return
        started_s = case.meter.elapsed_s
        case.progress.doing("search: tracing the tests")
        tests = trace(case, budget_s * TRACE_SHARE)
        failing = [test for test in tests if test.is_failing_target]
        if not failing:
            case.learned.append("search: the failing tests did not fail when run one by one in a fork")
            return
        scores, edits = localized_edits(case, tests, failing)
        case.learned.extend(_suspicious_lines(case, scores))
        if not edits:
            case.learned.append("search: no single edit is known for the lines that the failing tests run")
            return
        case.progress.doing(f"search: trying up to {len(edits)} edits")
        left_s = budget_s - (case.meter.elapsed_s - started_s)
        for candidate in proposals(evaluate(case, tests, edits, left_s), edits):
            yield replace(candidate, patch=as_stored(candidate.patch, case.workspace))
            case.learned.append(f"search: passed its tests but was not accepted: {candidate.rationale}")
        case.learned.append(f"search: {plural(len(edits), 'single edit')} of suspicious lines in reach, none accepted")


def as_stored(patch: Patch, workspace: Workspace) -> Patch:
    """``patch`` of what is checked out as a patch of what the commit stores: line endings may differ."""
    workspace.reset()
    for change in patch.changes:
        workspace.write(change.path, change.after)
    stored = workspace.changes()
    workspace.reset()
    return stored


def product_files(case: HealCase) -> list[str]:
    return [
        path
        for path in case.workspace.files()
        if path.endswith(".py") and not is_test_path(path) and path.rpartition("/")[2] not in NOT_PRODUCT
    ]


def trace(case: HealCase, budget_s: float) -> Sequence[TracedTest]:
    """First stage: run the failing tests and as many others as time allows, and note what they run."""
    from honk_ci.healers.search.coverage import read_trace
    from honk_ci.healers.search.session import run_session

    root = Path(os.path.realpath(case.workspace.root))
    job = {
        "mode": "trace",
        "product": [os.path.realpath(root / path) for path in product_files(case)],
        "targets": [test.key for test in case.failure.tests],
        "test_limit_s": TEST_LIMIT_S,
    }
    session = run_session(case, job, collect=_collected(case), budget_s=budget_s)
    return read_trace(session.results, root)


def localized_edits(
    case: HealCase, tests: Sequence[TracedTest], failing: Sequence[TracedTest]
) -> tuple[dict[Place, float], list[CandidateEdit]]:
    from honk_ci.healers.search.candidates import candidates
    from honk_ci.healers.search.coverage import suspicion

    scores = suspicion(tests, _changed_lines(case))
    paths = sorted({path for path, _ in scores})
    return scores, candidates(list(_sources(case, paths)), scores, failing)


def evaluate(
    case: HealCase, tests: Sequence[TracedTest], edits: Sequence[CandidateEdit], budget_s: float
) -> list[dict[str, Any]]:
    """Second stage: what the session said of the edits, which it knows by their position."""
    from honk_ci.healers.search.session import messages, run_session

    root = Path(os.path.realpath(case.workspace.root))
    units = list({id(edit.unit): edit.unit for edit in edits}.values())
    number = {id(unit): position for position, unit in enumerate(units)}
    passing = [test for test in tests if test.state == "passed"]
    job = {
        "mode": "evaluate",
        "test_limit_s": TEST_LIMIT_S,
        "hanging": [test.test for test in tests if test.is_failing_target and test.state == "timeout"],
        "failing": [test.test for test in tests if test.is_failing_target],
        "passing": [test.test for test in passing],
        "units": [_described(unit, root) for unit in units],
        "covering": [[test.test for test in passing if _runs(test, unit)] for unit in units],
        "candidates": [
            {
                "id": position,
                "unit": number[id(edit.unit)],
                "edits": [[splice.start, splice.end, splice.text] for splice in edit.edit.splices],
                "defaults": edit.touches_defaults,
            }
            for position, edit in enumerate(edits)
        ],
    }
    files = sorted({test.path for test in tests if test.state != "skipped"})
    return messages(run_session(case, job, collect=files, budget_s=max(budget_s, LEAST_TIME_S)))


def _described(unit: Unit, root: Path) -> Mapping[str, Any]:
    return {
        "path": os.path.realpath(root / unit.path),
        "name": unit.node.name,
        "classes": list(unit.classes),
        "line": unit.node.lineno,
        "first_line": unit.first_line,
        "start": unit.start,
        "end": unit.end,
    }


def _runs(test: TracedTest, unit: Unit) -> bool:
    return any(path == unit.path and unit.first_line <= line <= unit.last_line for path, line in test.lines)


def _collected(case: HealCase) -> list[str]:
    """The test files to collect: none named means all; in a big suite only those of the failing tests."""
    files = [path for path in case.workspace.files() if path.endswith(".py") and is_test_path(path)]
    sources = {case.testbed.runner.test_source(test) for test in case.failure.tests}
    if len(files) <= MANY_TEST_FILES or None in sources:
        return []
    return sorted(str(case.workspace.root / path) for path in sources if path)


def _sources(case: HealCase, paths: Sequence[str]) -> Iterator[Source]:
    from honk_ci.healers.search.source import Source

    for path in paths:
        content = case.workspace.read(path)
        source = Source.parse(path, content) if content is not None else None
        if source is not None:
            yield source


def _changed_lines(case: HealCase) -> frozenset[Place]:
    """Lines that the red commit has otherwise than its base."""
    if case.build.base is None:
        return frozenset()
    diff = case.repository.diff(case.build.base, case.build.commit, context=0)
    changed: set[Place] = set()
    path = ""
    for line in diff.splitlines():
        if line.startswith("+++ "):
            path = line[4:].removeprefix("b/")
        elif hunk := re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", line):
            first, length = int(hunk.group(1)), int(hunk.group(2) or 1)
            changed.update((path, number) for number in range(first, first + max(length, 1)))
    return frozenset(changed)


def _suspicious_lines(case: HealCase, scores: Mapping[Place, float]) -> Iterator[str]:
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:LESSON_LINES]
    for (path, line), score in ranked:
        lines = (case.workspace.read(path) or b"").decode("utf-8", "replace").split("\n")
        text = lines[line - 1].strip() if line <= len(lines) else ""
        yield f"search: suspicious {path}:{line} ({score:.2f}): {text}"
