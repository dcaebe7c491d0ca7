"""The files of one commit, read from git's objects: nothing is checked out, and nothing can run."""

from __future__ import annotations

from collections.abc import Sequence

from honk_ci.domain import FailedTest
from honk_ci.git import Repository
from honk_ci.patch import SYMLINK_MODE


class CommitView:
    """Reads a commit as a workspace is read; also stands in for the runner where a test's file is asked for."""

    def __init__(self, repository: Repository, commit: str) -> None:
        self._repository = repository
        self._commit = commit
        self._modes = {entry.path: entry.mode for entry in repository.tree(commit)}

    def files(self) -> Sequence[str]:
        """All files of the commit, without submodules."""
        return tuple(self._modes)

    def read(self, path: str) -> bytes | None:
        """A regular file's content, None where there is none at this path."""
        if self._modes.get(path, SYMLINK_MODE) == SYMLINK_MODE:
            return None
        return self._repository.show(self._commit, path)

    @property
    def runner(self) -> CommitView:
        return self

    def test_source(self, test: FailedTest) -> str | None:
        """The file that holds a test, by what its report says of it; None where the commit has no such file.

        Without a runner: the file that the report names, one that the name begins with, or the
        module that the class is in.
        """
        module = test.case.classname.replace(".", "/")
        named = (test.case.file, test.case.classname, test.case.name.partition("::")[0])
        folders = [module.rsplit("/", up)[0] for up in range(3)]
        guesses = (*named, *(f"{folder}.py" for folder in folders if folder))
        return next((path for guess in guesses if (path := guess.removeprefix("./")) in self._modes), None)
