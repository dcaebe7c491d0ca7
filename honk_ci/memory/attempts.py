"""Attempts: what earlier runs tried for a failure, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from honk_ci.config import Kind
from honk_ci.memory import fields
from honk_ci.memory.fields import Json
from honk_ci.memory.refs import ROOT, Document
from honk_ci.text import one_line

SCHEMA = "honk-ci/attempts/1"
MOST_RUNS = 20  # kept of one failure; the oldest go
MOST_TRIED = 10
KINDS: Sequence[Kind] = ("format", "name", "pin", "codemod", "edit", "revert")


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """What one healer came to."""

    healer: str
    verdict: str  # as in ``domain.Attempt``
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Fix:
    """A fix that a run delivered."""

    commit: str  # the commit of this failure's own patch
    healer: str
    rationale: str = ""
    kind: Kind = "edit"
    needs_person: str = ""
    mode: str = ""  # how it was delivered
    branch: str = ""  # where it was pushed to
    target: str = ""  # branch that a request asks to be merged into
    request: int | None = None
    url: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PastRun:
    """One run that was at a failure."""

    run: str
    url: str
    commit: str  # the red one, or its branch's tip where that is a merge made by the forge
    branch: str
    at: float  # seconds since 1970
    outcome: str
    why: str = ""
    tried: tuple[Tried, ...] = ()
    cost_usd: float = 0.0
    fix: Fix | None = None
    is_fault: bool = False  # a fault of the service or of honk-ci ended it: it says nothing of the failure

    @property
    def told(self) -> str:
        """What was tried and came of it, one line."""
        healers = ", ".join(f"{one.healer}: {one.why}" for one in self.tried if one.verdict != "skipped")
        came_of_it = f"fixed by {self.fix.healer} in {self.fix.commit[:9]}" if self.fix else healers or self.why
        return one_line(came_of_it or self.outcome, 240)

    def __str__(self) -> str:
        return f"{self.told} ({self.url})" if self.url else self.told


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """All that was tried for one failure, oldest first."""

    runs: tuple[PastRun, ...] = ()
    lifted_at: float = 0.0  # a person asked for another try: what is older does not count against it

    @property
    def counted(self) -> tuple[PastRun, ...]:
        return tuple(run for run in self.runs if run.at > self.lifted_at and not run.is_fault)

    @property
    def fixes(self) -> tuple[Fix, ...]:
        """Newest first."""
        return tuple(run.fix for run in reversed(self.runs) if run.fix is not None)


def ref_of(fingerprint: str) -> str:
    return f"{ROOT}/attempts/{fingerprint}"


def fix_ref(fingerprint: str, commit: str) -> str:
    """Where a fix is kept, so that it outlives its branch."""
    return f"{ROOT}/fixes/{fingerprint}/{commit[:12]}"


def to_body(fingerprint: str, history: History) -> Json:
    body = {
        "schema": SCHEMA,
        "fingerprint": fingerprint,
        "runs": [_run_to_body(run) for run in history.runs[-MOST_RUNS:]],
    }
    return {**body, "lifted_at": fields.iso(history.lifted_at)} if history.lifted_at else body


def from_document(document: Document) -> History | None:
    body = document.body
    if body.get("schema") != SCHEMA:
        return None
    runs = [run for part in fields.parts(body, "runs")[-MOST_RUNS:] if (run := _run_from_body(part))]
    return History(runs=tuple(runs), lifted_at=fields.moment(body, "lifted_at") or 0.0)


def _run_to_body(run: PastRun) -> Json:
    body: dict[str, object] = {
        "run": run.run,
        "url": run.url,
        "commit": run.commit,
        "branch": run.branch,
        "at": fields.iso(run.at),
        "outcome": run.outcome,
        "why": one_line(run.why, fields.TEXT_CHARS),
        "tried": [
            {"healer": one.healer, "verdict": one.verdict, "why": one_line(one.why, fields.TEXT_CHARS)}
            for one in run.tried[:MOST_TRIED]
        ],
        "cost_usd": round(run.cost_usd, 4),
    }
    if run.is_fault:
        body["fault"] = True
    if run.fix is not None:
        body["fix"] = _fix_to_body(run.fix)
    return body


def _fix_to_body(fix: Fix) -> Json:
    return {
        "commit": fix.commit,
        "healer": fix.healer,
        "rationale": one_line(fix.rationale, 2 * fields.TEXT_CHARS),
        "kind": fix.kind,
        "needs_person": one_line(fix.needs_person, fields.TEXT_CHARS),
        "mode": fix.mode,
        "branch": fix.branch,
        "target": fix.target,
        "request": fix.request,
        "url": fix.url,
    }


def _run_from_body(body: Json) -> PastRun | None:
    at = fields.moment(body, "at")
    if at is None:
        return None
    fix = body.get("fix")
    tried = [
        Tried(
            healer=fields.text(part, "healer", 40),
            verdict=fields.text(part, "verdict", 40),
            why=fields.text(part, "why"),
        )
        for part in fields.parts(body, "tried")[:MOST_TRIED]
    ]
    return PastRun(
        run=fields.text(body, "run"),
        url=fields.address(body, "url"),
        commit=fields.commit(body, "commit"),
        branch=fields.text(body, "branch"),
        at=at,
        outcome=fields.text(body, "outcome", 40),
        why=fields.text(body, "why"),
        tried=tuple(tried),
        cost_usd=fields.dollars(body, "cost_usd"),
        fix=_fix_from_body(fix) if isinstance(fix, dict) else None,
        is_fault=body.get("fault") is True,
    )


def _fix_from_body(body: Json) -> Fix | None:
    commit, healer = fields.commit(body, "commit"), fields.text(body, "healer", 40)
    if not commit or not healer:
        return None
    kind = fields.text(body, "kind", 40)
    return Fix(
        commit=commit,
        healer=healer,
        rationale=fields.text(body, "rationale", 2 * fields.TEXT_CHARS),
        kind=next((known for known in KINDS if known == kind), "edit"),
        needs_person=fields.text(body, "needs_person"),
        mode=fields.text(body, "mode", 40),
        branch=fields.text(body, "branch"),
        target=fields.text(body, "target"),
        request=fields.number(body, "request"),
        url=fields.address(body, "url"),
    )
