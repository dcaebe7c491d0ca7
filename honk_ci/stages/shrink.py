"""Cut a patch down to the part that matters: hunk by hunk, while the proof holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from honk_ci.patch import FileChange, Hunk, Patch, hunks, with_hunks
from honk_ci.paths import is_test_path

# More hunks than this are a rewrite; trying each would cost more than reading them.
MOST_HUNKS = 40


def shrink(patch: Patch, *, holds: Callable[[Patch], bool]) -> Patch:
    """The smallest patch found by leaving out one hunk at a time, each time asking ``holds``.

    Tests that the patch adds stay: they make the proof stronger without being needed for it.
    """
    pieces = _pieces(patch)
    if not 1 < len(pieces) <= MOST_HUNKS:
        return patch
    kept = list(pieces)
    for piece in reversed(pieces):
        if len(kept) == 1 or is_test_path(piece.path):
            continue
        rest = [other for other in kept if other is not piece]
        if holds(_rebuilt(patch, rest)):
            kept = rest
    return _rebuilt(patch, kept)


def _pieces(patch: Patch) -> list[Hunk]:
    """The hunks of edited files; a file that is made, deleted or binary is one piece."""
    return [piece for change in patch.changes for piece in _pieces_of(change)]


def _pieces_of(change: FileChange) -> tuple[Hunk, ...]:
    if _is_whole(change):
        return (Hunk(path=change.path, start=0, end=0, lines=()),)
    return hunks(change)


def _is_whole(change: FileChange) -> bool:
    return change.before is None or change.after is None or change.is_binary or not hunks(change)


def _rebuilt(patch: Patch, kept: list[Hunk]) -> Patch:
    changes = []
    for change in patch.changes:
        own = [piece for piece in kept if piece.path == change.path]
        if own and _is_whole(change):
            changes.append(change)
        elif own:
            changes.append(replace(with_hunks(change, own), mode_after=change.mode_after))
    return Patch.of(changes)
