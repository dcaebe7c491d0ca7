"""Prettier."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.process import Command
from honk_ci.verifiers.project import Project
from honk_ci.verifiers.tool import JAVASCRIPT, NODE_ENV, Tool, matches

_SUFFIXES = (*JAVASCRIPT, ".json", ".jsonc", ".json5", ".css", ".scss", ".less", ".html", ".md", ".mdx", ".yml", ".yaml",
             ".graphql", ".gql", ".hbs", ".astro")  # fmt: skip
_CONFIGS = (".prettierrc", ".prettierrc.json", ".prettierrc.yaml", ".prettierrc.yml", ".prettierrc.json5",
            ".prettierrc.js", ".prettierrc.cjs", ".prettierrc.mjs", ".prettierrc.ts", ".prettierrc.toml",
            "prettier.config.js", "prettier.config.cjs", "prettier.config.mjs", "prettier.config.ts")  # fmt: skip

# Other warnings are sentences: they end in a full stop.
_UNFORMATTED = re.compile(r"\[warn\] (?P<file>(?!.*\.$)(?!.*\. )\S.*)")
_BROKEN = re.compile(r"\[error\] (?P<file>[^:]+): (?:SyntaxError: )?(?P<message>.*?)(?: \((?P<line>\d+):\d+\))?$")


class Prettier:
    """``prettier``."""

    name = "prettier"

    def configured(self, project: Project) -> bool:
        in_package = "prettier" in project.package_json
        return in_package or project.has(*_CONFIGS) or "prettier" in project.hooks or project.runs("prettier")

    def bind(self, project: Project) -> Tool | None:
        prettier = project.node_tool("prettier")
        if prettier is None:
            return None
        fix_argv = (prettier, "--write", "--ignore-unknown", "--")
        return Tool(
            name=self.name,
            root=project.root,
            home=project.home,
            check=_command(project, prettier, "--check", "."),
            fix=_command(project, *fix_argv, "."),
            fix_argv=fix_argv,
            is_formatter=True,
            suffixes=_SUFFIXES,
            config_files=(*_CONFIGS, ".prettierignore", ".editorconfig", "package.json"),
            read=_read,
        )


def _command(project: Project, *argv: str) -> Command:
    return Command(argv=argv, cwd=project.home, env=NODE_ENV)


def _read(output: str) -> Iterator[LogFinding]:
    for finding in matches(output, _UNFORMATTED, _BROKEN, tool="prettier", kind=FindingKind.FORMAT):
        if finding.excerpt.startswith("[error]"):
            yield replace(finding, kind=FindingKind.SYNTAX)
        else:
            yield replace(finding, code="unformatted", message="the file would be reformatted")
