"""Whether a bundle is of this project and of this job's build, asked of CI, the forge and the remote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from honk_ci.domain import Build
from honk_ci.errors import ForgeError, GitError
from honk_ci.forges.environment import CiContext
from honk_ci.forges.interface import Forge, Request
from honk_ci.git import REMOTE_TIMEOUT_S
from honk_ci.remote import Remote
from honk_ci.stages.bundle.read import Bundle
from honk_ci.text import one_line

# Events whose jobs belong to one build: the bundle must be of that one. Others (a schedule, a call
# by hand) may deliver for any build of the project.
TIED = frozenset({"push", "pull_request", "workflow_run", "merge_request_event", "external_pull_request_event"})

# How much history is fetched in turn, until the red commit is found in that of its branch; 0 is all of it.
DEPTHS = (2, 50, 1000, 0)
_ALL = 2147483647  # git-fetch(1): this depth means infinite

# How git says that the remote has no such commit, or gives none that no branch has.
_IS_MISSING = re.compile(r"not our ref|unadvertised object|find remote ref|no such remote ref", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """What has been found true of a bundle's build."""

    build: Build
    context: CiContext  # of the build, not of the job that delivers
    trusted: str  # the commit whose configuration counts
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class NotOurs:
    """Why a bundle is not delivered here."""

    why: str


def trace(
    bundle: Bundle, context: CiContext, forge: Forge | None, remote: Remote, *, base: str = ""
) -> Origin | NotOurs:
    """Find the build that a bundle is of; its commits are here afterwards.

    ``base`` names the branch or commit whose configuration counts, where the caller says so.
    Raises ForgeError and GitError where forge or remote cannot be asked at all.
    """
    if why := next(_mismatches(bundle, context), ""):
        return NotOurs(why=why)
    try:
        request = _request(bundle, context, forge)
    except ForgeError as error:
        if error.status != 404:
            raise
        return NotOurs(why=f"there is no request {bundle.request} in {context.project}")
    found = _context(bundle, context, request)
    if why := next(_contradictions(context, found), ""):
        return NotOurs(why=why)
    trusted = _fetch_trusted(found, remote, base)
    if why := _bring(bundle, found, remote) or _why_no_merge(bundle, context, found, remote):
        return NotOurs(why=why)
    build = replace(bundle.record.build, commit=bundle.base, head=found.head_commit, branch=found.branch)
    return Origin(build=build, context=found, trusted=trusted or _own(bundle, found))


# --- what CI and the forge say -----------------------------------------------------------------------


def _mismatches(bundle: Bundle, context: CiContext) -> Iterator[str]:
    if context.project and bundle.project and bundle.project.casefold() != context.project.casefold():
        yield f"the bundle is of {one_line(bundle.project, 100)}, and this job is of {context.project}"
    if not _is_tied(context):
        return
    red = [commit for commit in (context.commit, context.head_commit) if commit]
    if red and bundle.base not in red:
        yield f"the bundle is of the commit {bundle.base[:9]}, and this job's build is of {red[0][:9]}"
    if context.branch and bundle.branch and bundle.branch != context.branch:
        yield f"the bundle is of the branch {one_line(bundle.branch, 100)}, and this job's build is of {context.branch}"
    if context.request is not None and bundle.request not in (None, context.request):
        yield f"the bundle is of the request {bundle.request}, and this job's build is of {context.request}"


def _is_tied(context: CiContext) -> bool:
    return context.event in TIED or context.is_detached


def names_its_branch(found: CiContext) -> bool:
    """Whether CI or the forge say which branch is red; else the bundle alone does, or a person who is there."""
    return not found.name or found.request is not None or _is_tied(found)


def _request(bundle: Bundle, context: CiContext, forge: Forge | None) -> Request | None:
    """The request that only the bundle tells of, as the forge knows it; CI's own event needs no asking."""
    if forge is None or bundle.request is None or (_is_tied(context) and context.request == bundle.request):
        return None
    return forge.request(bundle.request)


def _context(bundle: Bundle, context: CiContext, request: Request | None) -> CiContext:
    """CI's own words where it has any, then the forge's; the bundle's where there is no forge to contradict them."""
    if _is_tied(context) and request is None:
        head = context.head_commit if context.head_commit != bundle.base else ""
        return replace(context, head_commit=head)  # a tag's build is of no branch, whatever the bundle says
    if request is not None:
        head = context.head_commit if _is_tied(context) else bundle.head
        return replace(
            context,
            commit=bundle.base,
            head_commit=head if head != bundle.base else "",
            branch=request.head,
            target_branch=request.target,
            request=request.number,
            head_project=request.head_project or "(deleted)",
            author=request.author,
            labels=request.labels,
        )
    return replace(
        context,
        commit=bundle.base,
        head_commit=bundle.head,
        branch=bundle.branch,
        target_branch=bundle.target,
        request=None,
        head_project="",
    )


