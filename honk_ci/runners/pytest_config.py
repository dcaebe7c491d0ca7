"""Where pytest finds its settings, and the few of them that change how honk must call it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Without one of these a folder is not taken for a Python project, whatever its files are called.
PROJECT_FILES = (
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "tox.ini",
    "noxfile.py",
    "requirements.txt",
    "Pipfile",
    "pytest.ini",
)

_OWN_FILES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini")  # count even when empty
_SHARED_FILES = ("pyproject.toml", "tox.ini", "setup.cfg")
_TEST_FOLDERS = ("tests", "test", "testing", "unit_tests")
_TEST_FILE = re.compile(r"(?:test_.*|.*_test|tests)\.py")
_LISTED = 5000  # files looked at before a folder of tests counts as holding none


@dataclass(frozen=True, kw_only=True, slots=True)
class PytestConfig:
    """The settings file that pytest uses when it is started in a folder."""

    file: Path | None = None
    addopts: str = ""  # options that every call gets, as one text

    @property
    def measures_coverage(self) -> bool:
        return "--cov" in self.addopts

    @property
    def runs_workers(self) -> bool:
        return bool(re.search(r"(?:^|\s)(?:-n|--numprocesses)", self.addopts))

    @property
    def groups_workers(self) -> bool:
        """Whether xdist appends "@group" to the ids, as it does with several workers only."""
        return "loadgroup" in self.addopts


def read_config(folder: Path) -> PytestConfig:
    """The settings that pytest takes from ``folder`` itself; files that cannot be parsed hold none."""
    for name in _OWN_FILES:
        if (folder / name).is_file():
            return PytestConfig(file=folder / name, addopts=_addopts(_section(folder / name) or {}))
    for name in _SHARED_FILES:
        section = _section(folder / name)
        if section is not None:
            return PytestConfig(file=folder / name, addopts=_addopts(section))
    return PytestConfig()


def is_pytest_project(folder: Path) -> bool:
    """Whether pytest is configured in the folder, or a Python project there has files that pytest collects."""
    if read_config(folder).file is not None or (folder / "conftest.py").is_file():
        return True
    if (folder / "manage.py").is_file():  # Django's own runner sets up what pytest would need a plug-in for
        return False
    tested = _has_tests(folder.glob("*.py")) or any(_has_tests((folder / n).rglob("*.py")) for n in _TEST_FOLDERS)
    return tested and _is_python_project(folder)


def _is_python_project(folder: Path) -> bool:
    """Set up as one, or Python and nothing else: a node project may well keep a Python script with a test."""
    if any((folder / name).is_file() for name in PROJECT_FILES):
        return True
    return not any((folder / name).is_file() for name in ("package.json", "go.mod", "Cargo.toml", "pom.xml"))


def _has_tests(files: Iterable[Path]) -> bool:
    return any(_TEST_FILE.fullmatch(file.name) for file, _ in zip(files, range(_LISTED), strict=False))


def _section(file: Path) -> dict[str, Any] | None:
    """pytest's own section of a settings file, None where it has none."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return _toml_section(text, file.name) if file.suffix == ".toml" else _ini_section(text, file.name)


def _toml_section(text: str, name: str) -> dict[str, Any] | None:
    import tomllib

    try:
        content: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    if name != "pyproject.toml":
        return _table(content, "pytest")
    pytest = _table(_table(content, "tool") or {}, "pytest")
    return None if pytest is None else _table(pytest, "ini_options") or pytest


def _table(content: dict[str, Any], key: str) -> dict[str, Any] | None:
    found = content.get(key)
    return found if isinstance(found, dict) else None


def _ini_section(text: str, name: str) -> dict[str, Any] | None:
    import configparser

    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return None
    section = "tool:pytest" if name == "setup.cfg" else "pytest"
    return dict(parser.items(section)) if parser.has_section(section) else None


def _addopts(section: dict[str, Any]) -> str:
    found = section.get("addopts", "")
    return " ".join(map(str, found)) if isinstance(found, list) else str(found)
