"""Black."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.process import Command
from honk_ci.verifiers.project import Project
from honk_ci.verifiers.tool import PYTHON, PYTHON_ENV, Tool, matches

_UNFORMATTED = re.compile(r"would reformat (?P<file>.+)")
_BROKEN = re.compile(r"error: cannot (?:format|parse):? (?P<file>.+?)(?::(?P<line>\d+):\d+.*|: (?P<message>.*))$")


class Black:
    """``black``; its cache lies in the user's cache folder."""

    name = "black"

    def configured(self, project: Project) -> bool:
        hooks = {"black", "black-jupyter"}
        return project.tool_table("black") is not None or bool(project.hooks & hooks) or project.runs("black")

    def bind(self, project: Project) -> Tool | None:
        black = project.python_tool("black")
        if black is None:
            return None
        fix_argv = (black, "--quiet", "--")
        return Tool(
            name=self.name,
            root=project.root,
            home=project.home,
            check=_command(project, black, "--check", "."),
            fix=_command(project, *fix_argv, "."),
            fix_argv=fix_argv,
            is_formatter=True,
            suffixes=PYTHON,
            config_files=("pyproject.toml",),
            read=_read,
        )


def _command(project: Project, *argv: str) -> Command:
    return Command(argv=argv, cwd=project.home, env=PYTHON_ENV)


def _read(output: str) -> Iterator[LogFinding]:
    for finding in matches(output, _UNFORMATTED, _BROKEN, tool="black", kind=FindingKind.FORMAT):
        if finding.excerpt.startswith("error:"):
            yield replace(finding, kind=FindingKind.SYNTAX, message="the file cannot be parsed")
        else:
            yield replace(finding, code="unformatted", message="the file would be reformatted")
