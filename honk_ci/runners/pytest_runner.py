"""pytest, which also runs unittest's tests."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from honk_ci.domain import FailedTest
from honk_ci.process import Command
from honk_ci.runners.interface import Runner
from honk_ci.runners.places import project_folder, report_globs
from honk_ci.runners.pytest_command import PytestCommand, parse_pytest_command
from honk_ci.runners.pytest_config import PROJECT_FILES, is_pytest_project, read_config
from honk_ci.runners.pytest_ids import Place, PytestIds, fitting
from honk_ci.runners.python_env import PytestLauncher

# After the project's own options, so that these win:
_WHOLE = (
    "--maxfail=0",  # "-x" in addopts would leave tests unrun, and they would count as vanished
    "--continue-on-collection-errors",  # one module that cannot be imported must not hide all others
)
_READABLE = ("--tb=short", "--color=no")
# Adds file and line to each case, and leaves classname and name as they are.
_FAMILY = ("-o", "junit_family=xunit1")
# A threshold that the whole suite meets is missed by a part of it, and the run is red without a
# failed test. The warning about the switch would be an error where the project makes them errors.
_NO_COVERAGE = ("--no-cov", "-W", "ignore:Coverage disabled via --no-cov")


class PytestKind:
    """Python projects with tests that pytest collects, and commands that call it."""

    name = "pytest"

    def __init__(self, *, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def detect(self, repo: Path) -> Runner | None:
        folder = project_folder(repo, is_pytest_project, PROJECT_FILES)
        return None if folder is None else PytestRunner(repo, folder=folder, environ=self._environ)

    def from_command(self, repo: Path, command: str) -> Runner | None:
        parsed = parse_pytest_command(command)
        return None if parsed is None else ConfiguredPytest(repo, parsed)


class PytestRunner:
    """pytest as honk calls it, in ``folder`` of the repository ("" is its top)."""

    name = "pytest"

    def __init__(self, repo: Path, *, folder: str, environ: Mapping[str, str]) -> None:
        self.report_globs: Sequence[str] = report_globs(repo)
        self._repo = repo
        self._cwd = folder
        self._folder = repo / folder
        folders = (self._folder,) if not folder else (self._folder, repo)
        self._launcher = PytestLauncher(folders, environ=environ)

    def suite(self, report: Path) -> Command:
        return Command(argv=self._words(report), cwd=self._cwd)

    def subset(self, tests: Sequence[FailedTest], report: Path) -> Command | None:
        picked = pick(self._folder, tests)
        if picked is None:
            return None
        config = read_config(self._folder)
        options: tuple[str, ...] = _NO_COVERAGE if config.measures_coverage else ()
        if config.runs_workers and not config.groups_workers:
            options += ("-n0",)  # starting workers takes longer than a few tests
        return Command(argv=(*self._words(report), *options, *picked), cwd=self._cwd)

    def test_source(self, test: FailedTest) -> str | None:
        return source_of(self._repo, self._cwd, test)

    def _words(self, report: Path) -> tuple[str, ...]:
        # An empty cache of its own for each run: "--lf" in addopts then runs everything, and the
        # checkout stays as it is. Switching the cache off would refuse such options.
        cache = ("-o", f"cache_dir={report.with_suffix('.cache')}")
        return (*self._launcher.words(), f"--junitxml={report}", *_FAMILY, *cache, *_READABLE, *_WHOLE)


class ConfiguredPytest:
    """A configured command that calls pytest: kept as it is but for what is picked out."""

    name = "pytest"

    def __init__(self, repo: Path, command: PytestCommand) -> None:
        self.report_globs: Sequence[str] = report_globs(repo)
        self._repo = repo
        self._command = command

    def suite(self, report: Path) -> Command:
        return self._command.whole(report)

    def subset(self, tests: Sequence[FailedTest], report: Path) -> Command | None:
        picked = pick(self._repo, tests, keep_root=not self._command.sets_root)
        if picked is None:
            return None
        measures = self._command.measures_coverage or read_config(self._repo).measures_coverage
        return self._command.part((*(_NO_COVERAGE if measures else ()), *picked), report)

    def test_source(self, test: FailedTest) -> str | None:
        return source_of(self._repo, "", test)


def pick(folder: Path, tests: Sequence[FailedTest], *, keep_root: bool = True) -> tuple[str, ...] | None:
    """What to add to a call of pytest in ``folder`` for just these tests; None where they cannot be picked out.

    ``keep_root`` adds what keeps the names of the report; not for calls that set their root themselves.
    """
    ids = PytestIds(folder)
    places = [ids.places(test.case) for test in tests]
    if not all(places) or any("[" in place.path for found in places for place in found):
        return None  # pytest takes "[" in a path for the start of parameters
    found = [place for several in places for place in several]
    # One parameter that is not there (added since, where the base is run) would end the run of all
    # the others: only a test alone is picked by its parameters.
    wanted = (ids.node_id(place, with_parameters=len(tests) == 1) for place in found)
    fit = fitting(wanted)
    return None if not fit else (*(_same_root(folder, found) if keep_root else ()), *fit)


def source_of(repo: Path, folder: str, test: FailedTest) -> str | None:
    places = PytestIds(repo / folder).places(test.case)
    if len(places) != 1 or not places[0].is_sure:
        return None
    return f"{folder}/{places[0].path}" if folder else places[0].path


def _same_root(folder: Path, places: Sequence[Place]) -> tuple[str, ...]:
    """Options that make the names in our report start where they start in the report that was read.

    pytest's root folder, from which names are built, and its settings file depend on the paths
    given: settings beside the picked tests would win over those that the whole run used.
    """
    roots = {place.root for place in places}
    if len(roots) != 1:
        return ()
    root = roots.pop()
    if root:
        return () if read_config(folder / root).file else ("--rootdir", root)
    below = {parent for path in {place.path for place in places} for parent in Path(path).parents} - {Path()}
    if all(read_config(folder / parent).file is None for parent in below):
        return ()
    file = read_config(folder).file
    return ("--rootdir", ".", "-c", file.name if file else os.devnull)
