"""Announce: what a run says on the forge: one comment per failure, suggestions, the status of the commit."""

from __future__ import annotations

from honk_ci.domain import RunRecord
from honk_ci.stages.deliver import Dispatch


def announce(record: RunRecord, dispatch: Dispatch) -> RunRecord:
    """The record, with what could not be said among its notes; see ``stage``, loaded where there is a forge to tell."""
    if dispatch.forge is None or dispatch.mode == "none":
        return record
    from honk_ci.stages.announce.stage import tell

    return tell(record, dispatch, dispatch.forge)
