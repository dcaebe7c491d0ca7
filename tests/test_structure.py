"""The floors of the house: who may import whom, and what the command line may load."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import honk_ci

PACKAGE = Path(honk_ci.__file__).parent

# Top to bottom. A module may import from its own floor and from those below. A name stands for
# itself and everything in it; the longest name that fits a module says where it lives.
FLOORS = (
    ("honk_ci.__main__", "honk_ci.reference"),  # starters: the command, and the writer of the reference pages
    ("honk_ci.cli",),
    ("honk_ci.pipeline", "honk_ci.bundle_pipeline"),
    ("honk_ci.stages",),
    ("honk_ci.healers", "honk_ci.checks"),
    ("honk_ci.workspaces", "honk_ci.verifiers", "honk_ci.memory", "honk_ci.setup_files"),
    ("honk_ci.runners", "honk_ci.git", "honk_ci.git_call", "honk_ci.remote", "honk_ci.outbox"),
    (
        "honk_ci.forges",
        "honk_ci.reports",
        "honk_ci.config",
        "honk_ci.config_file",
        "honk_ci.config_rules",
        "honk_ci.config_schema",
        "honk_ci.config_types",
        "honk_ci.process",
        "honk_ci.progress",
        "honk_ci.meter",
        "honk_ci.demo_project",
        "honk_ci.testing",
    ),
    (
        "honk_ci.domain",
        "honk_ci.patch",
        "honk_ci.paths",
        "honk_ci.flakes",
        "honk_ci.text",
        "honk_ci.errors",
        "honk_ci.redact",
        "honk_ci.cilog",
    ),
)

# Plug-ins of one kind do not know each other: only the registry of their folder names them.
PLUG_INS = (
    "honk_ci.healers.autofix",
    "honk_ci.healers.search",
    "honk_ci.healers.agent",
    "honk_ci.healers.earlier",
)

# Packages of the outside world, and the parts of the house that may import them.
OWNERS: Mapping[str, tuple[str, ...]] = {
    "click": ("honk_ci.cli", "honk_ci.reference"),
    "rich": ("honk_ci.cli",),
    "anthropic": ("honk_ci.healers.agent",),
    "httpx2": ("honk_ci.healers.agent",),
    "junitparser": ("honk_ci.reports",),
    "requests": ("honk_ci.forges",),
    "yaml": ("honk_ci.config_file", "honk_ci.checks.integrity", "honk_ci.setup_files", "honk_ci.cli.checkup"),
    "pydantic": ("honk_ci.config_schema",),
}

_PART = re.compile(r"honk_ci(?:\.\w+)+:\w+")  # as registries name what is imported when it is needed

# What no path through the command line loads before it is needed.
HEAVY = ("anthropic", "pydantic", "rich", "yaml", "junitparser", "requests")

# What of the house a run loads once it is needed: most runs find nothing to heal, or nobody to tell.
LATER = (
    "honk_ci.checks.integrity.review",
    "honk_ci.forges.http",
    "honk_ci.memory",
    "honk_ci.outbox",
    "honk_ci.stages.announce.stage",
    "honk_ci.stages.bundle",
    "honk_ci.stages.deliver.stage",
    "honk_ci.stages.triage.stage",
    "honk_ci.verifiers",
)


def test_every_module_has_a_floor() -> None:
    homeless = [module for module in _sources() if module != "honk_ci" and _floor(module) is None]

    assert homeless == []


def test_no_import_runs_upward() -> None:
    upward = [
        f"{module}:{line} imports {target}"
        for module in _sources()
        for line, target in _own_imports(module)
        if (_floor(target) or 0) < (_floor(module) or 0)
    ]

    assert upward == []


def test_nothing_imports_in_a_circle_at_module_level() -> None:
    graph = {module: {target for _, target in _own_imports(module, top_level_only=True)} for module in _sources()}

    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_healers_do_not_know_each_other() -> None:
    crossings = [
        f"{module}:{line} imports {target}"
        for module in _sources()
        for line, target in _own_imports(module)
        for mine, other in ((_within(module, PLUG_INS), _within(target, PLUG_INS)),)
        if mine and other and mine != other
    ]

    assert crossings == []


@pytest.mark.parametrize("package", OWNERS)
def test_a_package_is_imported_by_its_owners_alone(package: str) -> None:
    strangers = [
        f"{module}:{line}"
        for module in _sources()
        for line, name in _imports(module)
        if name.split(".")[0] == package and not _within(module, OWNERS[package])
    ]

    assert strangers == []


def test_stages_know_no_runner_forge_or_service_by_name() -> None:
    concrete = (
        "honk_ci.runners.",
        "honk_ci.forges.github",
        "honk_ci.forges.gitlab",
        "honk_ci.healers.agent",
        "honk_ci.healers.search",
        "honk_ci.healers.autofix",
        "honk_ci.healers.earlier",
    )
    known = [
        f"{module}:{line} imports {target}"
        for module in _sources()
        if module.startswith(("honk_ci.stages", "honk_ci.pipeline", "honk_ci.bundle_pipeline"))
        for line, target in _own_imports(module)
        if target.startswith(concrete) and not target.endswith(".interface")
    ]

    assert known == []


def test_parts_that_are_named_in_texts_exist() -> None:
    """Commands and healers are imported by name when they are called; mypy does not see those names."""
    named = {
        node.value
        for tree in _sources().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _PART.fullmatch(node.value)
    }

    for name in named:
        module, attribute = name.split(":")
        assert hasattr(importlib.import_module(module), attribute), name
    assert len(named) >= 7


@pytest.mark.parametrize("arguments", [["--help"], ["heal", "--help"], ["doctor", "--help"], ["--version"]])
def test_the_command_line_starts_light(arguments: list[str]) -> None:
    script = (
        "import sys\n"
        "from honk_ci.cli import main\n"
        "main(sys.argv[1:], standalone_mode=False)\n"
        f"print('loaded', *sorted(set(sys.modules) & set({HEAVY!r})))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout.splitlines()[-1] == "loaded"


def test_the_pipeline_and_all_its_parts_load_light() -> None:
    script = f"import sys, honk_ci.cli.run\nprint('loaded', *sorted(set(sys.modules) & set({HEAVY + LATER!r})))"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.splitlines()[-1] == "loaded"


# --- reading imports ------------------------------------------------------------------------------


@cache
def _sources() -> Mapping[str, ast.Module]:
    """All modules of the package by name, parsed; what search copies into projects is a program of its own."""
    found = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        if "inproject" in file.parts:
            continue
        parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(file.read_bytes(), str(file))
    return found


@cache
def _imports(module: str, *, top_level_only: bool = False) -> tuple[tuple[int, str], ...]:
    """Line and full name of everything that a module imports; ``from a import b`` gives ``a.b``."""
    return tuple(_read_imports(module, top_level_only=top_level_only))


def _read_imports(module: str, *, top_level_only: bool) -> Iterator[tuple[int, str]]:
    for node in _nodes(_sources()[module], top_level_only=top_level_only):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: imports are absolute here"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def _own_imports(module: str, *, top_level_only: bool = False) -> Iterator[tuple[int, str]]:
    """The modules of the package among them."""
    for line, name in _imports(module, top_level_only=top_level_only):
        if name.split(".")[0] == "honk_ci":
            target = name if name in _sources() else name.rpartition(".")[0]
            if target not in {"honk_ci", module}:
                yield line, target


def _nodes(tree: ast.Module, *, top_level_only: bool) -> Iterator[ast.AST]:
    """All nodes, or those that run when the module is imported and are no business of type checkers alone."""
    if not top_level_only:
        yield from ast.walk(tree)
        return
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or _is_for_type_checkers(node):
            continue
        waiting += ast.iter_child_nodes(node)


def _is_for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _floor(module: str) -> int | None:
    """0 is the top."""
    named = [name for floor in FLOORS for name in floor]
    home = _within(module, named)
    return next((number for number, floor in enumerate(FLOORS) if home in floor), None)


def _within(module: str, names: tuple[str, ...] | list[str]) -> str:
    fitting = [name for name in names if module == name or module.startswith(f"{name}.")]
    return max(fitting, key=len, default="")
