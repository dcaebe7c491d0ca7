"""Where in a repository a project is, and where its reports usually are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

# Bounded to folders that hold reports, so that nobody searches node_modules.
USUAL_REPORTS = (
    "report.xml", "reports.xml", "results.xml", "junit*.xml", "*-junit.xml", "test-report*.xml", "test-results.xml",
    "test-results/**/*.xml", "test-reports/**/*.xml", "test_results/**/*.xml", "test_reports/**/*.xml",
    "reports/**/*.xml", "junit/**/*.xml", "results/*.xml", "build/junit*.xml", "build/reports/**/*.xml",
    "build/test-results/**/*.xml", "target/surefire-reports/*.xml", "target/nextest/**/*.xml", "tests/junit*.xml",
    "tests/report*.xml", "coverage/junit*.xml", "artifacts/**/*.xml", "*/junit.xml", "*/report.xml",
)  # fmt: skip


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
