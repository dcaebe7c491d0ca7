"""Finds report files by glob, within bounds and never through a loop of links."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from fnmatch import translate
from itertools import islice
from pathlib import Path

MAX_FILES = 10_000
MAX_ENTRIES = 500_000  # folder entries looked at

# Where ``**`` does not go by itself; a pattern that names such a folder does.
PRUNED = frozenset({".git", ".hg", ".svn", "node_modules", ".venv", "venv", "__pycache__", ".tox", ".nox", ".gradle"})

_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")


def expand(root: Path, pattern: str) -> list[Path]:
    """The files that ``pattern`` names, sorted: a file, a folder (its XML files), or a glob.

    Relative patterns start at ``root``. ``**`` crosses folders, ``{a,b}`` offers a choice. Nothing
    inside ``.git`` is ever found.
    """
    if not pattern.strip() or "\0" in pattern:
        return []
    literal = root / pattern  # also when it looks like a glob: "report[1].xml" is a file name
    if _is_file(literal):
        return [] if ".git" in literal.parts else [literal]
    if literal.is_dir():
        pattern = f"{pattern.rstrip('/')}/**/*.xml"
    found = {path for choice in _choices(pattern) for path in _glob(root, choice)}
    return sorted(found)


def _choices(pattern: str) -> list[str]:
    """The pattern once for each alternative in braces."""
    done: list[str] = []
    waiting = [pattern]
    while waiting and len(done) + len(waiting) <= 1_000:
        current = waiting.pop()
        braces = _BRACES.search(current)
        if braces is None:
            done.append(current)
            continue
        waiting += [current[: braces.start()] + choice + current[braces.end() :] for choice in braces[1].split(",")]
    return done


def _glob(root: Path, pattern: str) -> Iterator[Path]:
    parts = [part for part in Path(pattern).parts if part != "."]
    start = root
    if parts and Path(pattern).is_absolute():
        start, parts = Path(parts[0]), parts[1:]
    budget = iter(range(MAX_ENTRIES))
    return islice((path for path in _walk(start, parts, budget) if _is_file(path)), MAX_FILES)


def _walk(folder: Path, parts: Sequence[str], budget: Iterator[int]) -> Iterator[Path]:
    if not parts:
        yield folder
        return
    part, rest = parts[0], parts[1:]
    if part == "**":
        rest = rest[next((n for n, later in enumerate(rest) if later != "**"), len(rest)) :]
        yield from _walk(folder, rest or ["*"], budget)
        for entry in _entries(folder, budget):
            if entry.name not in PRUNED and entry.is_dir(follow_symlinks=False):
                yield from _walk(folder / entry.name, ["**", *rest], budget)
    elif not re.search(r"[*?\[]", part):
        if part != ".git":
            yield from _walk(folder / part, rest, budget)
    else:
        fits = re.compile(translate(part)).match
        for entry in _entries(folder, budget):
            if entry.name != ".git" and fits(entry.name) and (not rest or entry.is_dir()):
                yield from _walk(folder / entry.name, rest, budget)


def _entries(folder: Path, budget: Iterator[int]) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            listed = [entry for entry, _ in zip(entries, budget, strict=False)]
    except OSError:  # gone, not a folder, or not ours to list
        return
    yield from sorted(listed, key=lambda entry: entry.name)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
