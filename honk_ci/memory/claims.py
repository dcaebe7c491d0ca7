"""Claims: one run at a time heals a failure, however many jobs are red because of it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from honk_ci.forges.this_job import ThisJob
from honk_ci.memory import fields
from honk_ci.memory.fields import Json
from honk_ci.memory.refs import ROOT, Document

SCHEMA = "honk-ci/claim/1"
SLACK_S = 600.0  # a run goes on for this long after its time limit, to prove and to deliver
SKEW_S = 300.0  # clocks of two machines may differ by this much
LONGEST_S = 24 * 3600.0  # no claim is believed for longer


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A run is at a failure, until when."""

    fingerprint: str
    job: ThisJob
    commit: str
    branch: str
    taken_at: float  # seconds since 1970
    expires_at: float

    @property
    def holder(self) -> str:
        """How people find the run."""
        return self.job.url or f"run {self.job.run_id or 'of an unknown number'}"

    def is_over(self, now: float) -> bool:
        """Whether its run must have ended, killed before it could give the claim back."""
        if self.taken_at > now + SKEW_S:
            return True  # from a clock that is plainly wrong
        return now > min(self.expires_at, self.taken_at + LONGEST_S) + SKEW_S

    def gives_way_to(self, job: ThisJob, now: float) -> bool:
        return self.is_over(now) or job.follows(self.job)


def ref_of(fingerprint: str) -> str:
    return f"{ROOT}/claims/{fingerprint}"


def to_body(claim: Claim) -> Json:
    return {
        "schema": SCHEMA,
        "fingerprint": claim.fingerprint,
        "run": claim.job.run_id,
        "attempt": claim.job.attempt,
        "job": claim.job.name,
        "url": claim.job.url,
        "commit": claim.commit,
        "branch": claim.branch,
        "taken_at": fields.iso(claim.taken_at),
        "expires_at": fields.iso(claim.expires_at),
        # two jobs of one run write the same at the same second: their commits must differ all the same
        "nonce": secrets.token_hex(8),
    }


def from_document(document: Document) -> Claim | None:
    """None where it is no claim, or says not until when."""
    body = document.body
    taken_at, expires_at = fields.moment(body, "taken_at"), fields.moment(body, "expires_at")
    if body.get("schema") != SCHEMA or taken_at is None or expires_at is None:
        return None
    job = ThisJob(
        run_id=fields.text(body, "run"),
        attempt=fields.number(body, "attempt") or 1,
        name=fields.text(body, "job"),
        url=fields.address(body, "url"),
    )
    return Claim(
        fingerprint=document.ref.rpartition("/")[2],
        job=job,
        commit=fields.commit(body, "commit"),
        branch=fields.text(body, "branch"),
        taken_at=taken_at,
        expires_at=expires_at,
    )
