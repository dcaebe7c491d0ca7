"""The values that travel between the stages.

All frozen: a stage takes values and gives values. Nothing here reads files, runs commands or
knows a test runner, a forge or a model.
"""

from __future__ import annotations

from honk_ci.domain.builds import (
    INFRASTRUCTURE_KINDS,
    Build,
    FailedTest,
    FindingKind,
    LogFinding,
    Report,
    TestCase,
    TestCounts,
    TestRun,
    case_key,
    failed_keys,
)
from honk_ci.domain.failures import (
    Cause,
    Evidence,
    Failure,
    Frame,
    Reproduction,
    ReproductionState,
)
from honk_ci.domain.healing import (
    Attempt,
    Candidate,
    CheckResult,
    Healing,
    IntegrityFinding,
    Severity,
    Usage,
    Verdict,
)
from honk_ci.domain.records import (
    Delivery,
    Outcome,
    Proof,
    ProvenFix,
    RunRecord,
    SideOfProof,
    Timing,
)

__all__ = [
    "INFRASTRUCTURE_KINDS",
    "Attempt",
    "Build",
    "Candidate",
    "Cause",
    "CheckResult",
    "Delivery",
    "Evidence",
    "FailedTest",
    "Failure",
    "FindingKind",
    "Frame",
    "Healing",
    "IntegrityFinding",
    "LogFinding",
    "Outcome",
    "Proof",
    "ProvenFix",
    "Report",
    "Reproduction",
    "ReproductionState",
    "RunRecord",
    "Severity",
    "SideOfProof",
    "TestCase",
    "TestCounts",
    "TestRun",
    "Timing",
    "Usage",
    "Verdict",
    "case_key",
    "failed_keys",
]
