"""The scene that tests of GitLab begin with; its commits are made once."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.forge.server import LoopbackForge
from tests.forge.state import Project
from tests.repos import Repo

PATH = "group/sub/shop"
LINES = "".join(f"line {number}\n" for number in range(1, 41))
CHANGED = LINES.replace("line 20\n", "line twenty\n")


@dataclass(frozen=True, kw_only=True, slots=True)
class Seed:
    """A checkout with branch ``topic``, which changes line 20 of 40, and a bare repository with both branches."""

    work: Path
    bare: Path
    head: str

    @classmethod
    def grow(cls, folder: Path) -> Seed:
        repo = Repo.create(folder / "work", {"shop.py": LINES})
        repo.git("remote", "add", "origin", "ADDRESS")
        repo.git("checkout", "--quiet", "-b", "topic")
        head = repo.commit("a change", {"shop.py": CHANGED})
        repo.git("clone", "--quiet", "--bare", str(repo.path), str(folder / "bare"))
        return cls(work=repo.path, bare=folder / "bare", head=head)


class Scene:
    """A project in a subgroup with a branch, a project access token, and a checkout."""

    def __init__(self, forge: LoopbackForge, folder: Path, seed: Seed) -> None:
        self.forge = forge
        self.project: Project = forge.add_project(PATH)
        self.token = forge.add_token("glpat-project", kind="project", login="project_1_bot_a")
        shutil.copytree(seed.bare / "objects", self.project.folder / "objects", dirs_exist_ok=True)
        shutil.copy(seed.bare / "packed-refs", self.project.folder / "packed-refs")
        self.repo = Repo(folder / "work")
        shutil.copytree(seed.work, self.repo.path)
        config = self.repo.path / ".git" / "config"
        config.write_text(config.read_text().replace("ADDRESS", forge.git_url(PATH, self.token)))
        self.head = seed.head
