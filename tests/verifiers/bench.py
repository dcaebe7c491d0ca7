"""A red commit with real tools around it, for tests of the gate's check and of the healer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from honk_ci.checks.gate import RedState
from honk_ci.checks.interface import GateCase
from honk_ci.checks.verifiers import Verifiers
from honk_ci.config import Config
from honk_ci.domain import (
    Build,
    Candidate,
    Cause,
    CheckResult,
    FailedTest,
    Failure,
    FindingKind,
    LogFinding,
    Reproduction,
    ReproductionState,
    Verdict,
)
from honk_ci.git import Repository
from honk_ci.healers.interface import HealCase
from honk_ci.meter import Meter
from honk_ci.patch import FileChange, Patch
from honk_ci.process import Command
from honk_ci.progress import Silent
from honk_ci.verifiers import detect_verifiers
from honk_ci.workspaces.in_place import in_place
from honk_ci.workspaces.testbed import Testbed
from tests.repos import Repo
from tests.verifiers.tools import own_tools


@dataclass(kw_only=True, slots=True)
class NothingToRun:
    """A runner of a project without tests: these checks run none."""

    name: str = "command"
    report_globs: Sequence[str] = ()

    def suite(self, report: Path) -> Command:
        return Command(argv=("true",))

    def subset(self, tests: Sequence[FailedTest], report: Path) -> Command | None:
        return None

    def test_source(self, test: FailedTest) -> str | None:
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """A repository with a red commit, and the check to put candidates through."""

    repo: Repo
    case: GateCase
    verifiers: Verifiers
    environ: Mapping[str, str]

    def judge(self, files: Mapping[str, str | None]) -> CheckResult:
        """What the check says of a patch that gives ``files`` these contents."""
        changes = [self._change(path, text) for path, text in files.items()]
        return self.judge_patch(Patch.of(changes))

    def judge_patch(self, patch: Patch) -> CheckResult:
        candidate = Candidate(healer="agent", patch=patch, rationale="")
        self.case.workspace.apply(patch)
        result = self.verifiers.check(replace(self.case, candidate=candidate))
        assert self.case.workspace.changes() == patch
        return result

    def heal_case(self) -> HealCase:
        """The same red commit as a healer gets it."""
        case = self.case

        def gate(candidate: Candidate) -> Verdict:
            return Verdict(results=(self.judge_patch(candidate.patch),))

        return HealCase(
            build=case.build,
            reproduction=case.reproduction,
            workspace=case.workspace,
            testbed=case.testbed,
            repository=case.repository,
            verifiers=case.verifiers,
            gate=gate,
            config=case.config,
            meter=Meter(time_limit_s=600, cost_cap_usd=0),
            progress=Silent(),
            environ=self.environ,
            scratch=self.repo.path.parent / "scratch",
        )

    def _change(self, path: str, text: str | None) -> FileChange:
        after = None if text is None else text.encode()
        return FileChange(path=path, before=self.case.repository.show("HEAD", path), after=after)


@contextmanager
def bench(
    repo: Repo,
    tmp_path: Path,
    *,
    failure: Failure | None = None,
    base: str | None = None,
    config: Config | None = None,
    log: tuple[LogFinding, ...] = (),
    environ: Mapping[str, str] | None = None,
) -> Iterator[Bench]:
    environ = environ or own_tools()
    repository = Repository(repo.path, environ=environ)
    with in_place(repository, environ=environ) as workspace:
        meter = Meter(time_limit_s=600, cost_cap_usd=0)
        testbed = Testbed(
            workspace=workspace, runner=NothingToRun(), meter=meter, scratch=tmp_path / "scratch", timeout_s=60
        )
        red = RedState(workspace, testbed, Silent())
        failure = failure or Failure(fingerprint="0" * 12, cause=Cause.CODE, summary="a test fails")
        case = GateCase(
            build=Build(commit=workspace.commit, base=base, findings=log),
            reproduction=Reproduction(failure=failure, state=ReproductionState.REPRODUCED),
            candidate=Candidate(healer="agent", patch=Patch(), rationale=""),
            workspace=workspace,
            testbed=testbed,
            repository=repository,
            config=config or Config(),
            red_suite=red.suite,
            red_verifiers=red.complaints_of,
            verifiers=detect_verifiers(repo.path, environ),
        )
        yield Bench(repo=repo, case=case, verifiers=Verifiers(timeout_s=60), environ=environ)


def lint_failure(*findings: LogFinding, verifier: str = "ruff") -> Failure:
    return Failure(
        fingerprint="1" * 12, cause=Cause.LINT, summary=f"{verifier} is red", verifier=verifier, findings=findings
    )


def logged(file: str, code: str, *, message: str = "") -> LogFinding:
    return LogFinding(kind=FindingKind.LINT, tool="ruff", message=message, file=file, line=1, code=code)
