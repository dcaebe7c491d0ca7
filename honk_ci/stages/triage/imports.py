"""Modules and names that could not be imported: whose they are, and so what kind of fault it is."""

from __future__ import annotations

import difflib
import posixpath
import re
import sys
from dataclasses import dataclass

from honk_ci.domain import Cause, FindingKind
from honk_ci.paths import is_test_path
from honk_ci.stages.triage.changes import Changes
from honk_ci.stages.triage.modules import Modules
from honk_ci.stages.triage.symptoms import Symptom
from honk_ci.stages.triage.tree import Tree

MANIFESTS_CAP = 300  # packages of one workspace

_MISSING = (
    re.compile(r"No module named '?(?P<name>[\w.]+)'?(?P<shadowed>; '[\w.]+' is not a package)?"),
    re.compile(r"Cannot find (?:module|package) '(?P<name>[^'\n]+)'(?: (?:imported )?from '(?P<importer>[^'\n]+)')?"),
    re.compile(r"(?:Failed to resolve|Could not resolve) (?:import )?\"(?P<name>[^\"\n]+)\"(?: from \"(?P<importer>[^\"\n]+)\")?"),
    re.compile(r"Cannot resolve module '(?P<name>[^'\n]+)'"),
    re.compile(r"(?:no required module provides package|cannot find package) \"?(?P<name>[\w./-]+)"),
    re.compile(r"cannot load such file -- (?P<name>[\w./-]+)"),
    re.compile(r"(?:NoClassDefFoundError|ClassNotFoundException): (?P<name>[\w./$]+)"),
    re.compile(r"can't find crate for `(?P<name>\w+)`"),
)  # fmt: skip
_MISSING_NAME = re.compile(
    r"cannot import name '(?P<name>\w+)' from (?P<partial>partially initialized module )?'(?P<module>[\w.]+)'"
)
_MISSING_ATTRIBUTE = re.compile(
    r"(?:partially initialized )?module '(?P<module>[\w.]+)' has no attribute '(?P<name>\w+)'"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Missing:
    """A module, or a name of a module, that could not be had."""

    module: str
    name: str = ""  # the missing name, "" where the module itself is missing
    importer: str = ""  # file of the repository that asks for it
    is_shadowed: bool = False  # another thing of that name is in the way, or imports run in a circle


def missing_import(symptom: Symptom, tree: Tree) -> Missing | None:
    """What could not be imported, where that is what the symptom says."""
    if symptom.is_assertion:
        return None
    if found := _MISSING_NAME.search(symptom.statement) or _MISSING_ATTRIBUTE.search(symptom.statement):
        return Missing(
            module=found["module"], name=found["name"], importer=_importer(symptom), is_shadowed="partially" in found[0]
        )
    for pattern in _MISSING:
        if found := pattern.search(symptom.statement):
            return _missing_module(found, symptom, tree)
    return None


def _missing_module(found: re.Match[str], symptom: Symptom, tree: Tree) -> Missing:
    groups = found.groupdict()
    name, stated = found["name"].rstrip("."), groups.get("importer") or ""
    importer = (tree.locate(stated) if stated else None) or _importer(symptom)
    if "Class" in found[0]:
        name = name.replace("/", ".")
    elif name.startswith(".") and "/" in name and importer:
        name = "./" + posixpath.normpath(posixpath.join(posixpath.dirname(importer), name))
    elif re.match(r"/|[A-Za-z]:[\\/]", name):
        name = "./" + _inside(name.replace("\\", "/"), stated.replace("\\", "/"), importer)
    return Missing(module=name, importer=importer, is_shadowed=bool(groups.get("shadowed")))


def _inside(path: str, importer: str, ours: str) -> str:
    """An absolute path of some machine, relative to where the repository was checked out there."""
    if ours and importer.endswith(f"/{ours}"):
        return path.removeprefix(importer.removesuffix(ours))
    return "/".join(path.split("/")[-2:])


def _importer(symptom: Symptom) -> str:
    return symptom.frames[0].path if symptom.frames else symptom.file


class ImportRules:
    """Says whose fault a failed import is."""

    def __init__(self, tree: Tree, modules: Modules, changes: Changes) -> None:
        self._tree = tree
        self._modules = modules
        self._changes = changes

    def is_ours(self, missing: Missing) -> bool:
        """Whether the module is, was, or ought to be a part of the repository."""
        module = missing.module
        if module.startswith((".", "@/", "~", "#", "/")) or re.match(r"[A-Za-z]:[\\/]", module):
            return True
        if self._is_workspace_package(module) or self._is_class_of_ours(module):
            return True
        is_python = "/" not in module and (not missing.importer or missing.importer.endswith(".py"))
        return is_python and (self._modules.has_top(module) or self._was_ours(module))

    def _is_workspace_package(self, name: str) -> bool:
        stated = re.compile(rf'"name"\s*:\s*"{re.escape(name)}"')
        manifests = [path for path in self._tree.named("package.json") if "node_modules" not in path][:MANIFESTS_CAP]
        self._tree.preload(manifests)
        return any(stated.search(self._tree.source(path)) for path in manifests)

    def _is_class_of_ours(self, name: str) -> bool:
        inside = name.split("$", maxsplit=1)[0].replace(".", "/")
        return "/" in inside and any(self._tree.locate(inside + suffix) for suffix in (".java", ".kt", ".scala"))

    def _was_ours(self, module: str) -> bool:
        inside = module.replace(".", "/")
        top = inside.partition("/")[0]
        tails = (f"/{inside}.py", f"/{inside}/__init__.py", f"/{top}/__init__.py", f"/{top}.py")
        return any(f"/{path}".endswith(tails) for path in self._changes.deleted)

    def judge(self, missing: Missing) -> tuple[Cause, str]:
        """The cause, and the reason in one line."""
        if self.is_ours(missing):
            return self._ours(missing)
        top = missing.module.partition(".")[0]
        if missing.name and top in sys.stdlib_module_names and not _in_installed(missing):
            return Cause.CODE, f"{missing.module} of the standard library has no {missing.name}"
        if meant := self._misspelt(missing):
            return Cause.CODE, f"“{missing.module}” is not declared, and the import was changed; “{meant}” is near it"
        what = f"{missing.name} of {missing.module}" if missing.name else missing.module
        return Cause.DEPENDENCY, f"{what} does not come from this repository"

    def _ours(self, missing: Missing) -> tuple[Cause, str]:
        module, name = missing.module, missing.name
        if name:
            circle = ", imported in a circle" if missing.is_shadowed else ""
            return Cause.CODE, f"{module} is this repository's and has no {name}{circle}"
        path = module.replace(".", "/")
        if is_test_path(f"{path}.py") and "/" in path:
            return Cause.TEST, f"{module} is a module of the tests and is not there"
        gone = next(
            (p for p in sorted(self._changes.deleted) if f"/{p}".endswith((f"/{path}.py", f"/{path}/__init__.py"))), ""
        )
        if gone:
            return Cause.CODE, f"{gone} was deleted since the last good commit"
        if "." not in module.strip(".") and not missing.is_shadowed and (file := self._modules.file(module)):
            return Cause.BUILD, f"{file} is here, yet {module} cannot be imported: packaging or search path"
        return Cause.CODE, f"{module} belongs to this repository"

    def _misspelt(self, missing: Missing) -> str:
        """What the name of a missing Python module was meant to be, where its import is new."""
        top = missing.module.partition(".")[0]
        changed = missing.importer in self._changes.paths and missing.importer.endswith(".py")
        if not changed or missing.name or any(top in line for _, line in self._changes.requirement_lines):
            return ""
        used = {i.module.partition(".")[0] for i in self._modules.imports(missing.importer)} - {top}
        known = {*sys.stdlib_module_names, *used}
        return next(iter(difflib.get_close_matches(top, sorted(known), n=1, cutoff=0.8)), "")


def _in_installed(missing: Missing) -> bool:
    """Whether it was somebody else's code that asked."""
    return not missing.importer


def is_syntax_error(symptom: Symptom) -> bool:
    """Python and JavaScript; a compiler's complaint is a finding of its own kind."""
    if symptom.finding is not None and symptom.finding.kind is FindingKind.SYNTAX:
        return True
    return symptom.exception in {"SyntaxError", "IndentationError", "TabError"} and not symptom.is_assertion
