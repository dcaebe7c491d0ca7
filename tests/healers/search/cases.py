"""Red Python projects and the search healer at work on them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from honk_ci.config import Config, HealersConfig
from honk_ci.domain import (
    Build,
    Candidate,
    Cause,
    CheckResult,
    FailedTest,
    Failure,
    Reproduction,
    ReproductionState,
    Verdict,
)
from honk_ci.git import Repository
from honk_ci.healers.interface import HealCase
from honk_ci.healers.search import Search
from honk_ci.meter import Meter
from honk_ci.process import Command
from honk_ci.progress import Silent
from honk_ci.runners.interface import Runner
from honk_ci.workspaces.in_place import in_place
from honk_ci.workspaces.testbed import Testbed
from tests.repos import Repo


class PlainPytest:
    """pytest of the interpreter that runs these tests."""

    name = "pytest"
    report_globs: Sequence[str] = ()

    def suite(self, report: Path) -> Command:
        pytest = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
        return Command(argv=(*pytest, f"--junitxml={report}"))

    def subset(self, tests: Sequence[FailedTest], report: Path) -> Command | None:
        return None

    def test_source(self, test: FailedTest) -> str | None:
        return None


@contextmanager
def heal_case(
    repo: Repo,
    scratch: Path,
    *,
    search_time_s: float = 60.0,
    cause: Cause = Cause.CODE,
    failed: tuple[FailedTest, ...] = (),
    runner: Runner | None = None,
) -> Iterator[HealCase]:
    """A failure of ``failed``; by default the suite runs once, and everything that fails is one failure."""
    repository = Repository(repo.path, environ=os.environ)
    meter = Meter(time_limit_s=600.0, cost_cap_usd=0.0)
    with in_place(repository, environ=os.environ) as workspace:
        testbed = Testbed(
            workspace=workspace, runner=runner or PlainPytest(), meter=meter, scratch=scratch, timeout_s=120.0
        )
        failure = Failure(fingerprint="0" * 12, cause=cause, summary="red", tests=failed or reported(testbed))
        commits = repo.git("rev-list", "HEAD").split()
        yield HealCase(
            build=Build(commit=workspace.commit, base=commits[1] if len(commits) > 1 else None),
            reproduction=Reproduction(failure=failure, state=ReproductionState.REPRODUCED),
            workspace=workspace,
            testbed=testbed,
            repository=repository,
            verifiers=(),
            gate=lambda candidate: Verdict(results=(CheckResult(check="none", passed=True, summary=""),)),
            config=Config(healers=HealersConfig(search_time_s=search_time_s)),
            meter=meter,
            progress=Silent(),
            environ=os.environ,
            scratch=scratch,
        )


def reported(testbed: Testbed) -> tuple[FailedTest, ...]:
    return testbed.run_suite(timeout_s=30.0).report.failed


def search(
    repo: Repo,
    scratch: Path,
    *,
    search_time_s: float = 60.0,
    failed: tuple[FailedTest, ...] = (),
    runner: Runner | None = None,
) -> list[Candidate]:
    """All that the healer proposes for ``repo``."""
    with heal_case(repo, scratch, search_time_s=search_time_s, failed=failed, runner=runner) as case:
        assert case.failure.tests, "the project is not red"
        assert Search().skip_reason(case) == ""
        return list(Search().heal(case))


def fixed(candidate: Candidate, path: str) -> str:
    change = candidate.patch.change(path)
    assert change is not None, f"{path} is not in {candidate.patch.paths}"
    assert change.after is not None
    return change.after.decode()


def is_healed(repo: Repo, candidate: Candidate) -> bool:
    """Whether the whole suite passes with the patch on disk, in a plain run of pytest."""
    import subprocess

    for change in candidate.patch.changes:
        assert change.after is not None
        (repo.path / change.path).write_bytes(change.after)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=repo.path, timeout=60, check=False,
        capture_output=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    repo.git("checkout", "--quiet", "--", ".")
    return done.returncode == 0


Files = Mapping[str, str]
