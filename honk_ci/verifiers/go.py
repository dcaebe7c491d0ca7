"""The checks that come with Go: vet and gofmt."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.process import Command
from honk_ci.verifiers.project import Project
from honk_ci.verifiers.tool import Tool, matches, stopped

# Nothing is fetched: neither modules nor another tool chain.
_ENV = {"GOPROXY": "off", "GOTOOLCHAIN": "local"}

_VET = re.compile(r"(?P<broken>vet: )?(?:\./)?(?P<file>[^\s:][^:]*\.go):(?P<line>\d+)(?::\d+)?: (?P<message>.*)")
_UNFORMATTED = re.compile(r"(?P<file>[^\s:][^:]*\.go)$")
_BROKEN = re.compile(r"(?P<file>[^\s:][^:]*\.go):(?P<line>\d+):\d+: (?P<message>.*)")

_LIST_UNFORMATTED = (
    "found=$({gofmt} -l . 2>&1 | grep -v -E '(^|/)(vendor|node_modules|testdata)/');"
    ' [ -z "$found" ] || {{ printf \'%s\\n\' "$found"; exit 1; }}'
)


class GoVet:
    """``go vet``."""

    name = "go-vet"

    def configured(self, project: Project) -> bool:
        return project.has("go.mod")

    def bind(self, project: Project) -> Tool | None:
        go = project.path_tool("go")
        if go is None:
            return None
        return Tool(
            name=self.name,
            root=project.root,
            home=project.home,
            check=Command(argv=(go, "vet", "./..."), cwd=project.home, env=_ENV),
            suffixes=(".go",),
            config_files=("go.mod", "go.sum"),
            read=_read_vet,
        )


class Gofmt:
    """``gofmt``."""

    name = "gofmt"

    def configured(self, project: Project) -> bool:
        return project.has("go.mod")

    def bind(self, project: Project) -> Tool | None:
        gofmt = project.path_tool("gofmt")
        if gofmt is None:
            return None
        return Tool(
            name=self.name,
            root=project.root,
            home=project.home,
            check=Command(argv=("sh", "-c", _LIST_UNFORMATTED.format(gofmt=shlex.quote(gofmt))), cwd=project.home),
            fix=Command(argv=(gofmt, "-w", "."), cwd=project.home),
            fix_argv=(gofmt, "-w", "--"),
            is_formatter=True,
            suffixes=(".go",),
            read=_read_gofmt,
        )


def _read_vet(output: str) -> Iterator[LogFinding]:
    has_stopped = False
    for finding in matches(output, _VET, tool="go-vet", kind=FindingKind.LINT):
        stops = finding.excerpt.startswith("vet: ")
        has_stopped = has_stopped or stops
        yield replace(finding, kind=FindingKind.SYNTAX) if stops else finding
    if has_stopped:
        yield stopped("go-vet", "a package does not compile")


def _read_gofmt(output: str) -> Iterator[LogFinding]:
    for finding in matches(output, _UNFORMATTED, _BROKEN, tool="gofmt", kind=FindingKind.FORMAT):
        if finding.line is not None:
            yield replace(finding, kind=FindingKind.SYNTAX)
        else:
            yield replace(finding, code="unformatted", message="the file would be reformatted")
