from __future__ import annotations

import stat
import sys
import venv
from pathlib import Path

import pytest

from honk_ci.errors import RunnerError
from honk_ci.runners.python_env import PytestLauncher
from tests.repos import Repo
from tests.runners.runs import environ

SYSTEM_PATH = "/usr/bin:/bin"


def make_venv(path: Path, *, has_pytest: bool = True, shares_system: bool = False) -> Path:
    """A real virtual environment; its pytest is a script that nobody runs here."""
    venv.create(path, with_pip=False, symlinks=True, system_site_packages=shares_system)
    if has_pytest:
        program(path / "bin" / "pytest", "exit 0")
    return path / "bin" / "python"


def program(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def words(repo: Repo, **env: str) -> tuple[str, ...]:
    return PytestLauncher((repo.path,), environ={"PATH": SYSTEM_PATH, **env}).words()


@pytest.mark.parametrize("name", [".venv", "venv"])
def test_the_checkouts_own_environment(repo: Repo, name: str) -> None:
    python = make_venv(repo.path / name)
    assert words(repo, PATH=environ()["PATH"]) == (str(python), "-m", "pytest")


def test_the_active_environment_goes_first(repo: Repo, tmp_path: Path) -> None:
    make_venv(repo.path / ".venv")
    active = make_venv(tmp_path / "active")
    assert words(repo, VIRTUAL_ENV=str(tmp_path / "active"))[0] == str(active)


def test_honks_own_environment_is_not_taken_for_the_projects(repo: Repo) -> None:
    python = make_venv(repo.path / ".venv")
    assert words(repo, VIRTUAL_ENV=sys.prefix)[0] == str(python)


def test_environments_without_pytest_are_passed_over(repo: Repo, tmp_path: Path) -> None:
    make_venv(repo.path / ".venv", has_pytest=False)
    tox = make_venv(repo.path / ".tox" / "py311")
    assert words(repo, VIRTUAL_ENV=str(tmp_path / "gone"))[0] == str(tox)


def test_an_environment_that_shares_the_systems_packages_is_asked(repo: Repo, tmp_path: Path) -> None:
    python = make_venv(repo.path / ".venv", has_pytest=False, shares_system=True)
    folder = tmp_path / "packages"
    (folder / "pytest").mkdir(parents=True)
    (folder / "pytest" / "__init__.py").write_text("")
    assert words(repo, PYTHONPATH=str(folder))[0] == str(python)


@pytest.mark.parametrize(
    ("lock", "tool", "query"),
    [("poetry.lock", "poetry", "env info --path"), ("Pipfile.lock", "pipenv", "--venv")],
)
def test_an_environment_that_a_tool_keeps_elsewhere(
    repo: Repo, tmp_path: Path, lock: str, tool: str, query: str
) -> None:
    python = make_venv(tmp_path / "cache" / "shop-py3.11")
    answer = f'echo "Warning: old config" >&2; [ "$*" = "{query}" ] && echo "{tmp_path}/cache/shop-py3.11"'
    program(tmp_path / "bin" / tool, answer)
    repo.write({lock: ""})
    assert words(repo, PATH=f"{tmp_path}/bin:{SYSTEM_PATH}")[0] == str(python)


def test_a_tool_that_fails_is_passed_over(repo: Repo, tmp_path: Path) -> None:
    program(tmp_path / "bin" / "poetry", "echo broken; exit 1")
    repo.write({"poetry.lock": ""})
    assert words(repo, PATH=f"{tmp_path}/bin:{environ()['PATH']}")[0].endswith("/python3")


def test_an_environment_made_after_detection_is_found(repo: Repo) -> None:
    launcher = PytestLauncher((repo.path,), environ={"PATH": SYSTEM_PATH})
    with pytest.raises(RunnerError, match="no Python"):
        launcher.words()
    python = make_venv(repo.path / ".venv")
    assert launcher.words()[0] == str(python)


def test_pytest_alone_on_the_path(repo: Repo, tmp_path: Path) -> None:
    alone = program(tmp_path / "bin" / "pytest", "exit 0")
    assert words(repo, PATH=f"{tmp_path}/bin:{SYSTEM_PATH}") == (str(alone),)


@pytest.mark.parametrize(
    ("files", "as_script"),
    [
        ({}, False),
        ({".github/workflows/ci.yml": "      - run: pytest -q tests\n"}, True),
        ({".github/workflows/ci.yml": "      - run: pip install pytest pytest-cov\n"}, False),
        ({".github/workflows/ci.yml": "      - name: run pytest now\n"}, False),
        ({".github/workflows/ci.yml": "  run: pytest -q\n", "Makefile": "test:\n\tpython -m pytest\n"}, False),
        ({"tox.ini": "[testenv]\ndeps =\n  pytest\ncommands = pytest {posargs}\n"}, True),
        ({"tox.ini": "[testenv]\ndeps =\n  pytest\n  pytest >= 7\n[pytest]\naddopts = -q\n"}, False),
        ({"noxfile.py": "session.run('python', '-m', 'pytest')\nsession.run('pytest')\n"}, False),
        ({"noxfile.py": "session.run('pytest', 'tests')\n"}, True),
    ],
)
def test_pytest_is_called_as_ci_calls_it(repo: Repo, files: dict[str, str], as_script: bool) -> None:
    python = make_venv(repo.path / ".venv")
    repo.write(files)
    script = (str(python.parent / "pytest"),)
    assert words(repo) == (script if as_script else (str(python), "-m", "pytest"))
