"""The TypeScript compiler, to check types only."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.process import Command
from honk_ci.verifiers.project import Project, read_text
from honk_ci.verifiers.tool import NODE_ENV, Tool, matches, stopped

_ERROR = re.compile(r"(?P<file>[^\s(].*?)\((?P<line>\d+),\d+\): error (?P<code>TS\d+): (?P<message>.*)")
_GLOBAL = re.compile(r"error (?P<code>TS\d+): (?P<message>.*)")
_SYNTAX_CODE = re.compile(r"TS(10\d\d|11[0-8]\d|17002|17008|17014)$")

# tsconfig.json may hold comments.
_STRING_OR_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_REFERENCES = re.compile(r'"references"\s*:\s*\[(.*?)\]', re.DOTALL)
_REFERENCE = re.compile(r'"path"\s*:\s*"([^"]+)"')
_EMPTY_FILES = re.compile(r'"files"\s*:\s*\[\s*\]')


class Tsc:
    """``tsc --noEmit``, for each project that a solution file names."""

    name = "tsc"

    def configured(self, project: Project) -> bool:
        return project.has("tsconfig.json")

    def bind(self, project: Project) -> Tool | None:
        tsc = project.node_tool("tsc")
        if tsc is None:
            return None
        return Tool(
            name=self.name,
            root=project.root,
            home=project.home,
            check=_check(tsc, project),
            suffixes=(".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".json", ".vue"),
            config_files=("tsconfig.json", "package.json"),
            read=_read,
        )


def _check(tsc: str, project: Project) -> Command:
    commands = [_argv(tsc, project, config) for config in _configs(project)]
    if len(commands) == 1:
        return Command(argv=commands[0], cwd=project.home, env=NODE_ENV)
    runs = "; ".join(f"{shlex.join(argv)} || status=$?" for argv in commands)
    return Command(argv=("sh", "-c", f"status=0; {runs}; exit $status"), cwd=project.home, env=NODE_ENV)


def _argv(tsc: str, project: Project, config: str) -> tuple[str, ...]:
    """With its build information outside the tree: it is written even where nothing else is emitted."""
    cache = project.cache_folder
    name = re.sub(r"[^\w.-]", "-", config)
    info = f"{cache / 'tsc' / name}.tsbuildinfo" if cache else "/dev/null"
    return (
        *(tsc, "--project", config, "--noEmit", "--emitDeclarationOnly", "false", "--pretty", "false"),
        *("--incremental", "--tsBuildInfoFile", info),
    )


def _configs(project: Project) -> list[str]:
    """What to check: a solution file has no sources of its own, only references."""
    text = _STRING_OR_COMMENT.sub(lambda match: match[1] or "", read_text(project.folder / "tsconfig.json"))
    block = _REFERENCES.search(text)
    if block is None or not _EMPTY_FILES.search(text):
        return ["tsconfig.json"]
    return _REFERENCE.findall(block[1]) or ["tsconfig.json"]


def _read(output: str) -> Iterator[LogFinding]:
    found = list(matches(output, _ERROR, _GLOBAL, tool="tsc", kind=FindingKind.TYPES))
    hiding = [finding for finding in found if _SYNTAX_CODE.match(finding.code) or not finding.file]
    yield from (replace(finding, kind=FindingKind.SYNTAX) if finding in hiding else finding for finding in found)
    # with a syntax error, or a project that cannot be loaded, no types are checked
    if hiding:
        yield stopped("tsc", "a file cannot be parsed or a project cannot be loaded")
