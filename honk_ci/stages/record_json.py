"""The run record as JSON, ``schema: honk-ci/run-record/1``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from honk_ci.domain import (
    Attempt,
    Build,
    Delivery,
    FailedTest,
    Healing,
    IntegrityFinding,
    LogFinding,
    Proof,
    ProvenFix,
    RunRecord,
    Severity,
    SideOfProof,
    TestCounts,
    Usage,
)
from honk_ci.text import clip

SCHEMA = "honk-ci/run-record/1"
TEXT_CHARS = 4_000
MOST_TESTS = 500

Json = dict[str, Any]


def to_json(record: RunRecord, *, redact: Callable[[str], str]) -> Json:
    """The record as plain values; every text goes through ``redact``."""
    raw: Json = {
        "schema": SCHEMA,
        "outcome": record.outcome.value,
        "summary": record.summary,
        "build": _build(record.build),
        "failures": [_failure(healing) for healing in record.healings],
        "attempts": [_attempt(attempt) for healing in record.healings for attempt in healing.attempts],
        "patch": _patch(record.proof),
        "proof": _proof(record.proof),
        "integrity": _integrity(record),
        "delivery": _delivery(record.delivery),
        "usage": _usage(record.usage),
        "timing": {
            "total_s": round(record.timing.total_s, 3),
            "tests_s": round(record.timing.tests_s, 3),
            "model_s": round(record.timing.model_s, 3),
            "own_s": round(record.timing.own_s, 3),
        },
        "remaining": list(record.remaining),
        "notes": list(record.notes),
        "versions": dict(record.versions),
    }
    redacted: Json = _redacted(raw, redact)
    return redacted


def _redacted(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {redact(key): _redacted(item, redact) for key, item in value.items()}
    if isinstance(value, list):
        return [_redacted(item, redact) for item in value]
    return value


def _build(build: Build) -> Json:
    return {
        "commit": build.commit,
        "branch": build.branch,
        "head": build.head,
        "base": build.base,
        "sources": list(build.sources),
        "counts": _counts(build.report.counts) if build.report else None,
        "notes": list(build.notes),
    }


def _counts(counts: TestCounts | None) -> Json | None:
    if counts is None:
        return None
    return {
        "total": counts.total,
        "passed": counts.passed,
        "failed": counts.failed,
        "skipped": counts.skipped,
        "flaky": counts.flaky,
    }


def _failure(healing: Healing) -> Json:
    reproduction = healing.reproduction
    failure = reproduction.failure
    return {
        "fingerprint": failure.fingerprint,
        "cause": failure.cause.value,
        "summary": failure.summary,
        "tests": [_test(test) for test in failure.tests[:MOST_TESTS]],
        "test_count": len(failure.tests),
        "verifier": failure.verifier,
        "findings": [_finding(finding) for finding in failure.findings[:50]],
        "evidence": [{"kind": item.kind, "text": clip(item.text, TEXT_CHARS)} for item in failure.evidence],
        "frames": [
            {"path": f.path, "line": f.line, "function": f.function, "is_test": f.is_test} for f in failure.frames[:20]
        ],
        "reproduction": {
            "state": reproduction.state.value,
            "runs": reproduction.runs,
            "failed_runs": reproduction.failed_runs,
            "rate": round(reproduction.failed_runs / reproduction.runs, 4) if reproduction.runs else None,
            "base_state": reproduction.base_state,
            "in_suite_only": reproduction.in_suite_only,
            "why": reproduction.why,
        },
        "healed": healing.candidate is not None or bool(healing.healed_by),
        "healed_by": healing.healed_by,
        "left_to": healing.left_to,
        "why": healing.why,
    }


def _test(test: FailedTest) -> Json:
    return {
        "id": test.key,
        "file": test.case.file,
        "line": test.line,
        "exception": test.exception,
        "message": clip(test.message, 500),
    }


def _finding(finding: LogFinding) -> Json:
    return {
        "kind": finding.kind.value,
        "tool": finding.tool,
        "file": finding.file,
        "line": finding.line,
        "code": finding.code,
        "message": clip(finding.message, 500),
    }


def _attempt(attempt: Attempt) -> Json:
    return {
        "healer": attempt.healer,
        "fingerprint": attempt.fingerprint,
        "candidates": attempt.candidates,
        "verdict": attempt.verdict,
        "why": attempt.why,
        "duration_s": round(attempt.duration_s, 3),
    }


def _patch(proof: Proof | None) -> Json | None:
    if proof is None:
        return None
    return {
        "files": list(proof.patch.paths),
        "lines_added": proof.patch.lines_added,
        "lines_removed": proof.patch.lines_removed,
        "diff": proof.patch.diff(),
        "healer": ", ".join(dict.fromkeys(fix.candidate.healer for fix in proof.fixes)),
        "rationale": "\n\n".join(fix.candidate.rationale for fix in proof.fixes),
        "confidence": confidence(proof),
        "needs_person": proof.needs_person,
        "fixes": [_fix(fix) for fix in proof.fixes],
    }


def _fix(fix: ProvenFix) -> Json:
    candidate = fix.candidate
    return {
        "fingerprint": fix.failure.fingerprint,
        "healer": candidate.healer,
        "kind": candidate.kind,
        "rationale": candidate.rationale,
        "notes": list(candidate.notes),
        "needs_person": candidate.needs_person,
    }


def confidence(proof: Proof) -> str:
    """What the evidence is worth, in one word; never what a model says of itself.

    "high": red at the red commit, green before, and steady now. "medium": the base could not
    show that the failure is new. "low": a person must decide.
    """
    if proof.needs_person:
        return "low"
    if proof.base is not None and set(proof.base.targets.values()) == {"passed"}:
        return "high"
    return "medium"


def _proof(proof: Proof | None) -> Json | None:
    if proof is None:
        return None
    return {
        "base": _side(proof.base),
        "broken": _side(proof.broken),
        "fixed": _side(proof.fixed),
        "runs": proof.repeats,
        "slip_chance": proof.slip_chance,
        "clean": proof.clean,
        "is_clean": proof.is_clean,
        "commands": list(dict.fromkeys(side.command for side in (proof.broken, proof.fixed) if side.command)),
        "checks": [
            {
                "fingerprint": fix.failure.fingerprint,
                "check": result.check,
                "passed": result.passed,
                "summary": result.summary,
            }
            for fix in proof.fixes
            for result in fix.verdict.results
        ],
    }


def _side(side: SideOfProof | None) -> Json | None:
    if side is None:
        return None
    return {
        "commit": side.commit,
        "counts": _counts(side.counts),
        "targets": dict(list(side.targets.items())[:MOST_TESTS]),
        "command": side.command,
        "duration_s": round(side.duration_s, 3),
    }


def _integrity(record: RunRecord) -> Json:
    """What the accepted patch takes from the tests, or else what the refused ones would have taken."""
    if record.proof is not None:
        findings = list(record.proof.findings)
    else:
        findings = [f for h in record.healings for verdict in h.verdicts for f in verdict.findings]
    verdict = "clean"
    if any(finding.severity is Severity.VETO for finding in findings):
        verdict = "refused"
    elif any(finding.severity is Severity.PERSON for finding in findings):
        verdict = "needs_person"
    return {"verdict": verdict, "findings": [_integrity_finding(finding) for finding in findings[:200]]}


def _integrity_finding(finding: IntegrityFinding) -> Json:
    return {
        "rule": finding.rule,
        "path": finding.path,
        "line": finding.line,
        "before": clip(finding.before, 500),
        "after": clip(finding.after, 500),
        "why": finding.why,
        "severity": finding.severity.value,
    }


def _delivery(delivery: Delivery | None) -> Json | None:
    if delivery is None:
        return None
    return {
        "mode": delivery.mode,
        "done": delivery.done,
        "branch": delivery.branch,
        "commit": delivery.commit,
        "remote": delivery.remote,
        "url": delivery.url,
        "request": delivery.request,
        "is_draft": delivery.is_draft,
        "target": delivery.target,
        "comment_url": delivery.comment_url,
        "starts_ci": delivery.starts_ci,
        "note": delivery.note,
        "notes": list(delivery.notes),
        "kept": list(delivery.kept),
        "rejected": delivery.rejected,
        "is_capped": delivery.is_capped,
        "forge_refused": delivery.forge_refused,
    }


def _usage(usage: Usage) -> Json:
    return {
        "model": usage.model,
        "requests": usage.requests,
        "input_tokens": usage.input_tokens,
        "cached_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "output_tokens": usage.output_tokens,
        "cost_usd": round(usage.cost_usd, 6),
    }
