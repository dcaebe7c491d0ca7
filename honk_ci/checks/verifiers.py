"""The repository's own linters and type checkers stay as green as they were."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from honk_ci.checks.interface import GateCase
from honk_ci.domain import CheckResult, LogFinding
from honk_ci.errors import GitError
from honk_ci.patch import FileChange, Patch, hunks
from honk_ci.process import Command
from honk_ci.text import DETAIL_CHARS, clip, plural
from honk_ci.verifiers.complaints import complaints, examine, is_blind, place, unread_files
from honk_ci.verifiers.healed import left_of
from honk_ci.verifiers.interface import Verifier

__all__ = ["Verifiers", "complaints"]

TIMEOUT_S = 300.0
SHOWN = 25  # complaints of one tool

Complaints = Mapping[str, LogFinding]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Opinion:
    """What one verifier says of a candidate."""

    verifier: Verifier
    refused: Complaints  # complaints that the patch answers for
    others: int = 0  # complaints that were there before
    is_unknown: bool = False  # it could not judge, neither before nor now


class Verifiers:
    """Compares what each tool says with what it said of the red commit."""

    name = "verifiers"

    def __init__(self, *, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._base: dict[tuple[Path, str, str], frozenset[str]] = {}  # by checkout, tool and commit

    def check(self, case: GateCase) -> CheckResult:
        accused = case.reproduction.failure.verifier
        if accused and all(verifier.name != accused for verifier in case.verifiers):
            why = f"{accused} is red, and it is not installed here to show that it is green now"
            return CheckResult(check=self.name, passed=False, summary=why)
        concerned = _concerned(case, accused)
        if not concerned:
            off = "" if case.config.policy.verifiers else "off"
            return CheckResult(check=self.name, passed=True, summary=off or "none reads the changed files")
        return self._result([self._opinion(verifier, case) for verifier in concerned])

    def _opinion(self, verifier: Verifier, case: GateCase) -> _Opinion:
        with case.testbed.timed():
            now = examine(verifier, case.workspace, case.testbed.check_time_s(self._timeout_s))
        if not now:
            return _Opinion(verifier=verifier, refused={})
        red = case.red_verifiers(verifier)
        refused = self._new(verifier, case, now, red)
        failure = case.reproduction.failure
        if verifier.name == failure.verifier:
            log = [finding for finding in case.build.findings if finding.tool in {"", verifier.name}]
            refused = {**refused, **left_of(failure, now, log, lambda: self._at_base(verifier, case))}
        elif failure.verifier and not refused:
            self._warn(verifier, case, now)
        is_unknown = is_blind(now) and not refused
        return _Opinion(verifier=verifier, refused=refused, others=len(now) - len(refused), is_unknown=is_unknown)

    def _new(self, verifier: Verifier, case: GateCase, now: Complaints, red: frozenset[str]) -> Complaints:
        """Complaints that the patch brought.

        Where the tool stopped early at the red commit (a syntax error hides all else), what shows
        up now may be old: then the base tells, or else only the lines of the patch count.
        """
        new = {key: finding for key, finding in now.items() if key not in red}
        unread = unread_files(red)
        hidden = {key: finding for key, finding in new.items() if is_blind(red) or finding.file in unread}
        if not hidden:
            return new
        base = self._at_base(verifier, case)
        if base is not None:
            return {key: finding for key, finding in new.items() if key not in hidden or key not in base}
        mine = _on_lines_of(case.candidate.patch, hidden)
        return {key: finding for key, finding in new.items() if key not in hidden or key in mine}

    def _warn(self, verifier: Verifier, case: GateCase, now: Complaints) -> None:
        """Note that another tool got red too: a job often stops at the first, and shows this one next."""
        base = self._at_base(verifier, case)
        later = [finding for key, finding in now.items() if base is not None and key not in base]
        if later:
            case.notes.append(f"{verifier.name} is red as well since the last good commit: {place(later[0])}")

    def _at_base(self, verifier: Verifier, case: GateCase) -> frozenset[str] | None:
        """The complaints at the last good commit; None where it is not known or the tool cannot judge it."""
        base = case.build.base
        if base is None:
            return None
        key = (case.workspace.root, verifier.name, base)
        if key not in self._base:
            try:
                with case.workspace.at(base), case.testbed.timed():
                    limit = case.testbed.check_time_s(self._timeout_s)
                    found = complaints(verifier, case.workspace, limit)
            except GitError:  # a shallow clone does not hold the base
                return None
            finally:
                case.workspace.apply(case.candidate.patch)
            self._base[key] = found
        known = self._base[key]
        return None if is_blind(known) else known

    def _result(self, opinions: Sequence[_Opinion]) -> CheckResult:
        against = [opinion for opinion in opinions if opinion.refused]
        if not against:
            return CheckResult(check=self.name, passed=True, summary=_praise(opinions))
        summary = "; ".join(_blame(opinion) for opinion in against)
        detail = "\n\n".join(_detail(opinion) for opinion in against)
        return CheckResult(check=self.name, passed=False, summary=summary, detail=clip(detail, DETAIL_CHARS))


def _concerned(case: GateCase, accused: str) -> list[Verifier]:
    """The tools that the changed files can matter to, and always the one that is red."""
    if not case.config.policy.verifiers:
        return [verifier for verifier in case.verifiers if verifier.name == accused]
    paths = case.candidate.patch.paths
    return [v for v in case.verifiers if v.name == accused or any(map(v.concerns, paths))]


def _on_lines_of(patch: Patch, found: Complaints) -> Complaints:
    touched = {change.path: _touched_lines(change) for change in patch.changes}
    return {key: finding for key, finding in found.items() if finding.line in touched.get(finding.file, ())}


def _touched_lines(change: FileChange) -> frozenset[int]:
    """Numbers, in the new content, of the lines that the change made."""
    touched: set[int] = set()
    shift = 0
    for hunk in hunks(change):
        start = hunk.start + shift + 1
        touched.update(range(start, start + len(hunk.lines)))
        shift += len(hunk.lines) - (hunk.end - hunk.start)
    return frozenset(touched)


def _praise(opinions: Sequence[_Opinion]) -> str:
    unknown = [opinion.verifier.name for opinion in opinions if opinion.is_unknown]
    judged = [opinion for opinion in opinions if not opinion.is_unknown]
    how = "as green as before" if any(opinion.others for opinion in judged) else "green"
    names = ", ".join(opinion.verifier.name for opinion in judged)
    said = [f"{names}: {how}"] if names else []
    return "; ".join([*said, *(f"{name} could not judge the red commit either" for name in unknown)])


def _blame(opinion: _Opinion) -> str:
    first = place(next(iter(opinion.refused.values())))
    more = f" and {len(opinion.refused) - 1} more" if len(opinion.refused) > 1 else ""
    return f"{opinion.verifier.name}: {first}{more}"


def _detail(opinion: _Opinion) -> str:
    """The complaints by file and line, and the command that mends them where there is one."""
    found = list(opinion.refused.values())
    lines = [f"{opinion.verifier.name}: {plural(len(found), 'complaint')}", *map(place, found[:SHOWN])]
    if len(found) > SHOWN:
        lines.append(f"… {len(found) - SHOWN} more")
    lines += [finding.excerpt for finding in found[:1] if not finding.file and finding.excerpt]
    fix = opinion.verifier.fix_files(_files(found))
    if fix is not None:
        lines.append(f"{'Fixed' if opinion.verifier.is_formatter else 'Partly fixed'} by: {_as_typed(fix)}")
    return "\n".join(lines)


def _files(found: Iterable[LogFinding]) -> list[str]:
    return sorted({finding.file for finding in found if finding.file})


def _as_typed(command: Command) -> str:
    """The command with the bare name of its program, as a person would type it."""
    program, *arguments = command.argv
    return shlex.join([PurePosixPath(program).name, *arguments])
