"""Where in a repository a project is, and where its reports usually are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

# Bounded to folders that hold reports, so that nobody searches node_modules.
USUAL_REPORTS = (
    "report.xml", "reports.xml", "results.xml", "junit*.xml", "*-junit.xml", "test-report*.xml", "test-results.xml",
    "test-results/**/*.xml", "test-reports/**/*.xml", "test_results/**/*.xml", "test_reports/**/*.xml",
    "reports/**/*.xml", "junit/**/*.xml", "results/*.xml", "build/junit*.xml", "build/reports/**/*.xml",
    "build/test-results/**/*.xml", "target/surefire-reports/*.xml", "target/nextest/**/*.xml", "tests/junit*.xml",
    "tests/report*.xml", "coverage/junit*.xml", "artifacts/**/*.xml", "*/junit.xml", "*/report.xml",
)  # fmt: skip

# Where CI says how it runs the tests. tox, nox and make are here because CI often calls just these.
CI_FILES = (
    ".github/workflows/*.yml", ".github/workflows/*.yaml", ".gitlab-ci.yml", ".gitlab/ci/*.yml", "azure-pipelines.yml",
    ".travis.yml", ".circleci/config.yml", "bitbucket-pipelines.yml", "Jenkinsfile", "tox.ini", "noxfile.py",
    "Makefile", "justfile",
)  # fmt: skip
_OPTION_FILES = ("pyproject.toml", "pytest.ini", "setup.cfg", "package.json")
_CI_FILE_CAP = 200_000

# An option, a variable or a key of a CI file that names a JUnit file: --junitxml=X, GitLab's "junit" of "reports".
_NAMED_REPORT = re.compile(
    r"(?:junit[-_]?xml|junitfile|log-junit|outputFile(?:\.junit)?|reporter-destination|OUTPUT_FILE|OUTPUT_NAME|mochaFile"
    r"|\bjunit|testResultsFiles|report_paths)['\"]?\s*[=:\s]\s*['\"]?([^\s'\",;]+\.xml)\b"
)
_VARIABLE = re.compile(r"\$\{\{[^}]*\}\}|\$\{[^}]*\}|\$\w+|\{posargs[^}]*\}|\{[\w.]+\}")
_HEAVY = re.compile(r"^\**/|^\*\*|node_modules|\.git/")


def report_globs(repo: Path) -> tuple[str, ...]:
    """Where reports may be, relative to the repository: the places that its CI names, then the usual ones."""
    named = (name for text in ci_texts(repo, (*CI_FILES, *_OPTION_FILES)) for name in _named_reports(text))
    return tuple(dict.fromkeys((*named, *USUAL_REPORTS)))


def ci_texts(repo: Path, patterns: Sequence[str] = CI_FILES) -> Iterator[str]:
    """The texts of CI files, each up to a cap."""
    for file in (file for pattern in patterns for file in sorted(repo.glob(pattern))):
        try:
            with file.open("rb") as stream:
                yield stream.read(_CI_FILE_CAP).decode("utf-8", "replace")
        except OSError:
            continue


def _named_reports(text: str) -> Iterator[str]:
    for match in _NAMED_REPORT.finditer(_VARIABLE.sub("*", text)):
        path = match[1].removeprefix("*/").removeprefix("./")  # "$WORKSPACE/report.xml"
        if not path.startswith(("/", "..", "~")) and not _HEAVY.search(path):
            yield path


def project_folder(repo: Path, fits: Callable[[Path], bool], marks: Sequence[str]) -> str | None:
    """The top of the repository if it fits, else the one folder below it that does; None where none or several do.

    A folder below is looked at if it holds one of the files named by ``marks``.
    """
    if fits(repo):
        return ""
    below = [folder for folder in sorted(repo.iterdir()) if _may_hold_project(folder)]
    marked = [folder for folder in below if any((folder / mark).is_file() for mark in marks)]
    found = [folder.name for folder in marked if fits(folder)]
    return found[0] if len(found) == 1 else None


def _may_hold_project(folder: Path) -> bool:
    hidden = folder.name.startswith((".", "_")) or folder.name in {"node_modules", "vendor", "docs", "examples"}
    return not hidden and folder.is_dir() and not folder.is_symlink() and not (folder / "pyvenv.cfg").exists()
