"""From what a report says of a test to the node id that pytest takes.

pytest writes node id "tests/unit/test_cart.py::TestCart::test_total[1-2]" to a report as classname
"tests.unit.test_cart.TestCart" and name "test_total[1-2]" (``mangle_test_address`` in its
junitxml.py); unittest-xml-reporting does alike. The way back needs the files that are there. An id
that is not found ends pytest with status 4 before any test has run, so where an id cannot be
trusted it gives way to its function, its class, its file: running more is allowed, less is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from honk_ci.domain import TestCase
from honk_ci.runners.test_files import by_reported_path, read_text, walk

# Room on the command line: Linux takes 2 MB with the environment, and nobody reads more than this.
MOST_IDS = 800
MOST_CHARACTERS = 60_000

_COLLECTED = (".py", ".rst", ".txt", ".md", ".yaml", ".yml", ".ipynb", ".feature")
_STAND_IN = "_FailedTest"  # unittest's class for a module that cannot be imported
# A function's name, then parameters, subtests ("test_x (i=1)") or xdist's groups ("test_x@group").
_FUNCTION = re.compile(r"(\w+)(?:[\[@ ].*)?\Z", re.DOTALL)
_DEFINED = re.compile(r"\b(?:def|class)\s+(\w+)")
_ASSIGNED = re.compile(r"^[ \t]*(\w+)[ \t]*[=,]", re.MULTILINE)  # also a name on its own line of an import
_IMPORT = re.compile(r"\bimport\b([^\n]*)")
# Parameters that every pytest takes back as reported. Others it escapes ("#x1B"), splits ("::",
# before pytest 7) or may spell otherwise elsewhere (object addresses, times).
_PLAIN_PARAMETERS = re.compile(r"(?!.*(?:::|  | at 0x))[A-Za-z0-9_.,:+=/!%^&*()<>{}'\"~|;?$ -]{0,200}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a test is: a file relative to the folder searched, and the names inside it."""

    path: str
    names: tuple[str, ...] = ()  # classes, then the function; () for the file as a whole
    root: str = ""  # folder that the report's names start from, relative to the folder searched
    is_sure: bool = True  # False where other files fit as well


class PytestIds:
    """Maps tests to files and node ids in one folder; made anew for each command, since files change."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[str, frozenset[str]] = {}
        self._found: dict[str, tuple[Place, ...]] = {}

    def places(self, case: TestCase) -> tuple[Place, ...]:
        """Where the test may be, () where nothing here fits."""
        found = self._spelled_out(case) or self._named(case.classname, case)
        return found or self._by_file(case) or self._module_of(case)

    def _spelled_out(self, case: TestCase) -> tuple[Place, ...]:
        """A name that is a node id itself, or a classname that is a path, as some producers have them."""
        path, *names = case.name.partition("[")[0].split("::")
        if names:
            names[-1] += case.name[len("::".join((path, *names))) :]
        elif case.classname.endswith(".py"):
            path, names = case.classname, [case.name]
        found = by_reported_path(self._folder, path) if names else None
        return (Place(path=found, names=tuple(names)),) if found else ()

    def _named(self, dotted: str, case: TestCase) -> tuple[Place, ...]:
        """The test ``case.name`` in the module and classes that ``dotted`` names."""
        return tuple(replace(place, names=(*place.names, case.name)) for place in self._find(dotted, case))

    def _module_of(self, case: TestCase) -> tuple[Place, ...]:
        """A module that could not be collected: its dotted name stands where a test's name would."""
        if case.classname and not case.classname.endswith(_STAND_IN):
            return ()
        return self._find(case.name, case)

    def _find(self, dotted: str, case: TestCase) -> tuple[Place, ...]:
        if dotted not in self._found:
            parts = tuple(dotted.split("."))
            exact = [Place(path=path, names=names) for path, names in _spelled(self._folder, "", parts)]
            self._found[dotted] = tuple(exact or self._elsewhere(parts)) if dotted else ()
        return self._likeliest(self._found[dotted], case)

    def _elsewhere(self, parts: tuple[str, ...]) -> Iterator[Place]:
        """Files that fit where the report's names start in another folder than ours."""
        for end, part in enumerate(parts, start=1):
            for path, stem in self._files_by_stem.get(part, ()):
                length = min(end, len(stem))
                if stem[-length:] == parts[end - length : end]:
                    root = "/".join(path.split("/")[: max(0, len(stem) - end)])
                    yield Place(path=path, names=parts[end:], root=root)

    @cached_property
    def _files_by_stem(self) -> Mapping[str, Sequence[tuple[str, tuple[str, ...]]]]:
        """Every file that pytest could collect and its dotted name in reports, by the last part of that."""
        files: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        for path in walk(self._folder, _COLLECTED):
            stem = tuple(path.removesuffix(".py").replace("/", ".").split("."))
            files.setdefault(stem[-1], []).append((path, stem))
        return files

    def _likeliest(self, found: Sequence[Place], case: TestCase) -> tuple[Place, ...]:
        """Of several files the one that the report names, else those that speak of the test, else all."""
        if len(found) < 2:
            return tuple(found)
        named = [place for place in found if case.file and _same_file(place.path, case.file)]
        speaking = [place for place in found if _base_name(case.name) in self._names_in(place.path)]
        kept = named or speaking or found
        return tuple(replace(place, is_sure=len(kept) == 1) for place in kept)

    def _by_file(self, case: TestCase) -> tuple[Place, ...]:
        """By the report's ``file`` alone, which may be where an inherited test was written."""
        path = by_reported_path(self._folder, case.file) if case.file else None
        return (Place(path=path),) if path else ()

    def node_id(self, place: Place, *, with_parameters: bool = True) -> str:
        """The narrowest id at the place that is sure to be there."""
        path = f"./{place.path}" if place.path.startswith(("-", "@")) else place.path
        names = self._trusted(place)
        return "::".join((path, *(names if with_parameters else (name.partition("[")[0] for name in names))))

    def _trusted(self, place: Place) -> tuple[str, ...]:
        """The names that are sure to be found in the file; an inherited test gives way to its class."""
        if not place.names or not place.path.endswith(".py") or not place.is_sure:
            return ()
        *classes, function = place.names
        known = self._names_in(place.path)
        if not known.issuperset(classes):
            return ()
        if _base_name(function) in known:
            return (*classes, _plain(function))
        return tuple(classes)

    def _names_in(self, path: str) -> frozenset[str]:
        """What the module defines, imports or assigns, at any depth."""
        if path not in self._names:
            self._names[path] = _names(read_text(self._folder / path))
        return self._names[path]


