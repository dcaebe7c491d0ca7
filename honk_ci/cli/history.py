"""History that a shallow checkout lacks and a run cannot do without: the commit that the build started from."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from honk_ci.cli.links import make_links
from honk_ci.config import Config
from honk_ci.errors import HonkError
from honk_ci.forges.environment import CiContext
from honk_ci.git import Repository


def bring_start(repository: Repository, context: CiContext, environ: Mapping[str, str]) -> str:
    """Fetch the commit that CI's red commit is compared with; its id, "" where it cannot be had.

    That is the first parent, which in a merge made by the forge is the target's commit; of a
    request whose own tip is checked out it is the target's tip. The config and the base's tests
    are read there. CI systems check out a single commit unless told otherwise.
    """
    if not context.name:
        return ""
    commit = repository.resolve("HEAD")
    if commit is None or not repository.is_shallow():
        return ""
    parents = repository.parents(commit)
    is_own_tip = context.is_pull_request and context.head_commit not in parents
    branch = (context.target_branch or context.default_branch) if is_own_tip else ""
    with tempfile.TemporaryDirectory(prefix="honk-", ignore_cleanup_errors=True) as scratch:
        try:
            remote = make_links(repository, Config(), context, environ, scratch=Path(scratch)).remote
            wanted = remote.tip(f"refs/heads/{branch}") if branch else next(iter(parents), None)
            if wanted and repository.resolve(wanted) is None:
                remote.fetch(f"refs/heads/{branch}" if branch else wanted)
            return (repository.resolve(wanted) if wanted else None) or ""
        except HonkError:
            return ""
