"""Tombstones: people said no to a healer's fix of a failure, and it does not come back until they lift that."""

from __future__ import annotations

import re
from dataclasses import dataclass

from honk_ci.memory import fields
from honk_ci.memory.fields import Json
from honk_ci.memory.refs import ROOT, Document

SCHEMA = "honk-ci/tombstone/1"
_HEALER = re.compile(r"[a-z][a-z0-9_-]{0,39}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Tombstone:
    """A no, and what it was read from."""

    fingerprint: str
    healer: str
    why: str  # one line: "people closed pull request #7 unmerged"
    evidence: str  # address or commit that shows it
    by: str  # the run that found it
    at: float  # seconds since 1970
    fix: str  # the commit that was refused
    lifted_at: float = 0.0  # 0 while it stands

    @property
    def stands(self) -> bool:
        return not self.lifted_at


def ref_of(fingerprint: str, healer: str) -> str:
    return f"{ROOT}/tombstones/{fingerprint}/{healer}"


def is_healer_name(name: str) -> bool:
    """Whether a name can be the end of a ref."""
    return _HEALER.fullmatch(name) is not None


def to_body(tombstone: Tombstone) -> Json:
    body = {
        "schema": SCHEMA,
        "fingerprint": tombstone.fingerprint,
        "healer": tombstone.healer,
        "why": tombstone.why,
        "evidence": tombstone.evidence,
        "by": tombstone.by,
        "at": fields.iso(tombstone.at),
        "fix": tombstone.fix,
    }
    # a lifted one is kept: what was judged before must not be judged again
    return {**body, "lifted_at": fields.iso(tombstone.lifted_at)} if tombstone.lifted_at else body


def from_document(document: Document) -> Tombstone | None:
    body = document.body
    at = fields.moment(body, "at")
    if body.get("schema") != SCHEMA or at is None:
        return None
    fingerprint, _, healer = document.ref.removeprefix(f"{ROOT}/tombstones/").partition("/")
    return Tombstone(
        fingerprint=fingerprint,
        healer=healer,
        why=fields.text(body, "why"),
        evidence=fields.text(body, "evidence"),
        by=fields.text(body, "by"),
        at=at,
        fix=fields.commit(body, "fix"),
        lifted_at=fields.moment(body, "lifted_at") or 0.0,
    )
