"""The repository's own checks: the registry of tools, and which of them a repository uses."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from pathlib import Path, PurePosixPath

from honk_ci.verifiers.black import Black
from honk_ci.verifiers.eslint import ESLint
from honk_ci.verifiers.flake8 import Flake8
from honk_ci.verifiers.go import Gofmt, GoVet
from honk_ci.verifiers.interface import Verifier, VerifierKind
from honk_ci.verifiers.isort import Isort
from honk_ci.verifiers.mypy import Mypy
from honk_ci.verifiers.pre_commit import PreCommit
from honk_ci.verifiers.prettier import Prettier
from honk_ci.verifiers.project import Project
from honk_ci.verifiers.pyright import Pyright
from honk_ci.verifiers.ruff import Ruff, RuffFormat
from honk_ci.verifiers.several import Several
from honk_ci.verifiers.tsc import Tsc

# In the order in which they run: linters before formatters, because what a linter's fix leaves
# behind is the formatter's to lay out; the slow ones last.
_KINDS: tuple[VerifierKind, ...] = (
    Ruff(), Isort(), ESLint(), Flake8(), RuffFormat(), Black(), Prettier(), Gofmt(), GoVet(), Tsc(), Mypy(), Pyright(),
    PreCommit(),
)  # fmt: skip
VERIFIER_KINDS: Mapping[str, VerifierKind] = {kind.name: kind for kind in _KINDS}

# Where the parts of a repository may be configured on their own, and where nobody looks.
SEARCH_DEPTH = 2
MOST_FOLDERS = 200
_MARKS = frozenset({"pyproject.toml", "setup.cfg", "mypy.ini", "package.json", "tsconfig.json", "go.mod", "tox.ini"})
_SKIPPED = frozenset({"node_modules", "vendor", "venv", "env", "virtualenv", "site-packages", "dist", "build", "target",
                      "test", "tests", "testdata", "fixtures", "__tests__", "examples", "templates"})  # fmt: skip


def detect_verifiers(repo: Path, environ: Mapping[str, str], *, named: Collection[str] = ()) -> tuple[Verifier, ...]:
    """The tools that the repository configures, or that ``named`` names, and that are installed here.

    ``named`` is for tools of which a log tells although no file of the repository does.
    """
    top = Project(repo, environ=environ)
    quiet_top = Project(repo, environ=environ, reads_recipes=False)
    parts = [Project(repo, environ=environ, home=home) for home in _parts(repo)]
    found = []
    for kind in VERIFIER_KINDS.values():
        verifier = _at_top(kind, quiet_top, top) or _in_parts(kind, parts)
        if verifier is None and (kind.name in named or kind.configured(top)):
            verifier = kind.bind(top)
        found.append(verifier)
    return tuple(verifier for verifier in found if verifier is not None)


def _at_top(kind: VerifierKind, quiet_top: Project, top: Project) -> Verifier | None:
    """The tool where a file of its own configures it at the top.

    That a recipe or a CI file there calls it says less: it may do so in one of the parts.
    """
    return kind.bind(top) if kind.configured(quiet_top) else None


def _in_parts(kind: VerifierKind, parts: list[Project]) -> Verifier | None:
    chosen = [part for part in parts if kind.configured(part)]
    bound = [verifier for part in _outermost(chosen) if (verifier := kind.bind(part)) is not None]
    if len(bound) <= 1:
        return bound[0] if bound else None
    return Several(parts=tuple(bound))


def _outermost(parts: list[Project]) -> list[Project]:
    homes = [PurePosixPath(part.home) for part in parts]
    return [part for part, home in zip(parts, homes, strict=True) if not set(home.parents) & set(homes)]


def _parts(repo: Path) -> list[str]:
    """Folders near the top with a configuration of their own, relative to ``repo``."""
    return list(islice(_marked(repo, "", SEARCH_DEPTH), MOST_FOLDERS))


def _marked(folder: Path, home: str, depth: int) -> Iterator[str]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    if home and any(entry.name in _MARKS for entry in entries):
        yield home
    for entry in entries if depth else ():
        if entry.is_dir(follow_symlinks=False) and entry.name not in _SKIPPED and not entry.name.startswith("."):
            yield from _marked(Path(entry.path), f"{home}/{entry.name}".lstrip("/"), depth - 1)
