"""What a run changed in a checkout, written down before it is done, so that any end can be undone.

The journal lives in the git directory (``honk/journal``) and exists only while a run is open. A
run that is killed leaves it behind; the next start reads it and puts the checkout back. It
survives the death of the process, not of the machine: nothing is synced to disk, since a machine
that is gone has taken the checkout with it.

Nothing is thrown away: what stands in the way of putting an original back, and is not what honk
itself wrote there, is moved to ``honk/rescued``.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from honk_ci.errors import WorkspaceError
from honk_ci.patch import EXECUTABLE_MODE, REGULAR_MODE, SYMLINK_MODE

RESCUES_KEPT = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class FileState:
    """One path of the checkout; ``content`` None: nothing is there."""

    content: bytes | None
    mode: int = REGULAR_MODE  # git's


def file_state(file: Path) -> FileState | None:
    """What is at ``file``; None for what a journal cannot hold: folders, sockets, devices."""
    try:
        info = file.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return FileState(content=None)
    if stat.S_ISLNK(info.st_mode):
        return FileState(content=os.fsencode(file.readlink()), mode=SYMLINK_MODE)
    if not stat.S_ISREG(info.st_mode):
        return None
    mode = EXECUTABLE_MODE if info.st_mode & stat.S_IXUSR else REGULAR_MODE
    return FileState(content=file.read_bytes(), mode=mode)


def put(file: Path, state: FileState, *, spool: Path) -> None:
    """Make ``file`` what ``state`` says, in one step; ``spool`` is a folder on the same file system if possible."""
    if state.content is None:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    part = spool / "part"
    part.unlink(missing_ok=True)
    if state.mode == SYMLINK_MODE:
        part.symlink_to(os.fsdecode(state.content))
    else:
        part.write_bytes(state.content)
        part.chmod(_permissions(file, state.mode))
        _later_mtime(part, file)
    try:
        part.replace(file)
    except OSError:  # another file system: a linked work tree, a mounted .git
        shutil.move(part, file)


def _permissions(file: Path, mode: int) -> int:
    try:
        now = stat.S_IMODE(file.stat().st_mode)
    except OSError:
        umask = os.umask(0)
        os.umask(umask)
        now = 0o666 & ~umask
    execute = (now & 0o444) >> 2
    return now | execute if mode == EXECUTABLE_MODE else now & ~0o111


def _later_mtime(part: Path, old: Path) -> None:
    """A time stamp that is a whole second later than the old file's at least.

    Python and make compare no finer than that, and mypy takes an unchanged second and size for an
    unchanged file.
    """
    try:
        old_s = int(old.lstat().st_mtime)
    except OSError:
        return
    if int(part.stat().st_mtime) <= old_s:
        os.utime(part, (old_s + 1, old_s + 1))


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Only one run at a time works in a checkout; raises WorkspaceError while another does."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("a")
    except OSError as error:
        raise WorkspaceError(
            f"{folder} cannot be written: {error.strerror}",
            hint="honk keeps its journal there, to put the checkout back",
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise WorkspaceError(
                "another honk works in this checkout", hint="wait for it to end, or use a checkout of your own"
            ) from error
        yield  # the lock goes with the file, also when the process is killed


class Journal:
    """The log of one open run. Every method writes to the log before it touches the checkout."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = root
        self.folder = folder
        (folder / "saved").mkdir(parents=True)
        self._log: IO[str] = (folder / "log.jsonl").open("a", encoding="utf-8")
        self._saved: set[str] = set()
        self._count = 0

    def opened(self, commit: str) -> None:
        """The run begins at ``commit``."""
        self._append({"op": "open", "commit": commit})

    def knows(self, path: str) -> bool:
        return path in self._saved

    def save(self, path: str) -> None:
        """Keep the original of ``path``; once a path, later calls do nothing."""
        if path in self._saved:
            return
        state = file_state(self.root / path)
        if state is None:
            raise WorkspaceError(f"{path} is neither a file nor a link")
        self._save(path, state)

    def save_as(self, path: str, original: FileState) -> None:
        """Like ``save`` for a path that a command has changed already; what stands there now counts as ours."""
        now = file_state(self.root / path)
        if path not in self._saved:
            self._save(path, original)
        if now is not None:
            self._append({"op": "write", "path": path, "hash": _digest(now)})

    def write(self, path: str, state: FileState) -> None:
        """Make ``path`` what ``state`` says; its original is kept first."""
        self.save(path)
        self._append({"op": "write", "path": path, "hash": _digest(state)})
        put(self.root / path, state, spool=self.folder)

    def set_aside(self, path: str) -> None:
        """Move a file or folder out of the checkout until ``bring_back``."""
        self._move_out(path, "aside")

    def displace(self, path: str) -> None:
        """Move what stands where the commit has something of another kind out until the run ends."""
        self._move_out(path, "displaced")

    def _move_out(self, path: str, op: str) -> None:
        self._count += 1
        target = self.folder / "aside" / str(self._count)
        target.parent.mkdir(exist_ok=True)
        self._append({"op": op, "path": path, "to": str(self._count)})
        _move(self.root / path, target)

    def bring_back(self) -> None:
        """Put everything set aside back; what stands in its place by now is dropped."""
        for entry in read_log(self.folder):
            if entry["op"] == "aside" and os.path.lexists(self.folder / "aside" / entry["to"]):
                remove(self.root / entry["path"])
                _move(self.folder / "aside" / entry["to"], self.root / entry["path"])

    def running(self, command: str) -> None:
        """A command of the repository is about to run, and may change any file."""
        self._append({"op": "run", "command": command})

    def close(self, *, changed: Mapping[str, FileState]) -> list[str]:
        """Put the checkout back and drop the journal; where what had to make way was moved to.

        ``changed`` gives the originals of tracked files that somebody else changed meanwhile.
        """
        self._log.close()
        rescued = restore(self.root, self.folder, changed)
        discard(self.folder)
        return rescued

    def _save(self, path: str, state: FileState) -> None:
        entry: dict[str, Any] = {"op": "save", "path": path, "mode": state.mode, "saved": None}
        if state.content is not None:
            self._count += 1
            entry["saved"] = str(self._count)
            (self.folder / "saved" / str(self._count)).write_bytes(state.content)
        self._append(entry)
        self._saved.add(path)

    def _append(self, entry: dict[str, Any]) -> None:
        self._log.write(json.dumps(entry) + "\n")
        self._log.flush()


