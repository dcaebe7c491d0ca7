"""Fix commits: one a cause, on top of each other; only objects are written."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from honk_ci.config import Config
from honk_ci.domain import Proof
from honk_ci.git import Repository
from honk_ci.patch import Patch
from honk_ci.stages.deliver.dispatch import Dispatch
from honk_ci.stages.message import commit_message
from honk_ci.stages.verify import merge

FINGERPRINT_TRAILER = "Honk-Fingerprint"
MOST_COMMITS = 200  # of a branch that are looked at


def branch_name(proof: Proof, config: Config) -> str:
    """``honk/fix-<fingerprint>``; for several causes a fingerprint of all of them."""
    prints = sorted(fix.failure.fingerprint for fix in proof.fixes)
    name = prints[0] if len(prints) == 1 else hashlib.sha256("\n".join(prints).encode()).hexdigest()[:12]
    return f"{config.deliver.branch_prefix}{name}"


def branch_beside(name: str, target: str) -> str:
    """The fix branch for another target, where ``name`` is taken by the request of the same failure elsewhere."""
    return f"{name}-{hashlib.sha256(target.encode()).hexdigest()[:6]}"


def stacked(proof: Proof, repository: Repository) -> tuple[Patch, ...]:
    """For each fix the patch of it and all before it, against the red commit."""
    patches: list[Patch] = []
    for fix in proof.fixes:
        merged = merge(patches[-1] if patches else Patch(), fix.candidate.patch, repository)
        assert merged is not None, "the fixes were stacked before"
        patches.append(merged)
    return tuple(patches)


def commit_all(proof: Proof, parent: str, patches: Sequence[Patch], dispatch: Dispatch) -> str:
    """The last of the fix commits on ``parent``; ``patches`` are against it, as ``stacked`` gives them."""
    # the parent's own date: the same patch makes the same commit, whenever it is made
    date = f"{dispatch.repository.commit_time(parent)} +0000"
    dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    author, so_far = dispatch.config.deliver.author, Patch()
    for fix, patch in zip(proof.fixes, patches, strict=True):
        message = dispatch.redactor.redact(commit_message(fix, proof, dispatch.build))
        added = _on_top_of(so_far, patch)
        parent = dispatch.repository.commit_patch(parent, added, message, author=author, env=dates)
        so_far = patch
    return parent


def _on_top_of(before: Patch, after: Patch) -> Patch:
    """What turns a tree with ``before`` into one with ``after``; where both change a file, ``after`` says all."""
    undone = (
        replace(change, before=change.after, after=change.before)
        for change in before.changes
        if after.change(change.path) is None
    )
    return Patch.of([*undone, *(change for change in after.changes if before.change(change.path) != change)])


def is_ours(repository: Repository, tip: str, *, known: Sequence[str]) -> bool:
    """Whether a fix branch may be replaced: its newest commits are honk's, and no person's lie between them.

    ``known`` are commits of people's branches: what those have is not looked at. Older commits of
    people below ours are what the fix was made for, be it on a branch that has been rewritten since.
    """
    shape = f"%x00%(trailers:key={FINGERPRINT_TRAILER},valueonly)%x01%an <%ae>%x01%cn <%ce>"
    marks = [commit for commit in known if commit and repository.resolve(commit)]
    limits = (f"--max-count={MOST_COMMITS}", "--topo-order", f"--format={shape}")
    log = repository.text("log", *limits, tip, "--not", *marks, "--")
    prints = [_fingerprint(entry) for entry in log.split("\0")[1:]]
    first_of_people = next((number for number, found in enumerate(prints) if not found), len(prints))
    newest = set(prints[:first_of_people])
    return bool(newest) and newest.isdisjoint(prints[first_of_people:])


def _fingerprint(entry: str) -> str:
    """Of a commit that honk made, "" of any other; one that a person has made again has another committer."""
    fingerprint, author, committer = (part.strip() for part in entry.split("\x01"))
    return fingerprint if author == committer else ""
