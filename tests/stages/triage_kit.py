"""Builds made by hand for the tests of triage, and real ones from a run of pytest."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from honk_ci.domain import Build, FailedTest, Failure, LogFinding, Report, TestCase, TestCounts
from honk_ci.git import Repository
from honk_ci.reports import read_all
from honk_ci.reports.exceptions import exception_of
from honk_ci.stages.triage import triage
from honk_ci.stages.triage.shapes import plain
from tests.repos import Repo


def failed(
    name: str,
    text: str,
    *,
    classname: str = "tests.test_cart",
    message: str = "",
    exception: str | None = None,
    file: str = "",
    is_error: bool = False,
    suite: str = "",
) -> FailedTest:
    """A failed test as ``collect`` makes it of a report."""
    lines = plain(text).strip("\n").splitlines()
    said = message or next((line[4:] for line in lines if line.startswith("E   ")), lines[0])
    found = exception if exception is not None else exception_of(message) or exception_of(text)
    case = TestCase(name=name, classname=classname, file=file)
    return FailedTest(case=case, message=said, text=text, exception=found, is_error=is_error, suite=suite)


def triaged(
    repo: Repo,
    tests: Sequence[FailedTest] = (),
    findings: Sequence[LogFinding] = (),
    *,
    base: str | None = None,
    verifiers: Collection[str] = (),
) -> tuple[Failure, ...]:
    report = Report(counts=TestCounts(failed=len(tests)), failed=tuple(tests)) if tests else None
    commit = repo.git("rev-parse", "HEAD")
    build = Build(commit=commit, base=base, report=report, findings=tuple(findings))
    return triage(build, repository=Repository(repo.path, environ=os.environ), runner=None, verifier_names=verifiers)


def run_pytest(repo: Repo, *arguments: str, report: Path | None = None) -> Report:
    """What a real run of pytest in the repository reports."""
    target = report or repo.path.parent / "report.xml"
    command = [
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--continue-on-collection-errors",
        f"--junitxml={target}", f"--rootdir={repo.path}", "-c", os.devnull, *arguments,
    ]  # fmt: skip
    env = {**os.environ, "PYTHONPATH": str(repo.path), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(command, cwd=repo.path, env=env, capture_output=True, timeout=60, check=False)
    return read_all([target])


def triage_run(repo: Repo, *arguments: str, base: str | None = None) -> tuple[Failure, ...]:
    """The failures of a real run of pytest at the commit that is checked out."""
    return triaged(repo, run_pytest(repo, *arguments).failed, base=base)


def names(failure: Failure) -> list[str]:
    return [test.case.name for test in failure.tests]


def by_test(failures: Sequence[Failure]) -> dict[str, Failure]:
    """Each failed test's name and the failure it was put into."""
    return {test.case.name: failure for failure in failures for test in failure.tests}


def evidence(failure: Failure, kind: str) -> list[str]:
    return [item.text for item in failure.evidence if item.kind == kind]