class Rescue:
    """Where things go that stand in the way, made when the first one comes."""

    def __init__(self, honk_folder: Path) -> None:
        self._parent = honk_folder / "rescued"
        self._folder: Path | None = None
        self.paths: list[str] = []

    def take(self, root: Path, path: str) -> None:
        """Move what stands at ``path`` here, if anything does."""
        if os.path.lexists(root / path):
            _move(root / path, self._place(path))

    def keep(self, path: str, state: FileState) -> None:
        """Keep a copy here of what should stand at ``path`` but may not be put there."""
        if state.content is not None:
            self._place(path).write_bytes(state.content)

    def _place(self, path: str) -> Path:
        if self._folder is None:
            self._folder = self._new_folder()
        target = self._folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        self.paths.append(str(target))
        return target

    def _new_folder(self) -> Path:
        self._parent.mkdir(parents=True, exist_ok=True)
        for old in sorted(self._parent.iterdir())[: -RESCUES_KEPT + 1]:
            shutil.rmtree(old, ignore_errors=True)
        folder = self._parent / f"{time.strftime('%Y%m%dT%H%M%S')}-{time.time_ns() % 1_000_000:06d}"
        folder.mkdir()
        return folder


def discard(folder: Path) -> None:
    """Drop a journal whose checkout has been put back; a kill on the way leaves nothing that would be believed."""
    (folder / "log.jsonl").unlink(missing_ok=True)
    remove(folder)


def read_log(folder: Path) -> list[dict[str, Any]]:
    """The entries of a journal; a last line cut off by a kill was not acted on and is left out."""
    entries = []
    for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines():
        try:
            entries.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return entries


