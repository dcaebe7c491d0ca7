"""Any command: run whole, by its exit status and whatever report it writes."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from honk_ci.domain import FailedTest
from honk_ci.process import Command
from honk_ci.runners.interface import Runner
from honk_ci.runners.package_json import read_package
from honk_ci.runners.places import report_globs
from honk_ci.runners.shell_words import put_report
from honk_ci.runners.test_files import by_reported_path, read_text

_LOCKS = {
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
    "bun.lock": "bun",
    "bun.lockb": "bun",
    "package-lock.json": "npm",
}

# A file of the project, and how its tests are run then; the first whose program is there counts.
_USUAL = (
    ("go.mod", "gotestsum --junitfile {report} ./..."),
    ("go.mod", "go test ./..."),
    ("Cargo.toml", "cargo test"),
    ("phpunit.xml", "vendor/bin/phpunit --log-junit {report}"),
    ("phpunit.xml.dist", "vendor/bin/phpunit --log-junit {report}"),
    ("phpunit.dist.xml", "vendor/bin/phpunit --log-junit {report}"),
    (".rspec", "bundle exec rspec"),
    ("pom.xml", "./mvnw --batch-mode test"),
    ("pom.xml", "mvn --batch-mode test"),
    ("build.gradle", "./gradlew test"),
    ("build.gradle.kts", "./gradlew test"),
    ("mix.exs", "mix test"),
    ("manage.py", "python manage.py test"),
)


class CommandKind:
    """For configured commands, and for projects whose ecosystem has one usual way to run all tests."""

    name = "command"

    def __init__(self, *, environ: Mapping[str, str]) -> None:
        self._path = environ.get("PATH")

    def detect(self, repo: Path) -> Runner | None:
        command = script_command(repo) or _usual_command(repo, self._path) or _make_command(repo)
        return CommandRunner(repo, command) if command else None

    def from_command(self, repo: Path, command: str) -> Runner | None:
        return CommandRunner(repo, command)


def _usual_command(repo: Path, path: str | None) -> str:
    fitting = (usual for mark, usual in _USUAL if (repo / mark).is_file())
    return next((usual for usual in fitting if _is_there(repo, usual.split()[0], path)), "")


def _is_there(repo: Path, program: str, path: str | None) -> bool:
    return (repo / program).is_file() if "/" in program else shutil.which(program, path=path) is not None


def _make_command(repo: Path) -> str:
    targets = re.findall(r"^(test|tests|check)\s*:(?!=)", read_text(repo / "Makefile"), re.MULTILINE)
    return f"make {targets[0]}" if targets else ""


class CommandRunner:
    """One shell command for the whole suite; no tests can be picked out."""

    name = "command"

    def __init__(self, repo: Path, command: str) -> None:
        self.report_globs: Sequence[str] = report_globs(repo)
        self._repo = repo
        self._command = command

    def suite(self, report: Path) -> Command:
        return Command(shell=put_report(self._command, report))

    def subset(self, tests: Sequence[FailedTest], report: Path) -> Command | None:  # noqa: ARG002 (the interface's names)
        return None

    def test_source(self, test: FailedTest) -> str | None:
        return by_reported_path(self._repo, test.case.file) if test.case.file else None


def script_command(repo: Path) -> str:
    """The package manager's way to run the script "test"."""
    package = read_package(repo)
    if package is None or not package.test_script:
        return ""
    declared = str(package.content.get("packageManager", "")).partition("@")[0]
    locked = next((tool for lock, tool in _LOCKS.items() if (repo / lock).is_file()), "npm")
    return f"CI=true {declared if declared in _LOCKS.values() else locked} test"
