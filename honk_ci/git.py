"""Git by its plumbing commands, one subprocess a call (``git_call``).

Nothing here touches the user's index, branch, stash or config: trees are written through an
index file of our own, and refs outside ``refs/honk`` and the fix branch are only read.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from honk_ci.errors import GitError
from honk_ci.git_call import LOCAL_TIMEOUT_S, clean_environ, run_git, words_of_failure
from honk_ci.patch import REGULAR_MODE, SYMLINK_MODE, FileChange, Patch

REMOTE_TIMEOUT_S = 300.0

# How much history a fetch brings into a repository that has only a part of it itself.
SHALLOW_DEPTH = 50

SUBMODULE_MODE = 0o160000
FOLDER_MODE = 0o040000


@dataclass(frozen=True, kw_only=True, slots=True)
class TreeEntry:
    """One file of a commit."""

    path: str
    mode: int
    blob: str


class Repository:
    """The repository that a checkout belongs to."""

    def __init__(self, root: Path, *, environ: Mapping[str, str]) -> None:
        """``root`` is any folder of the checkout; raises GitError where there is none."""
        self._program = "git"
        self._environ = clean_environ(environ)
        self.root, self.git_dir, self.common_dir = _open(root, self._environ)

    # --- reading -------------------------------------------------------------------------------

    def git(
        self,
        *arguments: str,
        stdin: bytes | None = None,
        env: Mapping[str, str] | None = None,
        timeout_s: float = LOCAL_TIMEOUT_S,
    ) -> bytes:
        """The output of one git command; GitError with git's own words when it fails."""
        done = self.try_git(*arguments, stdin=stdin, env=env, timeout_s=timeout_s)
        if done.returncode:
            raise GitError(f"git {arguments[0]} failed: {words_of_failure(done)}")
        return done.stdout

    def try_git(
        self,
        *arguments: str,
        stdin: bytes | None = None,
        env: Mapping[str, str] | None = None,
        timeout_s: float = LOCAL_TIMEOUT_S,
    ) -> subprocess.CompletedProcess[bytes]:
        """Like ``git``, for callers that read the exit status themselves."""
        environ = {**self._environ, **(env or {})}
        return run_git(self.root, arguments, environ, stdin, timeout_s, program=self._program)

    def text(self, *arguments: str, timeout_s: float = LOCAL_TIMEOUT_S) -> str:
        return self.git(*arguments, timeout_s=timeout_s).decode("utf-8", "replace").strip()

    def resolve(self, revision: str) -> str | None:
        """The full id of a commit, or None where there is no such commit here."""
        if revision.startswith("-"):
            return None
        done = self.try_git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        return done.stdout.decode().strip() or None

    def resolve_all(self, revisions: Sequence[str]) -> list[str | None]:
        """Like ``resolve`` for several, in one process."""
        lines = "".join(f"{revision}^{{commit}}\n" for revision in revisions)
        answers = self.git("cat-file", "--batch-check", stdin=lines.encode()).decode("utf-8", "replace").splitlines()
        return [None if answer.endswith(" missing") else answer.split()[0] for answer in answers]

    def current_branch(self) -> str:
        """Short name of the branch checked out, "" on a detached head."""
        return self.try_git("symbolic-ref", "--quiet", "--short", "HEAD").stdout.decode().strip()

    def merge_base(self, one: str, other: str) -> str | None:
        return self.try_git("merge-base", one, other).stdout.decode().strip() or None

    def commit_time(self, commit: str) -> int:
        """Committer time in seconds since 1970."""
        return int(self.text("show", "--no-patch", "--format=%ct", commit))

    def tree(self, commit: str) -> Iterator[TreeEntry]:
        """All files of a commit; submodules are left out."""
        for record in self.git("ls-tree", "-r", "-z", commit).split(b"\0"):
            if record:
                head, path = record.split(b"\t", 1)
                mode, kind, blob = head.split()
                if kind == b"blob":
                    yield TreeEntry(path=os.fsdecode(path), mode=int(mode, 8), blob=blob.decode())

    def show(self, commit: str, path: str) -> bytes | None:
        """A file's content in a commit, or None where it is not there."""
        done = self.try_git("cat-file", "blob", f"{commit}:{path}")
        return done.stdout if done.returncode == 0 else None

    def blobs(self, names: Sequence[str]) -> list[bytes]:
        """The contents of blobs, by id or ``commit:path``, in one process; GitError when one is missing."""
        if not names:
            return []
        output = self.git("cat-file", "--batch", stdin="".join(f"{name}\n" for name in names).encode())
        contents, start = [], 0
        for name in names:
            end = output.index(b"\n", start)
            words = output[start:end].split()
            if words[-1] == b"missing":
                raise GitError(f"git has no object {name}", hint="fetch the whole history: git fetch --unshallow")
            size = int(words[-1])
            contents.append(output[end + 1 : end + 1 + size])
            start = end + size + 2
        return contents

    def entries(self, commit: str, paths: Sequence[str]) -> Mapping[str, TreeEntry]:
        """What a commit has at these very paths: files, links, submodules and folders, by their modes.

        A folder is left out where it has one of the other paths in it.
        """
        if not paths:
            return {}
        output = self.git("ls-tree", "-z", "--full-tree", commit, "--", *paths, env={"GIT_LITERAL_PATHSPECS": "1"})
        found: dict[str, TreeEntry] = {}
        for record in output.split(b"\0"):
            if record:
                head, path = record.split(b"\t", 1)
                mode, _, blob = head.split()
                name = os.fsdecode(path)
                found[name] = TreeEntry(path=name, mode=int(mode, 8), blob=blob.decode())
        return found

    def parents(self, commit: str) -> tuple[str, ...]:
        """The parents that a commit names, also those that a shallow clone does not have."""
        head = self.git("cat-file", "commit", commit).split(b"\n\n", 1)[0]
        return tuple(line[7:].decode() for line in head.split(b"\n") if line.startswith(b"parent "))

    def is_shallow(self) -> bool:
        """Whether a part of the history is missing here."""
        return self.text("rev-parse", "--is-shallow-repository") == "true"

    def patch_between(self, old: str, new: str) -> Patch:
        """What turns one commit's files into another's; GitError where a submodule differs, which no patch can hold."""
        output = self.git("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", old, new)
        words = output.split(b"\0")[:-1]  # by turns ":MODE MODE BLOB BLOB STATUS" and the path
        rows = [
            (head[1:].decode().split(), os.fsdecode(path)) for head, path in zip(words[::2], words[1::2], strict=True)
        ]
        if moved := [path for facts, path in rows if f"{SUBMODULE_MODE:o}" in facts[:2]]:
            raise GitError(f"the submodule {moved[0]} is another one in {new[:9]} than in {old[:9]}")
        blobs = sorted({blob for facts, _ in rows for blob in facts[2:4] if blob.strip("0")})
        contents = dict(zip(blobs, self.blobs(blobs), strict=True))
        return Patch.of(_change(path, facts, contents) for facts, path in rows)

    def changed_paths(self, old: str, new: str) -> tuple[str, ...]:
        """Paths that differ between two commits, renames as two paths."""
        output = self.git("diff-tree", "-r", "-z", "--name-only", "--no-renames", old, new)
        return tuple(os.fsdecode(path) for path in output.split(b"\0") if path)

    def diff(self, old: str, new: str, paths: Sequence[str] = (), *, context: int = 3) -> str:
        """A unified diff between two commits, for reading."""
        arguments = ("diff", "--no-color", "--no-ext-diff", "--no-textconv", f"-U{context}", old, new, "--", *paths)
        return self.git(*arguments).decode("utf-8", "replace")

    def mailbox(self, old: str, new: str) -> bytes:
        """The commits from ``old`` to ``new`` for ``git am``, in the same form whatever the owner's config says."""
        return self.git(
            "format-patch", "--stdout", "--binary", "--full-index", "--no-attach", "--no-ext-diff", "--no-renames",
            "--src-prefix=a/", "--dst-prefix=b/", "-U3", f"{old}..{new}",
        )  # fmt: skip

    def merge_contents(self, base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
        """The three-way merge of one file's contents, or None where it conflicts."""
        with tempfile.TemporaryDirectory(prefix="honk-merge-") as folder:
            paths = [Path(folder) / name for name in ("ours", "base", "theirs")]
            for path, content in zip(paths, (ours, base, theirs), strict=True):
                path.write_bytes(content)
            done = self.try_git("merge-file", "--stdout", *map(str, paths))
        return done.stdout if done.returncode == 0 else None

    # --- writing objects and refs ---------------------------------------------------------------

    @contextmanager
    def private_index(self, commit: str) -> Iterator[Mapping[str, str]]:
        """Environment of an index of our own that holds ``commit``."""
        with tempfile.TemporaryDirectory(prefix="honk-index-") as folder:
            env = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            self.git("read-tree", commit, env=env)
            yield env

    def commit_patch(
        self, parent: str, patch: Patch, message: str, *, author: str, env: Mapping[str, str] | None = None
    ) -> str:
        """A commit of ``parent`` plus ``patch``; only objects are written. ``author`` is ``Name <address>``."""
        name, _, address = author.partition(" <")
        identity = {
            "GIT_AUTHOR_NAME": name.strip(),
            "GIT_AUTHOR_EMAIL": address.rstrip("> "),
            "GIT_COMMITTER_NAME": name.strip(),
            "GIT_COMMITTER_EMAIL": address.rstrip("> "),
            **(env or {}),
        }
        with self.private_index(parent) as index:
            self._stage(patch, index)
            tree = self.git("write-tree", env=index).decode().strip()
        return (
            self.git(
                "commit-tree",
                tree,
                "-p",
                parent,
                "-F",
                "-",
                stdin=message.encode("utf-8", "backslashreplace"),
                env=identity,
            )
            .decode()
            .strip()
        )

    def _stage(self, patch: Patch, index: Mapping[str, str]) -> None:
        lines: list[bytes] = []
        for change in patch.changes:
            path = os.fsencode(change.path)
            if change.after is None:
                lines.append(b"0 " + b"0" * 40 + b"\t" + path)
                continue
            # --no-filters: the patch holds what is stored, not what a checkout filter would make of it
            blob = self.git("hash-object", "-w", "--no-filters", "--stdin", stdin=change.after).strip()
            lines.append(f"{change.mode_after or SYMLINK_MODE:o} ".encode() + blob + b"\t" + path)
        # what goes away first, so that a folder may become a file
        lines.sort(key=lambda line: not line.startswith(b"0 "))
        self.git("update-index", "-z", "--index-info", stdin=b"\0".join([*lines, b""]), env=index)

    def update_ref(self, ref: str, new: str, *, old: str | None) -> bool:
        """Move a local ref if it still is at ``old`` (None: does not exist); whether it was moved."""
        return self.try_git("update-ref", ref, new, old or "0" * 40).returncode == 0

    def is_ancestor(self, old: str, new: str) -> bool:
        return self.try_git("merge-base", "--is-ancestor", old, new).returncode == 0

    def same_tree(self, one: str, other: str) -> bool:
        return self.text("rev-parse", f"{one}^{{tree}}") == self.text("rev-parse", f"{other}^{{tree}}")

    def is_made_by(self, tip: str, trailer: str, *, since: str) -> bool:
        """Whether every commit of ``tip`` that ``since`` has not got carries ``trailer``."""
        separated = self.text("log", f"--format=%x00%(trailers:key={trailer},valueonly)", f"{since}..{tip}")
        commits = separated.split("\0")[1:]
        return bool(commits) and all(commit.strip() for commit in commits)

    # --- the remote -----------------------------------------------------------------------------

    def fetch(self, remote: str, *refs: str) -> None:
        """Bring the objects of refs of the remote here; no local ref is written.

        A shallow repository gets the newest part of the history alone: without a depth git would
        bring all of what the clone was to leave out.
        """
        depth = (f"--depth={SHALLOW_DEPTH}",) if self._knows_little_history() else ()
        self.git(
            "fetch", *depth, "--no-tags", "--no-write-fetch-head", "--quiet",
            # whatever the owner's config adds to a fetch: tracking refs, pruning, submodules
            "--refmap=", "--no-prune", "--no-recurse-submodules",
            "--", remote, *refs, timeout_s=REMOTE_TIMEOUT_S,
        )  # fmt: skip

    def _knows_little_history(self) -> bool:
        """Whether a fetch with our depth leaves at least as much history here as there was."""
        if not self.is_shallow():
            return False
        counted = self.try_git("rev-list", "--count", f"--max-count={SHALLOW_DEPTH}", "HEAD").stdout.strip()
        return int(counted or 0) < SHALLOW_DEPTH

    def remote_ref(self, remote: str, ref: str) -> str | None:
        """The commit that a ref of the remote is at, None where it has no such ref."""
        output = self.git("ls-remote", "--refs", "--", remote, ref, timeout_s=REMOTE_TIMEOUT_S).decode()
        return next((line.split("\t")[0] for line in output.splitlines() if line.endswith(f"\t{ref}")), None)

    def push(self, remote: str, commit: str, ref: str, *, expected: str | None, dry_run: bool = False) -> None:
        """Set ``ref`` of the remote, and nothing else, to ``commit`` if it still is at ``expected`` (None: not there).

        Raises GitError with the remote's own words when it refuses, is not there, or has moved.
        """
        lease = f"--force-with-lease={ref}:{expected or ''}"
        # the owner's config may add tags, submodules and signatures to every push
        alone = ("--no-follow-tags", "--recurse-submodules=no", "--no-signed")
        flags = ["--porcelain", "--no-verify", *alone, lease, *(["--dry-run"] if dry_run else [])]
        self.git("push", *flags, "--", remote, f"{commit}:{ref}", timeout_s=REMOTE_TIMEOUT_S)


def _change(path: str, facts: Sequence[str], contents: Mapping[str, bytes]) -> FileChange:
    """One row of ``git diff-tree --raw``; mode and blob are zeros where there is no file."""
    mode_before, mode_after, before, after = facts[:4]
    return FileChange(
        path=path,
        before=contents.get(before),
        after=contents.get(after),
        mode_before=int(mode_before, 8) or REGULAR_MODE,
        mode_after=int(mode_after, 8) or REGULAR_MODE,
    )


def _open(root: Path, environ: Mapping[str, str]) -> tuple[Path, Path, Path]:
    """Top of the checkout, its git directory, and the one that linked work trees share."""
    if not root.is_dir():
        raise GitError(f"there is no folder {root}", hint="give the checkout of the red commit with --repo")
    asked = ("rev-parse", "--show-toplevel", "--absolute-git-dir", "--git-common-dir")
    done = run_git(root, asked, environ, None, LOCAL_TIMEOUT_S)
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip()
        if "dubious ownership" in words:
            raise GitError(
                f"git refuses {root}: it belongs to another user",
                hint=f"git config --global --add safe.directory {root.absolute()}",
            )
        raise GitError(f"{root} is not in a git checkout", hint="give the checkout of the red commit with --repo")
    top, git_dir, common_dir = (Path(line) for line in os.fsdecode(done.stdout).splitlines()[:3])
    return top, git_dir, (root / common_dir).resolve()
