"""What git says of a checkout through an index of our own."""

from __future__ import annotations

import os

from honk_ci.git import Repository
from honk_ci.workspaces.tracked import TrackedTree
from tests.repos import Repo


def test_a_change_of_the_same_size_in_the_same_second_is_seen(repo: Repo) -> None:
    repo.git("config", "core.trustCtime", "false")  # no test can set that time
    file, index, then = repo.path / "a.txt", repo.path / ".git/index", 1_700_000_000
    file.write_text("1\n")
    os.utime(file, (then, then))
    repo.commit("first")
    file.write_text("2\n")
    for path in (file, index):
        os.utime(path, (then, then))

    tree = TrackedTree(Repository(repo.path, environ=dict(os.environ)), repo.git("rev-parse", "HEAD"))
    try:
        assert tree.modified() == ["a.txt"]
    finally:
        tree.close()
