"""Memories of a real remote, as several runs at once would have them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from honk_ci.forges.this_job import ThisJob
from honk_ci.git import Repository
from honk_ci.memory import Memory
from honk_ci.memory.refs import RefStore
from honk_ci.remote import Remote
from tests.repos import Repo

PRINT = "0123456789ab"
NOON = 1_800_000_000.0


def clone(remote: Repo, folder: Path) -> Repo:
    """Another checkout of the same remote."""
    remote.git("clone", "--quiet", remote.path.as_uri(), str(folder))
    return Repo(folder)


def store(repo: Repo, *, clock: Callable[[], float] = lambda: NOON) -> RefStore:
    return RefStore(remote=Remote(repository=Repository(repo.path, environ=os.environ), name="origin"), clock=clock)


def memory(
    repo: Repo, run: str = "1", *, attempt: int = 1, now: float = NOON, can_write: bool = True, claim_s: float = 3600
) -> Memory:
    job = ThisJob(run_id=run, attempt=attempt, name="heal", url=f"https://ci.example/runs/{run}")
    return Memory(store=store(repo, clock=lambda: now), job=job, can_write=can_write, claim_s=claim_s)
