"""Triage: from failed tests and log findings to root causes."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from honk_ci.domain import Build, Failure
from honk_ci.git import Repository

if TYPE_CHECKING:
    from honk_ci.runners.interface import Runner


def triage(
    build: Build, *, repository: Repository, runner: Runner | None, verifier_names: Collection[str]
) -> tuple[Failure, ...]:
    """One failure per root cause, those with most tests first; see ``stage``, loaded when something is red."""
    if not build.findings and not (build.report and build.report.failed):
        return ()
    from honk_ci.stages.triage.stage import triage as find_causes

    return find_causes(build, repository=repository, runner=runner, verifier_names=verifier_names)
