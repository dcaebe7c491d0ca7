"""GitHub's side of the loopback forge; one module a group of endpoints."""

from __future__ import annotations

from tests.forge.github.api import GitHubApi, all_routes

__all__ = ["GitHubApi", "all_routes"]
