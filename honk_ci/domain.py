"""The values that travel between the stages.

All frozen: a stage takes values and gives values. Nothing here reads files, runs commands or
knows a test runner, a forge or a model.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from honk_ci.patch import Patch


class Outcome(StrEnum):
    """How a run ended; the words of the run record."""

    HEALED = "healed"
    PROPOSED = "proposed"  # a patch that a person must decide on
    FLAKY = "flaky"
    INFRASTRUCTURE = "infrastructure"
    ALREADY_RED = "already_red"
    NOT_REPRODUCED = "not_reproduced"
    GAVE_UP = "gave_up"
    REFUSED = "refused"
    NOTHING_TO_HEAL = "nothing_to_heal"


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


# --- what the reports and logs state -----------------------------------------------------------


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
        """Whether this is a runner's stand-in for tests that it could not load.

        pytest reports a module that cannot be imported as a case without class, jest and vitest
        report the file, Surefire an ``initializationError``. Such a case is gone once those
        tests run.
        """
        if self.case.name in {"initializationError", "executionError"}:
            return True
        if not self.is_error:
            return False
        return not self.case.classname or self.case.name == self.case.classname or "failed to run" in self.case.key


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
    base: str | None = None  # full object id of the last commit known good, if any
    report: Report | None = None
    findings: tuple[LogFinding, ...] = ()
    sources: tuple[str, ...] = ()  # the report and log files read, as given
    notes: tuple[str, ...] = ()


# --- triage and reproduction -------------------------------------------------------------------


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
    base_state: str = ""  # "passed", "failed", "absent", or "" where the base was not run
    in_suite_only: bool = False  # passes alone and fails in the whole suite: another test is in it
    why: str = ""  # one line for people


# --- runs of commands and tests -----------------------------------------------------------------


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """Seconds of wall clock; ``own_s`` is what was neither tests nor model."""

    total_s: float
    tests_s: float
    model_s: float
    own_s: float


# --- healing and proof --------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A patch that a healer proposes for one failure; nothing of it is believed yet."""

    healer: str
    patch: Patch  # against the red commit
    rationale: str  # what was wrong and why this mends it, for the commit message
    kind: str = "edit"  # format, name, pin, codemod, edit, revert
    notes: tuple[str, ...] = ()
    needs_person: str = ""  # why a person must decide, whatever the gate says; "" when none need


class Severity(StrEnum):
    """How much a finding weighs in the gate."""

    VETO = "veto"
    PERSON = "person"  # a person must decide: the result is proposed at best
    NOTE = "note"


@dataclass(frozen=True, kw_only=True, slots=True)
class IntegrityFinding:
    """One thing that a patch takes from the tests or from what guards them."""

    rule: str  # "test-deleted", "assertion-weakened", "skip-added", "config-changed", …
    path: str
    line: int | None
    before: str
    after: str
    why: str
    severity: Severity = Severity.VETO


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckResult:
    """What one check of the gate says of a candidate."""

    check: str
    passed: bool
    summary: str  # one line when green; what is red, and why, when not
    detail: str = ""  # the lines that matter, capped; for the agent and the record
    findings: tuple[IntegrityFinding, ...] = ()
    needs_person: bool = False  # passed, but only as a proposal


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """The gate's answer: every check in order, up to the first that refuses."""

    results: tuple[CheckResult, ...]

    @property
    def passed(self) -> bool:
        return all(result.passed for result in self.results)

    @property
    def needs_person(self) -> bool:
        return any(result.needs_person for result in self.results)

    @property
    def why(self) -> str:
        """The first refusal, or the last word of the gate."""
        refusal = next((r for r in self.results if not r.passed), None)
        if refusal is not None:
            return f"{refusal.check}: {refusal.summary}"
        return self.results[-1].summary if self.results else "nothing was checked"

    @property
    def findings(self) -> tuple[IntegrityFinding, ...]:
        return tuple(finding for result in self.results for finding in result.findings)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """What one healer tried for one failure."""

    healer: str
    fingerprint: str
    candidates: int
    verdict: str  # "healed", "refused", "nothing", "skipped", "failed"
    why: str
    duration_s: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """What the model cost."""

    model: str = ""
    requests: int = 0
    input_tokens: int = 0  # uncached
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            model=self.model or other.model,
            requests=self.requests + other.requests,
            input_tokens=self.input_tokens + other.input_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=self.cost_usd + other.cost_usd,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Healing:
    """What the ladder came to for one failure."""

    reproduction: Reproduction
    candidate: Candidate | None = None  # the first that passed the gate
    verdict: Verdict | None = None
    attempts: tuple[Attempt, ...] = ()
    why: str = ""  # where there is no candidate: the reason, one line
    healed_by: str = ""  # fingerprint of another failure whose patch mends this one too
    verdicts: tuple[Verdict, ...] = ()  # of candidates that the gate refused


@dataclass(frozen=True, kw_only=True, slots=True)
class SideOfProof:
    """The same tests at one of the three points: base, broken, fixed."""

    name: str
    commit: str  # "" where the tree is not a commit yet
    targets: Mapping[str, str]  # test key -> "passed", "failed", "skipped", "absent"
    counts: TestCounts | None = None  # of the whole suite, where it was run
    command: str = ""
    duration_s: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ProvenFix:
    """One failure's patch, shrunk and proven on its own."""

    failure: Failure
    candidate: Candidate
    verdict: Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """Everything that shows that the fixes hold, each alone and all together."""

    fixes: tuple[ProvenFix, ...]
    patch: Patch  # all fixes together, against the red commit
    base: SideOfProof | None
    broken: SideOfProof
    fixed: SideOfProof
    repeats: int  # times that the target tests passed with the patch
    slip_chance: float  # worst-case chance that an unhealed flake looks like this
    clean: str  # how the clean checkout was proven, or why it could not be
    needs_person: str = ""  # why a person must decide; "" when none need
    notes: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[IntegrityFinding, ...]:
        return tuple(finding for fix in self.fixes for finding in fix.verdict.findings)


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """What was made of a proof."""

    mode: str
    done: bool  # as asked; also true when it was there already
    branch: str = ""
    commit: str = ""
    remote: str = ""
    url: str = ""
    note: str = ""  # what a person should know; why it was not done
    kept: tuple[str, ...] = ()  # where the fix is kept: local branch, patch file, bundle
    rejected: bool = False  # the remote refused or could not be reached


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRecord:
    """Everything one run did; ``honk_ci.stages.record`` gives its JSON and Markdown forms."""

    outcome: Outcome
    summary: str  # one line
    build: Build
    reproductions: tuple[Reproduction, ...] = ()
    healings: tuple[Healing, ...] = ()
    proof: Proof | None = None
    delivery: Delivery | None = None
    usage: Usage = field(default_factory=Usage)
    timing: Timing = field(default_factory=lambda: Timing(total_s=0, tests_s=0, model_s=0, own_s=0))
    remaining: tuple[str, ...] = ()  # what is still red, one line each
    notes: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)


def failed_keys(tests: Sequence[FailedTest]) -> frozenset[str]:
    return frozenset(test.key for test in tests)
