"""Whether people turned an earlier fix down: closed its request, deleted its branch, reverted it.

A wrong yes bars a healer until somebody lifts it, so every sign that the fix was merged, or that
the sign is no judgement at all, speaks against it: a branch goes after a squash merge, a request
closes when its target goes, a shallow clone knows no ancestors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from honk_ci.errors import ForgeError, GitError
from honk_ci.forges.interface import Forge, Request
from honk_ci.memory.attempts import Fix, PastRun
from honk_ci.memory.fixes import FINGERPRINT, is_in, is_taken_back, patch_of
from honk_ci.patch import Patch
from honk_ci.remote import Remote

MOST_REVERTS = 300
_DAY_S = 24 * 3600
_REVERTED_COMMIT = re.compile(r"This reverts commit ([0-9a-f]{7,64})\b")
_REVERTED_REQUEST = re.compile(r"^Reverts \S*#(\d+)\s*$|^This reverts merge request \S*!(\d+)", re.MULTILINE)


class Fate(Enum):
    """What became of a fix."""

    OPEN = auto()  # it waits, or nobody can say
    LANDED = auto()  # the red commit has it, and is red all the same
    HELD = auto()  # likewise, but the last good commit was green with it: what is red now came later
    REFUSED = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What became of a fix, and what shows it."""

    fate: Fate
    why: str = ""  # of a refusal: "people closed pull request #7 unmerged"
    evidence: str = ""


_OPEN = Judgement(fate=Fate.OPEN)
_LANDED = Judgement(fate=Fate.LANDED)
_HELD = Judgement(fate=Fate.HELD)


