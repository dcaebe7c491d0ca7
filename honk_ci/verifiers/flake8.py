"""Flake8."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.process import Command
from honk_ci.verifiers.project import VENV_FOLDERS, Project
from honk_ci.verifiers.tool import PYTHON_ENV, Tool, matches

_LINT = re.compile(r"(?:\./)?(?P<file>[^:\n]+):(?P<line>\d+):\d+: (?P<code>[A-Z]+\d+) (?P<message>.*)")

# Flake8 reads neither .gitignore nor knows environments: without this it lints every package installed.
_NOT_OURS = ",".join((*VENV_FOLDERS, "node_modules", "site-packages", "build", "dist"))


class Flake8:
    """``flake8``; it has no fix."""

    name = "flake8"

    def configured(self, project: Project) -> bool:
        sections = (project.ini_section(file, "flake8") for file in (".flake8", "setup.cfg", "tox.ini"))
        return any(section is not None for section in sections) or "flake8" in project.hooks or project.runs("flake8")

    def bind(self, project: Project) -> Tool | None:
        flake8 = project.python_tool("flake8")
        if flake8 is None:
            return None
        argv = (flake8, "--format=default", f"--extend-exclude={_NOT_OURS}", ".")
        return Tool(
            name=self.name,
            root=project.root,
            home=project.home,
            check=Command(argv=argv, cwd=project.home, env=PYTHON_ENV),
            suffixes=(".py", ".pyi"),
            config_files=(".flake8", "setup.cfg", "tox.ini"),
            read=_read,
        )


def _read(output: str) -> Iterator[LogFinding]:
    for finding in matches(output, _LINT, tool="flake8", kind=FindingKind.LINT):
        # a file that cannot be parsed, or read
        yield replace(finding, kind=FindingKind.SYNTAX) if finding.code in {"E999", "E902"} else finding
