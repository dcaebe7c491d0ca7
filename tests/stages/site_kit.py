"""A site on a real repository whose test runner is a shell script, so that a suite takes milliseconds."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from honk_ci.checks.gate import Gate, RedState
from honk_ci.checks.repeat import Repeat
from honk_ci.checks.suite import Suite
from honk_ci.checks.target import Target
from honk_ci.config import Config
from honk_ci.domain import (
    Build,
    Candidate,
    Cause,
    FailedTest,
    Failure,
    Report,
    Reproduction,
    ReproductionState,
    TestCase,
    Verdict,
)
from honk_ci.git import Repository
from honk_ci.healers.interface import HealCase
from honk_ci.meter import Meter
from honk_ci.patch import FileChange, Patch
from honk_ci.process import Command
from honk_ci.progress import Silent
from honk_ci.runners.interface import Runner
from honk_ci.stages.heal import NewCase
from honk_ci.stages.site import Site
from honk_ci.workspaces.in_place import in_place
from honk_ci.workspaces.testbed import Testbed
from tests.repos import Repo

# Runs every script in cases/, or those that are named, and writes a JUnit file.
SUITE = """\
#!/bin/sh
report=$1; shift
[ $# -gt 0 ] || set -- $(ls cases)
status=0 body=
for name in "$@"; do
  [ -f "cases/$name" ] || continue
  body="$body<testcase classname='cases' name='$name'>"
  if ! said=$(sh "cases/$name" 2>&1); then
    status=1 body="$body<failure type='${said:-Wrong}' message='${said:-Wrong}'/>"
  fi
  body="$body</testcase>"
done
echo "<testsuites><testsuite name='cases'>$body</testsuite></testsuites>" > "$report"
exit $status
"""


class ScriptRunner:
    """Runs ``suite.sh``, whole or for some cases."""

    name = "script"
    report_globs: Sequence[str] = ()

    def suite(self, report: Path) -> Command:
        return Command(argv=("sh", "suite.sh", str(report)))

    def subset(self, tests: Sequence[FailedTest], report: Path) -> Command | None:
        return Command(shell=f"sh suite.sh {report} {shlex.join(dict.fromkeys(test.case.name for test in tests))}")

    def test_source(self, test: FailedTest) -> str | None:
        return f"cases/{test.case.name}"


class Known:
    """A healer that knows its patches beforehand."""

    name = "known"

    def __init__(self, patches: Mapping[str, Sequence[Candidate]]) -> None:
        """``patches`` are the candidates for each fingerprint."""
        self._patches = patches
        self.asked: list[str] = []

    def skip_reason(self, case: HealCase) -> str:
        return "" if case.failure.fingerprint in self._patches else "knows nothing of it"

    def heal(self, case: HealCase) -> Iterator[Candidate]:
        self.asked.append(case.failure.fingerprint)
        yield from self._patches[case.failure.fingerprint]


def project(path: Path, *commits: Mapping[str, str]) -> Repo:
    """A repository with the suite and one commit for each of ``commits``; the last is the red one."""
    repo = Repo.create(path, {"suite.sh": SUITE, ".gitignore": "*.count\n"})
    for number, files in enumerate(commits):
        repo.commit(f"commit {number}", files)
    return repo


@contextmanager
def opened(
    repo: Repo,
    tmp_path: Path,
    *,
    config: Config | None = None,
    report: Report | None = None,
    runner: Runner | None = None,
    time_limit_s: float = 60.0,
    base: str | None = None,
) -> Iterator[Site]:
    """The site of the build that is red at HEAD."""
    environ = dict(os.environ)
    config, progress = config or Config(), Silent()
    repository = Repository(repo.path, environ=environ)
    meter = Meter(time_limit_s=time_limit_s, cost_cap_usd=0)
    build = Build(commit=repo.git("rev-parse", "HEAD"), base=base and repo.git("rev-parse", base), report=report)
    with in_place(repository, environ=environ) as workspace:
        testbed = Testbed(
            workspace=workspace,
            runner=runner or ScriptRunner(),
            meter=meter,
            scratch=tmp_path / "runs",
            timeout_s=config.test.timeout_s,
        )
        gate = Gate(
            build=build, workspace=workspace, testbed=testbed, repository=repository, config=config, verifiers=(),
            checks=lambda: (Target(), Suite(), Repeat()), progress=progress, red=RedState(workspace, testbed, progress),
        )  # fmt: skip
        yield Site(
            build=build, repository=repository, workspace=workspace, testbed=testbed, verifiers=(), gate=gate,
            config=config, meter=meter, progress=progress,
        )  # fmt: skip


def cases_for(site: Site, tmp_path: Path) -> NewCase:
    """What healers get to see at ``site``."""

    def case(reproduction: Reproduction, gate: Callable[[Candidate], Verdict]) -> HealCase:
        return HealCase(
            build=site.build, reproduction=reproduction, workspace=site.workspace, testbed=site.testbed,
            repository=site.repository, verifiers=(), gate=gate, config=site.config, meter=site.meter,
            progress=site.progress, environ=os.environ, scratch=tmp_path,
        )  # fmt: skip

    return case


def failed(*names: str, exception: str = "Wrong") -> tuple[FailedTest, ...]:
    """Cases of the suite as the report of CI tells of them."""
    return tuple(
        FailedTest(case=TestCase(name=name, classname="cases"), exception=exception, message=exception)
        for name in names
    )


def failure(fingerprint: str, *names: str, cause: Cause = Cause.CODE) -> Failure:
    return Failure(fingerprint=fingerprint, cause=cause, summary=f"{fingerprint} is broken", tests=failed(*names))


def reproduced(fingerprint: str, *names: str) -> Reproduction:
    return Reproduction(failure=failure(fingerprint, *names), state=ReproductionState.REPRODUCED, runs=2, failed_runs=2)


def candidate(site: Site, changes: Mapping[str, str | None], rationale: str = "The number is right again") -> Candidate:
    """A patch that gives files new contents (None: removes them)."""
    patch = Patch.of(
        FileChange(path=path, before=site.repository.show("HEAD", path), after=None if text is None else text.encode())
        for path, text in changes.items()
    )
    return Candidate(healer="known", patch=patch, rationale=rationale)