@dataclass(kw_only=True, slots=True)
class Judge:
    """Judges the fixes of one failure, as seen from a red commit."""

    fingerprint: str
    head: str  # the red commit, or its branch's tip where that is a merge made by the forge
    tips: Mapping[str, str]  # refs of the remote
    remote: Remote
    forge: Forge | None
    default_branch: str = ""
    good: str = ""  # a commit at which the failure was seen green; "" where none was looked at
    _requests: dict[str, Sequence[Request] | None] = field(default_factory=dict)

    def judge(self, fix: Fix, past: PastRun) -> Judgement:
        """Raises GitError where the history cannot be read."""
        request = self._request(fix, past)
        landings = self._landings(fix, past, request)
        if landings:
            return self._judge_landed(fix, past, landings, request)
        if request is None or request.state != "closed":
            return _OPEN if request is not None else self._judge_branch(fix, past)
        target_is_there = f"refs/heads/{request.target}" in self.tips
        is_here = patch_of(fix.commit, self.remote.repository) is not None
        if not target_is_there or (is_here and self._has_landed_elsewhere(fix, past, request.target)):
            return _OPEN
        word = self.forge.request_word if self.forge is not None else "request"
        return Judgement(fate=Fate.REFUSED, why=f"people closed {word} {request.number} unmerged", evidence=request.url)

    # --- on the forge -----------------------------------------------------------------------------

    def _request(self, fix: Fix, past: PastRun) -> Request | None:
        """The request that says most of a fix: the merged one, else an open one, else the newest that was closed."""
        if not _has_own_branch(fix, past):
            return None
        holding = [request for request in self._requests_of(fix.branch) or () if self._holds(request, fix)]
        ranked = sorted(holding, key=lambda request: ("merged", "open", "closed").index(request.state))
        return ranked[0] if ranked else None

    def _requests_of(self, branch: str) -> Sequence[Request] | None:
        """None where the forge does not say."""
        if self.forge is None:
            return None
        if branch not in self._requests:
            try:
                self._requests[branch] = self.forge.requests_of(branch)
            except ForgeError:
                self._requests[branch] = None
        return self._requests[branch]

    def _holds(self, request: Request, fix: Fix) -> bool:
        """The branch's name comes from the failure: an older fix may have stood in an older request."""
        if request.number == fix.request or request.head_commit == fix.commit:
            return True
        repository = self.remote.repository
        return bool(request.head_commit) and repository.is_ancestor(fix.commit, request.head_commit)

    # --- in the red commit's history --------------------------------------------------------------

    def _landings(self, fix: Fix, past: PastRun, request: Request | None) -> frozenset[str]:
        """The commits by which the red commit has the fix: itself, its merge, a rebased or squashed copy."""
        repository = self.remote.repository
        merge = request.merge_commit if request is not None and request.state == "merged" else ""
        known = {commit for commit in (fix.commit, merge) if commit and repository.is_ancestor(commit, self.head)}
        own_merge = self._merge_of(fix) if fix.commit in known else ""
        return frozenset(known | set(self._copies(self.head, fix, past)) | ({own_merge} if own_merge else set()))

    def _merge_of(self, fix: Fix) -> str:
        """The merge that brought the fix and nothing of people's: whoever reverts that means the fix."""
        repository = self.remote.repository
        merges = repository.text("rev-list", "--merges", "--ancestry-path", f"{fix.commit}..{self.head}").split()
        if not merges:
            return ""
        parents = repository.parents(merges[-1])
        brought = len(parents) == 2 and repository.is_made_by(parents[1], FINGERPRINT, since=parents[0])
        return merges[-1] if brought else ""

    def _copies(self, tip: str, fix: Fix, past: PastRun) -> Iterator[str]:
        """Commits since the fix that are the fix in other words, newest first.

        Squash merges keep the trailer in their message, and a rebase or a cherry-pick keeps the patch.
        """
        since = f"--since={int(past.at - _DAY_S)}"
        found = self._log(tip, since, f"--grep=^{FINGERPRINT}: {self.fingerprint}", "-n50", "--format=%H")
        yield from found.split()
        repository = self.remote.repository
        if repository.resolve(fix.commit) is not None:
            alike = ("--right-only", "--cherry-mark", "--no-merges", since, f"{fix.commit}...{tip}")
            marked = repository.text("rev-list", *alike).split()
            yield from (commit[1:] for commit in marked if commit.startswith("="))

    def _judge_landed(self, fix: Fix, past: PastRun, landings: frozenset[str], request: Request | None) -> Judgement:
        revert = _revert_of(landings, request.number if request else fix.request, self._reverts(past))
        if revert:
            return Judgement(fate=Fate.REFUSED, why="people reverted it", evidence=revert)
        if self.good and any(self.remote.repository.is_ancestor(commit, self.good) for commit in landings):
            return _HELD
        patch = patch_of(fix.commit, self.remote.repository)
        if patch and is_taken_back(patch, self.head, self.remote.repository):
            return Judgement(fate=Fate.REFUSED, why="people took its change back", evidence=self.head)
        return _LANDED

    def _reverts(self, past: PastRun) -> Mapping[str, str]:
        """Message by commit of what undoes something, newest first."""
        patterns = ("-E", "--grep=^This reverts (commit|merge request)", "--grep=^Reverts ")
        since = f"--since={int(past.at - _DAY_S)}"
        listed = self._log(self.head, since, *patterns, f"-n{MOST_REVERTS}", "--format=%H%x1f%B%x1e")
        entries = (entry.strip("\n").split("\x1f") for entry in listed.split("\x1e"))
        return {entry[0]: entry[1] for entry in entries if len(entry) == 2}

    # --- elsewhere --------------------------------------------------------------------------------

    def _judge_branch(self, fix: Fix, past: PastRun) -> Judgement:
        """A fix that no request tells of, and that the red commit has not got."""
        repository = self.remote.repository
        if not fix.branch or repository.is_shallow() or repository.resolve(fix.commit) is None:
            return _OPEN  # a shallow clone does not know what was merged
        if not _has_own_branch(fix, past):
            return self._judge_commit(fix, past)
        is_silent = self.forge is not None and self._requests_of(fix.branch) is None
        # with the red branch gone too, somebody has tidied up
        red_is_gone = f"refs/heads/{past.branch}" not in self.tips
        if f"refs/heads/{fix.branch}" in self.tips or is_silent or red_is_gone:
            return _OPEN
        if self._has_landed_elsewhere(fix, past, fix.target):
            return _OPEN
        return Judgement(fate=Fate.REFUSED, why=f"people deleted its branch {fix.branch}", evidence=fix.commit)

    def _judge_commit(self, fix: Fix, past: PastRun) -> Judgement:
        """A fix that was committed onto the red branch itself, whose history now lacks it."""
        tip = self.tips.get(f"refs/heads/{fix.branch}")
        if tip is None or self._has_landed_elsewhere(fix, past, fix.branch):
            return _OPEN
        return Judgement(
            fate=Fate.REFUSED, why=f"people took it off {fix.branch} by a forced push", evidence=fix.commit
        )

    def _has_landed_elsewhere(self, fix: Fix, past: PastRun, target: str) -> bool:
        """Whether a branch that the fix could have been merged into has it; True where that cannot be told."""
        repository = self.remote.repository
        names = dict.fromkeys(name for name in (target, past.branch, self.default_branch) if name)
        refs = [ref for name in names if (ref := f"refs/heads/{name}") in self.tips]
        tips = [self.head, *(self.tips[ref] for ref in refs)]
        patch = patch_of(fix.commit, repository)
        try:
            missing = [ref for ref in refs if repository.resolve(self.tips[ref]) is None]
            if missing:
                self.remote.fetch(*missing)
            return patch is None or any(self._is_on(tip, fix, past, patch) for tip in tips)
        except GitError:
            return True

    def _is_on(self, tip: str, fix: Fix, past: PastRun, patch: Patch) -> bool:
        repository = self.remote.repository
        if repository.is_ancestor(fix.commit, tip) or next(self._copies(tip, fix, past), None):
            return True
        # many a fix brings back what was there before: it says nothing that a branch has that, if it always had
        fork = repository.merge_base(tip, fix.commit)
        return fork is not None and not is_in(patch, fork, repository) and is_in(patch, tip, repository)

    def _log(self, tip: str, *arguments: str) -> str:
        output = self.remote.repository.git("log", "--no-color", *arguments, tip, "--")
        return output.decode("utf-8", "replace")


def _has_own_branch(fix: Fix, past: PastRun) -> bool:
    return bool(fix.branch) and fix.branch != past.branch


def _revert_of(landings: frozenset[str], number: int | None, reverts: Mapping[str, str]) -> str:
    """The commit that undoes one of ``landings`` and is not itself undone; "" where there is none.

    ``reverts`` are newest first, so what undoes a revert comes before it.
    """
    standing: dict[str, str] = {}
    for commit, message in reverts.items():
        if not any(_names(newer, frozenset({commit}), None) for newer in standing.values()):
            standing[commit] = message
    return next((commit for commit, message in standing.items() if _names(message, landings, number)), "")


def _names(message: str, commits: frozenset[str], request: int | None) -> bool:
    """Whether a message says that it reverts one of these."""
    reverted = _REVERTED_COMMIT.findall(message)
    if any(commit.startswith(short) for short in reverted for commit in commits):
        return True
    numbers = {int(number) for pair in _REVERTED_REQUEST.findall(message) for number in pair if number}
    return request is not None and request in numbers
