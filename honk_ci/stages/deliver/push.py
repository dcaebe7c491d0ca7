"""Push: fix commits to the remote by compare-and-swap, and a place for those that it does not take."""

from __future__ import annotations

from dataclasses import replace

from honk_ci.domain import Delivery
from honk_ci.stages.deliver.commits import is_ours
from honk_ci.stages.deliver.dispatch import Dispatch
from honk_ci.stages.deliver.landing import Landing

ROUNDS = 3


def push_fix_branch(delivery: Delivery, landing: Landing, dispatch: Dispatch) -> Delivery:
    """Set the fix branch to the fix commit; raises GitError with the remote's words when it refuses.

    A branch that holds the same patch is left alone, one with another patch of honk's is replaced,
    one that a person has worked on is never touched. Who loses a race looks again.
    """
    remote, ref = dispatch.remote, f"refs/heads/{delivery.branch}"
    for _ in range(ROUNDS):
        there = remote.tip(ref)
        if there == delivery.commit:
            return replace(delivery, done=True, note="the branch holds this fix already")
        if there is not None and there != landing.parent:
            remote.fetch(ref)
            if _holds_it(there, delivery, landing, dispatch):
                return replace(delivery, done=True, commit=there, note="the branch holds this patch already")
            if not is_ours(remote.repository, there, known=_known(landing, dispatch)):
                why = "the branch holds work of people; it was left as it is"
                return keep(dispatch, replace(delivery, note=why), base=landing.parent)
        if remote.try_push(delivery.commit, ref, expected=there):
            replaced = there not in (None, landing.parent)
            return replace(delivery, done=True, note="pushed in place of an earlier patch" if replaced else "pushed")
    why = "other runs keep changing the branch; it was left as it is"
    return keep(dispatch, replace(delivery, note=why), base=landing.parent)


def keep(dispatch: Dispatch, delivery: Delivery, *, base: str = "") -> Delivery:
    """Keep a fix that was not pushed: as a local branch if that name is free, and as a patch file.

    ``base`` is the commit that the fix commits stand on, by default the red one.
    """
    kept: list[str] = []
    base = base or dispatch.build.commit
    ref = f"refs/heads/{delivery.branch}"
    existing = dispatch.repository.resolve(ref)
    free = existing is None or is_ours(dispatch.repository, existing, known=(base, dispatch.build.commit))
    if free and dispatch.repository.update_ref(ref, delivery.commit, old=existing):
        kept.append(f"local branch {delivery.branch}")
    return keep_patch(dispatch, replace(delivery, kept=(*delivery.kept, *kept)), base=base)


def keep_patch(dispatch: Dispatch, delivery: Delivery, *, base: str) -> Delivery:
    """Keep the fix commits on ``base`` as a patch file alone."""
    name = (delivery.branch or delivery.commit[:12]).replace("/", "-")
    file = dispatch.keep_folder / f"{name}.patch"
    try:
        dispatch.keep_folder.mkdir(parents=True, exist_ok=True)
        file.write_bytes(dispatch.repository.mailbox(base, delivery.commit))
    except OSError as error:
        note = f"{delivery.note}; {file} cannot be written: {error.strerror}"
        return replace(delivery, note=note)
    return replace(delivery, kept=(*delivery.kept, str(file)))


def _holds_it(there: str, delivery: Delivery, landing: Landing, dispatch: Dispatch) -> bool:
    repository = dispatch.remote.repository
    return repository.same_tree(there, delivery.commit) and repository.is_ancestor(landing.parent, there)


def _known(landing: Landing, dispatch: Dispatch) -> tuple[str, ...]:
    return (landing.parent, dispatch.build.commit, dispatch.head)
