"""How a project's packages are installed in CI, as its lock files and its package files say."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Language = Literal["python", "node", ""]

# The lock file, how its packages are installed, and what commands of the project then begin with.
_PYTHON_LOCKS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("uv.lock", ("python -m pip install uv", "uv sync --locked --all-extras"), "uv run "),
    ("poetry.lock", ("python -m pip install poetry", "poetry install --all-extras"), "poetry run "),
    ("pdm.lock", ("python -m pip install pdm", "pdm install"), "pdm run "),
    ("Pipfile.lock", ("python -m pip install pipenv", "pipenv sync --dev"), "pipenv run "),
)
_NODE_LOCKS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("pnpm-lock.yaml", ("corepack enable", "pnpm install --frozen-lockfile"), "pnpm"),
    ("yarn.lock", ("corepack enable", "yarn install --immutable"), "yarn"),
    ("package-lock.json", ("npm ci",), "npm"),
    ("npm-shrinkwrap.json", ("npm ci",), "npm"),
    ("package.json", ("npm install",), "npm"),
)
# Its environment for the Python at hand, whatever the project's are called; "py" is made from what all have in common.
_TOX = ("python -m pip install tox", "python -m tox run -e py --notest")
_REQUIREMENTS = re.compile(r"(?:(?:dev|tests?|ci)[-_.])?requirements(?:[-_.](?:dev|tests?|testing|ci))?\.txt")
_TEST_GROUP = re.compile(r"(?:dev|tests?|testing|ci)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Packages:
    """How packages are installed."""

    language: Language = ""
    commands: tuple[str, ...] = ()
    prefix: str = ""  # what commands of a Python project begin with, such as "uv run "
    manager: str = "npm"  # what runs the scripts of a Node project
    version: str = ""  # the line by which CI learns the language's version


def node_packages(repo: Path) -> Packages:
    """Of a repository with a package.json."""
    _, commands, manager = next(lock for lock in _NODE_LOCKS if (repo / lock[0]).is_file())
    if manager == "yarn" and not (repo / ".yarnrc.yml").is_file():
        commands = ("yarn install --frozen-lockfile",)  # yarn 1, which runners have
    version = next((name for name in (".nvmrc", ".node-version") if (repo / name).is_file()), "")
    newest = "24" if "corepack enable" in commands else "lts/*"  # Node 25 and later come without corepack
    line = f"node-version-file: {version}" if version else f'node-version: "{newest}"'
    return Packages(language="node", commands=commands, manager=manager, version=line)


def python_packages(repo: Path, *, needs_pytest: bool) -> Packages:
    """Of a Python project; with pytest, where that is what its tests need and nothing names it."""
    project = _pyproject(repo)
    for name, commands, prefix in _PYTHON_LOCKS:
        if (repo / name).is_file():
            return Packages(language="python", commands=commands, prefix=prefix, version=_python_version(repo, project))
    version = _python_version(repo, project)
    installed = [*_requirements(repo), *_itself(repo, project)]
    if needs_pytest and not _names_pytest(repo, installed, project):
        if _tox_has_pytest(repo, project):
            return Packages(language="python", commands=_TOX, prefix=".tox/py/bin/python -m ", version=version)
        installed.append("pytest")
    commands = (f"python -m pip install {' '.join(installed)}",) if installed else ()
    return Packages(language="python", commands=commands, prefix="python -m ", version=version)


def _python_version(repo: Path, project: Mapping[str, Any]) -> str:
    if (repo / ".python-version").is_file():
        return "python-version-file: .python-version"
    return "python-version-file: pyproject.toml" if "requires-python" in _table(project, "project") else ""


def _requirements(repo: Path) -> Iterator[str]:
    for folder in (repo, repo / "requirements"):
        for file in sorted(folder.glob("*.txt")) if folder.is_dir() else ():
            is_named = _REQUIREMENTS.fullmatch(file.name) or (folder != repo and _TEST_GROUP.fullmatch(file.stem))
            if is_named:
                yield f"-r {file.relative_to(repo).as_posix()}"


def _itself(repo: Path, project: Mapping[str, Any]) -> Iterator[str]:
    """The project as a package, with what it says its tests need."""
    if "project" in project or "build-system" in project or (repo / "setup.py").is_file():
        extras = [name for name in _table(project, "project", "optional-dependencies") if _TEST_GROUP.fullmatch(name)]
        yield f"-e '.[{','.join(extras)}]'" if extras else "-e ."
    yield from (f"--group {name}" for name in _table(project, "dependency-groups") if _TEST_GROUP.fullmatch(name))


def _names_pytest(repo: Path, installed: list[str], project: Mapping[str, Any]) -> bool:
    files = [repo / words.removeprefix("-r ") for words in installed if words.startswith("-r ")]
    texts = [file.read_text(encoding="utf-8", errors="replace") for file in files]
    groups = [_table(project, "project", "optional-dependencies"), _table(project, "dependency-groups")]
    needed = [values for group in groups for name, values in group.items() if _TEST_GROUP.fullmatch(name)]
    return any("pytest" in text for text in [*texts, *map(str, needed)])


def _tox_has_pytest(repo: Path, project: Mapping[str, Any]) -> bool:
    """Whether what the tests need stands in the config of tox, which nothing but tox installs."""
    file = repo / "tox.ini"
    text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else str(_table(project, "tool", "tox"))
    return "pytest" in text and any(table in text for table in ("testenv", "env_run_base", "legacy_tox_ini"))


def _pyproject(repo: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads((repo / "pyproject.toml").read_text(encoding="utf-8", errors="replace"))
    except (OSError, tomllib.TOMLDecodeError):
        return {}


def _table(value: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    for name in path:
        found = value.get(name)
        value = found if isinstance(found, dict) else {}
    return value