def fitting(ids: Iterable[str]) -> tuple[str, ...] | None:
    """The ids without those that others run anyway, whole files where they are many; None where still too many."""
    wanted = dict.fromkeys(ids)
    kept = [one for one in wanted if not any(wider in wanted for wider in _wider(one))]
    if not _fits(kept):
        kept = list(dict.fromkeys(one.partition("::")[0] for one in kept))
    return tuple(kept) if _fits(kept) else None


def _fits(ids: Sequence[str]) -> bool:
    return len(ids) <= MOST_IDS and sum(map(len, ids)) <= MOST_CHARACTERS


def _wider(node_id: str) -> Iterator[str]:
    """The ids of what holds the test: its function, classes, file."""
    plain, bracket, _ = node_id.partition("[")
    if bracket:
        yield plain
    parts = plain.split("::")
    yield from ("::".join(parts[:end]) for end in range(1, len(parts)))


def _spelled(folder: Path, prefix: str, parts: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Files under ``folder/prefix`` that the first of ``parts`` spell, with the parts left over.

    A folder or file may have dots in its name, so that several parts make one step.
    """
    for end in range(1, len(parts) + 1):
        step, rest = ".".join(parts[:end]), parts[end:]
        if not step or "/" in step:
            return
        path = f"{prefix}{step}"
        if (folder / f"{path}.py").is_file():
            yield f"{path}.py", rest
        if "." in step and (folder / path).is_file():
            yield path, rest
        if (folder / path).is_dir():
            yield from _spelled(folder, f"{path}/", rest)


def _same_file(path: str, reported: str) -> bool:
    here, there = f"/{path}", "/" + reported.replace("\\", "/").lstrip("/")
    return here.endswith(there) or there.endswith(here)


def _base_name(function: str) -> str:
    """The function's own name, without parameters and what plug-ins append; "" where it is no function's."""
    found = _FUNCTION.match(function)
    return found[1] if found else ""


def _names(text: str) -> frozenset[str]:
    imported = (re.findall(r"\w+", line) for line in _IMPORT.findall(text))
    return frozenset(_DEFINED.findall(text)).union(_ASSIGNED.findall(text), *imported)


def _plain(function: str) -> str:
    """The function with its parameters, if they are such that every pytest takes them."""
    base = _base_name(function)
    rest = function[len(base) :]
    if rest.startswith("[") and rest.endswith("]") and _PLAIN_PARAMETERS.fullmatch(rest[1:-1]):
        return function
    return base
