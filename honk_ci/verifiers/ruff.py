"""Ruff's linter and formatter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.process import Command
from honk_ci.verifiers.project import Project
from honk_ci.verifiers.tool import PYTHON, PYTHON_ENV, Tool, matches

CONFIG_FILES = ("ruff.toml", ".ruff.toml", "pyproject.toml")

# The pylint format is the one that all versions have had under the same name, one line a complaint.
_LINT = re.compile(r"(?P<file>[^:\n]+):(?P<line>\d+): \[(?P<code>[\w-]+)\] (?P<message>.*)")
_PARSE = re.compile(r"error: (?P<message>Failed to parse (?P<file>.+?):(?P<line>\d+):\d+: .*)")
_UNFORMATTED = re.compile(r"Would reformat: (?P<file>.+)")
_CONCISE = re.compile(r"(?P<file>[^:\n]+):(?P<line>\d+):\d+: (?P<code>[\w-]+): (?P<message>.*)")
_SYNTAX_CODES = frozenset({"invalid-syntax", "E999", "syntax-error"})


class Ruff:
    """``ruff check``."""

    name = "ruff"

    def configured(self, project: Project) -> bool:
        return _has_table(project) or bool(project.hooks & {"ruff", "ruff-check"}) or project.runs("ruff check")

    def bind(self, project: Project) -> Tool | None:
        ruff = project.python_tool("ruff")
        if ruff is None:
            return None
        fix_argv = (ruff, "check", "--no-cache", "--fix", "--no-unsafe-fixes", "--quiet", "--force-exclude", "--")
        return Tool(
            name=self.name,
            root=project.root,
            home=project.home,
            check=_command(
                project, ruff, "check", "--no-cache", "--no-fix", "--no-unsafe-fixes", "--output-format=pylint", "."
            ),
            fix=_command(project, *fix_argv, "."),
            fix_argv=fix_argv,
            suffixes=PYTHON,
            config_files=CONFIG_FILES,
            read=_read_lint,
        )


class RuffFormat:
    """``ruff format``."""

    name = "ruff-format"

    def configured(self, project: Project) -> bool:
        """A ``[tool.ruff]`` table alone says nothing: most who lint with ruff format with black or by hand."""
        table = project.tool_table("ruff") or {}
        return "format" in table or "ruff-format" in project.hooks or project.runs("ruff format")

    def bind(self, project: Project) -> Tool | None:
        ruff = project.python_tool("ruff")
        if ruff is None:
            return None
        fix_argv = (ruff, "format", "--no-cache", "--quiet", "--force-exclude", "--")
        return Tool(
            name=self.name,
            root=project.root,
            home=project.home,
            check=_command(project, ruff, "format", "--check", "--no-cache", "."),
            fix=_command(project, *fix_argv, "."),
            fix_argv=fix_argv,
            is_formatter=True,
            suffixes=PYTHON,
            config_files=CONFIG_FILES,
            read=_read_format,
        )


def _has_table(project: Project) -> bool:
    return project.tool_table("ruff") is not None or project.has("ruff.toml", ".ruff.toml")


def _command(project: Project, *argv: str) -> Command:
    # the variable is for `ruff format --check`: versions that know it would else print whole diffs
    return Command(argv=argv, cwd=project.home, env={**PYTHON_ENV, "RUFF_OUTPUT_FORMAT": "concise"})


def _read_lint(output: str) -> Iterator[LogFinding]:
    for finding in matches(output, _LINT, _PARSE, tool="ruff", kind=FindingKind.LINT):
        is_syntax = finding.code in _SYNTAX_CODES or not finding.code
        yield replace(finding, kind=FindingKind.SYNTAX) if is_syntax else finding


def _read_format(output: str) -> Iterator[LogFinding]:
    for finding in matches(output, _UNFORMATTED, _PARSE, _CONCISE, tool="ruff-format", kind=FindingKind.FORMAT):
        if finding.message.startswith("Failed to parse") or finding.code in _SYNTAX_CODES:
            yield replace(finding, kind=FindingKind.SYNTAX)
        else:  # where in the file the layout differs first is no part of the complaint
            yield replace(finding, code="unformatted", message="the file would be reformatted")
