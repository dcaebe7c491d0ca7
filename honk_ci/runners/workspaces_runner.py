"""Monorepos of several packages (npm, pnpm and yarn workspaces, lerna, nx, turbo).

The root's script runs the tests of all packages, so no single report holds them all: the suite
counts by its exit status. Some tests are run where they are, by their own package's runner.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from honk_ci.domain import FailedTest
from honk_ci.process import Command
from honk_ci.runners.command import CommandRunner, script_command
from honk_ci.runners.interface import Runner
from honk_ci.runners.js_files import Titles, sure_file
from honk_ci.runners.package_json import MARK, read_package
from honk_ci.runners.places import report_globs
from honk_ci.runners.test_files import walk

_MARKS = ("pnpm-workspace.yaml", "lerna.json", "nx.json", "turbo.json", "rush.json")

DetectIn = Callable[[Path, Path], Runner | None]  # repository, folder of a package


class WorkspacesKind:
    """Repositories whose root script runs the tests of several packages."""

    name = "workspaces"

    def __init__(self, detect_in: DetectIn, *, environ: Mapping[str, str]) -> None:
        """``detect_in`` finds the runner of one package."""
        self._detect_in = detect_in
        self._environ = environ

    def detect(self, repo: Path) -> Runner | None:
        package = read_package(repo)
        if package is None or not package.test_script:
            return None
        if "workspaces" not in package.content and not any((repo / mark).is_file() for mark in _MARKS):
            return None
        return WorkspacesRunner(repo, script_command(repo), self._detect_in)

    def from_command(self, repo: Path, command: str) -> Runner | None:  # noqa: ARG002 (the interface's names)
        return None


class WorkspacesRunner:
    """All packages by the root's script, or some tests of one package by that package's runner."""

    name = "workspaces"

    def __init__(self, repo: Path, command: str, detect_in: DetectIn) -> None:
        self.report_globs: Sequence[str] = report_globs(repo)
        self._repo = repo
        self._whole = CommandRunner(repo, command)
        self._detect_in = detect_in

    def suite(self, report: Path) -> Command:
        return self._whole.suite(report)

    def subset(self, tests: Sequence[FailedTest], report: Path) -> Command | None:
        folders = {self._package_of(test) for test in tests}
        folder = folders.pop() if len(folders) == 1 else None
        runner = None if folder is None else self._detect_in(self._repo, folder)
        return None if runner is None else runner.subset(tests, report)

    def test_source(self, test: FailedTest) -> str | None:
        at_root = sure_file(self._repo, test)
        folder = self._package_of(test)
        inside = sure_file(folder, test) if folder else None
        return (folder / inside).relative_to(self._repo).as_posix() if folder and inside else at_root

    def _package_of(self, test: FailedTest) -> Path | None:
        """The folder of the test's package, None where several may be."""
        at_root = sure_file(self._repo, test)
        if at_root:
            file = self._repo / at_root
            return next((folder for folder in self._packages if file.is_relative_to(folder)), None)
        holding = [folder for folder in self._packages if sure_file(folder, test)]
        if len(holding) != 1:
            name = test.case.name.strip()
            holding = [folder for folder in holding or self._packages if Titles(folder).files_with(name)]
        return holding[0] if len(holding) == 1 else None

    @cached_property
    def _packages(self) -> Sequence[Path]:
        """Folders of packages below the root, the deepest first."""
        folders = [(self._repo / path).parent for path in walk(self._repo, (f"/{MARK}", MARK)) if path != MARK]
        return sorted(folders, key=lambda folder: -len(folder.parts))
