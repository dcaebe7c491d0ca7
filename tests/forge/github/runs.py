"""Workflow runs: jobs, logs, artifacts."""

from __future__ import annotations

from tests.forge.wire import Routes

ROUTES = Routes()
