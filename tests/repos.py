"""Real git repositories for tests."""

from __future__ import annotations

import subprocess
import textwrap
from collections.abc import Mapping
from pathlib import Path


class Repo:
    """A git repository in a temporary folder, with a fixed identity and no config of this machine."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path, files: Mapping[str, str] | None = None) -> Repo:
        """A new repository on branch ``main``; ``files`` (dedented) become its first commit."""
        path.mkdir(parents=True, exist_ok=True)
        repo = cls(path)
        repo.git("init", "--quiet", "--initial-branch=main")
        if files is not None:
            repo.write(files)
            repo.commit("first commit")
        return repo

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text).lstrip("\n"))

    def commit(self, message: str, files: Mapping[str, str] | None = None) -> str:
        """Commit everything (after writing ``files``); the new commit's id."""
        self.write(files or {})
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.path, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, f"git {arguments}: {done.stderr}"
        return done.stdout.strip()

    def add_bare_remote(self, path: Path) -> Repo:
        """A bare repository beside it, as remote ``origin`` with everything pushed."""
        subprocess.run(["git", "init", "--quiet", "--bare", str(path)], check=True, timeout=60)
        self.git("remote", "add", "origin", str(path))
        self.git("push", "--quiet", "origin", "HEAD:main")
        return Repo(path)
