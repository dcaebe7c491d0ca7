"""What this run makes of a proof: the mode that was asked for, or the next one that may be used."""

from __future__ import annotations

from dataclasses import dataclass

from honk_ci.config import DeliverMode
from honk_ci.domain import Proof
from honk_ci.errors import ForgeError
from honk_ci.stages.deliver.dispatch import Dispatch


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """A mode, never ``auto``."""

    mode: DeliverMode
    note: str = ""  # why it is not the one that was asked for
    is_capped: bool = False  # this run may not do more


def choose(proof: Proof, dispatch: Dispatch, *, is_whole: bool) -> Choice:
    """``is_whole``: no cause is left red besides those that the proof mends."""
    mode = dispatch.mode
    if mode in ("branch", "pull-request", "commit", "auto") and dispatch.context.is_fork:
        mode = "comment" if dispatch.forge else "none"
        return Choice(mode=mode, note="a fork's branch is never pushed to", is_capped=True)
    if mode == "auto":
        against = _against_commit(proof, dispatch, is_whole=is_whole) or _against_auto(proof, dispatch)
        return (
            Choice(mode="pull-request", note=f"not committed by itself: {against}")
            if against
            else Choice(mode="commit")
        )
    if mode == "commit" and (against := _against_commit(proof, dispatch, is_whole=is_whole)):
        return Choice(mode="pull-request", note=f"not committed onto the branch: {against}")
    return Choice(mode=mode)


def _against_commit(proof: Proof, dispatch: Dispatch, *, is_whole: bool) -> str:
    """Why the fix may not go straight onto the red branch; "" when it may."""
    if proof.needs_person:
        return f"a person must decide ({proof.needs_person})"
    if not is_whole:
        return "something else is red still"
    branch = dispatch.red_branch
    if not branch:
        return "the build belongs to no branch"
    default = default_branch(dispatch)
    if not default:
        return "it is not known which branch is the default one"
    return f"{branch} is the default branch" if branch == default else ""


def _against_auto(proof: Proof, dispatch: Dispatch) -> str:
    """Why the fix is not verified in full, or not of a kind that goes by itself; "" when it is."""
    allowed = dispatch.config.deliver.auto_commit
    if others := sorted({fix.candidate.kind for fix in proof.fixes} - set(allowed)):
        return f"a fix of kind {others[0]} is for people to merge (deliver.auto_commit)"
    if dispatch.context.request is None:
        return "the build belongs to no request"
    if proof.base is None or set(proof.base.targets.values()) != {"passed"}:
        return "the base was not seen green"
    if not proof.is_clean:
        return "it was not proven in a clean checkout"
    if proof.fixed.counts is None or not proof.fixed.counts.passed:
        return "no test suite was run with it"
    return ""


def default_branch(dispatch: Dispatch) -> str:
    """The project's default branch, "" where nobody tells."""
    if dispatch.context.default_branch or dispatch.forge is None:
        return dispatch.context.default_branch
    try:
        return dispatch.forge.default_branch()
    except ForgeError:
        return ""
