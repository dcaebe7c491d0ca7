"""The one implementation of a verifier: each tool's file fills in its commands and its patterns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.process import Command

PYTHON = (".py", ".pyi", ".ipynb")
JAVASCRIPT = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".vue", ".svelte")

# Colours off whatever the CI system forces on; no compiled files beside plug-ins of the repository.
PYTHON_ENV = {"NO_COLOR": "1", "FORCE_COLOR": "", "CLICOLOR_FORCE": "", "PY_COLORS": "0",
              "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "400"}  # fmt: skip
NODE_ENV = {"NO_COLOR": "1", "FORCE_COLOR": "0", "CLICOLOR_FORCE": ""}

_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\]8;[^\x07\x1b]*(?:\x07|\x1b\\)")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Tool:
    """A verifier made of commands and a way to read their output."""

    name: str
    root: Path
    home: str = ""  # the folder that the commands run in, relative to the repository
    check: Command
    fix: Command | None = None
    fix_argv: tuple[str, ...] = ()  # the fix up to its files, where it takes files
    is_formatter: bool = False
    suffixes: tuple[str, ...] = ()  # of the files that the check reads; () stands for any file
    config_files: tuple[str, ...] = ()  # names of files that steer the tool
    read: Callable[[str], Iterable[LogFinding]]

    def findings(self, output: str) -> Sequence[LogFinding]:
        plain = _ANSI.sub("", output)
        return [self._placed(finding) for finding in self.read(plain)]

    def fix_files(self, paths: Sequence[str]) -> Command | None:
        mine = [self._inside(path) for path in paths if self._reads(path)]
        if not self.fix_argv or self.fix is None or not mine:
            return None
        return replace(self.fix, argv=(*self.fix_argv, *mine))

    def concerns(self, path: str) -> bool:
        return PurePosixPath(path).name in self.config_files or self._reads(path)

    def _reads(self, path: str) -> bool:
        inside = not self.home or path.startswith(f"{self.home}/")
        return inside and (not self.suffixes or path.endswith(self.suffixes))

    def _inside(self, path: str) -> str:
        relative = path[len(self.home) + 1 :] if self.home else path
        return f"./{relative}" if relative.startswith("-") else relative

    def _placed(self, finding: LogFinding) -> LogFinding:
        """The finding with its file relative to the repository and no path of this machine in its message."""
        message = finding.message
        for root in {str(self.root), str(self.root.resolve())}:
            message = message.replace(f"{root}/", "")
        return replace(finding, file=self._relative(finding.file), message=message)

    def _relative(self, printed: str) -> str:
        if not printed:
            return ""
        path = Path(printed)
        for root in (self.root, self.root.resolve()):
            if path.is_relative_to(root):
                return path.relative_to(root).as_posix()
        return path.as_posix() if path.is_absolute() else (PurePosixPath(self.home) / printed).as_posix()


def matches(output: str, *patterns: re.Pattern[str], tool: str, kind: FindingKind) -> Iterator[LogFinding]:
    """A finding for each line that matches; the groups are ``file``, ``line``, ``code`` and ``message``.

    A pattern without the group ``message`` gives the whole line as the message.
    """
    for line in output.splitlines():
        match = next((found for pattern in patterns if (found := pattern.match(line))), None)
        if match is not None:
            yield _finding(match, line, tool, kind)


def stopped(tool: str, why: str) -> LogFinding:
    """The finding that tells that the tool looked at no more."""
    return LogFinding(kind=FindingKind.OTHER, tool=tool, message=f"{tool} stopped early: {why}")


def _finding(match: re.Match[str], line: str, tool: str, kind: FindingKind) -> LogFinding:
    groups = {name: value or "" for name, value in match.groupdict().items()}
    number = groups.get("line", "")
    return LogFinding(
        kind=kind,
        tool=tool,
        message=(groups.get("message") or line).strip(),
        file=groups.get("file", "").strip(),
        line=int(number) if number else None,
        code=groups.get("code", ""),
        excerpt=line.strip(),
    )
