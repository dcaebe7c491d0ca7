"""Where the tests find real tools: honk's own environment, and ones installed for slow tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from honk_ci.git import Repository
from honk_ci.verifiers import detect_verifiers
from honk_ci.verifiers.complaints import complaints
from honk_ci.verifiers.interface import Verifier
from honk_ci.workspaces.in_place import in_place
from honk_ci.workspaces.interface import Workspace
from tests.repos import Repo

TIMEOUT_S = 60.0


def own_tools() -> dict[str, str]:
    """An environment whose activated Python environment is the one of these tests: it has ruff and mypy."""
    if not (Path(sys.prefix) / "bin" / "ruff").exists():
        pytest.skip("ruff is not installed beside the tests")
    return {**os.environ, "VIRTUAL_ENV": sys.prefix}


def detected(repo: Repo, environ: Mapping[str, str] | None = None) -> dict[str, Verifier]:
    found = detect_verifiers(repo.path, environ if environ is not None else own_tools())
    return {verifier.name: verifier for verifier in found}


@contextmanager
def workspace_of(repo: Repo, environ: Mapping[str, str] | None = None) -> Iterator[Workspace]:
    environ = environ if environ is not None else own_tools()
    with in_place(Repository(repo.path, environ=environ), environ=environ) as workspace:
        yield workspace


def keys_of(repo: Repo, verifier: Verifier, environ: Mapping[str, str] | None = None) -> set[str]:
    """What the verifier complains of at the repository's HEAD."""
    with workspace_of(repo, environ) as workspace:
        return set(complaints(verifier, workspace, TIMEOUT_S))
