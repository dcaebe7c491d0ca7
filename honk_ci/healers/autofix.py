"""Heals a red linter or formatter with the fixes that the tool itself has."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from honk_ci.domain import Candidate, Cause, Failure, FindingKind, LogFinding
from honk_ci.healers.interface import HealCase
from honk_ci.patch import Patch
from honk_ci.process import Command
from honk_ci.text import plural
from honk_ci.verifiers.complaints import examine, place
from honk_ci.verifiers.harmless import same_meaning
from honk_ci.verifiers.healed import in_files_of, left_of
from honk_ci.verifiers.interface import Verifier
from honk_ci.verifiers.tidy import tidy

TIMEOUT_S = 300.0
VERSION_TIMEOUT_S = 20.0

_VERSION = re.compile(r"\d+\.\d+(?:\.\d+)*")

Complaints = Mapping[str, LogFinding]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Mending:
    """What a tool's fix came to."""

    verifier: Verifier
    before: Complaints
    after: Complaints
    patch: Patch
    laid_out: tuple[str, ...]  # files that a formatter had to follow up on

    @property
    def fixed(self) -> list[LogFinding]:
        return [finding for key, finding in self.before.items() if key not in self.after]


class Autofix:
    """Runs the fix of the tool that is red, first on the files that the build's log names."""

    name = "autofix"

    def skip_reason(self, case: HealCase) -> str:
        accused = _accused(case)
        if not accused:
            return "no linter or formatter of the repository is what is red"
        if all(verifier.fix is None for verifier in accused):
            return f"{accused[0].name} has no fixes of its own"
        return ""

    def heal(self, case: HealCase) -> Iterator[Candidate]:
        for verifier in _accused(case):
            if verifier.fix is not None:
                yield from self._mend(verifier, case)

    def _mend(self, verifier: Verifier, case: HealCase) -> Iterator[Candidate]:
        case.workspace.reset()
        case.progress.doing(f"{verifier.name}: what it complains of")
        with case.testbed.timed():
            before = examine(verifier, case.workspace, _time(case))
        if not before:
            case.learned.append(f"autofix: {verifier.name} has no complaint here")
            return
        tried: set[Patch] = set()
        for files in _scopes(before, case.failure):
            with case.testbed.timed():
                mending = self._fix(verifier, case, before, files)
            if mending.patch and mending.patch not in tried:
                tried.add(mending.patch)
                left = self._left(mending, case)
                if left:
                    case.learned.append(_lesson(mending, left))
                else:
                    yield _candidate(mending, self._version(verifier, case))
            elif not mending.patch:
                case.learned.append(f"autofix: the fix of {verifier.name} changes nothing: {_first(before)}")

    def _fix(self, verifier: Verifier, case: HealCase, before: Complaints, files: Sequence[str]) -> _Mending:
        """Run the fix at the red commit; only ``files`` may change, and what the formatter makes of them."""
        workspace = case.workspace
        workspace.reset()
        case.progress.doing(f"{verifier.name}: its own fixes")
        command = verifier.fix_files(files)
        if command is not None:
            workspace.run(command, timeout_s=_time(case), purpose="tool")
        kept = Patch.of(change for change in workspace.changes().changes if change.path in files)
        if kept != workspace.changes():
            workspace.apply(kept)
        others = [other for other in case.verifiers if other is not verifier]
        laid_out = tidy(workspace, others, workspace.changes().paths, base=case.build.base, timeout_s=_time(case))
        after = examine(verifier, workspace, _time(case))
        return _Mending(verifier=verifier, before=before, after=after, patch=workspace.changes(), laid_out=laid_out)

    def _left(self, mending: _Mending, case: HealCase) -> Complaints:
        """What the gate would refuse the fix for, as far as can be told without going to the base."""
        log = [finding for finding in case.build.findings if finding.tool in {"", mending.verifier.name}]
        left = left_of(case.failure, mending.after, log, lambda: None)
        new = {key: finding for key, finding in mending.after.items() if key not in mending.before}
        return {**new, **left}

    def _version(self, verifier: Verifier, case: HealCase) -> str:
        program = (verifier.fix or verifier.check).argv[:1]
        if not program or program == ("sh",):
            return ""
        asked = Command(argv=(*program, "--version"), env=verifier.check.env)
        said = case.workspace.run(asked, timeout_s=VERSION_TIMEOUT_S, purpose="tool")
        version = _VERSION.search(said.output) if said.ok else None
        return f" {version[0]}" if version else ""


def _accused(case: HealCase) -> list[Verifier]:
    """The tools that are red: the one that the failure is of, else those that its findings name."""
    failure = case.failure
    names = {failure.verifier} if failure.verifier else set()
    if not names and failure.cause is Cause.LINT and not failure.tests:
        names = {finding.tool.lower().replace(" ", "-") for finding in failure.findings if finding.tool}
    return [verifier for verifier in case.verifiers if verifier.name in names]


def _scopes(before: Complaints, failure: Failure) -> list[list[str]]:
    """Files to fix: those that the failure names, then all with a complaint.

    Never the whole folder: what of it is not in the commit is the user's, and is not ours to change.
    """
    complained = sorted({f.file for f in before.values() if f.file and f.kind is not FindingKind.SYNTAX})
    named = [file for file in complained if in_files_of(failure.findings, file)]
    return [scope for scope in ([named, complained] if named != complained else [complained]) if scope]


def _time(case: HealCase) -> float:
    return max(1.0, min(TIMEOUT_S, case.meter.left_s))


def _candidate(mending: _Mending, version: str) -> Candidate:
    is_layout = mending.verifier.is_formatter and all(same_meaning(c) is not False for c in mending.patch.changes)
    return Candidate(
        healer=Autofix.name,
        patch=mending.patch,
        rationale=_rationale(mending, version),
        kind="format" if is_layout else "codemod",
        notes=_notes(mending),
    )


def _rationale(mending: _Mending, version: str) -> str:
    """The first sentence is the subject of the commit."""
    tool, paths = mending.verifier.name, mending.patch.paths
    if mending.verifier.is_formatter:
        files = paths[0] if len(paths) == 1 else plural(len(paths), "file")
        return f"Format {files} with {tool}. The layout is what {tool}{version} makes of it as configured here."
    codes = Counter(finding.code for finding in mending.fixed if finding.code)
    rules = ", ".join(f"{code} ({count} times)" if count > 1 else code for code, count in sorted(codes.items()))
    what = f"{plural(len(mending.fixed), f'{tool} complaint')}{f': {rules}' if rules else ''}"
    return f"Fix {what}. The change is {tool}{version}'s own fix, with nothing unsafe switched on."


def _notes(mending: _Mending) -> tuple[str, ...]:
    equal = [change.path for change in mending.patch.changes if same_meaning(change)]
    notes = [f"same syntax tree before and after: {', '.join(equal)}"] if equal else []
    if mending.laid_out:
        notes.append(f"laid out anew by the repository's formatter: {', '.join(mending.laid_out)}")
    return tuple(notes)


def _lesson(mending: _Mending, left: Complaints) -> str:
    """For the next healer: what the tool could not mend itself."""
    fixed = len(mending.fixed)
    what = ", ".join(PurePosixPath(path).name for path in mending.patch.paths[:3])
    return f"autofix: the fix of {mending.verifier.name} ends {fixed} of {len(mending.before)} complaints ({what}); left: {_first(left)}"


def _first(found: Complaints) -> str:
    shown = [place(finding) for finding in list(found.values())[:5]]
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    return "; ".join(shown) + more
