"""The remote repository that fixes are pushed to and in which honk keeps its refs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from honk_ci.errors import GitError
from honk_ci.git import REMOTE_TIMEOUT_S, Repository


@dataclass(frozen=True, kw_only=True, slots=True)
class Remote:
    """One remote, as seen from a repository that holds the objects to push and gets what is fetched.

    Every method raises GitError with the remote's own words when it refuses or cannot be reached.
    """

    repository: Repository
    name: str  # a remote's name or an address, as git takes it; never with a password in it
    label: str = ""  # what people call it

    def tip(self, ref: str) -> str | None:
        """The object that a ref is at, None where there is no such ref."""
        return self.repository.remote_ref(self.name, ref)

    def tips(self, *patterns: str) -> Mapping[str, str]:
        """Refs that match glob patterns, as one question: full name to object id."""
        output = self.repository.git("ls-remote", "--refs", "--", self.name, *patterns, timeout_s=REMOTE_TIMEOUT_S)
        pairs = (line.split("\t", 1) for line in output.decode("utf-8", "replace").splitlines() if "\t" in line)
        return {ref: commit for commit, ref in pairs}

    def fetch(self, *refs: str) -> None:
        """Bring the objects of refs, or of commits by full id, here; no local ref is written."""
        self.repository.fetch(self.name, *refs)

    def push(self, commit: str, ref: str, *, expected: str | None, dry_run: bool = False) -> None:
        """Set ``ref`` to ``commit`` if it still is at ``expected`` (None: not there)."""
        self.repository.push(self.name, commit, ref, expected=expected, dry_run=dry_run)

    def delete(self, ref: str, *, expected: str) -> None:
        """Remove ``ref`` if it still is at ``expected``."""
        self.repository.push(self.name, "", ref, expected=expected)

    def try_push(self, commit: str, ref: str, *, expected: str | None) -> bool:
        """Like ``push``; False where the ref is not at ``expected`` any more, so that somebody else was first."""
        try:
            self.push(commit, ref, expected=expected)
        except GitError:
            if self.tip(ref) == expected:
                raise
            return False
        return True
