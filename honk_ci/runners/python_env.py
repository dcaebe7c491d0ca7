"""Which Python runs the project's tests: the project's own, never the one that honk happens to run in."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from honk_ci.errors import RunnerError
from honk_ci.process import Command, run
from honk_ci.runners.places import ci_texts

PROBE_TIMEOUT_S = 20.0

_VENV_NAMES = (".venv", "venv", "env", ".env", "virtualenv")
_FIND_PYTEST = "import importlib.util, sys; sys.exit(importlib.util.find_spec('pytest') is None)"

# Tools that keep a project's environment elsewhere, and how each of them names its folder.
_ENV_QUERIES = {
    "poetry.lock": ("poetry", "env", "info", "--path"),
    "Pipfile.lock": ("pipenv", "--venv"),
    "pdm.lock": ("pdm", "venv", "--path", "in-project"),
}

_AS_MODULE = re.compile(r"-m[\s\"',]+pytest\b")
_AS_SCRIPT = re.compile(r"(?:^|[\s\"'`;&|(])(?:pytest|py\.test)(?=[\s\"'`;&|)]|$)", re.MULTILINE)
_OTHER_USES = re.compile(
    r"install|\bdeps\b|requires|name:|uses:|^\s*#|^\s*-?\s*pytest\s*$|pytest\s*[=<>~]", re.IGNORECASE
)


class PytestLauncher:
    """Finds how pytest is started for a project.

    Looked up when a command is built, since a set-up command may have made the environment in
    between; files and PATH decide, and an interpreter is asked only where they cannot.
    """

    def __init__(self, folders: tuple[Path, ...], *, environ: Mapping[str, str]) -> None:
        """``folders`` may hold the project's environment, the nearest first."""
        self._folders = folders
        self._environ = environ
        self._answers: dict[tuple[str, ...], str | None] = {}
        self._as_script = _calls_script(folders[-1])

    def words(self) -> tuple[str, ...]:
        """The start of the command line; RunnerError where no Python here has pytest."""
        for python in self._pythons():
            script = python.parent / "pytest"
            if self._as_script and script.is_file():
                return (str(script),)
            return (str(python), "-m", "pytest")
        alone = shutil.which("pytest", path=self._environ.get("PATH"))
        if alone and "/.pyenv/shims/" not in alone:
            return (alone,)
        raise RunnerError(
            "no Python of this project can import pytest",
            hint="install the test dependencies (--setup-command), or say how the tests are run (--test-command)",
        )

    def _pythons(self) -> Iterator[Path]:
        """Interpreters that have pytest, the likeliest first."""
        for prefix in self._prefixes():
            python = prefix / "bin" / "python"
            if python.exists() and self._prefix_has_pytest(prefix, python):
                yield python
        for name in ("python3", "python"):
            found = shutil.which(name, path=self._environ.get("PATH"))
            if found and self._can_import_pytest(found):
                yield Path(found)

    def _prefixes(self) -> Iterator[Path]:
        """Virtual environments: the active one, those of the checkout, those that a tool keeps elsewhere."""
        active = [
            Path(self._environ[name]) for name in ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT") if self._environ.get(name)
        ]
        yield from (self._folders[0] / prefix for prefix in active if prefix != Path(sys.prefix))
        for folder in self._folders:
            yield from (folder / name for name in _VENV_NAMES)
        for folder in self._folders:
            yield from sorted(folder.glob(".tox/py*")) + sorted(folder.glob(".nox/*"))
            yield from self._kept_elsewhere(folder)
        yield from active  # honk's own environment, where that is the active one and no other was found

    def _kept_elsewhere(self, folder: Path) -> Iterator[Path]:
        for lock, query in _ENV_QUERIES.items():
            if (folder / lock).is_file() and shutil.which(query[0], path=self._environ.get("PATH")):
                answer = self._ask(query, folder)
                if answer:
                    yield Path(answer.strip().splitlines()[-1])

    def _prefix_has_pytest(self, prefix: Path, python: Path) -> bool:
        if (prefix / "bin" / "pytest").exists() or any(prefix.glob("lib/python3*/site-packages/pytest")):
            return True
        try:
            settings = (prefix / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return False
        shares = re.search(r"include-system-site-packages\s*=\s*true", settings)
        return bool(shares) and self._can_import_pytest(str(python))

    def _can_import_pytest(self, python: str) -> bool:
        return self._ask((python, "-c", _FIND_PYTEST), self._folders[0]) is not None

    def _ask(self, words: tuple[str, ...], folder: Path) -> str | None:
        """What a command prints, None when it fails; good answers are remembered."""
        if self._answers.get(words) is None:
            # stderr would mix with the answer; these tools warn there
            quiet = Command(argv=("sh", "-c", '"$@" 2>/dev/null', "sh", *words))
            done = run(quiet, cwd=folder, env=dict(self._environ), timeout_s=PROBE_TIMEOUT_S)
            self._answers[words] = done.output if done.ok else None
        return self._answers[words]


def _calls_script(folder: Path) -> bool:
    """Whether the project's CI calls ``pytest`` itself and never ``python -m pytest``.

    The two differ: only the latter puts the current folder on the import path, which some projects
    need and others (with compiled modules) cannot stand. Where nothing is said, the latter is used.
    """
    texts = list(ci_texts(folder))
    if any(_AS_MODULE.search(text) for text in texts):
        return False
    lines = [line for text in texts for line in text.splitlines()]
    return any(_AS_SCRIPT.search(line) and not _OTHER_USES.search(line) for line in lines)
