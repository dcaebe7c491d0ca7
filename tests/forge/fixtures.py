"""The fixtures of the loopback forge.

``forge`` is checked by GitHub's description wherever that is at hand (a slow test fetches it by npm,
and the cache of pytest keeps it); ``checked_forge`` always is, and skips its test where it cannot be.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from tests.forge import openapi
from tests.forge.github import all_routes
from tests.forge.openapi import trim
from tests.forge.server import LoopbackForge
from tests.npm import Install

DAY_S = 24 * 3600
PACKAGE = "@octokit/openapi@23.0.2"


@pytest.fixture(scope="session")
def trimmed_spec(request: pytest.FixtureRequest) -> Path:
    """Where the part of GitHub's description is kept that the forge's endpoints use; it need not be there."""
    assert request.config.cache is not None
    routes = sorted(f"{route.method} {route.pattern}" for route in all_routes().all)
    rules = Path(openapi.__file__).read_text()
    key = sha256("\n".join([PACKAGE, *routes, rules]).encode()).hexdigest()[:16]
    return Path(request.config.cache.mkdir("github-openapi")) / f"{key}.json"


@pytest.fixture(scope="session")
def github_spec(trimmed_spec: Path, node_modules: Install) -> Path:
    """The same, fetched if need be; for slow tests."""
    if not trimmed_spec.is_file():
        whole = node_modules(PACKAGE) / "@octokit/openapi/generated/api.github.com.json"
        text = json.dumps(trim(json.loads(whole.read_text()), all_routes().all))
        draft = trimmed_spec.with_name(f"{trimmed_spec.name}.{id(text)}")
        draft.write_text(text)
        for old in trimmed_spec.parent.glob("*.json"):
            if time.time() - old.stat().st_mtime > DAY_S:  # another run may be at a younger one
                old.unlink(missing_ok=True)
        draft.replace(trimmed_spec)
    return trimmed_spec


@pytest.fixture
def forge(tmp_path: Path, trimmed_spec: Path) -> Iterator[LoopbackForge]:
    with LoopbackForge(tmp_path / "forge", spec=trimmed_spec if trimmed_spec.is_file() else None) as running:
        yield running
    assert not running.violations, "\n".join(running.violations)


@pytest.fixture
def checked_forge(tmp_path: Path, github_spec: Path) -> Iterator[LoopbackForge]:
    with LoopbackForge(tmp_path / "forge", spec=github_spec) as running:
        yield running
    assert not running.violations, "\n".join(running.violations)
