"""Landing: the commit that a fix stands on, which is the tip of its branch and not blindly the red commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from honk_ci.domain import Proof
from honk_ci.errors import GitError, HonkError, InterruptedRun
from honk_ci.patch import Patch
from honk_ci.stages.deliver.carry import Carried, carry
from honk_ci.stages.deliver.commits import branch_name, commit_all, stacked
from honk_ci.stages.deliver.dispatch import Dispatch
from honk_ci.text import one_line

# A branch that moved on by more files than this is not proven again: it is another project by now.
MOST_FILES = 2000

# landed: the fix holds there; mended: the branch is green without it; there: the branch has it
# already; stuck: the branch has moved on to where the fix does not apply or does not hold.
State = Literal["landed", "mended", "there", "stuck"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Landing:
    """Where the fix commits stand."""

    parent: str
    patches: tuple[Patch, ...]  # against the parent: for each fix, it and all before it
    is_tip: bool = False  # the parent is the tip of the red branch, so that commits may be pushed onto it
    state: State = "landed"
    note: str = ""  # what a person should know of it
    tip: str = ""  # where the branch has moved on to, when it has not landed


def land(proof: Proof, dispatch: Dispatch) -> Landing:
    """Find the ground for the fix commits; raises GitError where the remote cannot be asked."""
    lander = _Lander(proof, dispatch)
    branch, red = dispatch.red_branch, dispatch.build.commit
    if not branch:
        return lander.at_start(tip=None)
    tip = dispatch.remote.tip(f"refs/heads/{branch}")
    if tip is None:
        note = f"{dispatch.remote_label} has no branch {branch} (any more)" if dispatch.context.name else ""
        return replace(lander.at_start(tip=None), note=note)
    if tip in (red, dispatch.head) or not lander.has_moved_to(tip):
        return lander.at_start(tip)
    return lander.at_tip(tip)


def land_here(proof: Proof, dispatch: Dispatch) -> Landing:
    """The same without asking where the branch is by now, and without running anything."""
    return _Lander(proof, replace(dispatch, prove_again=None, is_mended=None)).at_start(tip=None)


class _Lander:
    """Tries one commit after the other."""

    def __init__(self, proof: Proof, dispatch: Dispatch) -> None:
        self._proof = proof
        self._dispatch = dispatch
        self._repository = dispatch.repository
        self._red = dispatch.build.commit
        self._patches = stacked(proof, dispatch.repository)

    def has_moved_to(self, tip: str) -> bool:
        """Whether the branch is somewhere else on purpose: CI's red commit was its tip when the run began.

        By hand the red commit may not be pushed yet; then the remote's branch is older, or another one.
        """
        if self._dispatch.context.name:
            return True
        self._fetch(self._branch_ref)
        return self._dispatch.remote.repository.is_ancestor(self._red, tip)

    def at_start(self, tip: str | None) -> Landing:
        """On the red commit, or on the head that the forge has merged to make it."""
        head = self._merged_head()
        on_red = Landing(parent=self._red, patches=self._patches, is_tip=tip == self._red)
        if not head or on_red.is_tip:
            return on_red
        try:
            self._bring(head, self._branch_ref if tip == head else head)
            why, note = self._on_head(head)
        except GitError as error:
            why, note = f"{head[:9]} cannot be had: {one_line(str(error), 200)}", ""
        if why:
            return replace(on_red, note=f"the fix stands on the merge that CI made for the request: {why}")
        return Landing(parent=head, patches=self._carried_patches(head), is_tip=tip == head, note=note)

    def at_tip(self, tip: str) -> Landing:
        """On the commit that the branch has moved on to since the red commit."""
        branch = self._dispatch.red_branch
        self._bring(tip, self._branch_ref)
        carried = self._carry(tip)
        if not any(one.patch or one.conflicts for one in carried):
            return self._not_landed("there", tip, f"{branch} holds this fix already, at {tip[:9]}")
        moved = self._moved_to(tip)
        if moved is not None and self._is_mended(moved):
            return self._not_landed(
                "mended", tip, f"mended meanwhile: {branch} is at {tip[:9]}, and green there without it"
            )
        if conflicts := carried[-1].conflicts:
            where = f"{branch} has moved on to {tip[:9]}, where the fix no longer applies: {_listed(conflicts)}"
            return self._not_landed("stuck", tip, where)
        landed = Landing(parent=tip, patches=tuple(one.patch for one in carried), is_tip=True)
        if self._is_pushed_already(landed):
            return landed
        holds, why = self._prove(moved, tip, carried[-1].patch)
        if holds is None:
            note = f"proven at {self._red[:9]}; {branch} is at {tip[:9]} by now, where it was not tried{why}"
            return replace(self.at_start(tip=None), note=note)
        if not holds:
            where = f"{branch} has moved on to {tip[:9]}, where the fix does not hold{why}"
            return self._not_landed("stuck", tip, where)
        return replace(landed, note=f"{branch} had moved on; proven again at {tip[:9]}")

    # --- on the head of a request ------------------------------------------------------------------

    def _on_head(self, head: str) -> tuple[str, str]:
        """Why the fix cannot stand on the head alone, "" when it can; and what to say of it."""
        carried = self._carry(head)[-1]
        if carried.conflicts:
            return f"it does not apply to {head[:9]} alone ({_listed(carried.conflicts)})", ""
        if carried.is_exact:
            return "", ""
        moved = self._moved_to(head)
        holds, why = self._prove(moved, head, carried.patch)
        if holds is None:
            return f"what it changes is not the same in {head[:9]}, where it was not tried{why}", ""
        return ("", f"proven again at {head[:9]}") if holds else (f"it does not hold on {head[:9]} alone{why}", "")

    def _carried_patches(self, head: str) -> tuple[Patch, ...]:
        return tuple(one.patch for one in self._carry(head))

    def _merged_head(self) -> str:
        """The branch's tip that the forge merged; "" where the red commit is no such merge.

        A job may have checked out a later commit of the branch than the one that its event tells of.
        """
        head, parents = self._dispatch.head, self._repository.parents(self._red)
        if not head or parents[1:2] == (head,):
            return head
        return "" if head in parents or self._repository.is_ancestor(head, self._red) else head

    # --- the means ---------------------------------------------------------------------------------

    @property
    def _branch_ref(self) -> str:
        return f"refs/heads/{self._dispatch.red_branch}"

    def _fetch(self, ref: str) -> None:
        self._dispatch.remote.fetch(ref)

    def _bring(self, commit: str, ref: str) -> None:
        if self._repository.resolve(commit) is None:
            self._fetch(ref)
        if self._repository.resolve(commit) is None:
            raise GitError(f"{self._dispatch.remote_label} gave no commit {commit}")

    def _carry(self, onto: str) -> Sequence[Carried]:
        return [carry(patch, onto, self._repository) for patch in self._patches]

    def _moved_to(self, commit: str) -> Patch | None:
        """What differs there from the red commit; None where nothing can be tried there."""
        if self._dispatch.prove_again is None:
            return None
        if len(self._repository.changed_paths(self._red, commit)) > MOST_FILES:
            return None
        try:
            return self._repository.patch_between(self._red, commit)
        except GitError:  # another submodule, or objects that a partial clone lacks
            return None

    def _is_mended(self, moved: Patch) -> bool:
        try:
            return self._dispatch.is_mended is not None and self._dispatch.is_mended(self._proof, moved)
        except InterruptedRun:
            raise
        except HonkError:  # what cannot be tried is not known to be mended
            return False

    def _prove(self, moved: Patch | None, onto: str, patch: Patch) -> tuple[bool | None, str]:
        """Whether the fix holds there, None where that cannot be found out; and why, as the end of a sentence."""
        prove_again = self._dispatch.prove_again
        if prove_again is None or moved is None:
            return None, ""
        author = self._dispatch.config.deliver.author
        fixed = self._repository.commit_patch(onto, patch, "the fix, to be proven", author=author)
        try:
            why = prove_again(self._proof, moved, self._repository.patch_between(self._red, fixed))
        except InterruptedRun:
            raise
        except HonkError as error:
            return None, f": {one_line(str(error), 200)}"
        return not why, f": {why}" if why else ""

    def _is_pushed_already(self, landed: Landing) -> bool:
        """Whether an earlier run has proven it there, and pushed it."""
        ref = f"refs/heads/{branch_name(self._proof, self._dispatch.config)}"
        there = self._dispatch.remote.tip(ref)
        if there is None:
            return False
        self._bring(there, ref)
        commit = commit_all(self._proof, landed.parent, landed.patches, self._dispatch)
        return self._repository.same_tree(there, commit)

    def _not_landed(self, state: State, tip: str, note: str) -> Landing:
        return Landing(parent=self._red, patches=self._patches, state=state, note=note, tip=tip)


def _listed(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    return f"{', '.join(paths[:3])}{more}"
