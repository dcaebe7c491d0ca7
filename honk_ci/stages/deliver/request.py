"""Request: the pull or merge request that asks people for a fix branch."""

from __future__ import annotations

from dataclasses import replace

from honk_ci.domain import Delivery, Proof
from honk_ci.errors import ForgeError, GitError
from honk_ci.forges.interface import Forge, NewRequest, Request
from honk_ci.stages.comment import request_body, request_title
from honk_ci.stages.deliver.commits import branch_beside
from honk_ci.stages.deliver.dispatch import Dispatch
from honk_ci.stages.deliver.modes import default_branch
from honk_ci.stages.deliver.reviewers import reviewers
from honk_ci.stages.marks import mark
from honk_ci.text import one_line


def ask_for_merge(delivery: Delivery, proof: Proof, dispatch: Dispatch, *, is_draft: bool) -> Delivery:
    """Open the request for a pushed fix branch, or find the one that is open; never raises ForgeError.

    A request that cannot be opened leaves the branch, which people can merge by hand.
    """
    forge = dispatch.forge
    if forge is None:
        return _undone(delivery, "no forge is known to open a request at")
    try:
        request, renewed = _open(delivery, proof, dispatch, forge, is_draft=is_draft)
    except ForgeError as error:
        why = f"the {forge.request_word} could not be opened: {said(error)}"
        return _undone(replace(delivery, forge_refused=True), why)
    if request is None:
        return _undone(delivery, f"there is no branch to open a {forge.request_word} into")
    notes = (*delivery.notes, *renewed, *_dressed(request, proof, dispatch, forge))
    return replace(
        delivery,
        url=request.url,
        request=request.number,
        is_draft=request.is_draft,
        target=request.target,
        note=f"{delivery.note}; {forge.request_word} {request.number} into {request.target}",
        notes=notes,
    )


def own_branch(delivery: Delivery, dispatch: Dispatch) -> str:
    """The name to push the fix branch under; another one where an open request holds it for another target.

    A failure that is red on two branches needs a fix on each: moving the branch of the one request would
    bring the other branch's commits into it, and ask nobody to merge the fix where this run is red.
    """
    forge, name = dispatch.forge, delivery.branch
    if forge is None or name == dispatch.red_branch:
        return name
    try:
        request = _open_request_of(name, forge)
        target = target_of(delivery, dispatch, forge) if request is not None else ""
    except ForgeError:  # asking for the merge meets the same, and tells
        return name
    if request is None or not target or request.target == target or request.head_commit == delivery.commit:
        return name
    return branch_beside(name, target)


def said(error: ForgeError) -> str:
    """What the forge answered, and what to do about it."""
    return one_line(f"{error} ({error.hint})" if error.hint else str(error), 300)


def _undone(delivery: Delivery, why: str) -> Delivery:
    return replace(delivery, done=False, note=f"{delivery.note}; {why}")


def _open(
    delivery: Delivery, proof: Proof, dispatch: Dispatch, forge: Forge, *, is_draft: bool
) -> tuple[Request | None, tuple[str, ...]]:
    """The open request of the fix branch, None where there is no branch to merge it into; and notes."""
    title = request_title(proof, redact=dispatch.redactor.redact)
    body = request_body(proof, dispatch.build, redact=dispatch.redactor.redact, limit=forge.comment_chars)
    open_already = _open_request_of(delivery.branch, forge)
    if open_already is not None:
        return open_already, _renewed(open_already, title, body, proof, forge)
    target = target_of(delivery, dispatch, forge)
    if not target:
        return None, ()
    new = NewRequest(head=delivery.branch, target=target, title=title, body=body, is_draft=is_draft)
    return forge.open_request(new), ()


def _open_request_of(branch: str, forge: Forge) -> Request | None:
    return next((request for request in forge.requests_of(branch) if request.state == "open"), None)


def _renewed(request: Request, title: str, body: str, proof: Proof, forge: Forge) -> tuple[str, ...]:
    """New words for a new patch, where the old ones are honk's own; what could not be done."""
    ours = any(mark(fix.failure.fingerprint) in request.body for fix in proof.fixes)
    if not ours or (request.title, request.body.strip()) == (title, body.strip()):
        return ()
    try:
        forge.update_request(request.number, title=title, body=body)
    except ForgeError as error:
        return (f"the words of the {forge.request_word} are of an earlier patch: {said(error)}",)
    return ()


def target_of(delivery: Delivery, dispatch: Dispatch, forge: Forge) -> str:
    """The branch that a request for the fix branch asks to be merged into; "" where there is none.

    The broken branch; the default branch where that one is gone, or has no request and no commit
    that the default branch lacks. A request never brings along more than the fix.
    """
    branch, default = dispatch.red_branch, default_branch(dispatch)
    if branch and branch == delivery.branch:  # a fix branch is red, and its request is not open
        return default
    if not branch or not _is_there(branch, dispatch):
        return default if default and _has_red_commit(default, dispatch) else ""
    if branch == default or dispatch.context.request is not None or _open_request_of(branch, forge) is not None:
        return branch
    return default if default and _has_red_commit(default, dispatch) else branch


def _is_there(branch: str, dispatch: Dispatch) -> bool:
    try:
        return dispatch.remote.tip(f"refs/heads/{branch}") is not None
    except GitError:  # the forge will say what it thinks of it
        return True


def _has_red_commit(branch: str, dispatch: Dispatch) -> bool:
    remote, ref = dispatch.remote, f"refs/heads/{branch}"
    try:
        tip = remote.tip(ref)
        if tip is None:
            return False
        remote.fetch(ref)
        return remote.repository.is_ancestor(dispatch.build.commit, tip)
    except GitError:
        return False


def _dressed(request: Request, proof: Proof, dispatch: Dispatch, forge: Forge) -> tuple[str, ...]:
    """Label the request and ask for review; what could not be done, one line each."""
    notes: list[str] = []
    labels = [label for label in dispatch.config.deliver.labels if label not in request.labels]
    try:
        if labels:
            forge.add_labels(request.number, labels)
    except ForgeError as error:
        notes.append(f"the {forge.request_word} could not be labelled: {said(error)}")
    try:
        people = reviewers(request, proof, dispatch, forge)
        if people:
            forge.ask_for_review(request.number, people)
    except ForgeError as error:
        notes.append(f"nobody could be asked for review: {said(error)}")
    return tuple(notes)
