"""GitLab's REST API over the state; python-gitlab is the client that must understand it."""

from __future__ import annotations

from tests.forge.gitlab.api import GitLabApi, all_routes

__all__ = ["GitLabApi", "all_routes"]
