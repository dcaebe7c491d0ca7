"""Pyright and basedpyright."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.process import Command
from honk_ci.verifiers.project import Project
from honk_ci.verifiers.tool import NODE_ENV, Tool, matches

_ERROR = re.compile(r"\s+(?P<file>.+?):(?P<line>\d+):\d+ - error: (?P<message>.*?)(?: \((?P<code>report\w+)\))?$")
_SYNTAX = re.compile(r"^(Expected |Unindent|Expression |.* was not closed|.*is not defined for syntax)")


class Pyright:
    """Pyright, where it is at hand without a download: PyPI's ``pyright`` fetches the real one when it starts."""

    name = "pyright"

    def configured(self, project: Project) -> bool:
        tables = (project.tool_table("pyright"), project.tool_table("basedpyright"))
        return project.has("pyrightconfig.json") or any(t is not None for t in tables) or project.runs("pyright")

    def bind(self, project: Project) -> Tool | None:
        pyright = project.node_tool("pyright") or project.python_tool("basedpyright")
        if pyright is None:
            return None
        return Tool(
            name=self.name,
            root=project.root,
            home=project.home,
            check=Command(argv=(pyright, "--level", "error"), cwd=project.home, env=NODE_ENV),
            suffixes=(".py", ".pyi"),
            config_files=("pyrightconfig.json", "pyproject.toml"),
            read=_read,
        )


def _read(output: str) -> Iterator[LogFinding]:
    for finding in matches(output, _ERROR, tool="pyright", kind=FindingKind.TYPES):
        is_syntax = not finding.code and _SYNTAX.match(finding.message)
        yield replace(finding, kind=FindingKind.SYNTAX) if is_syntax else finding
