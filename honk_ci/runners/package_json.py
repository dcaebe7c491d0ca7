"""What package.json says of a project's tests: its scripts taken apart, what is installed where."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from honk_ci.runners.shell_words import simple_words

MARK = "package.json"
DEPTH = 6  # scripts that call scripts that call scripts

_DEPENDENCIES = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
_NO_TEST = re.compile(r"no test specified", re.IGNORECASE)
_CALLS_SCRIPT = re.compile(
    r"(?:npm|pnpm|yarn|bun)\s+(?:(?:run|run-script)\s+)?(?:-s\s+|--silent\s+)?([\w:.@/-]+)((?:\s+.*)?)"
)
_SEQUENCE = re.compile(r"(?:run-s|run-p|npm-run-all|npm-run-all2)\s+(.*)")
# Checks of the code's form are not tests, and red for reasons of their own (honk runs them as verifiers).
_LINT = re.compile(
    r"(?:^|[\s/:])(?:eslint|standard|ts-standard|semistandard|xo|prettier|tslint|stylelint|biome|oxlint|jshint|dtslint"
    r"|lint|lint:\S+|format|check-format|typecheck|type-check|check-types|tsd|publint|attw|knip|depcheck)(?:\s|$|:)"
    r"|tsc\s.*--noEmit|vue-tsc\s.*--noEmit"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Package:
    """One package.json."""

    folder: Path
    scripts: Mapping[str, str] = field(default_factory=dict)
    dependencies: frozenset[str] = frozenset()
    content: Mapping[str, Any] = field(default_factory=dict)

    @property
    def test_script(self) -> str:
        """The script ``test``, "" where there is none or npm's stand-in."""
        script = self.scripts.get("test", "")
        return "" if _NO_TEST.search(script) else script


@dataclass(frozen=True, kw_only=True, slots=True)
class TestStep:
    """The step of a test script that runs the tests, and the steps that must run before it."""

    __test__ = False

    text: str  # as the shell gets it
    before: tuple[str, ...] = ()

    @property
    def words(self) -> list[str] | None:
        return simple_words(self.text)


def read_package(folder: Path) -> Package | None:
    """The folder's package.json; None where there is none that can be read."""
    import json

    try:
        content = json.loads((folder / MARK).read_text(encoding="utf-8-sig", errors="replace"))
    except (OSError, ValueError):
        return None
    if not isinstance(content, dict):
        return None
    scripts = {name: text for name, text in _mapping(content, "scripts").items() if isinstance(text, str)}
    names = frozenset(name for section in _DEPENDENCIES for name in _mapping(content, section))
    return Package(folder=folder, scripts=scripts, dependencies=names, content=content)


def find_steps(package: Package, pattern: re.Pattern[str], *, script: str = "test") -> list[TestStep]:
    """The steps of a script that ``pattern`` finds.

    Linters on the way are left out, and so is what comes after the tests.
    """
    steps = [step for step in _steps(package, script, "", DEPTH) if not _LINT.search(step)]
    hits = [at for at, step in enumerate(steps) if pattern.search(step)]
    return [TestStep(text=steps[at], before=tuple(steps[:at])) for at in hits]


def command_env(package: Package, repo: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """What npm adds for a script: the programs of the project's packages; and no watching, no prompts."""
    folders = [package.folder, *(p for p in package.folder.parents if p == repo or p.is_relative_to(repo))]
    programs = [str(folder / "node_modules" / ".bin") for folder in folders]
    return {"PATH": os.pathsep.join([*programs, environ.get("PATH", os.defpath)]), "CI": "true"}


def joined(step: TestStep, text: str, repo: Path) -> str:
    """The whole script again, with ``text`` for its test step."""
    steps = (*step.before, text)
    if (repo / ".pnp.cjs").is_file():  # yarn's Plug'n'Play: programs are found through yarn alone
        steps = tuple(re.sub(r"^((?:\w+=\S*\s+)*)(?!(?:yarn|npm|pnpm)\s)", r"\1yarn ", one) for one in steps)
    return " && ".join(steps)


def _steps(package: Package, name: str, arguments: str, depth: int) -> Iterator[str]:
    """The commands of a script in order, the scripts it calls put in their place."""
    if depth == 0:
        return
    if f"pre{name}" in package.scripts:
        yield from _steps(package, f"pre{name}", "", depth - 1)
    script = package.scripts.get(name, "")
    commands = _split(f"{script}{arguments}")
    if commands is None:
        yield f"{script}{arguments}"
        return
    for command in commands:
        yield from _expanded(package, command, depth)


def _expanded(package: Package, command: str, depth: int) -> Iterator[str]:
    called = _called_scripts(package, command)
    if not called:
        yield command
    for name, arguments in called:
        yield from _steps(package, name, arguments, depth - 1)


def _called_scripts(package: Package, command: str) -> Sequence[tuple[str, str]]:
    sequence = _SEQUENCE.fullmatch(command)
    if sequence:
        patterns = [word for word in sequence[1].split() if not word.startswith("-")]
        return [(name, "") for pattern in patterns for name in _matching(package, pattern)]
    call = _CALLS_SCRIPT.fullmatch(command)
    if call is None:
        return []
    name = {"t": "test", "tst": "test"}.get(call[1], call[1])
    return [(name, re.sub(r"^\s+--(?=\s|$)", "", call[2]))] if name in package.scripts else []


def _matching(package: Package, pattern: str) -> Sequence[str]:
    expression = re.escape(pattern.strip("'\"")).replace(r"\*\*", ".*").replace(r"\*", "[^:]*")
    return [name for name in package.scripts if re.fullmatch(expression, name)]


def _split(script: str) -> list[str] | None:
    """The commands in a row; None where the shell has more to do than that."""
    commands = [part.strip() for part in re.split(r"&&|;", script)]
    if not all(commands) or any(simple_words(part) is None for part in commands):
        return None
    return commands


def _mapping(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = content.get(key)
    return found if isinstance(found, dict) else {}
