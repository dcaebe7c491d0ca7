"""What holds for every test: no CI variables, a home of its own, a fixed git identity."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.forge.fixtures import checked_forge, forge, github_spec, trimmed_spec
from tests.npm import node_modules
from tests.repos import Repo

__all__ = ["checked_forge", "forge", "github_spec", "node_modules", "trimmed_spec"]

# honk's own tests run inside CI: what CI exports must not steer what they test.
CI_PREFIXES = ("CI", "GITHUB_", "GITLAB_", "RUNNER_", "ANTHROPIC_", "HONK_", "GIT_", "PYTEST_ADDOPTS", "ACTIONS_")


@pytest.fixture(autouse=True)
def clean_environ(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in list(os.environ):
        if name.startswith(CI_PREFIXES):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    # Projects of the tests are run by this interpreter's tools, as in an activated environment.
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    # A pytest that a test starts would tidy up what other runs of this user have left, for half a minute.
    monkeypatch.setenv("PYTEST_DEBUG_TEMPROOT", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
    (home / ".gitconfig").write_text("[user]\n\tname = Test\n\temail = test@example.invalid\n")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """An empty repository on branch ``main``."""
    return Repo.create(tmp_path / "repo")
