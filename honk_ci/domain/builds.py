"""What reports and logs state of a build, before any judgement."""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

_SCRIPT_FILE = re.compile(r"\.[cm]?[jt]sx?$")  # a case that is named like its file
_HOOK = re.compile(r'^"(?:before|after) (?:all|each)" hook')
_TEST_CLASS = re.compile(r"Test[A-Z]\w*")


@dataclass(frozen=True, kw_only=True, slots=True)
class TestCase:
    """One test case as a JUnit report names it; any field but ``name`` may be empty.

    ``key`` identifies the case across runs of the same runner. ``file`` is as reported: relative
    to some folder, absolute on another machine, or absent.
    """

    __test__ = False  # not a pytest class, whatever its name

    name: str
    classname: str = ""
    file: str = ""

    @property
    def key(self) -> str:
        return case_key(self.classname, self.name)


def case_key(classname: str, name: str) -> str:
    """The identity of a case across runs: ``classname::name``."""
    return f"{classname}::{name}" if classname else name


@dataclass(frozen=True, kw_only=True, slots=True)
class FailedTest:
    """One failing case as its report states it, before any judgement."""

    case: TestCase
    is_error: bool = False  # JUnit's <error>: broke outside the assertion, e.g. in collection or set-up
    exception: str = ""  # type of the exception, "" where the report does not say
    message: str = ""  # first statement of the failure, capped
    text: str = ""  # traceback and output, capped; "" where the report has none
    line: int | None = None  # 1-based, of the test's definition or failure, where reported
    duration_s: float = 0.0
    suite: str = ""  # name of the enclosing test suite

    @property
    def key(self) -> str:
        return self.case.key

    @property
    def stands_for_others(self) -> bool:
        """Whether this is a runner's stand-in for tests that it could not load, or for a hook around them.

        pytest reports a module or class that cannot be imported, unittest a ``_FailedTest``; jest,
        vitest and ``node --test`` report the file, mocha its hook, Surefire an
        ``initializationError``. Such a case is gone once those tests run.
        """
        name, classname = self.case.name, self.case.classname
        if name in {"initializationError", "executionError"} or classname.endswith("_FailedTest"):
            return True
        if _SCRIPT_FILE.search(name) or _HOOK.search(name) or "failed to run" in self.key:
            return True
        return self.is_error and (not classname or name == classname or bool(_TEST_CLASS.fullmatch(name)))


@dataclass(frozen=True, kw_only=True, slots=True)
class TestCounts:
    """Numbers of distinct cases by final state."""

    __test__ = False

    passed: int = 0
    failed: int = 0
    skipped: int = 0  # includes expected failures
    flaky: int = 0  # of the passed: those that the runner itself retried into green

    @property
    def total(self) -> int:
        return self.passed + self.failed + self.skipped


def _no_hashes() -> array[int]:
    return array("q")


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What one test run reported, from one or more files.

    Passing and skipped cases are kept as ``hash(key)`` of 8 bytes each, so that a million cases
    cost 8 MB; the hashes hold within one process only. Names come back, when somebody must be
    told, by reading ``paths`` again (``honk_ci.reports.names_of``).
    """

    counts: TestCounts
    failed: tuple[FailedTest, ...] = ()
    passed_hashes: array[int] = field(default_factory=_no_hashes)
    skipped_hashes: array[int] = field(default_factory=_no_hashes)
    paths: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()  # what a reader should know: "truncated after 812 cases", …
    is_partial: bool = False  # broke off: cases may be missing
    commits: tuple[str, ...] = ()  # full object ids that the report says it was made from
    written_at: float | None = None  # newest time in it, seconds since 1970; None where it names no time zone


class FindingKind(StrEnum):
    """What a line of a console log says went wrong."""

    TEST = "test"  # a failing test or a traceback
    COLLECTION = "collection"  # tests could not be collected
    MISSING_MODULE = "missing_module"
    SYNTAX = "syntax"
    COMPILE = "compile"
    LINT = "lint"
    FORMAT = "format"
    TYPES = "types"
    DEPENDENCY = "dependency"  # resolver or installer failed
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    KILLED = "killed"
    DISK_FULL = "disk_full"
    NETWORK = "network"  # DNS, connection refused or reset, registry unreachable
    RATE_LIMIT = "rate_limit"
    PERMISSION = "permission"  # credentials or rights missing
    OTHER = "other"


INFRASTRUCTURE_KINDS = frozenset(
    {
        FindingKind.TIMEOUT,
        FindingKind.OUT_OF_MEMORY,
        FindingKind.KILLED,
        FindingKind.DISK_FULL,
        FindingKind.NETWORK,
        FindingKind.RATE_LIMIT,
        FindingKind.PERMISSION,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class LogFinding:
    """One thing that a console log says went wrong."""

    kind: FindingKind
    tool: str  # who said it: "pytest", "mypy", "ruff", "pip", "gcc", …; "" where unknown
    message: str
    file: str = ""  # as printed
    line: int | None = None
    code: str = ""  # the tool's rule or error code, e.g. "F401", "TS2322"
    exception: str = ""
    excerpt: str = ""  # the lines around it, cleaned and capped


@dataclass(frozen=True, kw_only=True, slots=True)
class Build:
    """One red build: the commit, and all that its reports and logs state."""

    commit: str  # full object id of the red commit
    branch: str = ""  # "" on a detached head without CI variables
    head: str = ""  # the branch's tip, where ``commit`` is a merge made by the forge; else ""
    base: str | None = None  # full object id of the last commit known good, if any
    report: Report | None = None
    findings: tuple[LogFinding, ...] = ()
    sources: tuple[str, ...] = ()  # the report and log files read, as given
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class TestRun:
    """One run of the tests, or of some of them."""

    __test__ = False

    command: str  # as somebody would type it
    exit_code: int | None  # None when it was killed
    duration_s: float
    report: Report
    output: str = ""  # tail of standard output and error, capped
    timed_out: bool = False

    @property
    def is_green(self) -> bool:
        return self.exit_code == 0 and not self.report.failed and not self.timed_out


def failed_keys(tests: Sequence[FailedTest]) -> frozenset[str]:
    return frozenset(test.key for test in tests)
