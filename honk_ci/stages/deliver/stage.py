"""Deliver: commits of the proven fixes, pushed without ever overwriting people, and a request where asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from honk_ci.config import DeliverMode
from honk_ci.domain import Delivery, Proof
from honk_ci.errors import GitError
from honk_ci.stages.deliver.commits import branch_name, commit_all, stacked
from honk_ci.stages.deliver.dispatch import Dispatch
from honk_ci.stages.deliver.landing import Landing, land, land_here
from honk_ci.stages.deliver.modes import choose
from honk_ci.stages.deliver.push import ROUNDS, keep, keep_patch, push_fix_branch
from honk_ci.stages.deliver.request import ask_for_merge, own_branch
from honk_ci.text import one_line

STARTS_NO_CI = (
    "this push starts no CI, since it was made with the job's own token: give honk the token of an app or of a bot "
    "user (HONK_TOKEN), or start CI by hand"
)


def bring(proof: Proof, dispatch: Dispatch, *, still_red: Sequence[str]) -> Delivery:
    """Make the fix commits, and bring them to people as asked.

    ``still_red`` names causes that the proof does not mend: with any, what is delivered is a draft.
    Running it twice is safe, and a run that was killed half-way is completed by the next.
    """
    choice = choose(proof, dispatch, is_whole=not still_red)
    delivery = _delivered(choice.mode, proof, dispatch, is_draft=bool(proof.needs_person or still_red))
    notes = [choice.note, STARTS_NO_CI if delivery.starts_ci is False else ""]
    is_capped = choice.is_capped or dispatch.mode != dispatch.config.deliver.mode
    return replace(delivery, is_capped=is_capped, notes=(*(note for note in notes if note), *delivery.notes))


def _delivered(mode: DeliverMode, proof: Proof, dispatch: Dispatch, *, is_draft: bool) -> Delivery:
    if mode == "none":
        return _committed(mode, proof, _on_red(proof, dispatch), dispatch, note="nothing was to be delivered")
    if mode in ("comment", "suggest"):
        landing = land_here(proof, dispatch)
        delivery = _committed(mode, proof, landing, dispatch, note="nothing is pushed: the patch is in the comment")
        return keep_patch(dispatch, delivery, base=landing.parent)
    if mode == "commit":
        return _onto_the_branch(proof, dispatch)
    return _as_fix_branch(mode, proof, _landed(proof, dispatch), dispatch, is_draft=is_draft)


def _committed(mode: DeliverMode, proof: Proof, landing: Landing, dispatch: Dispatch, *, note: str) -> Delivery:
    """The fix commits alone, as what was asked for."""
    commit = commit_all(proof, landing.parent, landing.patches, dispatch)
    return Delivery(mode=mode, done=True, branch=branch_name(proof, dispatch.config), commit=commit, note=note)


def _on_red(proof: Proof, dispatch: Dispatch) -> Landing:
    return Landing(parent=dispatch.build.commit, patches=stacked(proof, dispatch.repository))


def _landed(proof: Proof, dispatch: Dispatch) -> Landing:
    try:
        return land(proof, dispatch)
    except GitError as error:  # the push will tell whether the remote takes anything at all
        note = f"it is not known where the branch is by now: {one_line(str(error), 200)}"
        return replace(_on_red(proof, dispatch), note=note)


# --- a branch of its own ---------------------------------------------------------------------------


def _as_fix_branch(
    mode: DeliverMode, proof: Proof, landing: Landing, dispatch: Dispatch, *, is_draft: bool
) -> Delivery:
    if landing.state in ("mended", "there"):
        return _committed("none", proof, land_here(proof, dispatch), dispatch, note=landing.note)
    delivery = _pushed(mode, proof, landing, dispatch)
    if landing.state == "stuck":
        return _set_aside(delivery, landing, dispatch)
    if landing.note:
        delivery = replace(delivery, notes=(landing.note, *delivery.notes))
    if mode == "pull-request" and delivery.done:
        return ask_for_merge(delivery, proof, dispatch, is_draft=is_draft)
    return delivery


def _pushed(mode: DeliverMode, proof: Proof, landing: Landing, dispatch: Dispatch) -> Delivery:
    """The fix branch on the remote, or the fix kept here where that takes none."""
    delivery = replace(_committed(mode, proof, landing, dispatch, note=""), done=False, remote=dispatch.remote_label)
    if mode == "pull-request":
        delivery = replace(delivery, branch=own_branch(delivery, dispatch))
    try:
        delivery = push_fix_branch(delivery, landing, dispatch)
    except GitError as error:
        note = f"{delivery.remote} did not take the branch: {error}"
        return keep(dispatch, replace(delivery, rejected=True, note=note), base=landing.parent)
    return replace(delivery, starts_ci=dispatch.starts_ci) if delivery.done else delivery


def _set_aside(delivery: Delivery, landing: Landing, dispatch: Dispatch) -> Delivery:
    """A fix that does not fit where its branch is by now: kept for people, and offered to nobody."""
    kept = (f"branch {delivery.branch} on {delivery.remote}",) if delivery.done else ()
    aside = replace(delivery, done=False, note=landing.note, kept=(*delivery.kept, *kept))
    return keep_patch(dispatch, aside, base=landing.parent) if kept else aside


# --- straight onto the red branch --------------------------------------------------------------------


def _onto_the_branch(proof: Proof, dispatch: Dispatch) -> Delivery:
    """A commit on the tip of the red branch, as often as that moves on; else a request, which loses nothing."""
    why = f"{dispatch.red_branch} moved on in each of {ROUNDS} rounds"
    landing = _landed(proof, dispatch)
    for _ in range(ROUNDS):
        if landing.state == "there":
            branch, remote = dispatch.red_branch, dispatch.remote_label
            return Delivery(
                mode="commit", done=True, branch=branch, commit=landing.tip, remote=remote, note=landing.note
            )
        if landing.state != "landed" or not landing.is_tip:
            why = landing.note
            break
        delivery = replace(
            _committed("commit", proof, landing, dispatch, note=f"committed onto {dispatch.red_branch}"),
            branch=dispatch.red_branch,
            remote=dispatch.remote_label,
            request=dispatch.context.request,
            starts_ci=dispatch.starts_ci,
            notes=(landing.note,) if landing.note else (),
        )
        try:
            if dispatch.remote.try_push(delivery.commit, f"refs/heads/{delivery.branch}", expected=landing.parent):
                return delivery
        except GitError as error:
            why = f"{dispatch.red_branch} did not take it: {one_line(str(error), 300)}"
            break
        landing = _landed(proof, dispatch)
    instead = _as_fix_branch("pull-request", proof, landing, dispatch, is_draft=False)
    note = f"not committed onto the branch: {why}" if why and landing.state == "landed" else ""
    return replace(instead, notes=(note, *instead.notes)) if note else instead
