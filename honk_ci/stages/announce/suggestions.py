"""A patch as suggestions on the lines of a request, where all of it can be said that way."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from honk_ci.forges.interface import Suggestion
from honk_ci.patch import SYMLINK_MODE, FileChange, Hunk, Patch, hunks, split_lines


def as_suggestions(patch: Patch, shown: Mapping[str, frozenset[int]], body: str) -> tuple[Suggestion, ...] | None:
    """One suggestion a hunk of ``patch``, which is against the request's head; None where one cannot be made.

    ``shown`` are the lines that the request's diff shows, ``body`` is said above each suggestion.
    """
    made: list[Suggestion] = []
    for change in patch.changes:
        if not _is_text_edit(change):
            return None
        for suggestion in _of_file(change, body):
            lines = range(suggestion.first_line, suggestion.last_line + 1)
            if not shown.get(change.path, frozenset()).issuperset(lines):
                return None
            made.append(suggestion)
    return tuple(made) or None


def hash_of(suggestions: Sequence[Suggestion], head: str) -> str:
    """The same for the same suggestions at the same commit."""
    text = "\0".join([head, *(f"{s.path}\0{s.first_line}\0{s.last_line}\0{s.replacement}" for s in suggestions)])
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:12]


def _is_text_edit(change: FileChange) -> bool:
    """Whether the change is one of lines: no new, gone or renamed file, no mode, and nothing but UTF-8 text.

    A suggestion names neither a missing line feed at the end nor a carriage return.
    """
    before, after = change.before, change.after
    if before is None or after is None or not before or change.is_binary:
        return False
    if change.mode_before != change.mode_after or change.mode_after == SYMLINK_MODE:
        return False
    if b"\r" in before + after or not before.endswith(b"\n") or not after.endswith(b"\n"):
        return False
    try:
        before.decode(), after.decode()
    except UnicodeDecodeError:
        return False
    return True


def _of_file(change: FileChange, body: str) -> Iterator[Suggestion]:
    old = split_lines(change.before)
    for hunk in hunks(change):
        first, last, lines = _with_neighbour(hunk, old)
        yield Suggestion(
            path=change.path,
            first_line=first + 1,
            last_line=last,
            replacement=b"".join(lines).decode(),
            body=body,
        )


def _with_neighbour(hunk: Hunk, old: Sequence[bytes]) -> tuple[int, int, tuple[bytes, ...]]:
    """A hunk that only adds lines replaces the line above it too, or the one below at the top of a file."""
    if hunk.start < hunk.end:
        return hunk.start, hunk.end, hunk.lines
    if hunk.start > 0:
        return hunk.start - 1, hunk.start, (old[hunk.start - 1], *hunk.lines)
    return 0, 1, (*hunk.lines, old[0])
