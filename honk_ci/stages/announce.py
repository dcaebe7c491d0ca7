"""Announce: people learn of the run where they look: the comment, the suggestions, the check."""

from __future__ import annotations

from honk_ci.domain import RunRecord
from honk_ci.stages.deliver import Dispatch


def announce(record: RunRecord, dispatch: Dispatch) -> RunRecord:
    """Say on the forge what came of the run; the record, with what could not be said among its notes."""
    return record
