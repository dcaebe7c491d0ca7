"""Carry: a patch against one commit as a patch against another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from honk_ci.git import FOLDER_MODE, SUBMODULE_MODE, Repository, TreeEntry
from honk_ci.patch import SYMLINK_MODE, FileChange, Patch


@dataclass(frozen=True, kw_only=True, slots=True)
class Carried:
    """A patch on other ground."""

    patch: Patch  # against that commit
    conflicts: tuple[str, ...] = ()  # paths that it does not apply to there
    is_exact: bool = True  # every file was the same there, or a merge of both gives what the patch makes


def carry(patch: Patch, onto: str, repository: Repository) -> Carried:
    """Re-express ``patch`` on the files of ``onto``, by a three-way merge where they differ.

    It is exact where merging the result back gives what the patch made in the first place: then
    what was proven of a merge of ``onto`` with another branch is true of the result, merged likewise.
    """
    found = repository.entries(onto, _with_folders(patch.paths))
    files = [entry for path in patch.paths if (entry := found.get(path)) is not None and not _is_no_file(entry)]
    contents = dict(
        zip((entry.path for entry in files), repository.blobs([entry.blob for entry in files]), strict=True)
    )
    changes: list[FileChange] = []
    conflicts: list[str] = []
    is_exact = True
    for change in patch.changes:
        entry = found.get(change.path)
        blocked = (entry is not None and _is_no_file(entry)) or _has_file_above(change, found, patch)
        carried = None if blocked else _carry_file(change, entry, contents.get(change.path), repository)
        if carried is None:
            conflicts.append(change.path)
        else:
            changes.append(carried)
            is_exact = is_exact and _returns(change, carried, repository)
    return Carried(patch=Patch.of(changes), conflicts=tuple(conflicts), is_exact=is_exact and not conflicts)


def _with_folders(paths: Iterable[str]) -> list[str]:
    return sorted({str(place) for path in paths for place in (PurePosixPath(path), *PurePosixPath(path).parents[:-1])})


def _is_no_file(entry: TreeEntry) -> bool:
    return entry.mode in (SUBMODULE_MODE, FOLDER_MODE)


def _has_file_above(change: FileChange, found: Mapping[str, TreeEntry], patch: Patch) -> bool:
    """Whether something that is no folder, and that stays, stands where the file needs one."""
    if change.after is None:
        return False
    above = [str(folder) for folder in PurePosixPath(change.path).parents[:-1]]
    gone = {other.path for other in patch.changes if other.after is None}
    return any(folder in found and found[folder].mode != FOLDER_MODE and folder not in gone for folder in above)


def _carry_file(
    change: FileChange, entry: TreeEntry | None, content: bytes | None, repository: Repository
) -> FileChange | None:
    """The change against what is there; None where it does not apply."""
    if entry is None or content is None:
        is_new = change.before is None or change.after is None  # a file that was to go is gone
        return replace(change, before=None) if is_new else None
    keeps_mode = change.mode_before == change.mode_after and change.before is not None
    mode = entry.mode if keeps_mode else change.mode_after
    there = replace(change, before=content, mode_before=entry.mode, mode_after=mode)
    if content in (change.before, change.after):
        return there
    if change.before is None or change.after is None or SYMLINK_MODE in (entry.mode, change.mode_after):
        return None
    merged = repository.merge_contents(change.before, content, change.after)
    return None if merged is None else replace(there, after=merged)


def _returns(change: FileChange, carried: FileChange, repository: Repository) -> bool:
    """Whether merging the carried change into the file that the patch was made for gives the patched file."""
    if (carried.before, carried.mode_before) == (change.before, change.mode_before):
        return True
    texts = (carried.before, change.before, carried.after)
    if carried.mode_before != change.mode_before or any(text is None for text in texts):
        return False
    before, ours, theirs = (text or b"" for text in texts)
    return repository.merge_contents(before, ours, theirs) == change.after
