"""Tools that honk's own environment does not have, installed once for all slow tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

INSTALL_TIMEOUT_S = 110
PYTHON_TOOLS = ("black==24.10.0", "isort==5.13.2", "flake8==7.1.1", "pre-commit==4.0.1")
NODE_TOOLS = ("eslint@9.17.0", "@eslint/js@9.17.0", "prettier@3.4.2", "typescript@5.7.2")

HOME = os.environ.get("HOME", "/")  # before the tests get one of their own: where the installers' settings are


@pytest.fixture(scope="session")
def python_tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the Python tools."""
    folder = tmp_path_factory.mktemp("tools") / ".venv"
    _install([sys.executable, "-m", "venv", str(folder)])
    _install([str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", *PYTHON_TOOLS])
    return folder


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A node_modules folder with the JavaScript tools."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed here")
    folder = tmp_path_factory.mktemp("npm")
    (folder / "package.json").write_text("{}")
    options = ("--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts")
    _install(["npm", "install", *options, *NODE_TOOLS], cwd=folder)
    return folder / "node_modules"


def _install(command: Sequence[str], cwd: Path | None = None) -> None:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "HOME": HOME},
        capture_output=True,
        text=True,
        timeout=INSTALL_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"{command[0]} cannot install here: {done.stderr[-300:]}")
