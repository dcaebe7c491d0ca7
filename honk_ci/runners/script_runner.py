"""Test runners that package.json's scripts call: what jest, vitest, mocha and ``node --test`` share.

The project's own call is kept (its flags, its loaders, the builds before it) and gets what writes
the report; for some tests, the paths that it names give way to their files. Whole files are run:
test names in these runners are patterns over joined titles, and loading the file costs most anyway.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from honk_ci.domain import FailedTest
from honk_ci.process import Command
from honk_ci.runners.interface import Runner
from honk_ci.runners.js_files import sure_file, test_files
from honk_ci.runners.package_json import MARK, Package, TestStep, command_env, find_steps, joined, read_package
from honk_ci.runners.places import project_folder, report_globs
from honk_ci.runners.shell_words import Options, options_only, put_report, simple_words, split_assignments

# Wrappers that measure coverage: their thresholds redden a run of some tests.
_COVERAGE_WRAPPERS = frozenset({"c8", "nyc"})


class Tool(Protocol):
    """One test runner that scripts call."""

    name: str
    pattern: re.Pattern[str]  # finds the call in a command, up to where its arguments start
    programs: frozenset[str]  # names of the program inside what ``pattern`` finds
    default: str  # the call where no script has one
    options: Options
    only: tuple[str, ...]  # stands before the files of a partial run

    def is_set_up(self, package: Package) -> bool:
        """Whether the project uses the tool although no script plainly calls it."""

    def reporting(self, text: str, package: Package, report: Path) -> str:
        """The project's call, run once to its end and writing ``report``, whose path stands in it.

        Without the path the call writes where the project's settings say (``own_reports``).
        """

    def can_run(self, text: str, files: Sequence[str]) -> bool:
        """Whether the call takes these files as they are."""

    def own_reports(self, package: Package) -> Sequence[str]:
        """Reports that the project's settings have written elsewhere, whatever the call says."""


class ScriptKind:
    """Node projects that use ``tool``, and commands that call it."""

    def __init__(self, tool: Tool, *, environ: Mapping[str, str]) -> None:
        self.name = tool.name
        self._tool = tool
        self._environ = environ

    def detect(self, repo: Path) -> Runner | None:
        root = read_package(repo)
        if root is not None and root.test_script:  # says what all tests are; a folder below may hold some
            return self.detect_in(repo, repo)
        folder = project_folder(repo, lambda folder: self._project(folder) is not None, (MARK,))
        return None if folder is None else self.detect_in(repo, repo / folder)

    def from_command(self, repo: Path, command: str) -> Runner | None:
        if simple_words(command) is None or not self._tool.pattern.search(command):
            return None
        return ConfiguredCall(self._tool, command, repo)

    def detect_in(self, repo: Path, folder: Path) -> Runner | None:
        """The runner of the one package in ``folder``."""
        project = self._project(folder)
        return None if project is None else self._runner(repo, project)

    def _runner(self, repo: Path, project: tuple[Package, TestStep]) -> Runner:
        return ScriptRunner(self._tool, *project, repo=repo, environ=self._environ)

    def _project(self, folder: Path) -> tuple[Package, TestStep] | None:
        package = read_package(folder)
        if package is None:
            return None
        step = _test_step(package, self._tool)
        return None if step is None else (package, step)


def _test_step(package: Package, tool: Tool) -> TestStep | None:
    """The project's one call of the tool, or a plain one where its script leaves that open.

    Several calls would need several reports: then the script is one command that is run whole.
    """
    found = find_steps(package, tool.pattern)
    if len(found) == 1 and found[0].words is not None:
        return found[0]
    leaves_open = not package.test_script or len(found) == 1
    return TestStep(text=tool.default) if leaves_open and tool.is_set_up(package) else None


class ScriptRunner:
    """The tool as the project's test script calls it."""

    def __init__(self, tool: Tool, package: Package, step: TestStep, *, repo: Path, environ: Mapping[str, str]) -> None:
        self.name = tool.name
        self.report_globs: Sequence[str] = (*tool.own_reports(package), *report_globs(repo))
        self._tool = tool
        self._package = package
        self._step = step
        self._repo = repo
        self._cwd = "" if package.folder == repo else package.folder.relative_to(repo).as_posix()
        self._env = command_env(package, repo, environ)

    def suite(self, report: Path) -> Command:
        return self._command(self._tool.reporting(self._step.text, self._package, report))

    def subset(self, tests: Sequence[FailedTest], report: Path) -> Command | None:
        call = self._tool.reporting(self._step.text, self._package, report)
        words = _for_files(self._tool, call, test_files(self._package.folder, tests))
        return None if words is None else self._command(shlex.join(words))

    def test_source(self, test: FailedTest) -> str | None:
        found = sure_file(self._package.folder, test)
        return f"{self._cwd}/{found}" if found and self._cwd else found

    def _command(self, text: str) -> Command:
        return Command(shell=joined(self._step, text, self._repo), env=self._env, cwd=self._cwd)


class ConfiguredCall:
    """A configured command that calls the tool, kept as it is but for the files."""

    def __init__(self, tool: Tool, command: str, repo: Path) -> None:
        self.name = tool.name
        self.report_globs: Sequence[str] = report_globs(repo)
        self._tool = tool
        self._command = command
        self._repo = repo

    def suite(self, report: Path) -> Command:
        return Command(shell=put_report(self._command, report))

    def subset(self, tests: Sequence[FailedTest], report: Path) -> Command | None:
        words = _for_files(self._tool, put_report(self._command, report), test_files(self._repo, tests))
        return None if words is None else replace(self.suite(report), shell=shlex.join(words))

    def test_source(self, test: FailedTest) -> str | None:
        return sure_file(self._repo, test)


def _for_files(tool: Tool, text: str, files: Sequence[str] | None) -> Sequence[str] | None:
    """The words of the call for just these files; None where it cannot be taken apart so far."""
    words = simple_words(text)
    if not files or words is None or re.search(r"[$`]", text) or not tool.can_run(text, files):
        return None
    end = next(at for at in range(1, len(words) + 1) if tool.pattern.search(" ".join(words[:at])))
    options = options_only(words[end:], tool.options)
    if options is None:
        return None
    return (*_without_coverage(tool, words[:end]), *options, *tool.only, *files)


def _without_coverage(tool: Tool, head: Sequence[str]) -> Sequence[str]:
    """What stands before the arguments, without a coverage wrapper; assignments as words of ``env``."""
    env, rest = split_assignments(head)
    if _COVERAGE_WRAPPERS & set(rest):
        at = next((at for at, word in enumerate(rest) if word.rpartition("/")[2] in tool.programs), 0)
        rest = rest[at:]
    return (*(("env", *(f"{name}={value}" for name, value in env.items())) if env else ()), *rest)
