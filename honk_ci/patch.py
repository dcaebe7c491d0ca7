"""Patches as whole contents, exact for every byte; diffs are only how people see them.

A patch maps files of one commit to new contents. Contents instead of hunks, because a candidate
is applied, taken back, cut into hunks and put on top of another one many times, and none of this
may depend on context lines that moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

REGULAR_MODE = 0o100644
EXECUTABLE_MODE = 0o100755
SYMLINK_MODE = 0o120000


@dataclass(frozen=True, kw_only=True, slots=True)
class FileChange:
    """One file before and after; ``None`` stands for "does not exist".

    Modes are git's: 0o100644, 0o100755, 0o120000 (then the content is the link's target).
    """

    path: str  # relative to the repository, "/" separated
    before: bytes | None
    after: bytes | None
    mode_before: int = REGULAR_MODE
    mode_after: int = REGULAR_MODE

    @property
    def is_noop(self) -> bool:
        return self.before == self.after and (self.before is None or self.mode_before == self.mode_after)

    @property
    def is_binary(self) -> bool:
        return any(b"\0" in content[:8000] for content in (self.before, self.after) if content)


@dataclass(frozen=True, kw_only=True, slots=True)
class Patch:
    """Changes to distinct files, sorted by path, none of them a no-op."""

    changes: tuple[FileChange, ...] = ()

    @classmethod
    def of(cls, changes: Iterable[FileChange]) -> Patch:
        kept = {change.path: change for change in changes if not change.is_noop}
        return cls(changes=tuple(kept[path] for path in sorted(kept)))

    def __bool__(self) -> bool:
        return bool(self.changes)

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(change.path for change in self.changes)

    def change(self, path: str) -> FileChange | None:
        return next((change for change in self.changes if change.path == path), None)

    @property
    def lines_added(self) -> int:
        return sum(added for added, _ in map(_line_counts, self.changes))

    @property
    def lines_removed(self) -> int:
        return sum(removed for _, removed in map(_line_counts, self.changes))

    def diff(self) -> str:
        """A diff that ``git apply`` takes; binary files are named, not shown."""
        return "".join(_file_diff(change) for change in self.changes)


@dataclass(frozen=True, kw_only=True, slots=True)
class Hunk:
    """One contiguous change of one file: lines ``start:end`` of the old text become ``lines``."""

    path: str
    start: int  # 0-based, into the old lines
    end: int
    lines: tuple[bytes, ...]


def hunks(change: FileChange) -> tuple[Hunk, ...]:
    """The smallest contiguous changes that make up ``change``; whole-file changes give one."""
    import difflib  # here, since most starts of the command never come to need it

    old, new = split_lines(change.before), split_lines(change.after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return tuple(
        Hunk(path=change.path, start=i1, end=i2, lines=tuple(new[j1:j2]))
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
        if tag != "equal"
    )


def with_hunks(change: FileChange, kept: Sequence[Hunk]) -> FileChange:
    """``change`` with only ``kept`` of its hunks."""
    lines = split_lines(change.before)
    for hunk in sorted(kept, key=lambda h: (h.start, h.end), reverse=True):
        lines[hunk.start : hunk.end] = hunk.lines
    return FileChange(
        path=change.path,
        before=change.before,
        after=b"".join(lines),
        mode_before=change.mode_before,
        mode_after=change.mode_after,
    )


def split_lines(content: bytes | None) -> list[bytes]:
    """Lines with their endings, cut at line feeds only, as git does."""
    if not content:
        return []
    lines = content.split(b"\n")
    ended = [line + b"\n" for line in lines[:-1]]
    return [*ended, lines[-1]] if lines[-1] else ended


def _line_counts(change: FileChange) -> tuple[int, int]:
    if change.is_binary:
        return 0, 0
    found = hunks(change)
    return sum(len(hunk.lines) for hunk in found), sum(hunk.end - hunk.start for hunk in found)


def _file_diff(change: FileChange) -> str:
    import difflib

    header = "".join(_header(change))
    if change.is_binary:
        return f"{header}Binary files differ\n"
    old = f"a/{change.path}" if change.before is not None else "/dev/null"
    new = f"b/{change.path}" if change.after is not None else "/dev/null"
    body = difflib.unified_diff(
        [_text(line) for line in split_lines(change.before)],
        [_text(line) for line in split_lines(change.after)],
        fromfile=old,
        tofile=new,
    )
    lines = [line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in body]
    return header + "".join(lines)


def _header(change: FileChange) -> Iterator[str]:
    yield f"diff --git a/{change.path} b/{change.path}\n"
    if change.before is None:
        yield f"new file mode {change.mode_after:o}\n"
    elif change.after is None:
        yield f"deleted file mode {change.mode_before:o}\n"
    elif change.mode_before != change.mode_after:
        yield f"old mode {change.mode_before:o}\nnew mode {change.mode_after:o}\n"


def _text(line: bytes) -> str:
    return line.decode("utf-8", "backslashreplace")
