"""What a change of a manifest does to what is installed, told apart from its other settings."""

from __future__ import annotations

import ast
import configparser
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from honk_ci.patch import FileChange

_PYPROJECT = (
    "project.dependencies", "project.optional-dependencies", "project.requires-python", "build-system",
    "dependency-groups", "tool.poetry.dependencies", "tool.poetry.dev-dependencies", "tool.poetry.group",
    "tool.poetry.source", "tool.poetry.extras", "tool.uv", "tool.pdm.dev-dependencies", "tool.pdm.source",
    "tool.pixi", "tool.flit.metadata.requires",
)  # fmt: skip
_PACKAGE_JSON = (
    "dependencies", "devDependencies", "peerDependencies", "optionalDependencies", "bundledDependencies",
    "bundleDependencies", "overrides", "resolutions", "engines", "packageManager", "pnpm", "workspaces",
)  # fmt: skip
_CARGO = ("dependencies", "dev-dependencies", "build-dependencies", "target", "patch", "replace", "workspace")
_COMPOSER = ("require", "require-dev", "repositories", "replace", "config")
_SETUP_CFG = {"install_requires", "setup_requires", "tests_require", "python_requires", "dependency_links"}
_SETUP_PY = frozenset({*_SETUP_CFG, "extras_require"})
# Manifests that are programs: a line counts when it speaks of what is installed.
_SPEAKS_OF_PACKAGES = re.compile(
    r"dependenc|implementation|\bapi\b|compileOnly|runtimeOnly|artifactId|groupId|version|repositor|PackageReference|"
    r"\bgem\b|\bdep\b|libraryDependencies|maven|url|path|git\b|source\b|requires?\b|plugin",
    re.IGNORECASE,
)
_LIFECYCLE = ("preinstall", "install", "postinstall", "prepare", "prepublish", "preprepare", "postprepare")


def dependency_change(change: FileChange) -> str:
    """What the change does to the dependencies, one phrase; "" when it leaves them as they were."""
    name = change.path.rpartition("/")[2].lower()
    try:
        if name == "pyproject.toml":
            return _table_change(_toml(change.before), _toml(change.after), _PYPROJECT) or _hatch_change(change)
        if name == "cargo.toml":
            return _table_change(_toml(change.before), _toml(change.after), _CARGO)
        if name in {"package.json", "composer.json"}:
            keys = _PACKAGE_JSON if name == "package.json" else _COMPOSER
            return _table_change(_json(change.before), _json(change.after), keys)
        if name == "setup.cfg":
            return _setup_cfg_change(change)
        if name == "setup.py":
            return _setup_py_change(change)
    except (ValueError, SyntaxError, configparser.Error, RecursionError):
        return "it cannot be read, so that what it installs cannot be compared"
    return _line_change(change, whole=name.endswith((".txt", ".in", ".mod", ".lock", "version", "nvmrc")))


def lifecycle_change(change: FileChange) -> str:
    """The scripts of a package.json that run by themselves on installation and are not as they were."""
    if change.path.rpartition("/")[2] != "package.json":
        return ""
    try:
        before, after = _json(change.before).get("scripts"), _json(change.after).get("scripts")
    except ValueError:
        return ""
    old, new = (scripts if isinstance(scripts, dict) else {} for scripts in (before, after))
    return ", ".join(f"scripts.{name}" for name in _LIFECYCLE if old.get(name) != new.get(name))


def _toml(content: bytes | None) -> dict[str, Any]:
    return tomllib.loads((content or b"").decode("utf-8", "replace"))


def _json(content: bytes | None) -> dict[str, Any]:
    value = json.loads((content or b"{}").decode("utf-8-sig", "replace"))
    return value if isinstance(value, dict) else {}


def _table_change(before: Mapping[str, Any], after: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    changed = [key for key in keys if _at(before, key) != _at(after, key)]
    return f"{', '.join(changed)} changed" if changed else ""


def _at(table: Mapping[str, Any], key: str) -> Any:
    value: Any = table
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value or None


def _hatch_change(change: FileChange) -> str:
    """Dependencies of hatch's environments, which are spread over many tables."""
    before, after = (_at(_toml(content), "tool.hatch.envs") or {} for content in (change.before, change.after))
    keys = ("dependencies", "extra-dependencies", "features", "python")
    for name in {*before, *after}:
        old, new = before.get(name) or {}, after.get(name) or {}
        if any(old.get(key) != new.get(key) for key in keys):
            return f"tool.hatch.envs.{name} changed"
    return ""


def _setup_cfg_change(change: FileChange) -> str:
    before, after = (_ini(content) for content in (change.before, change.after))
    for section in {*before.sections(), *after.sections()}:
        old, new = (dict(p[section]) if p.has_section(section) else {} for p in (before, after))
        keys = {*old, *new} if section == "options.extras_require" else _SETUP_CFG
        changed = sorted(key for key in keys if old.get(key) != new.get(key))
        if changed and section.startswith("options"):
            return f"{', '.join(changed)} changed"
    return ""


def _ini(content: bytes | None) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string((content or b"").decode("utf-8", "replace"))
    return parser


def _setup_py_change(change: FileChange) -> str:
    before, after = (dict(_setup_arguments(content)) for content in (change.before, change.after))
    changed = sorted(key for key in _SETUP_PY if before.get(key) != after.get(key))
    return f"{', '.join(changed)} changed" if changed else ""


def _setup_arguments(content: bytes | None) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(content or b"")):
        if isinstance(node, ast.keyword) and node.arg in _SETUP_PY:
            yield node.arg, ast.dump(node.value)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id.lower(), ast.dump(node.value)


def _line_change(change: FileChange, *, whole: bool) -> str:
    before, after = (_lines(content) for content in (change.before, change.after))
    changed = [line for line in (*before, *after) if (line in before) != (line in after)]
    telling = changed if whole else [line for line in changed if _SPEAKS_OF_PACKAGES.search(line)]
    return f"`{telling[0][:80]}` changed" if telling else ""


def _lines(content: bytes | None) -> dict[str, None]:
    """The lines that say something, in order."""
    text = (content or b"").decode("utf-8", "replace")
    lines = (re.sub(r"\s*(?:(?<!:)//|(?<!\S)#).*", "", line).strip() for line in text.splitlines())
    return dict.fromkeys(line for line in lines if line)
