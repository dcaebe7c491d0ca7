"""The loopback forge: real git over HTTP, GitHub's and GitLab's API with state, faults on purpose."""

from __future__ import annotations

from tests.forge.events import Event, checkout, github_environ
from tests.forge.server import LoopbackForge
from tests.forge.state import ALL_RIGHTS, Comment, Job, Project, PullRequest, Run, Token
from tests.forge.wire import Seen

__all__ = [
    "ALL_RIGHTS",
    "Comment",
    "Event",
    "Job",
    "LoopbackForge",
    "Project",
    "PullRequest",
    "Run",
    "Seen",
    "Token",
    "checkout",
    "github_environ",
]
