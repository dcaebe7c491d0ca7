"""Running a runner's commands for real and reading what they reported."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from xml.etree import ElementTree as ET

from honk_ci import reports
from honk_ci.domain import FailedTest, Report, TestCase
from honk_ci.process import Command, Finished, run
from honk_ci.runners.interface import Runner
from honk_ci.workspaces.environment import child_environ

TIMEOUT_S = 100.0

_numbers = count(1)


def environ(**more: str) -> dict[str, str]:
    """As workspaces give it; its ``python3`` is the one that runs these tests, and so has pytest."""
    own = str(Path(sys.executable).parent)
    return child_environ({"PATH": f"{own}{os.pathsep}{os.environ['PATH']}", "HOME": os.environ["HOME"], **more})


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One command, how it ended, and the keys of its report by state."""

    command: Command
    finished: Finished
    report: Report
    passed: frozenset[str]
    failed: frozenset[str]
    skipped: frozenset[str]

    @property
    def ran(self) -> frozenset[str]:
        return self.passed | self.failed

    @property
    def output(self) -> str:
        return self.finished.output


def run_suite(runner: Runner, repo: Path, *, env: Mapping[str, str] | None = None) -> Run:
    report = _new_report(repo)
    return _run(runner.suite(report), report, repo, env)


def run_subset(runner: Runner, repo: Path, tests: Iterable[FailedTest], *, env: Mapping[str, str] | None = None) -> Run:
    report = _new_report(repo)
    command = runner.subset(list(tests), report)
    assert command is not None, "these tests cannot be picked out"
    return _run(command, report, repo, env)


def failed_test(name: str, classname: str = "", file: str = "", text: str = "", suite: str = "") -> FailedTest:
    return FailedTest(case=TestCase(name=name, classname=classname, file=file), text=text, suite=suite)


def _new_report(repo: Path) -> Path:
    folder = repo.parent / f"{repo.name}-scratch"
    folder.mkdir(exist_ok=True)
    return folder / f"run-{next(_numbers)}.xml"


def _run(command: Command, report: Path, repo: Path, env: Mapping[str, str] | None) -> Run:
    finished = run(command, cwd=repo, env=env or environ(), timeout_s=TIMEOUT_S)
    assert report.exists(), f"no report was written by: {command}\n{finished.output}"
    read = reports.read_all([report])
    failed = frozenset(test.key for test in read.failed)
    states = {_key(case): case for case in _xml(report).iter("testcase")}
    skipped = frozenset(key for key, case in states.items() if case.find("skipped") is not None)
    passed = frozenset(states) - failed - skipped
    return Run(command=command, finished=finished, report=read, passed=passed, failed=failed, skipped=skipped)


def _xml(report: Path) -> ET.Element:
    """Without the control characters that some producers let through."""
    return ET.fromstring(re.sub(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", b"", report.read_bytes()))


def _key(case: ET.Element) -> str:
    return TestCase(name=case.get("name", ""), classname=case.get("classname", "")).key
