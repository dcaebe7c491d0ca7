"""The workspace that works in the user's own checkout, and puts it back.

Candidates are tried where the build lives: editable installs and build folders hold the path of
the checkout. What was there before (uncommitted work included) is kept in a journal and comes
back at the end, after Ctrl-C, and by the next start after a kill. The user's index, branch, stash
and refs are never written.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from honk_ci.errors import WorkspaceError
from honk_ci.git import Repository
from honk_ci.patch import REGULAR_MODE, SYMLINK_MODE, FileChange, Patch
from honk_ci.process import Command, Finished, run
from honk_ci.workspaces.environment import child_environ
from honk_ci.workspaces.interface import Purpose
from honk_ci.workspaces.journal import (
    FileState,
    Journal,
    changed_since,
    discard,
    drop_empty_folders,
    exclusive,
    file_state,
    read_log,
    remove,
    restore,
)
from honk_ci.workspaces.tracked import TrackedTree

# A file changed this long after the last entry of a dead run's journal was changed by its owner.
AFTERMATH_S = 60.0

# What set-up commands leave in a checkout and tests need, where .gitignore does not name it.
_ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta", ".package-lock.json", ".yarn-integrity", ".modules.yaml")
_INSTALLED_NAMES = frozenset({"node_modules", "vendor", "build", "dist", "target", ".tox", ".nox"})


@contextmanager
def in_place(
    repository: Repository,
    *,
    environ: Mapping[str, str],
    pass_env: Collection[str] = (),
    kept: Iterable[Path] = (),
) -> Iterator[InPlaceWorkspace]:
    """The checkout of ``repository`` as a workspace at its HEAD commit.

    ``kept`` names files that git does not know and that runs may overwrite, such as the reports
    of the build: they come back with the rest. Raises WorkspaceError while another run is at work
    here.
    """
    honk_folder = repository.git_dir / "honk"
    with exclusive(honk_folder):
        recover(repository)
        workspace = InPlaceWorkspace(repository, honk_folder, child_environ(environ, passed=pass_env))
        try:
            workspace.open(kept)
            yield workspace
        finally:
            workspace.close()


def recover(repository: Repository) -> list[str]:
    """Put back what a killed run left in the checkout; lines that tell what was done, none if nothing."""
    folder = repository.git_dir / "honk" / "journal"
    log = folder / "log.jsonl"
    if not folder.is_dir():
        return []
    lines = ["an earlier run was killed here; the checkout has been put back"]
    if log.exists():
        owner_since_s = log.stat().st_mtime + AFTERMATH_S
        changed = _traces(repository, folder, owner_since_s)
        moved = restore(repository.root, folder, changed, owner_since_s=owner_since_s)
        lines += [f"kept a copy of what differed: {path}" for path in moved]
    discard(folder)
    return lines


def _traces(repository: Repository, folder: Path, owner_since_s: float) -> dict[str, FileState]:
    """Originals of tracked files that commands of the dead run changed."""
    commit = next((entry["commit"] for entry in read_log(folder) if entry["op"] == "open"), None)
    if commit is None or commit != repository.resolve("HEAD"):
        return {}  # the owner has moved on
    tree = TrackedTree(repository, commit)
    try:
        traces = [path for path in tree.modified() if not changed_since(repository.root / path, owner_since_s)]
        return tree.states(traces)
    finally:
        tree.close()


class InPlaceWorkspace:
    """See ``honk_ci.workspaces.interface.Workspace``; made by ``in_place``."""

    def __init__(self, repository: Repository, honk_folder: Path, environ: Mapping[str, str]) -> None:
        self.root = repository.root
        commit = repository.resolve("HEAD")
        if commit is None:
            raise WorkspaceError("the checkout has no commit yet", hint="check out the red commit first")
        self.commit = commit
        self.set_aside: Sequence[str] = ()
        self.notes: list[str] = []  # what closing had to do besides, one line each
        self._repository = repository
        self._environ = dict(environ)
        self._journal = Journal(self.root, honk_folder / "journal")
        self._tree = TrackedTree(repository, commit)
        self._red: dict[str, FileState] = {}  # of every path that was ever changed here, as checked out
        self._stored: dict[str, bytes | None] = {}  # the same as the commit stores them
        self._test_ran = False
        self._git_settings = _GitSettings(repository)

    # --- opening and closing ---------------------------------------------------------------------

    def open(self, kept: Iterable[Path] = ()) -> None:
        """Set uncommitted changes aside: from here on the tree is the red commit."""
        self._journal.opened(self.commit)
        for file in kept:
            if file.is_relative_to(self.root) and file.is_file():
                self._journal.save(str(file.relative_to(self.root)))
        changed = self._tree.states(self._tree.modified())
        self.set_aside = tuple(changed)
        for path, state in changed.items():
            self._make_way(path)
            self._journal.write(path, state)

    def _make_way(self, path: str) -> None:
        """Move out what the owner put where the commit has a folder, or a folder where it has a file."""
        for folder in reversed(PurePosixPath(path).parents[:-1]):
            place = self.root / folder
            if place.is_symlink() or (place.exists() and not place.is_dir()):
                self._journal.displace(str(folder))
        if file_state(self.root / path) is None:
            self._journal.displace(path)

    def close(self) -> None:
        """Put everything back; ``notes`` then tells what others had changed."""
        traces = self._tree.modified() if self._test_ran else []
        strangers = [path for path in traces if not self._journal.knows(path)]
        settings = self._git_settings.put_back()
        rescued = self._journal.close(changed=self._tree.states(strangers))
        self.notes = [f"{file} was changed by a command of the repository, and put back" for file in settings]
        self.notes += [f"changed while honk ran, and put back; a copy is in {path}" for path in rescued]
        self._tree.close()

    # --- reading -----------------------------------------------------------------------------------

    def read(self, path: str) -> bytes | None:
        file = self._inside(path)
        if file.is_symlink():  # what it points at may be anywhere, the git directory included
            self._inside_target(file)
        try:
            return file.read_bytes() if file.is_file() else None
        except OSError as error:
            raise WorkspaceError(f"{path} cannot be read: {error.strerror}") from error

    def files(self) -> Sequence[str]:
        return tuple(sorted(self._tree.entries))

    # --- changing ----------------------------------------------------------------------------------

    def write(self, path: str, content: bytes | None) -> None:
        now = file_state(self._inside(path))
        if now is None or now.mode == SYMLINK_MODE:
            raise WorkspaceError(f"{path} is not a regular file")
        self._put(path, FileState(content=content, mode=now.mode))

    def apply(self, patch: Patch) -> None:
        self._undo_test_traces()
        wanted = {change.path: FileState(content=change.after, mode=change.mode_after) for change in patch.changes}
        for path in wanted:
            self._inside(path)
            self._remember(path)
        # what goes away first, so that a file may become a folder
        states = {path: self._as_checked_out(path, wanted.get(path, red)) for path, red in self._red.items()}
        for path, state in sorted(states.items(), key=lambda item: item[1].content is not None):
            self._put(path, state)

    def reset(self) -> None:
        self.apply(Patch())

    def changes(self) -> Patch:
        return Patch.of(change for path in self._red if (change := self._change(path)) is not None)

    @contextmanager
    def at(self, commit: str) -> Iterator[None]:
        difference = self._difference_to(commit)
        try:
            self.apply(difference)
            yield
        finally:
            self.reset()

    @contextmanager
    def clean(self, patch: Patch, *, ignored_too: bool) -> Iterator[Path]:
        self.reset()
        for path in self._in_the_way(ignored_too=ignored_too):
            self._journal.set_aside(path)
        self.apply(patch)
        try:
            yield self.root
        finally:
            self.reset()
            if ignored_too:  # what the set-up command made, at paths where nothing was before
                for path in self._in_the_way(ignored_too=True):
                    remove(self.root / path)
            self._journal.bring_back()

    # --- running -----------------------------------------------------------------------------------

    def run(self, command: Command, *, timeout_s: float, purpose: Purpose) -> Finished:
        known = self._tree.untracked_files() if purpose == "tool" else set()
        self._journal.running(str(command))
        try:
            return run(command, cwd=self.root, env=self._environ, timeout_s=timeout_s)
        finally:  # also when an interrupt cuts it off: what it changed by then must be undone
            if purpose == "tool":
                self._adopt_changes(known)
            else:
                self._test_ran = True

    def _adopt_changes(self, known_untracked: set[str]) -> None:
        """Count what a tool has just changed as ours: to be proposed, and to be undone."""
        originals = self._tree.states(path for path in self._tree.modified() if path not in self._red)
        made = self._tree.untracked_files() - known_untracked - self._red.keys()
        originals.update(dict.fromkeys(made, FileState(content=None)))
        for path, state in originals.items():
            self._red[path] = state
            self._journal.save_as(path, state)

    def _undo_test_traces(self) -> None:
        """Put back tracked files that a test run changed, else the next run starts elsewhere."""
        if not self._test_ran:
            return
        self._test_ran = False
        for path, state in self._tree.states(p for p in self._tree.modified() if p not in self._red).items():
            self._journal.save_as(path, state)
            self._journal.write(path, state)

    # --- states of files ---------------------------------------------------------------------------

    def _put(self, path: str, state: FileState) -> None:
        self._remember(path)
        if state.content is not None:
            drop_empty_folders(self.root / path)
        now = file_state(self.root / path)
        is_folder = now is None and (self.root / path).is_dir()  # no file, as far as git is concerned
        if now != state and not (is_folder and state.content is None):
            self._journal.write(path, state)

    def _remember(self, path: str) -> None:
        """Note the red state of a path before its first change."""
        if path in self._red:
            return
        if self._test_ran and path in self._tree.entries:  # what stands there may be a test's doing
            self._red[path] = self._tree.states([path])[path]
        else:
            self._red[path] = file_state(self.root / path) or FileState(content=None)

    def _change(self, path: str) -> FileChange | None:
        now, red = file_state(self.root / path), self._red[path]
        if now is None or now == red:
            return None
        after = now.content
        if after is not None and self._has_other_line_endings(path):
            after = after.replace(b"\r\n", b"\n")
        before = self._stored_content(path) if red.content is not None else None
        return FileChange(path=path, before=before, after=after, mode_before=red.mode, mode_after=now.mode)

    def _as_checked_out(self, path: str, state: FileState) -> FileState:
        """``state`` with the line endings that this checkout gives the file (``eol=crlf``)."""
        if state is self._red[path] or state.content is None or not self._has_other_line_endings(path):
            return state
        return FileState(content=state.content.replace(b"\n", b"\r\n"), mode=state.mode)

    def _has_other_line_endings(self, path: str) -> bool:
        """Whether the checkout has CRLF where the commit stores LF."""
        checked_out = self._red[path].content
        if checked_out is None or b"\r\n" not in checked_out:
            return False
        stored = self._stored_content(path)
        return stored is not None and stored != checked_out and stored == checked_out.replace(b"\r\n", b"\n")

    def _stored_content(self, path: str) -> bytes | None:
        if path not in self._stored:
            self._stored[path] = self._tree.contents([path]).get(path)
        return self._stored[path]

    def _difference_to(self, commit: str) -> Patch:
        paths = self._repository.changed_paths(self.commit, commit)
        target = {entry.path: entry for entry in self._repository.tree(commit)}
        there = [path for path in paths if path in target]
        contents = dict(zip(there, self._repository.blobs([target[p].blob for p in there]), strict=True))
        changes = [
            FileChange(
                path=path,
                before=None,  # what it was does not matter to apply
                after=contents.get(path),
                mode_after=target[path].mode if path in target else REGULAR_MODE,
            )
            for path in paths
            if path in target or path in self._tree.entries
        ]
        return Patch(changes=tuple(changes))

    # --- what is around ------------------------------------------------------------------------------

    def _in_the_way(self, *, ignored_too: bool) -> list[str]:
        """Untracked files and folders that a clean checkout would not have."""
        untracked = self._tree.untracked(ignored_too=ignored_too)
        return [path for path in untracked if not self._is_needed(self.root / path, ignored_too=ignored_too)]

    def _is_needed(self, path: Path, *, ignored_too: bool) -> bool:
        """Whether the commands run from there: honk itself, the active environment, installed packages."""
        active = [Path(sys.prefix), *(Path(v) for v in (self._environ.get("VIRTUAL_ENV"),) if v)]
        if any(place.is_relative_to(path) for place in active):
            return True
        return not ignored_too and _looks_installed(path)

    def _inside(self, path: str) -> Path:
        """The file that ``path`` names; WorkspaceError where it leaves the checkout."""
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or ".." in parts or "\0" in path:
            raise WorkspaceError(f"{path!r} is outside the checkout", hint="give paths relative to the repository")
        if any(part.casefold() == ".git" for part in parts):
            raise WorkspaceError(f"{path} belongs to git")
        file = self.root.joinpath(*parts)
        if not file.parent.resolve().is_relative_to(self.root.resolve()):
            raise WorkspaceError(f"{path} leads out of the checkout through a link")
        return file

    def _inside_target(self, link: Path) -> None:
        target = link.resolve()
        root = self.root.resolve()
        if not target.is_relative_to(root) or target.is_relative_to(root / ".git"):
            raise WorkspaceError(f"{link.relative_to(self.root)} leads out of the checkout through a link")


class _GitSettings:
    """The files of the git directory that name programs for git to run, as they were at the start.

    A test that writes ``.git/config`` could have its own program started by the push that
    delivers the fix, with the push's credentials.
    """

    def __init__(self, repository: Repository) -> None:
        folders = {repository.git_dir.resolve(), repository.common_dir}
        names = ("config", "config.worktree", "info/attributes")
        self._before = {folder / name: _content(folder / name) for folder in folders for name in names}

    def put_back(self) -> list[str]:
        """Undo what was changed meanwhile; names the files."""
        changed = [file for file, before in self._before.items() if _content(file) != before]
        for file in changed:
            before = self._before[file]
            if before is None:
                file.unlink()
            else:
                file.write_bytes(before)
        return [str(file) for file in changed]


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None


def _looks_installed(path: Path) -> bool:
    if path.name in _INSTALLED_NAMES or path.suffix == ".egg-info":
        return True
    return any((path / mark).exists() for mark in _ENVIRONMENT_MARKS)
