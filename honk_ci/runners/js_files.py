"""Which test file a case of a JavaScript runner's report is from."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from honk_ci.domain import FailedTest
from honk_ci.paths import is_test_path
from honk_ci.runners.test_files import by_reported_path, read_text, walk

_SUFFIXES = (".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte")
_FRAME = re.compile(r"(?:file://)?((?:[A-Za-z]:)?[^\s()'\"<>:]+\.[cm]?[jt]sx?)(?::\d+){1,2}")
_STRING = re.compile(r"""(['"`])((?:\\.|(?!\1)[^\\\n])+)\1""")
_MOST_WORDS = 40  # of one title
_MOST_FILES = 200  # on a command line
_MOST_CHARACTERS = 60_000


def test_files(folder: Path, tests: Sequence[FailedTest]) -> tuple[str, ...] | None:
    """The files that hold the tests, relative to ``folder``; None where one is not known, or they are too many."""
    titles = Titles(folder)
    found: dict[str, None] = {}
    for test in tests:
        named = sure_file(folder, test)
        files = (named,) if named else titles.files_with(test.case.name.strip())
        if not files:
            return None
        found.update(dict.fromkeys(files))
    if len(found) > _MOST_FILES or sum(map(len, found)) > _MOST_CHARACTERS:
        return None
    return tuple(f"./{file}" if file.startswith("-") else file for file in found)


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


class Titles:
    """Test files by the strings that stand in them; read once for many tests."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def files_with(self, name: str) -> tuple[str, ...]:
        """Files whose strings spell the whole name: its parts as vitest joins them, or its words as jest does."""
        titles = [part for part in re.split(r" > | \u203a ", name) if part]
        if not titles:
            return ()
        ends = [name.split(" ", count)[-1] for count in range(min(name.count(" "), _MOST_WORDS) + 1)]
        candidates = {path for end in (*ends, titles[-1]) for path in self._files_by_string.get(end, ())}
        return tuple(path for path in sorted(candidates) if self._spells(path, name, titles))

    def _spells(self, path: str, name: str, titles: Sequence[str]) -> bool:
        strings = self._strings[path]
        return strings.issuperset(titles) or _is_spelled_out(name.split(" "), strings)

    @cached_property
    def _strings(self) -> Mapping[str, frozenset[str]]:
        paths = (path for path in walk(self._folder, _SUFFIXES) if is_test_path(path))
        return {path: frozenset(_strings_in(read_text(self._folder / path))) for path in paths}

    @cached_property
    def _files_by_string(self) -> Mapping[str, Sequence[str]]:
        files: dict[str, list[str]] = {}
        for path, strings in self._strings.items():
            for string in strings:
                files.setdefault(string, []).append(path)
        return files


def _strings_in(text: str) -> Iterator[str]:
    for match in _STRING.finditer(text):
        yield re.sub(r"\\(.)", r"\1", match[2])


def _is_spelled_out(words: Sequence[str], strings: Collection[str]) -> bool:
    """Whether titles make up the words, as jest joins them: "cart" and "adds up" for "cart adds up"."""
    reached = {0}
    for start in range(len(words)):
        if start in reached:
            ends = range(start + 1, min(len(words), start + _MOST_WORDS) + 1)
            reached.update(end for end in ends if " ".join(words[start:end]) in strings)
    return len(words) in reached
