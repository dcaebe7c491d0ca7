"""What a repository is set up with, as far as its workflow needs to know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from honk_ci.errors import RunnerError
from honk_ci.git import Repository
from honk_ci.runners import detect_all
from honk_ci.runners.interface import Runner
from honk_ci.runners.package_json import read_package
from honk_ci.setup_files.packages import Packages, node_packages, python_packages

ForgeName = Literal["github", "gitlab"]
REPORT = "report.xml"
LOG = "test.log"
FILE_BYTES = 1_000_000

_TEST_WORDS = re.compile(
    r"\b(?:pytest|unittest|tox|nox|jest|vitest|mocha|go test|gotestsum|cargo (?:test|nextest)|phpunit|rspec|gradlew?\b.*"
    r"\btest|mvnw?\b.*\b(?:test|verify)|(?:npm|pnpm|yarn|bun|make|just|mix|hatch|node|deno)\b.*\btests?)\b"
)
_STARTS = frozenset({"push", "pull_request", "merge_group", "schedule"})


@dataclass(frozen=True, kw_only=True, slots=True)
class TestCall:
    """How CI runs the tests, and what honk can read afterwards."""

    __test__ = False

    command: str
    report: str = ""  # the JUnit file that it writes
    log: str = ""  # else the log

    @property
    def line(self) -> str:
        """For a shell with ``pipefail``, so that the tests' exit status counts and not that of tee."""
        return f"{self.command} 2>&1 | tee {self.log}" if self.log else self.command


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """One repository."""

    packages: Packages = field(default_factory=Packages)
    tests: TestCall | None = None  # None where nobody knows how they are run
    folder: str = ""  # where they are run, relative to the repository
    workflows: tuple[str, ...] = ()  # names of the GitHub workflows that run tests
    uploads_reports: bool = False  # whether one of them keeps artifacts


def known_tests(project: Project) -> TestCall:
    """How the tests are run; raises RunnerError where nobody knows."""
    if project.tests is not None:
        return project.tests
    raise RunnerError(
        "no test runner was recognised in this repository",
        hint="say how the tests are run, such as --test-command 'make test' or "
        "--test-command 'pytest --junitxml={report}'",
    )


def has_test_words(text: str) -> bool:
    """Whether a CI file's commands run tests."""
    return bool(_TEST_WORDS.search(text))


def forge_of(repository: Repository, remote: str) -> ForgeName | None:
    """The forge that the remote's address names, else the one whose files are there; None where neither tells."""
    address = repository.try_git("config", "--get", f"remote.{remote}.url").stdout.decode("utf-8", "replace")
    host = re.sub(r"^\w+://", "", address.strip()).split("@")[-1].split("/")[0].split(":")[0].lower()
    if "gitlab" in host:
        return "gitlab"
    if "github" in host:
        return "github"
    has_gitlab, has_github = (repository.root / ".gitlab-ci.yml").is_file(), (repository.root / ".github").is_dir()
    if has_gitlab != has_github:
        return "gitlab" if has_gitlab else "github"
    return None


def look_at(repo: Path, *, environ: Mapping[str, str], command: str = "") -> Project:
    """Read what is there; runs nothing. ``command`` is how the tests are run, if somebody says."""
    runner = next(iter(detect_all(repo, environ=environ)), None)
    folder = runner.suite(Path(REPORT)).cwd if runner is not None else ""
    packages = _packages(repo / folder, runner)
    workflows = list(_test_workflows(repo))
    return Project(
        packages=replace(packages, commands=(f"cd {folder}", *packages.commands)) if folder else packages,
        tests=_given(command) if command else _call(repo / folder, runner, packages),
        folder="" if command else folder,
        workflows=tuple(dict.fromkeys(name for name, _ in workflows)),
        uploads_reports=any("actions/upload-artifact" in text for _, text in workflows),
    )


def _packages(repo: Path, runner: Runner | None) -> Packages:
    name = runner.name if runner is not None else ""
    has_python = any((repo / file).is_file() for file in ("pyproject.toml", "setup.py", "requirements.txt"))
    if name == "pytest" or (name in {"", "command"} and has_python):
        return python_packages(repo, needs_pytest=name == "pytest")
    if (repo / "package.json").is_file():
        return node_packages(repo)
    return Packages()


# --- how the tests are run -------------------------------------------------------------------------


def _given(command: str) -> TestCall:
    if "{report}" in command:
        return TestCall(command=command.replace("{report}", REPORT), report=REPORT)
    return TestCall(command=command, log=LOG)


def _call(repo: Path, runner: Runner | None, packages: Packages) -> TestCall | None:
    """With a report where the runner can write one by itself, else with a log."""
    if runner is None:
        return None
    if runner.name == "pytest":
        return TestCall(command=f"{packages.prefix}pytest --junitxml={REPORT}", report=REPORT)
    if packages.language == "node":
        return _script_call(repo, runner, packages.manager)
    suite = str(runner.suite(Path(REPORT)))
    return TestCall(command=suite, report=REPORT) if REPORT in suite else TestCall(command=suite, log=LOG)


def _script_call(repo: Path, runner: Runner, manager: str) -> TestCall:
    package = read_package(repo)
    script = package.test_script.strip() if package else ""
    run = {"npm": "npx", "pnpm": "pnpm exec", "yarn": "yarn run"}[manager]
    if runner.name == "vitest" and re.fullmatch(r"vitest(?: run)?", script):
        options = f"--reporter=default --reporter=junit --outputFile.junit={REPORT}"
        return TestCall(command=f"{run} vitest run {options}", report=REPORT)
    if runner.name == "jest" and script == "jest" and package and "jest-junit" in package.dependencies:
        command = f"JEST_JUNIT_OUTPUT_FILE={REPORT} {run} jest --ci --reporters=default --reporters=jest-junit"
        return TestCall(command=command, report=REPORT)
    if runner.name == "node" and script == "node --test":
        to_log = "--test-reporter=spec --test-reporter-destination=stdout"
        to_file = f"--test-reporter=junit --test-reporter-destination={REPORT}"
        return TestCall(command=f"node --test {to_log} {to_file}", report=REPORT)
    return TestCall(command=f"{manager} test", log=LOG)


# --- what runs already -----------------------------------------------------------------------------


def _test_workflows(repo: Path) -> Iterator[tuple[str, str]]:
    """Name and text of the workflows that run tests on pushes or requests; those with honk in them are not asked."""
    import yaml

    folder = repo / ".github" / "workflows"
    for file in sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")]):
        text = read_text(file)
        try:
            content = yaml.safe_load(text)
        except (yaml.YAMLError, RecursionError, ValueError):
            continue
        if not isinstance(content, dict) or "honk-ci@" in text or not has_test_words(text):
            continue
        if _STARTS & set(_events(content.get("on", content.get(True)))):  # YAML 1.1 reads "on" as true
            name = content.get("name")
            yield name if isinstance(name, str) and name else file.relative_to(repo).as_posix(), text


def _events(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list | dict) else []


def read_text(file: Path) -> str:
    """The start of a file, "" where there is none."""
    try:
        with file.open("rb") as stream:
            return stream.read(FILE_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
