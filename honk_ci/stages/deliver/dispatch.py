"""What delivery needs, put together by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from honk_ci.config import Config, DeliverMode
from honk_ci.domain import Build, Proof
from honk_ci.forges.environment import CiContext
from honk_ci.forges.interface import Forge
from honk_ci.git import Repository
from honk_ci.patch import Patch
from honk_ci.redact import Redactor
from honk_ci.remote import Remote

# Whether a proven fix still holds where its branch has moved on: the commits since then as a patch
# against the red commit, and those plus the fix. "" when it holds, else why not.
ProveAgain = Callable[[Proof, Patch, Patch], str]

# Whether what was red is green there without the fix.
IsMended = Callable[[Proof, Patch], bool]


# Branches that GitHub's merge queue makes for its own builds, and that nobody else may write.
QUEUE = "gh-readonly-queue/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispatch:
    """What delivery needs."""

    build: Build
    repository: Repository  # has all objects; fix commits are made in it
    remote: Remote
    config: Config
    mode: DeliverMode  # what this run may deliver; never more than the configuration asks for
    redactor: Redactor
    keep_folder: Path  # where a patch is kept that could not be pushed
    context: CiContext = field(default_factory=CiContext)
    forge: Forge | None = None
    starts_ci: bool | None = None  # whether pushes with this run's token start CI; None where that is not known
    prove_again: ProveAgain | None = None  # None where nothing of the repository may run
    is_mended: IsMended | None = None  # likewise

    @property
    def head(self) -> str:
        """The branch's tip, where the red commit is a merge made by the forge; else ""."""
        head = self.build.head or self.context.head_commit
        return head if head != self.build.commit else ""

    @property
    def red_branch(self) -> str:
        """The branch that is red and that fixes may go to; "" where there is none, as for a tag or a fork."""
        branch = self.build.branch or self.context.branch
        return "" if self.context.is_fork or branch.startswith(QUEUE) else branch

    @property
    def remote_label(self) -> str:
        return self.remote.label or self.remote.name
