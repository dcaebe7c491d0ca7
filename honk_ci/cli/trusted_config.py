"""The config of a run, from the commit that may say how it goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from honk_ci.config import Config
from honk_ci.errors import ConfigError
from honk_ci.forges.environment import CiContext
from honk_ci.git import Repository

CONFIG_FILE = ".honk.yml"


def read_config(
    repository: Repository, context: CiContext, base: str, overrides: Mapping[str, Any], *, start: str = ""
) -> Config:
    """The repository's config with the command line's options on top.

    In a pull or merge request it is read from the base commit: what strangers propose must not
    steer the run that judges it. ``start`` is that commit where a shallow checkout had to fetch it.
    """
    if context.is_pull_request:
        commit = _trusted_commit(repository, context, base, start, remote=overrides.get("deliver.remote", ""))
        return config_of(repository, commit, overrides)
    file = repository.root / CONFIG_FILE
    return _parsed(file.read_bytes() if file.is_file() else None, CONFIG_FILE, overrides)


def config_of(repository: Repository, commit: str, overrides: Mapping[str, Any]) -> Config:
    """The config that a commit holds, with the command line's options on top."""
    return _parsed(repository.show(commit, CONFIG_FILE), f"{CONFIG_FILE} of {commit[:9]}", overrides)


def _parsed(stored: bytes | None, source: str, overrides: Mapping[str, Any]) -> Config:
    from honk_ci.config_file import load_config, with_overrides

    config = load_config(stored.decode("utf-8", "replace"), source=source) if stored is not None else Config()
    return with_overrides(config, dict(overrides)) if overrides else config


def _trusted_commit(repository: Repository, context: CiContext, base: str, start: str, *, remote: str) -> str:
    # a fork's run tells no target branch to workflow_run
    target = context.target_branch or context.default_branch
    remotes = dict.fromkeys((remote, "origin"))
    # by their full names: whoever may push a tag could call it "origin/main", and tags go first
    branches = (*(f"refs/remotes/{name}/{target}" for name in remotes if name), f"refs/heads/{target}")
    names = (base, *branches, _first_parent(repository, context), start)
    found = next((commit for name in names if name and (commit := repository.resolve(name))), None)
    if found is None:
        raise ConfigError(
            f"the target branch {target} is not in this checkout, so its {CONFIG_FILE} cannot be read",
            hint="check out with the whole history (fetch-depth: 0), or give --base",
        )
    return repository.merge_base(found, "HEAD") or found


def _first_parent(repository: Repository, context: CiContext) -> str:
    """The target's commit in the merge that the forge made of a request; "" where that is not checked out."""
    head = repository.resolve("HEAD")
    parents = repository.parents(head) if head and head == context.commit else ()
    return parents[0] if len(parents) == 2 and parents[1] == context.head_commit else ""
