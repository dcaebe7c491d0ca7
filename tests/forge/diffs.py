"""What git says of a bare repository: its refs, what two commits differ in, whether they merge."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

_HUNK = re.compile(r"^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangedFile:
    """One file that two commits differ in."""

    path: str
    old_path: str
    status: str  # GitHub's word
    patch: str  # the hunks; "" for binary files and pure renames
    blob: str  # id of the new content, of the old one where it was removed

    @property
    def additions(self) -> int:
        return sum(line.startswith("+") for line in self.patch.splitlines())

    @property
    def deletions(self) -> int:
        return sum(line.startswith("-") for line in self.patch.splitlines())

    @property
    def new_lines(self) -> frozenset[int]:
        """Lines of the new file that the hunks show."""
        return self._lines(old=False)

    @property
    def old_lines(self) -> frozenset[int]:
        """Lines of the old file that the hunks show."""
        return self._lines(old=True)

    def hunk_of(self, line: int, *, old: bool = False) -> int | None:
        """Which hunk shows a line, counted from 0."""
        return self._shown(old=old).get(line)

    def _lines(self, *, old: bool) -> frozenset[int]:
        return frozenset(self._shown(old=old))

    def _shown(self, *, old: bool) -> dict[int, int]:
        shown: dict[int, int] = {}
        number, hunk = 0, -1
        for text in self.patch.splitlines():
            if header := _HUNK.match(text):
                number, hunk = int(header[1 if old else 2]), hunk + 1
            elif text[:1] in {" ", "-" if old else "+"}:
                shown[number] = hunk
                number += 1
        return shown


def git(folder: Path, *arguments: str, check: bool = True, date: str = "") -> str:
    """The output of one git command, without its last line end; "" where it fails and need not work."""
    who = {f"GIT_{role}_{what}": "forge" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    if date:
        who |= {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    done = subprocess.run(
        ["git", "-c", "core.quotePath=false", *arguments],
        cwd=folder,
        env={**os.environ, **who},
        capture_output=True,
        timeout=60,
        check=False,
    )
    if done.returncode and check:
        raise RuntimeError(f"git {arguments}: {done.stderr.decode(errors='replace')}")
    return "" if done.returncode else done.stdout.decode(errors="replace").rstrip("\n")


def refs(folder: Path) -> dict[str, str]:
    """All refs and what they are at."""
    lines = git(folder, "for-each-ref", "--format=%(objectname) %(refname)").splitlines()
    return {ref: commit for commit, _, ref in (line.partition(" ") for line in lines)}


def is_ancestor(folder: Path, old: str, new: str) -> bool:
    return git(folder, "merge-base", old, new, check=False) == old


def merge_base(folder: Path, one: str, other: str) -> str:
    return git(folder, "merge-base", one, other, check=False)


def commits_between(folder: Path, base: str, head: str) -> list[str]:
    """Commits that ``head`` has and ``base`` has not, oldest first."""
    return git(folder, "rev-list", "--reverse", f"{base}..{head}").split()


def merge_commit(folder: Path, base: str, head: str, message: str) -> str:
    """A merge of two commits, "" where they conflict; the same one whenever it is made."""
    tree = git(folder, "merge-tree", "--write-tree", base, head, check=False).split("\n")[0]
    date = git(folder, "show", "-s", "--format=%cI", head)
    return git(folder, "commit-tree", tree, "-p", base, "-p", head, "-m", message, date=date) if tree else ""


def changed_files(folder: Path, base: str, head: str) -> list[ChangedFile]:
    """What ``head`` changes since it left ``base``, as the diff of a request shows it."""
    start = merge_base(folder, base, head) or base
    fields = git(folder, "diff", "--raw", "-z", "-M", "--abbrev=40", start, head).split("\0")
    files = []
    while len(fields) > 1:
        _, _, old_blob, new_blob, letter = fields.pop(0).lstrip(":").split(" ")
        old_path = fields.pop(0)
        path = fields.pop(0) if letter[0] in "RC" else old_path
        files.append(
            ChangedFile(
                path=path,
                old_path=old_path,
                status=_STATUS[letter[0]],
                patch=_patch(folder, start, head, old_path, path),
                blob=old_blob if letter[0] == "D" else new_blob,
            )
        )
    return files


def _patch(folder: Path, start: str, head: str, old_path: str, path: str) -> str:
    text = git(folder, "diff", "-M", start, head, "--", *dict.fromkeys((old_path, path)))
    at = text.find("\n@@ ")
    return text[at + 1 :] if at >= 0 else ""