def restore(
    root: Path, folder: Path, changed: Mapping[str, FileState], *, owner_since_s: float | None = None
) -> list[str]:
    """Undo everything a journal tells of; where what had to make way was moved to.

    What was changed after ``owner_since_s`` (seconds since 1970) is the owner's and stays; the
    original is then kept in ``rescued`` instead. Safe to run again when it is itself interrupted:
    each step leaves the journal as it was.
    """
    entries = read_log(folder)
    rescue = Rescue(folder.parent)
    for entry in entries:
        if entry["op"] == "aside":
            _bring_back(root, folder, entry, rescue)
    originals = {entry["path"]: entry for entry in entries if entry["op"] == "save"}
    written = {entry["path"]: entry["hash"] for entry in entries if entry["op"] == "write"}
    # what goes away first, so that a file may become a folder again
    for path, entry in sorted(originals.items(), key=lambda item: item[1]["saved"] is not None):
        _put_back(root, folder, entry, written.get(path), rescue, owner_since_s)
    for path, original in changed.items():
        if path not in originals:
            rescue.take(root, path)
            put(root / path, original, spool=folder)
    for entry in entries:
        if entry["op"] == "displaced":  # once the commit's own files have left the place
            _bring_back(root, folder, entry, rescue)
    return rescue.paths


def _put_back(
    root: Path, folder: Path, entry: dict[str, Any], written: str | None, rescue: Rescue, owner_since_s: float | None
) -> None:
    saved = None if entry["saved"] is None else (folder / "saved" / entry["saved"]).read_bytes()
    original = FileState(content=saved, mode=entry["mode"])
    file = root / entry["path"]
    now = file_state(file)
    if now == original or (saved is None and now is None and file.is_dir()):
        return  # the folder there holds files of its own, which are put back by themselves
    if now is None or _digest(now) != written:  # somebody else wrote here after us
        if owner_since_s is not None and changed_since(file, owner_since_s):
            rescue.keep(entry["path"], original)
            return
        rescue.take(root, entry["path"])
    put(file, original, spool=folder)
    if original.content is None:
        _drop_empty_parents(root, file.parent)


def changed_since(file: Path, moment_s: float) -> bool:
    """Whether ``file``, or the folder it was deleted from, was changed after ``moment_s``."""
    for place in (file, *file.parents):
        try:
            return place.lstat().st_mtime > moment_s
        except (FileNotFoundError, NotADirectoryError):
            continue
    return False


def remove(path: Path) -> None:
    """Delete a file or a folder, whichever it is; nothing there is fine."""
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    try:
        shutil.rmtree(path)
    except PermissionError:  # read-only folders: Go's module cache, unpacked archives
        for folder, _, _ in os.walk(path):
            _open_up(Path(folder))
        shutil.rmtree(path)


def drop_empty_folders(path: Path) -> None:
    """Remove a folder that holds nothing but folders: git knows none, and a file may be due in its place."""
    if path.is_symlink() or not path.is_dir():
        return
    for folder, _, _ in os.walk(path, topdown=False):
        try:
            Path(folder).rmdir()
        except OSError:
            return


def _bring_back(root: Path, folder: Path, entry: dict[str, Any], rescue: Rescue) -> None:
    source = folder / "aside" / entry["to"]
    if not os.path.lexists(source):
        return  # never moved, or already back
    if os.path.lexists(root / entry["path"]):
        rescue.take(root, entry["path"])
    _move(source, root / entry["path"])


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        mode = source.lstat().st_mode
        if stat.S_ISDIR(mode) and not mode & stat.S_IWUSR:  # its entry ".." changes, so it must be writable
            _open_up(source)
        source.rename(target)
    except FileNotFoundError:
        return
    except OSError:  # another file system
        _copy_over(source, target)
    if stat.S_ISDIR(mode):
        target.chmod(stat.S_IMODE(mode))


def _copy_over(source: Path, target: Path) -> None:
    if source.is_symlink() or not source.is_dir():
        shutil.move(source, target)
        return
    shutil.copytree(source, target, symlinks=True)
    remove(source)


def _open_up(folder: Path) -> None:
    folder.chmod(stat.S_IMODE(folder.stat().st_mode) | stat.S_IRWXU)


def _drop_empty_parents(root: Path, folder: Path) -> None:
    while folder != root:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def _digest(state: FileState) -> str | None:
    if state.content is None:
        return None
    return hashlib.sha256(f"{state.mode:o} ".encode() + state.content).hexdigest()
