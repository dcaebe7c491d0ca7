"""Packages of npm, installed once for all tests that need them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Install = Callable[..., Path]


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Install:
    """A function that gives the node_modules folder with packages of exact versions; skips where it cannot."""
    done: dict[tuple[str, ...], Path] = {}

    def install(*packages: str) -> Path:
        if shutil.which("npm") is None:
            pytest.skip("npm is not installed here")
        if packages not in done:
            done[packages] = _install(tmp_path_factory.mktemp("npm"), packages)
        return done[packages]

    return install


def _install(folder: Path, packages: tuple[str, ...]) -> Path:
    (folder / "package.json").write_text('{"name": "packages", "version": "1.0.0"}')
    options = ["--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1"]
    try:
        done = subprocess.run(
            ["npm", "install", *options, *packages],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.skip("npm install takes too long here")
    if done.returncode:
        pytest.skip(f"npm cannot install {' '.join(packages)} here: {done.stderr[-300:]}")
    return folder / "node_modules"