def _contradictions(context: CiContext, found: CiContext) -> Iterator[str]:
    if _is_tied(context):
        # a fork may hold the very commits of somebody else's request
        if context.head_project and found.head_project.casefold() != context.head_project.casefold():
            yield f"the request {found.request} is not from {context.head_project}, where this job's build is from"
        if context.branch and found.branch != context.branch:
            yield f"the request {found.request} is not of the branch {context.branch}, which this job's build is of"
    if found.is_fork and found.request is None:
        yield "the build is of a fork, and nothing says of which request"
    if not found.branch:
        yield "the build is of no branch, so nothing shows that its commit is of this project"


def _own(bundle: Bundle, found: CiContext) -> str:
    """The commit that is on the branch: the red one, or what the forge has merged to make it."""
    return found.head_commit or bundle.base


# --- what the remote says ----------------------------------------------------------------------------


def _bring(bundle: Bundle, found: CiContext, remote: Remote) -> str:
    """Fetch the red commit, with as much history as shows whose it is; why it is not the branch's, "" when it is."""
    ref = _head_ref(found)
    tip = remote.tip(ref)
    if tip is None:
        return f"{found.branch} is not on {remote.label or remote.name} any more"
    own = _own(bundle, found)
    for depth in DEPTHS:
        try:
            _fetch(remote, (ref, own, bundle.base), depth)
        except GitError as error:
            if not _IS_MISSING.search(str(error)):
                raise
            return f"the red commit {bundle.base[:9]} cannot be had any more: {one_line(str(error), 200)}"
        if remote.repository.is_ancestor(own, tip):
            return ""
    return f"the commit {own[:9]} is not in the history of {found.branch}: it is another's, or the branch was rewritten"


def _head_ref(found: CiContext) -> str:
    """Where a branch is; of a fork, what the forge keeps of it in this project."""
    if not found.is_fork:
        return f"refs/heads/{found.branch}"
    return f"refs/merge-requests/{found.request}/head" if found.name == "gitlab" else f"refs/pull/{found.request}/head"


def _fetch(remote: Remote, revisions: tuple[str, ...], depth: int) -> None:
    remote.repository.git(
        "fetch", f"--depth={depth or _ALL}", "--no-tags", "--no-write-fetch-head", "--quiet",
        "--refmap=", "--no-prune", "--no-recurse-submodules",
        "--", remote.name, *dict.fromkeys(revisions), timeout_s=REMOTE_TIMEOUT_S,
    )  # fmt: skip


def _why_no_merge(bundle: Bundle, context: CiContext, found: CiContext, remote: Remote) -> str:
    """Why the red commit is not the merge that the forge made of the branch; "" where it is, or need not be."""
    if not found.head_commit:
        return ""
    if found.head_commit not in remote.repository.parents(bundle.base):
        return f"the red commit {bundle.base[:9]} is no merge of {found.head_commit[:9]}"
    if _is_tied(context):  # CI itself names it
        return ""
    kept = (f"refs/pull/{bundle.request}/merge", f"refs/merge-requests/{bundle.request}/merge")
    # anybody can make a merge with these parents and other files in it, and call a branch of theirs "refs/pull/…"
    there = remote.tips(*kept)
    if bundle.base in {there.get(ref) for ref in kept}:
        return ""
    return f"the red commit {bundle.base[:9]} is not what the forge merges for the request {bundle.request} by now"


def _fetch_trusted(found: CiContext, remote: Remote, base: str) -> str:
    """The commit whose configuration counts: nothing that a stranger proposes may steer this run.

    "" for the build of a branch, which only people who may write can push to: there it is the branch's own.
    """
    branch = base or found.target_branch
    if not branch:
        return ""
    tip = remote.tip(f"refs/heads/{branch}")
    _fetch(remote, (f"refs/heads/{branch}" if tip else branch,), 1)
    commit = tip or remote.repository.resolve(branch)
    if commit is None:
        raise GitError(f"there is no branch or commit {branch} on {remote.label or remote.name}")
    return commit
