"""What a patch may touch, how large it may be, and what it may not bring along."""

from __future__ import annotations

import posixpath
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

from honk_ci.checks.interface import PatchCase
from honk_ci.checks.manifests import dependency_change, lifecycle_change
from honk_ci.checks.protection import matches_any, why_protected
from honk_ci.domain import Cause, CheckResult
from honk_ci.patch import EXECUTABLE_MODE, REGULAR_MODE, SYMLINK_MODE, FileChange, Patch, hunks, split_lines
from honk_ci.paths import is_dependency_file, is_lock_file
from honk_ci.redact import Redactor

BINARY_BYTES = 64 * 1024  # largest binary file that a patch may hold
GROWTH_BYTES = 256 * 1024  # most bytes that one file may grow by
DETAIL_LINES = 50
EXACT_DIFF_LINES = 10_000

# How the stored content begins (git-lfs's docs/spec.md; git-crypt's commands.cpp).
_FILTERED = {b"version https://git-lfs.github.com/spec/": "Git LFS", b"\0GITCRYPT\0": "git-crypt"}


class Policy:
    """Refuses patches that leave what a healer may touch; looks at nothing but the patch."""

    name = "policy"

    def check(self, case: PatchCase) -> CheckResult:
        """Judge the candidate's patch; every refusal is one line of the detail."""
        patch = case.candidate.patch
        if not patch:
            return CheckResult(check=self.name, passed=False, summary="the patch is empty")
        refusals = [*_file_refusals(case), *_clashes(patch, case), *_size_refusals(case)]
        if not refusals:
            files = "1 file" if len(patch.changes) == 1 else f"{len(patch.changes)} files"
            return CheckResult(check=self.name, passed=True, summary=f"nothing protected is touched in {files}")
        more = f" (and {len(refusals) - 1} more)" if len(refusals) > 1 else ""
        detail = "\n".join(refusals[:DETAIL_LINES])
        return CheckResult(check=self.name, passed=False, summary=f"{refusals[0]}{more}", detail=detail)


def may_change_dependencies(case: PatchCase) -> bool:
    """Whether the failure, or the kind of candidate, is about what is installed."""
    return case.reproduction.failure.cause is Cause.DEPENDENCY or case.candidate.kind == "pin"


def _file_refusals(case: PatchCase) -> Iterator[str]:
    policy, redactor = case.config.policy, Redactor({})
    for change in case.candidate.patch.changes:
        stray = _stray_path(change.path)
        if stray:
            yield f"{change.path!r}: {stray}"
            continue
        why = why_protected(change.path, protected=policy.protected, allowed=policy.allowed)
        if why:
            yield f"{change.path}: protected, {why}"
        for refusal in (
            *_modes(change),
            *_stand_ins(change),
            *_dependencies(change, case),
            *_bulk(change),
            *_secrets(change, redactor),
        ):
            yield f"{change.path}: {refusal}"


def _stray_path(path: str) -> str:
    parts = path.split("/")
    if path.startswith("/") or ".." in parts or path[1:3] == ":\\":
        return "the path leaves the repository"
    if "" in parts or "." in parts or "\\" in path or not path.isprintable():
        return "the path is not a plain one"
    return ""


def _modes(change: FileChange) -> Iterator[str]:
    before = change.mode_before if change.before is not None else None
    after = change.mode_after if change.after is not None else None
    if after not in {None, REGULAR_MODE, EXECUTABLE_MODE, SYMLINK_MODE} or before not in {
        None, REGULAR_MODE, EXECUTABLE_MODE, SYMLINK_MODE,
    }:  # fmt: skip
        yield f"mode {after or before or 0:o} is not that of a file: submodules are not a patch's to change"
    elif before == SYMLINK_MODE:
        yield "it is a symbolic link, which a patch may not change or remove"
    elif after == SYMLINK_MODE and before is not None:
        yield "a file becomes a symbolic link"
    elif after == SYMLINK_MODE and _leaves_tree(change):
        yield f"the link points out of the repository, to {_target(change)}"
    elif after == EXECUTABLE_MODE and before != EXECUTABLE_MODE:
        yield "it becomes executable"


