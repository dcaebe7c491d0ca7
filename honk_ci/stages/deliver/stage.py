"""Deliver: commits of the proven fixes on a branch of their own, pushed without ever overwriting people."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from honk_ci.config import Config
from honk_ci.domain import Delivery, Proof
from honk_ci.errors import GitError
from honk_ci.patch import Patch
from honk_ci.stages.deliver.dispatch import Dispatch
from honk_ci.stages.message import commit_message
from honk_ci.stages.verify import Refusal, merge

FINGERPRINT_TRAILER = "Honk-Fingerprint"


def deliver(proof: Proof | Refusal | None, dispatch: Dispatch) -> Delivery | None:
    """Make the fix commits, and push them as asked; None where there is no proof to deliver.

    Running it twice is safe: a branch that holds the same patch is left alone, one with another
    patch of honk's is replaced, one that a person has worked on is never touched.
    """
    if not isinstance(proof, Proof):
        return None
    commit = _commit_all(proof, dispatch)
    branch = branch_name(proof, dispatch.config)
    mode = dispatch.mode
    if mode == "none":
        return Delivery(mode=mode, done=True, branch=branch, commit=commit, note="nothing was to be delivered")
    remote = dispatch.remote.label or dispatch.remote.name
    delivery = Delivery(mode=mode, done=False, branch=branch, commit=commit, remote=remote)
    try:
        return _push(delivery, dispatch)
    except GitError as error:
        note = f"{remote} did not take the branch: {error}"
        return keep(dispatch, replace(delivery, rejected=True, note=note))


def branch_name(proof: Proof, config: Config) -> str:
    """``honk/fix-<fingerprint>``; for several causes a fingerprint of all of them."""
    prints = sorted(fix.failure.fingerprint for fix in proof.fixes)
    name = prints[0] if len(prints) == 1 else hashlib.sha256("\n".join(prints).encode()).hexdigest()[:12]
    return f"{config.deliver.branch_prefix}{name}"


def keep(dispatch: Dispatch, delivery: Delivery) -> Delivery:
    """Keep a fix that was not pushed: as a local branch if that name is free, and as a patch file."""
    kept: list[str] = []
    ref = f"refs/heads/{delivery.branch}"
    existing = dispatch.repository.resolve(ref)
    ours = existing is None or dispatch.repository.is_made_by(
        existing, FINGERPRINT_TRAILER, since=dispatch.build.commit
    )
    if ours and dispatch.repository.update_ref(ref, delivery.commit, old=existing):
        kept.append(f"local branch {delivery.branch}")
    file = dispatch.keep_folder / f"{delivery.branch.replace('/', '-')}.patch"
    try:
        dispatch.keep_folder.mkdir(parents=True, exist_ok=True)
        file.write_bytes(dispatch.repository.mailbox(dispatch.build.commit, delivery.commit))
    except OSError as error:
        note = f"{delivery.note}; {file} cannot be written: {error.strerror}"
        return replace(delivery, kept=tuple(kept), note=note)
    return replace(delivery, kept=(*kept, str(file)))


# --- commits ---------------------------------------------------------------------------------------


def _commit_all(proof: Proof, dispatch: Dispatch) -> str:
    """One commit a cause, on top of each other, from the red commit; only objects are written."""
    parent, so_far = dispatch.build.commit, Patch()
    for fix in proof.fixes:
        merged = merge(so_far, fix.candidate.patch, dispatch.repository)
        assert merged is not None, "the fixes were stacked before"
        message = dispatch.redactor.redact(commit_message(fix, proof, dispatch.build))
        parent = dispatch.repository.commit_patch(
            parent,
            _on_top_of(so_far, merged),
            message,
            author=dispatch.config.deliver.author,
            env=_date(dispatch),
        )
        so_far = merged
    return parent


def _on_top_of(before: Patch, after: Patch) -> Patch:
    """The part of ``after`` that ``before`` does not have yet."""
    return Patch.of(change for change in after.changes if before.change(change.path) != change)


def _date(dispatch: Dispatch) -> dict[str, str]:
    """The red commit's own date: the same patch makes the same commit, whenever it is made."""
    date = f"{dispatch.repository.commit_time(dispatch.build.commit)} +0000"
    return {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}


# --- the remote ------------------------------------------------------------------------------------


def _push(delivery: Delivery, dispatch: Dispatch) -> Delivery:
    repository, remote, ref = dispatch.repository, dispatch.remote, f"refs/heads/{delivery.branch}"
    there = remote.tip(ref)
    if there == delivery.commit:
        return replace(delivery, done=True, note="the branch holds this fix already")
    if there is not None:
        remote.fetch(ref)
        if not repository.is_made_by(there, FINGERPRINT_TRAILER, since=dispatch.build.commit):
            why = "the branch holds work of people; it was left as it is"
            return keep(dispatch, replace(delivery, note=why))
        if repository.same_tree(there, delivery.commit) and repository.is_ancestor(dispatch.build.commit, there):
            return replace(delivery, done=True, commit=there, note="the branch holds this patch already")
    remote.push(delivery.commit, ref, expected=there)
    return replace(delivery, done=True, note="pushed" if there is None else "pushed in place of an earlier patch")
