"""What a repository says about its tools, and where they are installed."""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

READ_CAP_BYTES = 2_000_000

VENV_FOLDERS = (".venv", "venv", "env", ".env", "virtualenv")
VENV_VARIABLES = ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "CONDA_PREFIX")

# Files in which a repository writes down the commands that it runs.
_RECIPES = ("Makefile", "makefile", "GNUmakefile", "justfile", "tox.ini", "noxfile.py", ".gitlab-ci.yml", "package.json",
            "azure-pipelines.yml", ".travis.yml", ".circleci/config.yml", "Taskfile.yml")  # fmt: skip
_HOOK_ID = re.compile(r"(?:^|[\s{,-])id:\s*[\"']?([\w.-]+)", re.MULTILINE)
_PLAIN_WORD = re.compile(r"[\w./=:,-]+")
_INSTALLS = re.compile(r"\b(install|add|dependenc|require)", re.IGNORECASE)


class Project:
    """One folder of a repository that may configure tools; each file is read once.

    ``home`` is the folder, relative to the repository, "" for its top. Nothing is run, and files
    that cannot be read or parsed count as absent: a broken config is the tool's own to report.
    """

    def __init__(self, root: Path, *, environ: Mapping[str, str], home: str = "", reads_recipes: bool = True) -> None:
        """Without ``reads_recipes`` the project counts as calling no tool."""
        self.root = root
        self.home = home
        self.folder = root / home
        self.environ = environ
        self._reads_recipes = reads_recipes

    # --- what is configured --------------------------------------------------------------------

    def has(self, *names: str) -> bool:
        return any((self.folder / name).is_file() for name in names)

    @cached_property
    def pyproject(self) -> Mapping[str, Any]:
        text = read_text(self.folder / "pyproject.toml")
        if not text:
            return {}
        import tomllib

        try:
            return tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError):
            return {}

    def tool_table(self, name: str) -> Mapping[str, Any] | None:
        """The ``[tool.NAME]`` table of pyproject.toml."""
        tools = self.pyproject.get("tool")
        table = tools.get(name) if isinstance(tools, dict) else None
        return table if isinstance(table, dict) else None

    def ini_section(self, file: str, section: str) -> Mapping[str, str] | None:
        parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
        try:
            parser.read_string(read_text(self.folder / file))
        except configparser.Error:
            return None
        return dict(parser[section]) if parser.has_section(section) else None

    @cached_property
    def package_json(self) -> Mapping[str, Any]:
        try:
            parsed = json.loads(read_text(self.folder / "package.json") or "{}")
        except (ValueError, RecursionError):
            return {}
        return parsed if isinstance(parsed, dict) else {}

    @cached_property
    def hooks(self) -> frozenset[str]:
        """Ids of the hooks in the pre-commit configuration."""
        return frozenset(_HOOK_ID.findall(read_text(self.folder / ".pre-commit-config.yaml")))

    def runs(self, tool: str) -> bool:
        """Whether a recipe or CI file of the folder calls ``tool`` with an argument."""
        return next(self.calls(tool), None) is not None

    def calls(self, tool: str) -> Iterator[tuple[str, ...]]:
        """The arguments of each such call, as far as they are plain words."""
        call = re.compile(rf"(?<![\w.-]){re.escape(tool)}[ \t]+(?=[-.\"'$\w/*])([^;&|<>#\n]*)")
        for line in self._recipe_lines:
            for match in call.finditer(line):
                words = (word.strip("\"',") for word in match[1].split())
                yield tuple(word for word in words if _PLAIN_WORD.fullmatch(word))

    @cached_property
    def _recipe_lines(self) -> tuple[str, ...]:
        if not self._reads_recipes:
            return ()
        workflows = self.folder / ".github" / "workflows"
        recipes = [self.folder / name for name in _RECIPES]
        if workflows.is_dir():
            recipes += sorted(path for path in workflows.iterdir() if path.suffix in {".yml", ".yaml"})
        lines = (line.strip() for recipe in recipes for line in read_text(recipe).splitlines())
        return tuple(line for line in lines if not line.startswith(("#", "//")) and not _INSTALLS.search(line))

    # --- what is installed ---------------------------------------------------------------------

    def python_tool(self, name: str) -> str | None:
        """A program of the project's Python environment, or of the PATH."""
        found = (folder / "bin" / name for folder in self._environments())
        return next((str(path) for path in found if _starts(path)), None) or self.path_tool(name)

    def node_tool(self, name: str) -> str | None:
        """A program of the project's own node_modules, looked for upwards as node does."""
        found = (folder / "node_modules" / ".bin" / name for folder in self._upwards())
        return next((str(path) for path in found if exists(path, os.X_OK)), None)

    def path_tool(self, name: str) -> str | None:
        return shutil.which(name, path=self.environ.get("PATH", os.defpath))

    @cached_property
    def cache_folder(self) -> Path | None:
        """Where a tool may keep its cache: inside the git directory, so never in the tree."""
        git = self.root / ".git"
        if git.is_file():  # a linked work tree or a submodule
            git = self.root / read_text(git).removeprefix("gitdir:").strip()
        if not exists(git, os.W_OK) or not git.is_dir():
            return None
        return git / "honk" / "cache" / self.home

    def _environments(self) -> Iterator[Path]:
        """The active environment, those of the checkout; honk's own at last, where that is what is active."""
        active = [self.root / self.environ[name] for name in VENV_VARIABLES if self.environ.get(name)]
        yield from (prefix for prefix in active if prefix != Path(sys.prefix))
        for folder in self._upwards():
            yield from (folder / name for name in VENV_FOLDERS)
            yield from sorted(folder.glob(".tox/*")) + sorted(folder.glob(".nox/*"))
        yield from active

    def _upwards(self) -> Iterator[Path]:
        """The folder and those around it, up to the top of the repository."""
        yield self.folder
        if self.home:
            yield from (self.root / parent for parent in Path(self.home).parents)


def exists(path: Path, mode: int = os.F_OK) -> bool:
    """Like ``Path.exists``, for names out of files, which may be too long or hold anything."""
    try:
        return os.access(path, mode)
    except ValueError:
        return False


def read_text(path: Path) -> str:
    """The file's text; "" when there is none to be had or it is too large to be configuration."""
    try:
        if not path.is_file() or path.stat().st_size > READ_CAP_BYTES:
            return ""
        return path.read_text("utf-8-sig", "replace")
    except OSError:
        return ""


def _starts(path: Path) -> bool:
    """Whether a program is there with its interpreter: a moved environment leaves scripts that cannot start."""
    if not exists(path, os.X_OK) or path.is_dir():
        return False
    with path.open("rb") as file:
        first = file.readline(1024)
    if not first.startswith(b"#!"):
        return True
    interpreter = os.fsdecode(first[2:].strip().split(b" ")[0])
    return exists(Path(interpreter))
