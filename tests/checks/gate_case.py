"""A gate's case on a real repository, for checks that read the patch and run nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from honk_ci.checks.interface import GateCase
from honk_ci.config import Config, LimitsConfig, PolicyConfig
from honk_ci.domain import Build, Candidate, Cause, Failure, Reproduction, ReproductionState, TestRun
from honk_ci.git import Repository
from honk_ci.meter import Meter
from honk_ci.patch import FileChange, Patch
from honk_ci.runners import detect_runner
from honk_ci.workspaces.in_place import in_place
from honk_ci.workspaces.testbed import Testbed
from tests.repos import Repo

CODE_FAILURE = Failure(fingerprint="0" * 12, cause=Cause.CODE, summary="a test fails")


@contextmanager
def gate_case(
    repo: Repo,
    tmp_path: Path,
    changes: Mapping[str, str | bytes | None] | Patch,
    *,
    failure: Failure = CODE_FAILURE,
    kind: str = "edit",
    policy: PolicyConfig | None = None,
    limits: LimitsConfig | None = None,
) -> Iterator[GateCase]:
    """The case of a patch that gives files of ``repo`` new contents (None: removes them)."""
    environ = dict(os.environ)
    repository = Repository(repo.path, environ=environ)
    with in_place(repository, environ=environ) as workspace:
        patch = changes if isinstance(changes, Patch) else patch_of(repository, changes)
        testbed = Testbed(
            workspace=workspace,
            runner=detect_runner(repo.path, command="pytest --junitxml={report}", environ=environ),
            meter=Meter(time_limit_s=60, cost_cap_usd=0),
            scratch=tmp_path / "scratch",
            timeout_s=60,
        )
        yield GateCase(
            build=Build(commit=workspace.commit),
            reproduction=Reproduction(failure=failure, state=ReproductionState.REPRODUCED),
            candidate=Candidate(healer="agent", patch=patch, rationale="", kind=kind),
            workspace=workspace,
            testbed=testbed,
            repository=repository,
            config=Config(policy=policy or PolicyConfig(), limits=limits or LimitsConfig()),
            red_suite=nothing_runs,
            red_verifiers=lambda _: frozenset(),
        )


def nothing_runs() -> TestRun:
    raise AssertionError("a check that reads the patch alone ran the tests")


def patch_of(repository: Repository, changes: Mapping[str, str | bytes | None]) -> Patch:
    return Patch.of(
        FileChange(path=path, before=repository.show("HEAD", path), after=_bytes(after))
        for path, after in changes.items()
    )


def _bytes(content: str | bytes | None) -> bytes | None:
    return content.encode() if isinstance(content, str) else content
