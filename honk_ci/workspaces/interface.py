"""Where commands run and files change."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal, Protocol

from honk_ci.patch import Patch
from honk_ci.process import Command, Finished

Purpose = Literal["test", "setup", "tool"]


class Workspace(Protocol):
    """A checkout of the red commit that may be changed and is always put back.

    All paths are relative to the repository, "/" separated. A path that leaves the checkout (by
    ``..``, by being absolute, through a symbolic link, or into ``.git``) raises WorkspaceError.
    """

    root: Path
    commit: str  # the red commit
    set_aside: Sequence[str]  # tracked files with uncommitted changes, which are away while this is open

    def read(self, path: str) -> bytes | None:
        """The file's content as it stands now; None where there is no such regular file."""

    def write(self, path: str, content: bytes | None) -> None:
        """Create, replace or (``None``) delete one file; keeps the mode of a file that exists."""

    def apply(self, patch: Patch) -> None:
        """Make the tree the red commit plus ``patch``, whatever it was before."""

    def reset(self) -> None:
        """Make the tree the red commit again; the same as applying an empty patch."""

    def changes(self) -> Patch:
        """What now differs from the red commit.

        What ``write``, ``apply`` and commands run with purpose "tool" changed, new files that
        .gitignore does not name included. What test runs leave behind does not count.
        """

    def at(self, commit: str) -> AbstractContextManager[None]:
        """The tree as in another commit, for as long as the context lasts; then the red commit."""

    def clean(self, patch: Patch, *, ignored_too: bool) -> AbstractContextManager[Path]:
        """The red commit plus ``patch`` with nothing else around, as somebody gets it who checks it out.

        Gives the folder to run in. Untracked files are set aside and come back afterwards; those
        that .gitignore names (build outputs, installed packages) only with ``ignored_too``.
        """

    def run(self, command: Command, *, timeout_s: float, purpose: Purpose) -> Finished:
        """Run a command of the repository in the tree, with the environment its commands may see."""

    def files(self) -> Sequence[str]:
        """Tracked files of the red commit."""
