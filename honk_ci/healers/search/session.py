"""Starts the project's own pytest with our plug-in in it, and reads what that wrote."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from honk_ci.healers.interface import HealCase
from honk_ci.process import Command, Finished

INPROJECT = Path(__file__).parent / "inproject"
GRACE_S = 20.0  # for collecting and ending, on top of the job's own budget

# What must be in these variables; a command that sets them itself ("PYTHONPATH=src pytest") gets it in front.
_OURS = {"PYTHONPATH": f"{INPROJECT}{os.pathsep}", "PYTEST_ADDOPTS": "-p honk_search.plugin "}
_ASSIGNED = re.compile(r"(?<!\S)(PYTHONPATH|PYTEST_ADDOPTS)=")

_numbers = count(1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """One run of the project's pytest; ``results`` are JSON lines, complete up to a kill."""

    results: Path
    finished: Finished


def run_session(case: HealCase, job: Mapping[str, Any], *, collect: Sequence[str], budget_s: float) -> Session:
    """Run ``job`` in a pytest session that collects ``collect`` (absolute paths; all tests if empty)."""
    folder = case.scratch / f"search-{next(_numbers)}"
    (folder / "tmp").mkdir(parents=True)
    results = folder / "results.jsonl"
    command = case.testbed.runner.suite(folder / "report.xml")
    environ = _environ(case, command, folder)
    had = [name for name in ("PYTHONPATH", "PYTEST_ADDOPTS") if {**case.environ, **command.env}.get(name) is not None]
    job_file = folder / "job.json"
    job_file.write_text(
        json.dumps(
            {
                **job,
                "collect": list(collect),
                "results": str(results),
                "environ": had,
                "budget_s": budget_s,
            }
        )
    )
    ours = Command(
        argv=tuple(_ASSIGNED.sub(lambda found: found.group() + _OURS[found.group(1)], word) for word in command.argv),
        shell=_ASSIGNED.sub(lambda found: found.group() + shlex.quote(_OURS[found.group(1)]), command.shell),
        cwd=command.cwd,
        env={**command.env, **environ, "HONK_SEARCH_JOB": str(job_file)},
    )
    with case.meter.timed("tests"):
        finished = case.workspace.run(ours, timeout_s=budget_s + GRACE_S, purpose="test")
    return Session(results=results, finished=finished)


def messages(session: Session) -> list[dict[str, Any]]:
    if not session.results.exists():
        return []
    lines = session.results.read_text(encoding="utf-8").split("\n")[:-1]
    return [json.loads(line) for line in lines]


def _environ(case: HealCase, command: Command, folder: Path) -> dict[str, str]:
    """Our plug-in by the environment, so that it loads however the project's command starts pytest."""
    before = {**case.environ, **command.env}
    return {
        "PYTHONPATH": os.pathsep.join([str(INPROJECT), *filter(None, [before.get("PYTHONPATH")])]),
        "PYTEST_ADDOPTS": f"{before.get('PYTEST_ADDOPTS', '')} -p honk_search.plugin".strip(),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(folder / "tmp"),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "tmp" / "hypothesis"),  # else it is the checkout's
    }