def _stand_ins(change: FileChange) -> Iterator[str]:
    """Files that a filter makes of what the commit stores: a patch would store what it made of them."""
    for start, keeper in _FILTERED.items():
        if any(content is not None and content.startswith(start) for content in (change.before, change.after)):
            yield f"{keeper} keeps it, and the commit holds a stand-in that a patch may not change"


def _target(change: FileChange) -> str:
    return (change.after or b"").decode("utf-8", "replace")


def _leaves_tree(change: FileChange) -> bool:
    target = _target(change)
    place = posixpath.normpath(posixpath.join(posixpath.dirname(change.path), target))
    parts = place.split("/")
    return target.startswith("/") or parts[0] == ".." or ".git" in parts or "\\" in target


def _dependencies(change: FileChange, case: PatchCase) -> Iterator[str]:
    scripts = lifecycle_change(change)
    if scripts:
        yield f"{scripts} changed, which run by themselves on every installation"
    if may_change_dependencies(case) or matches_any(change.path, case.config.policy.allowed):
        return
    if is_lock_file(change.path):
        yield "a lock file, but the failure does not come from a dependency"
    elif is_dependency_file(change.path):
        what = dependency_change(change)
        if what:
            yield f"{what}, but the failure does not come from a dependency"


def _bulk(change: FileChange) -> Iterator[str]:
    size, growth = len(change.after or b""), len(change.after or b"") - len(change.before or b"")
    if change.is_binary and size > BINARY_BYTES:
        yield f"a binary file of {size} bytes (at most {BINARY_BYTES})"
    elif growth > GROWTH_BYTES and not is_lock_file(change.path):
        yield f"it grows by {growth} bytes (at most {GROWTH_BYTES})"


def _secrets(change: FileChange, redactor: Redactor) -> Iterator[str]:
    known = set(split_lines(change.before))
    added = b"".join(line for line in split_lines(change.after) if line not in known)
    kinds = redactor.kinds(added.decode("utf-8", "replace"))
    if kinds:
        yield f"it would add what looks like a secret: {', '.join(kinds)}"


def _clashes(patch: Patch, case: PatchCase) -> Iterator[str]:
    """New files whose path differs from another one in case or Unicode form alone."""
    new = [change.path for change in patch.changes if change.before is None]
    if not new:
        return
    removed = {change.path for change in patch.changes if change.after is None}
    spellings: dict[str, str] = {}
    for path in (*(path for path in case.workspace.files() if path not in removed), *new):
        for known in _with_folders(path):
            other = spellings.setdefault(_folded(known), known)
            if other != known and path in new:
                yield f"{path}: clashes with {other} on file systems that do not tell case apart"
                break


def _with_folders(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def _size_refusals(case: PatchCase) -> Iterator[str]:
    limits, changes = case.config.limits, case.candidate.patch.changes
    if len(changes) > limits.patch_files:
        yield f"{len(changes)} files are touched (at most {limits.patch_files}): {_listed(changes)}"
    lines = sum(_changed_lines(change) for change in changes if not is_lock_file(change.path))
    if lines > limits.patch_lines:
        yield f"{lines} lines are added or removed (at most {limits.patch_lines})"


def _changed_lines(change: FileChange) -> int:
    """Lines added and removed; of a moved line in a very large file neither is counted."""
    if change.is_binary:
        return 0
    old, new = split_lines(change.before), split_lines(change.after)
    if len(old) + len(new) > EXACT_DIFF_LINES:
        # the exact count takes time that grows with the product of both lengths
        was, now = Counter(old), Counter(new)
        return (now - was).total() + (was - now).total()
    return sum(len(hunk.lines) + hunk.end - hunk.start for hunk in hunks(change))


def _listed(changes: Sequence[FileChange]) -> str:
    names = [change.path for change in changes[:5]]
    return ", ".join(names) + (", …" if len(changes) > len(names) else "")
