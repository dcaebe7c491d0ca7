"""The repository's formatters, on what a patch changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from honk_ci.domain import FindingKind
from honk_ci.errors import GitError
from honk_ci.patch import FileChange, Patch
from honk_ci.verifiers.complaints import examine
from honk_ci.verifiers.harmless import same_meaning
from honk_ci.verifiers.interface import Verifier
from honk_ci.workspaces.interface import Workspace

TIMEOUT_S = 120.0


def tidy(
    workspace: Workspace,
    verifiers: Sequence[Verifier],
    paths: Sequence[str],
    *,
    base: str | None = None,
    timeout_s: float = TIMEOUT_S,
) -> tuple[str, ...]:
    """Lay out those of ``paths`` that a formatter was content with before and is not now.

    Before is the red commit and, where it is given, the ``base``: what was tidy there became
    untidy on the way to the red build. So the repository's style is kept where it was kept, and no
    line is touched for style alone where it was not. Returns the paths that were changed.
    """
    changed: set[str] = set()
    for verifier in verifiers:
        if verifier.is_formatter and verifier.fix_files(paths) is not None:
            changed.update(_tidied(workspace, verifier, paths, base, timeout_s))
    return tuple(sorted(changed))


def _tidied(
    workspace: Workspace, verifier: Verifier, paths: Sequence[str], base: str | None, timeout_s: float
) -> Iterator[str]:
    untidy = _untidy(workspace, verifier, timeout_s, {FindingKind.FORMAT}) & set(paths)
    if untidy:
        untidy -= _untidy_before(workspace, verifier, untidy, base, timeout_s)
    command = verifier.fix_files(sorted(untidy)) if untidy else None
    if command is None:
        return
    before = workspace.changes()
    workspace.run(command, timeout_s=timeout_s, purpose="tool")
    after = workspace.changes()
    wanted = Patch.of(_kept(before, after, untidy))
    if wanted != after:
        workspace.apply(wanted)
    yield from (path for path in wanted.paths if wanted.change(path) != before.change(path))


def _untidy_before(
    workspace: Workspace, verifier: Verifier, paths: set[str], base: str | None, timeout_s: float
) -> set[str]:
    """Those of ``paths`` that the formatter was not content with, or could not read, in any commit before."""
    kinds = {FindingKind.FORMAT, FindingKind.SYNTAX}
    patch = workspace.changes()
    workspace.reset()
    try:
        untidy = _untidy(workspace, verifier, timeout_s, kinds) & paths
        if untidy and base is not None:
            with workspace.at(base):
                untidy &= _untidy(workspace, verifier, timeout_s, kinds)
    except GitError:  # a shallow clone does not hold the base
        pass
    finally:
        workspace.apply(patch)
    return untidy


def _untidy(workspace: Workspace, verifier: Verifier, timeout_s: float, kinds: set[FindingKind]) -> set[str]:
    found = examine(verifier, workspace, timeout_s).values()
    return {finding.file for finding in found if finding.kind in kinds}


def _kept(before: Patch, after: Patch, wanted: set[str]) -> Iterator[FileChange]:
    """What the formatter did to the files that it was given, where it can be shown to be layout alone."""
    old = {change.path: change for change in before.changes}
    new = {change.path: change for change in after.changes}
    for path in old.keys() | new.keys():
        was, now = old.get(path), new.get(path)
        if path in wanted and now is not None and _is_layout(was, now):
            yield now
        elif was is not None:
            yield was


def _is_layout(was: FileChange | None, now: FileChange) -> bool:
    content = now.before if was is None else was.after
    step = FileChange(path=now.path, before=content, after=now.after)
    return same_meaning(step) is not False
