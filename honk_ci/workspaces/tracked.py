"""What git knows of a checkout, asked through an index file of our own that holds one commit.

With the user's index left out of it, "modified" means: differs from the commit, staged or not.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

from honk_ci.git import Repository, TreeEntry
from honk_ci.workspaces.journal import FileState


class TrackedTree:
    """The files of ``commit``, and how the checkout differs from them."""

    def __init__(self, repository: Repository, commit: str) -> None:
        self.commit = commit
        self._repository = repository
        self._folder = tempfile.mkdtemp(prefix="honk-index-")
        index = Path(self._folder) / "index"
        users_index = repository.git_dir / "index"
        if users_index.exists():  # its time stamps spare git from reading every file again
            # with its own time, by which git knows that a file changed in the same second needs reading
            shutil.copy2(users_index, index)
        self._env = {"GIT_INDEX_FILE": str(index)}
        repository.git("read-tree", "--reset", commit, env=self._env)

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    @cached_property
    def entries(self) -> Mapping[str, TreeEntry]:
        return {entry.path: entry for entry in self._repository.tree(self.commit)}

    def modified(self) -> list[str]:
        """Tracked files whose content or mode differs, or that are gone."""
        arguments = (
            "status",
            "--porcelain=v1",
            "-z",
            "--untracked-files=no",
            "--no-renames",
            "--ignore-submodules=all",
        )
        records = self._repository.git(*arguments, env=self._env).split(b"\0")
        return [os.fsdecode(record[3:]) for record in records if record[1:2] in {b"M", b"D", b"T"}]

    def untracked(self, *, ignored_too: bool) -> list[str]:
        """Files that git does not know, and whole folders of such files, without trailing slash."""
        ignored = () if ignored_too else ("--exclude-standard",)
        arguments = ("ls-files", "--others", "-z", "--directory", "--no-empty-directory", *ignored)
        records = self._repository.git(*arguments, env=self._env).split(b"\0")
        return [os.fsdecode(record).rstrip("/") for record in records if record]

    def untracked_files(self) -> set[str]:
        """Every single file that git neither knows nor ignores."""
        records = self._repository.git("ls-files", "--others", "-z", "--exclude-standard", env=self._env).split(b"\0")
        return {os.fsdecode(record) for record in records if record}

    def contents(self, paths: Iterable[str]) -> dict[str, bytes]:
        """What the commit stores for those of ``paths`` that it has."""
        known = [path for path in paths if path in self.entries]
        blobs = self._repository.blobs([self.entries[path].blob for path in known])
        return dict(zip(known, blobs, strict=True))

    def states(self, paths: Iterable[str]) -> dict[str, FileState]:
        """The same with their modes."""
        return {p: FileState(content=c, mode=self.entries[p].mode) for p, c in self.contents(paths).items()}
