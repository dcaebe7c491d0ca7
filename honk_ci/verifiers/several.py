"""One tool in several folders of a repository, as one verifier."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from honk_ci.domain import LogFinding
from honk_ci.process import Command
from honk_ci.verifiers.interface import Verifier

_MARK = "--- honk: part "
_PART = re.compile(rf"^{_MARK}(\d+) ---\n?", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Several:
    """The parts are run one after the other, and all of them, whichever are red."""

    parts: tuple[Verifier, ...]

    @property
    def name(self) -> str:
        return self.parts[0].name

    @property
    def is_formatter(self) -> bool:
        return self.parts[0].is_formatter

    @property
    def check(self) -> Command:
        return _one_after_the_other([part.check for part in self.parts])

    @property
    def fix(self) -> Command | None:
        return _all_of(self.parts, lambda part: part.fix)

    def fix_files(self, paths: Sequence[str]) -> Command | None:
        return _all_of(self.parts, lambda part: part.fix_files(paths))

    def findings(self, output: str) -> Sequence[LogFinding]:
        _, *pieces = _PART.split(output)
        numbered = zip(pieces[::2], pieces[1::2], strict=True)
        return [finding for number, text in numbered for finding in self.parts[int(number)].findings(text)]

    def concerns(self, path: str) -> bool:
        return any(part.concerns(path) for part in self.parts)


def _all_of(parts: Sequence[Verifier], command_of: Callable[[Verifier], Command | None]) -> Command | None:
    commands = [command for part in parts if (command := command_of(part)) is not None]
    if len(commands) <= 1:
        return commands[0] if commands else None
    return _one_after_the_other(commands)


def _one_after_the_other(commands: Sequence[Command]) -> Command:
    runs = "; ".join(
        f"echo '{_MARK}{number} ---'; (cd ./{shlex.quote(command.cwd or '.')} && {command}) || status=$?"
        for number, command in enumerate(commands)
    )
    return Command(argv=("sh", "-c", f"status=0; {runs}; exit $status"), env=commands[0].env)
