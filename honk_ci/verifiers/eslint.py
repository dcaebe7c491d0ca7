"""ESLint."""

from __future__ import annotations

import re
from collections.abc import Iterator

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.process import Command
from honk_ci.verifiers.project import Project
from honk_ci.verifiers.tool import JAVASCRIPT, NODE_ENV, Tool

_SCRIPT_SUFFIXES = ("js", "mjs", "cjs", "ts", "mts", "cts")
FLAT_CONFIGS = tuple(f"eslint.config.{suffix}" for suffix in _SCRIPT_SUFFIXES)
OLD_CONFIGS = (".eslintrc", *(f".eslintrc.{suffix}" for suffix in ("js", "cjs", "json", "yaml", "yml")))

# The "stylish" format: the one besides JSON and HTML that versions 5 to 10 all ship.
_FILE = re.compile(r"(?P<file>\S.*\.\w+)\s*$")
_COMPLAINT = re.compile(
    r"\s+(?P<line>\d+):\d+\s+(?P<level>error|warning)\s+(?P<message>.*?)(?:\s\s+(?P<code>[\w@./-]+))?\s*$"
)


class ESLint:
    """``eslint``, errors only: warnings do not make it fail."""

    name = "eslint"

    def configured(self, project: Project) -> bool:
        in_package = "eslintConfig" in project.package_json
        return in_package or project.has(*FLAT_CONFIGS, *OLD_CONFIGS) or project.runs("eslint")

    def bind(self, project: Project) -> Tool | None:
        eslint = project.node_tool("eslint")
        if eslint is None:
            return None
        fix_argv = (eslint, "--fix", "--quiet", "--no-error-on-unmatched-pattern", "--")
        return Tool(
            name=self.name,
            root=project.root,
            home=project.home,
            check=_command(project, eslint, "--quiet", "--format", "stylish", "--no-color", "."),
            fix=_command(project, *fix_argv, "."),
            fix_argv=fix_argv,
            suffixes=JAVASCRIPT,
            config_files=(*FLAT_CONFIGS, *OLD_CONFIGS, ".eslintignore", "package.json", "tsconfig.json"),
            read=_read,
        )


def _command(project: Project, *argv: str) -> Command:
    return Command(argv=argv, cwd=project.home, env=NODE_ENV)


def _read(output: str) -> Iterator[LogFinding]:
    file = ""
    for line in output.splitlines():
        if (complaint := _COMPLAINT.match(line)) is not None:
            if file and complaint["level"] == "error":
                yield _finding(complaint, file, line)
        elif (heading := _FILE.match(line)) is not None:
            file = heading["file"]
        elif line.strip():
            file = ""


def _finding(complaint: re.Match[str], file: str, line: str) -> LogFinding:
    message, code = complaint["message"], complaint["code"] or ""
    is_syntax = not code and message.startswith("Parsing error")
    return LogFinding(
        kind=FindingKind.SYNTAX if is_syntax else FindingKind.LINT,
        tool="eslint",
        message=message,
        file=file,
        line=int(complaint["line"]),
        code=code,
        excerpt=f"{file}: {line.strip()}",
    )
