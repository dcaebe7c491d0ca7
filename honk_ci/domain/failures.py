"""What is broken and why, and what came of running it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from honk_ci.domain.builds import FailedTest, LogFinding


class Cause(StrEnum):
    """What a failure comes from, as the rules of triage name it."""

    CODE = "code"
    TEST = "test"
    DEPENDENCY = "dependency"
    LINT = "lint"
    BUILD = "build"
    FLAKY = "flaky"
    INFRASTRUCTURE = "infrastructure"
    ALREADY_RED = "already_red"


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """One fact that a judgement rests on; ``kind`` is one short word for machines."""

    kind: str  # "exception", "frame", "changed_file", "dependency_change", "log", "rerun", …
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """A place in the repository that a failure points at."""

    path: str  # relative to the repository, "/" separated
    line: int
    function: str = ""
    is_test: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """One root cause, and everything in the build that is red because of it."""

    fingerprint: str  # 12 hex digits, stable across runs, machines and line shifts
    cause: Cause
    summary: str  # one line for people
    tests: tuple[FailedTest, ...] = ()
    findings: tuple[LogFinding, ...] = ()
    verifier: str = ""  # the repository's own check that is red ("ruff"), where no test is
    frames: tuple[Frame, ...] = ()  # innermost first, inside the repository only
    evidence: tuple[Evidence, ...] = ()


class ReproductionState(StrEnum):
    """What rerunning the failure at the red commit and at its base showed."""

    REPRODUCED = "reproduced"
    FLAKY = "flaky"
    ALREADY_RED = "already_red"
    NOT_REPRODUCED = "not_reproduced"
    INFRASTRUCTURE = "infrastructure"
    UNRUNNABLE = "unrunnable"  # the command to rerun it is not there


@dataclass(frozen=True, kw_only=True, slots=True)
class Reproduction:
    """A failure and what came of running it again."""

    failure: Failure
    state: ReproductionState
    runs: int = 0  # times run at the red commit, the CI's own run included
    failed_runs: int = 0
    base_state: str = ""  # of all together: "passed", "failed", "skipped", "absent", or "" where the base was not run
    base_targets: Mapping[str, str] = field(default_factory=dict)  # the same of each test, by its key
    in_suite_only: bool = False  # passes alone and fails in the whole suite: another test is in it
    found_here: bool = False  # no report or log told of it: the suite's run here stands for the CI's own
    why: str = ""  # one line for people
