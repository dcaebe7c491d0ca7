"""mypy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.process import Command
from honk_ci.verifiers.project import Project, exists
from honk_ci.verifiers.tool import PYTHON_ENV, Tool, matches, stopped

CONFIG_FILES = ("mypy.ini", ".mypy.ini", "setup.cfg", "pyproject.toml")

_ERROR = re.compile(
    r"(?P<file>[^:\n]+?):(?:(?P<line>\d+):)?(?:\d+:)*"
    r" error: (?P<message>.*?)(?:  \[(?P<code>[a-z][\w-]*)\])?$"
)
# Options of a call that decide what mypy complains of, besides its configuration.
_KEPT_FLAGS = frozenset({
    "--strict", "--ignore-missing-imports", "--explicit-package-bases", "--namespace-packages", "--check-untyped-defs",
    "--disallow-untyped-defs", "--disallow-untyped-calls", "--no-implicit-optional", "--warn-unused-ignores",
    "--follow-imports=silent", "--follow-imports=skip",
})  # fmt: skip
# After these mypy stops: what it would say of the rest is not known.
_STOPS = re.compile(
    r"invalid syntax|unexpected indent|unindent|is not a valid Python package|Source file found twice|"
    r"Duplicate module named|source code (?:string )?cannot contain null bytes|Unterminated"
)


class Mypy:
    """mypy."""

    name = "mypy"

    def configured(self, project: Project) -> bool:
        return _settings(project) is not None or "mypy" in project.hooks or project.runs("mypy")

    def bind(self, project: Project) -> Tool | None:
        mypy = project.python_tool("mypy")
        if mypy is None:
            return None
        # with its cache mypy takes a file for unchanged when its size and the second of its last change
        # are; the workspace therefore gives what it writes another second than the version before
        cache = project.cache_folder
        options = ("--show-error-codes", "--no-error-summary", "--no-pretty", "--hide-error-context",
                   "--no-install-types", "--no-color-output")  # fmt: skip
        argv = (mypy, f"--cache-dir={cache / 'mypy' if cache else '/dev/null'}", *options, *_scope(project))
        return Tool(
            name=self.name,
            root=project.root,
            home=project.home,
            check=Command(argv=argv, cwd=project.home, env=PYTHON_ENV),
            suffixes=(".py", ".pyi"),
            config_files=CONFIG_FILES,
            read=_read,
        )


def _scope(project: Project) -> tuple[str, ...]:
    """What to check: as the repository's CI calls mypy, else as its configuration says, else all.

    "All" is the last resort: two modules of one name, which most repositories have somewhere,
    are an error of mypy's.
    """
    for words in project.calls("mypy"):
        paths = [word for word in words if not word.startswith("-") and exists(project.folder / word)]
        if paths:
            return (*(word for word in words if word in _KEPT_FLAGS), *paths)
    named = {"files", "packages", "modules"} & set(_settings(project) or {})
    return () if named else (".",)


def _settings(project: Project) -> Mapping[str, object] | None:
    """The section that mypy would read, in the order in which it looks."""
    for file in ("mypy.ini", ".mypy.ini"):
        if project.has(file):
            return project.ini_section(file, "mypy") or {}
    table = project.tool_table("mypy")
    return table if table is not None else project.ini_section("setup.cfg", "mypy")


def _read(output: str) -> Iterator[LogFinding]:
    has_stopped = False
    for finding in matches(output, _ERROR, tool="mypy", kind=FindingKind.TYPES):
        stops = finding.code == "syntax" or bool(_STOPS.search(finding.message))
        has_stopped = has_stopped or stops
        yield replace(finding, kind=FindingKind.SYNTAX) if stops else finding
    if has_stopped:
        yield stopped("mypy", "a file cannot be parsed or found")
