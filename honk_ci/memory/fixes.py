"""Fix commits of earlier runs: what they say of themselves, and where their patch has got to."""

from __future__ import annotations

from collections.abc import Iterator

from honk_ci.git import Repository
from honk_ci.memory.attempts import KINDS, Fix
from honk_ci.patch import FileChange, Patch
from honk_ci.text import one_line

FINGERPRINT = "Honk-Fingerprint"
HEALER = "Honk-Healer"
KIND = "Honk-Kind"
DECIDE = "Honk-Decide"  # why a person must decide
MOST_COMMITS = 20  # of a fix branch

_KEYS = (FINGERPRINT, HEALER, KIND, DECIDE)
_FORMAT = "%H%x1f%b" + "".join(f"%x1f%(trailers:key={key},valueonly,unfold)" for key in _KEYS) + "%x1e"


def fixes_on(tip: str, fingerprint: str, repository: Repository) -> Iterator[Fix]:
    """The commits of a branch that mend a failure, newest first; none where the tip is not here."""
    listed = repository.try_git("log", "--first-parent", f"-n{MOST_COMMITS}", f"--format={_FORMAT}", tip, "--")
    for entry in listed.stdout.decode("utf-8", "replace").split("\x1e"):
        fields = entry.strip("\n").split("\x1f")
        if len(fields) == 2 + len(_KEYS) and fields[2].strip() == fingerprint and fields[3].strip():
            commit, body, _, healer, kind, decide = (field.strip() for field in fields)
            yield Fix(
                commit=commit,
                healer=one_line(healer, 40),
                rationale=_rationale(body),
                kind=next((known for known in KINDS if known == kind), "edit"),
                needs_person=one_line(decide),
            )


def _rationale(body: str) -> str:
    """The paragraph that says what was changed (see ``stages.message``)."""
    paragraphs = (one_line(paragraph, 1000) for paragraph in body.split("\n\n"))
    return next((text.removeprefix("Fix: ") for text in paragraphs if text.startswith("Fix: ")), "")


def patch_of(commit: str, repository: Repository) -> Patch | None:
    """What a commit changes; None where it or its parent is not here. Raises GitError as ``patch_between``."""
    if repository.resolve(commit) is None:
        return None
    parents = repository.parents(commit)
    if not parents or repository.resolve(parents[0]) is None:
        return None
    return repository.patch_between(parents[0], commit)


def moved_to(patch: Patch, commit: str, repository: Repository) -> Patch | None:
    """The same change against another commit's files; None where it does not apply there."""
    moved: list[FileChange] = []
    for change in patch.changes:
        there = _at(commit, change, repository)
        after = _merged(change, there.before, repository)
        if after is _CONFLICT:
            return None
        moved.append(
            FileChange(
                path=change.path,
                before=there.before,
                after=after,
                mode_before=there.mode_before,
                mode_after=change.mode_after if change.mode_after != change.mode_before else there.mode_before,
            )
            if there.before is not None
            else FileChange(path=change.path, before=None, after=after, mode_after=change.mode_after)
        )
    return Patch.of(moved)


def is_in(patch: Patch, commit: str, repository: Repository) -> bool:
    """Whether a commit's files hold the whole change, however it got there."""
    moved = moved_to(patch, commit, repository)
    return moved is not None and not moved


def is_taken_back(patch: Patch, commit: str, repository: Repository) -> bool:
    """Whether a commit's files are, at every place of the change, as they were before it."""
    back = Patch.of(
        FileChange(
            path=change.path,
            before=change.after,
            after=change.before,
            mode_before=change.mode_after,
            mode_after=change.mode_before,
        )
        for change in patch.changes
    )
    return is_in(back, commit, repository) and not is_in(patch, commit, repository)


_CONFLICT = b"\0conflict"


def _at(commit: str, change: FileChange, repository: Repository) -> FileChange:
    """A file of a commit, as the "before" of a change."""
    entry = repository.entries(commit, [change.path]).get(change.path)
    content = repository.show(commit, change.path) if entry is not None else None
    if entry is None or content is None:
        return FileChange(path=change.path, before=None, after=None)
    return FileChange(path=change.path, before=content, after=None, mode_before=entry.mode)


def _merged(change: FileChange, there: bytes | None, repository: Repository) -> bytes | None:
    if there in (change.before, change.after):
        return change.after
    if there is None or change.before is None or change.after is None or change.is_binary:
        return _CONFLICT
    merged = repository.merge_contents(change.before, there, change.after)
    return _CONFLICT if merged is None else merged
