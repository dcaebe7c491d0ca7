"""Which test file a case of a JavaScript runner's report is from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from honk_ci.domain import FailedTest
from honk_ci.paths import is_test_path
from honk_ci.runners.test_files import by_reported_path, read_text, walk

_SUFFIXES = (".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte")
_FRAME = re.compile(r"(?:file://)?((?:[A-Za-z]:)?[^\s()'\"<>:]+\.[cm]?[jt]sx?)(?::\d+){1,2}")
_MOST_FILES = 200  # on a command line
_MOST_CHARACTERS = 60_000


def test_files(folder: Path, tests: Sequence[FailedTest]) -> tuple[str, ...] | None:
    """The files that hold the tests, relative to ``folder``; None where one is not known, or they are too many."""
    found: dict[str, None] = {}
    for test in tests:
        files = files_of(folder, test)
        if not files:
            return None
        found.update(dict.fromkeys(files))
    if len(found) > _MOST_FILES or sum(map(len, found)) > _MOST_CHARACTERS:
        return None
    return tuple(f"./{file}" if file.startswith("-") else file for file in found)


def files_of(folder: Path, test: FailedTest) -> tuple[str, ...]:
    """The file of one test: as named, as in the stack, or by its title; () where it is not sure."""
    named = sure_file(folder, test)
    return (named,) if named else tuple(_by_title(folder, test))


def sure_file(folder: Path, test: FailedTest) -> str | None:
    """The file that the report itself leads to."""
    return next(iter([*_named(folder, test), *_in_stack(folder, test)]), None)


def _named(folder: Path, test: FailedTest) -> Iterator[str]:
    """vitest's classname is the file, mocha and jest have an attribute for it, a file that crashed is a case."""
    for reported in (test.case.file, test.case.classname, test.case.name, test.suite):
        if reported.endswith(_SUFFIXES):
            found = _inside(folder, reported)
            if found:
                yield found


def _in_stack(folder: Path, test: FailedTest) -> Iterator[str]:
    for frame in _FRAME.finditer(test.text):
        found = None if "node_modules/" in frame[1] else _inside(folder, frame[1])
        if found and is_test_path(found):
            yield found


def _inside(folder: Path, reported: str) -> str | None:
    """A path of the report as one of ``folder``; one that starts with ``folder`` may not be found elsewhere in it."""
    return by_reported_path(folder, reported.removeprefix("file://").removeprefix(f"{folder}/"))


def _by_title(folder: Path, test: FailedTest) -> Iterator[str]:
    """Test files in which the whole title stands as a string, and the describe around it, where named."""
    titles = [part for part in re.split(r" > | \u203a ", test.case.name.strip()) if part]
    if not titles:
        return
    for path in walk(folder, _SUFFIXES):
        if is_test_path(path):
            text = read_text(folder / path)
            if all(_is_quoted(title, text) for title in titles) or _is_spelled_out(test.case.name.strip(), text):
                yield path


def _is_quoted(title: str, text: str) -> bool:
    return any(f"{quote}{title}{quote}" in text for quote in "'\"`")


def _is_spelled_out(name: str, text: str) -> bool:
    """Whether titles that the file quotes make up the name, as jest joins them: "cart total adds up"."""
    words = name.split(" ")
    reached = {0}
    for start in range(len(words)):
        if start in reached:
            ends = range(start + 1, min(len(words), start + 40) + 1)
            reached.update(end for end in ends if _is_quoted(" ".join(words[start:end]), text))
    return len(words) in reached
