"""A patch as suggestions on the lines of a request, where all of it can be said that way."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from honk_ci.forges.interface import Suggestion
from honk_ci.patch import SYMLINK_MODE, FileChange, Patch, hunks, split_lines


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
    for first, last, lines in _pieces(change):
        text = b"".join(lines).decode()
        yield Suggestion(path=change.path, first_line=first + 1, last_line=last, replacement=text, body=body)


def _pieces(change: FileChange) -> list[tuple[int, int, tuple[bytes, ...]]]:
    """Old lines ``first:last``, at least one, and what they become.

    A hunk that only adds lines takes the line above it in, or the one below at the top of a file.
    """
    old, pieces = split_lines(change.before), list[tuple[int, int, tuple[bytes, ...]]]()
    for hunk in hunks(change):
        if hunk.start < hunk.end:
            pieces.append((hunk.start, hunk.end, hunk.lines))
        elif pieces and pieces[-1][1] == hunk.start:  # the line above is taken already
            first, last, lines = pieces.pop()
            pieces.append((first, last, (*lines, *hunk.lines)))
        elif hunk.start > 0:
            pieces.append((hunk.start - 1, hunk.start, (old[hunk.start - 1], *hunk.lines)))
        else:
            pieces.append((0, 1, (*hunk.lines, old[0])))
    return pieces
