"""isort."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.process import Command
from honk_ci.verifiers.project import Project
from honk_ci.verifiers.tool import PYTHON_ENV, Tool, matches

CONFIG_FILES = (".isort.cfg", "pyproject.toml", "setup.cfg", "tox.ini", ".editorconfig")

_UNSORTED = re.compile(r"ERROR: (?P<file>.+?) Imports are incorrectly sorted")


class Isort:
    """``isort``. No formatter in the strict sense: the order of imports is the order in which they run."""

    name = "isort"

    def configured(self, project: Project) -> bool:
        sections = (project.ini_section("setup.cfg", "isort"), project.ini_section("tox.ini", "isort"))
        return (
            project.has(".isort.cfg")
            or project.tool_table("isort") is not None
            or any(section is not None for section in sections)
            or "isort" in project.hooks
            or project.runs("isort")
        )

    def bind(self, project: Project) -> Tool | None:
        isort = project.python_tool("isort")
        if isort is None:
            return None
        fix_argv = (isort, "--quiet", "--filter-files", "--")
        return Tool(
            name=self.name,
            root=project.root,
            home=project.home,
            check=_command(project, isort, "--check-only", "."),
            fix=_command(project, isort, "--quiet", "."),
            fix_argv=fix_argv,
            suffixes=(".py", ".pyi"),
            config_files=CONFIG_FILES,
            read=_read,
        )


def _command(project: Project, *argv: str) -> Command:
    return Command(argv=argv, cwd=project.home, env=PYTHON_ENV)


def _read(output: str) -> Iterator[LogFinding]:
    for finding in matches(output, _UNSORTED, tool="isort", kind=FindingKind.FORMAT):
        yield replace(finding, code="unsorted", message="imports are incorrectly sorted")
