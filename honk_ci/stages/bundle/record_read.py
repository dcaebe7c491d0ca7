"""The run record back from its JSON, as another job wrote it; ``record_json`` is the way there.

Nothing of it is believed: it is what a comment and a commit message are made of. What JSON does not
hold (passing tests, whole logs, the patch) is empty in the values that come back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from honk_ci.domain import (
    Attempt,
    Build,
    Candidate,
    Cause,
    CheckResult,
    Evidence,
    FailedTest,
    Failure,
    FindingKind,
    Frame,
    Healing,
    LogFinding,
    Outcome,
    Proof,
    ProvenFix,
    Report,
    Reproduction,
    ReproductionState,
    RunRecord,
    SideOfProof,
    TestCase,
    TestCounts,
    Timing,
    Usage,
    Verdict,
)
from honk_ci.patch import Patch
from honk_ci.stages.bundle.strict_json import Fields, parse
from honk_ci.stages.record_json import SCHEMA

FINGERPRINT = r"[0-9a-f]{12}"
HEALER = r"[a-z][a-z0-9_:.-]{0,39}"
KINDS = r"format|name|pin|codemod|edit|revert"


def from_json(content: bytes, *, name: str = "record.json") -> RunRecord:
    """The record; ReportError, naming the field, where a value is not what the schema says."""
    raw = parse(content, name)
    if raw.text("schema") != SCHEMA:
        raw.refuse("schema", f"this version of honk-ci reads {SCHEMA} alone")
    failures = {failure.fingerprint: failure for failure in map(_failure, raw.objects("failures"))}
    proof = _proof(raw, failures)
    healings = tuple(_healing(part, raw, failures, proof) for part in raw.objects("failures"))
    return RunRecord(
        outcome=raw.choice("outcome", Outcome),
        summary=raw.text("summary", limit=1000),
        build=_build(raw.object("build")),
        reproductions=tuple(healing.reproduction for healing in healings),
        healings=healings,
        proof=proof,
        usage=_usage(raw.object("usage")),
        timing=_timing(raw.object("timing")),
        remaining=raw.texts("remaining"),
        notes=raw.texts("notes"),
        versions=raw.text_map("versions"),
    )


def with_patches(record: RunRecord, patches: Mapping[str, Patch], patch: Patch) -> RunRecord:
    """The record with the patch of each fix, by fingerprint, and that of all together."""
    if record.proof is None:
        return record
    fixes = tuple(
        replace(fix, candidate=replace(fix.candidate, patch=patches.get(fix.failure.fingerprint, Patch())))
        for fix in record.proof.fixes
    )
    candidates = {fix.failure.fingerprint: fix.candidate for fix in fixes}
    healings = tuple(
        replace(healing, candidate=candidates.get(healing.reproduction.failure.fingerprint))
        for healing in record.healings
    )
    return replace(record, healings=healings, proof=replace(record.proof, fixes=fixes, patch=patch))


# --- the build and what is broken ------------------------------------------------------------------


def _build(raw: Fields) -> Build:
    counts = _counts(raw.optional_object("counts"))
    return Build(
        commit=raw.commit("commit"),
        branch=raw.text("branch", limit=500),
        head=raw.commit("head", optional=True),
        base=raw.commit("base", optional=True) or None,
        report=Report(counts=counts) if counts else None,
        sources=raw.texts("sources"),
    )


def _counts(raw: Fields | None) -> TestCounts | None:
    if raw is None:
        return None
    return TestCounts(
        passed=raw.count("passed"), failed=raw.count("failed"), skipped=raw.count("skipped"), flaky=raw.count("flaky")
    )


def _failure(raw: Fields) -> Failure:
    return Failure(
        fingerprint=raw.pattern("fingerprint", FINGERPRINT, "12 hexadecimal digits"),
        cause=raw.choice("cause", Cause),
        summary=raw.text("summary", limit=1000),
        tests=tuple(map(_test, raw.objects("tests"))),
        findings=tuple(map(_finding, raw.objects("findings"))),
        verifier=raw.text("verifier", limit=100),
        frames=tuple(map(_frame, raw.objects("frames"))),
        evidence=tuple(Evidence(kind=part.text("kind"), text=part.text("text")) for part in raw.objects("evidence")),
    )


def _test(raw: Fields) -> FailedTest:
    classname, found, name = raw.text("id", limit=2000).partition("::")
    case = TestCase(
        name=name if found else classname, classname=classname if found else "", file=raw.text("file", limit=1000)
    )
    return FailedTest(
        case=case, exception=raw.text("exception"), message=raw.text("message"), line=raw.optional_count("line")
    )


def _finding(raw: Fields) -> LogFinding:
    return LogFinding(
        kind=raw.choice("kind", FindingKind),
        tool=raw.text("tool", limit=100),
        message=raw.text("message"),
        file=raw.text("file", limit=1000),
        line=raw.optional_count("line"),
        code=raw.text("code", limit=100),
    )


def _frame(raw: Fields) -> Frame:
    return Frame(
        path=raw.text("path", limit=1000),
        line=raw.count("line"),
        function=raw.text("function", limit=500),
        is_test=raw.flag("is_test"),
    )


def _healing(raw: Fields, record: Fields, failures: Mapping[str, Failure], proof: Proof | None) -> Healing:
    failure = failures[raw.text("fingerprint")]
    fix = next((fix for fix in proof.fixes if fix.failure == failure), None) if proof else None
    return Healing(
        reproduction=_reproduction(raw.object("reproduction"), failure),
        candidate=fix.candidate if fix else None,
        verdict=fix.verdict if fix else None,
        attempts=tuple(
            _attempt(part) for part in record.objects("attempts") if part.text("fingerprint") == failure.fingerprint
        ),
        why=raw.text("why", limit=2000),
        healed_by=raw.text("healed_by", limit=100),
        left_to=raw.text("left_to", limit=1000),
    )


def _reproduction(raw: Fields, failure: Failure) -> Reproduction:
    return Reproduction(
        failure=failure,
        state=raw.choice("state", ReproductionState),
        runs=raw.count("runs"),
        failed_runs=raw.count("failed_runs"),
        base_state=raw.text("base_state", limit=20),
        in_suite_only=raw.flag("in_suite_only"),
        why=raw.text("why", limit=2000),
    )


def _attempt(raw: Fields) -> Attempt:
    return Attempt(
        healer=raw.text("healer", limit=100),
        fingerprint=raw.text("fingerprint", limit=100),
        candidates=raw.count("candidates"),
        verdict=raw.text("verdict", limit=20),
        why=raw.text("why", limit=2000),
        duration_s=raw.number("duration_s"),
    )


# --- the proof ---------------------------------------------------------------------------------------


def _proof(record: Fields, failures: Mapping[str, Failure]) -> Proof | None:
    raw, patch = record.optional_object("proof"), record.optional_object("patch")
    if raw is None or patch is None:
        return None
    checks = tuple((part.text("fingerprint"), _check(part)) for part in raw.objects("checks"))
    fixes = tuple(_fix(part, failures, checks) for part in patch.objects("fixes"))
    if len({fix.failure.fingerprint for fix in fixes}) != len(fixes) or not fixes:
        patch.refuse("fixes", "it is not a list with one fix for each failure that is healed")
    base = raw.optional_object("base")
    return Proof(
        fixes=fixes,
        patch=Patch(),
        base=_side(base, "base") if base else None,
        broken=_side(raw.object("broken"), "broken"),
        fixed=_side(raw.object("fixed"), "fixed"),
        repeats=raw.count("runs"),
        slip_chance=raw.number("slip_chance"),
        clean=raw.text("clean", limit=1000),
        is_clean=raw.flag("is_clean"),
        needs_person=patch.text("needs_person", limit=2000),
    )


def _fix(raw: Fields, failures: Mapping[str, Failure], checks: Sequence[tuple[str, CheckResult]]) -> ProvenFix:
    fingerprint = raw.text("fingerprint")
    if fingerprint not in failures:
        raw.refuse("fingerprint", "it is that of no failure in the record")
    candidate = Candidate(
        healer=raw.pattern("healer", HEALER, "the name of a healer"),
        patch=Patch(),
        rationale=raw.text("rationale", limit=20_000),
        kind=raw.pattern("kind", KINDS, "a kind of fix"),
        notes=raw.texts("notes"),
        needs_person=raw.text("needs_person", limit=2000),
    )
    results = tuple(check for of, check in checks if of == fingerprint)
    return ProvenFix(failure=failures[fingerprint], candidate=candidate, verdict=Verdict(results=results))


def _check(raw: Fields) -> CheckResult:
    return CheckResult(
        check=raw.text("check", limit=40), passed=raw.flag("passed"), summary=raw.text("summary", limit=2000)
    )


def _side(raw: Fields, name: str) -> SideOfProof:
    return SideOfProof(
        name=name,
        commit=raw.commit("commit", optional=True),
        targets=raw.text_map("targets"),
        counts=_counts(raw.optional_object("counts")),
        command=raw.text("command", limit=2000),
        duration_s=raw.number("duration_s"),
    )


def _usage(raw: Fields) -> Usage:
    return Usage(
        model=raw.text("model", limit=100),
        requests=raw.count("requests"),
        input_tokens=raw.count("input_tokens"),
        cache_read_tokens=raw.count("cached_tokens"),
        cache_write_tokens=raw.count("cache_write_tokens"),
        output_tokens=raw.count("output_tokens"),
        cost_usd=raw.number("cost_usd"),
    )


def _timing(raw: Fields) -> Timing:
    return Timing(
        total_s=raw.number("total_s"),
        tests_s=raw.number("tests_s"),
        model_s=raw.number("model_s"),
        own_s=raw.number("own_s"),
    )
