"""Python modules of the repository: which file a dotted name means, what a file imports, what defines a name."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from honk_ci.stages.triage.tree import Tree

CLOSURE_CAP = 400
HOPS = 6  # of re-exports


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """One imported name: ``from module import name as local``; ``name`` is "" for ``import module``."""

    local: str
    module: str  # dotted, absolute where that can be said
    name: str
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Definition:
    """A function, class or module of the repository."""

    path: str
    name: str  # qualified; "" for the module itself
    line: int
    is_class: bool = False
    is_value: bool = False  # neither function nor class


class Modules:
    """Resolves imports by the files of one commit; nothing is imported or run."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._files: dict[str, str | None] = {}
        self._imports: dict[str, tuple[Imported, ...]] = {}
        self._imported_files: dict[str, frozenset[str]] = {}
        self._closures: dict[tuple[str, ...], frozenset[str]] = {}

    def file(self, dotted: str) -> str | None:
        """The file of a module or package, None where the repository has none."""
        if dotted not in self._files:
            self._files[dotted] = self._find(dotted)
        return self._files[dotted]

    def has_top(self, dotted: str) -> bool:
        """Whether the top-level package of ``dotted`` is the repository's, with or without ``__init__.py``."""
        top = dotted.partition(".")[0]
        if self.file(top):
            return True
        roots = {f"{top}/", f"src/{top}/", f"lib/{top}/"}
        return any(path.endswith(".py") and path.startswith(tuple(roots)) for path in self._tree.paths)

    def _find(self, dotted: str) -> str | None:
        if not dotted or not all(part.isidentifier() for part in dotted.split(".")):
            return None
        inside = dotted.replace(".", "/")
        found: list[str] = []
        for name, suffix in (
            (f"{inside.rpartition('/')[2]}.py", f"{inside}.py"),
            ("__init__.py", f"{inside}/__init__.py"),
        ):
            found += [path for path in self._tree.named(name) if path == suffix or path.endswith(f"/{suffix}")]
        importable = [path for path in found if self._is_root(path, inside)]
        return min(importable, key=lambda path: (path.count("/"), path), default=None)

    def _is_root(self, path: str, inside: str) -> bool:
        """Whether what stands before ``inside`` can be on ``sys.path``: it is no package itself."""
        root = path[: path.rindex(inside)].rstrip("/")
        return not root or f"{root}/__init__.py" not in self._tree

    def imports(self, path: str) -> tuple[Imported, ...]:
        """Every import in a file, also those inside functions."""
        if path not in self._imports:
            module = self._tree.syntax(path)
            self._imports[path] = tuple(self.imports_in(module, path)) if module is not None else ()
        return self._imports[path]

    def imports_in(self, node: ast.AST, path: str) -> Iterator[Imported]:
        for child in ast.walk(node):
            if isinstance(child, ast.Import):
                yield from _plain_imports(child)
            elif isinstance(child, ast.ImportFrom):
                base = _absolute(child, path)
                for alias in child.names:
                    yield Imported(local=alias.asname or alias.name, module=base, name=alias.name, line=child.lineno)

    def resolve(self, imported: Imported, path: str) -> Definition | None:
        """What an import in the file ``path`` brings from the repository."""
        if not imported.name:
            file = self.file(imported.module)
            return Definition(path=file, name="", line=1) if file else None
        submodule = self.file(f"{imported.module}.{imported.name}") or self._sibling(
            path, imported.module, imported.name
        )
        file = self.file(imported.module) or self._sibling(path, imported.module)
        found = self.define(file, imported.name) if file else None
        return found or (Definition(path=submodule, name="", line=1) if submodule else None)

    def _sibling(self, path: str, *parts: str) -> str | None:
        """Relative imports resolve by folder, so that they work under any root."""
        folder = path.rpartition("/")[0]
        inside = "/".join(part.replace(".", "/") for part in parts if part)
        candidates = (f"{folder}/{inside}.py", f"{folder}/{inside}/__init__.py")
        return next((c.lstrip("/") for c in candidates if c.lstrip("/") in self._tree), None)

    def define(self, path: str, name: str, *, hops: int = HOPS) -> Definition | None:
        """Where ``name`` of the module in ``path`` is defined, through re-exports."""
        module = self._tree.syntax(path)
        if module is None or hops == 0:
            return None
        for node in _top_level(module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == name:
                return Definition(path=path, name=name, line=node.lineno, is_class=isinstance(node, ast.ClassDef))
        if _assigns(module, name):
            return Definition(path=path, name=name, line=_assigns(module, name), is_value=True)
        return self._re_exported(path, name, hops)

    def _re_exported(self, path: str, name: str, hops: int) -> Definition | None:
        for imported in self.imports(path):
            if imported.name and (imported.local == name or imported.name == "*"):
                file = self.file(imported.module) or self._sibling(path, imported.module)
                wanted = name if imported.name == "*" else imported.name
                found = self.define(file, wanted, hops=hops - 1) if file and file != path else None
                if found:
                    return found
        return None

    def method(self, owner: Definition, name: str, *, hops: int = HOPS) -> Definition | None:
        """A method of a class of the repository, also an inherited one."""
        node = self.class_node(owner)
        if node is None or hops == 0:
            return None
        for child in node.body:
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and child.name == name:
                return Definition(path=owner.path, name=f"{owner.name}.{name}", line=child.lineno)
        for base in node.bases:
            parent = self._named_in(owner.path, base)
            found = self.method(parent, name, hops=hops - 1) if parent else None
            if found:
                return found
        return None

    def returned_class(self, function: Definition) -> Definition | None:
        """The repository's class that a function says it returns."""
        module = self._tree.syntax(function.path)
        for node in _top_level(module) if module is not None else ():
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function.name and node.returns:
                quoted = isinstance(node.returns, ast.Constant) and isinstance(node.returns.value, str)
                name = ast.Name(id=node.returns.value) if quoted else node.returns  # type: ignore[attr-defined]
                found = self._named_in(function.path, name)
                return found if found and found.is_class else None
        return None

    def class_node(self, owner: Definition) -> ast.ClassDef | None:
        module = self._tree.syntax(owner.path)
        nodes = _top_level(module) if module is not None else ()
        return next((node for node in nodes if isinstance(node, ast.ClassDef) and node.name == owner.name), None)

    def _named_in(self, path: str, expression: ast.expr) -> Definition | None:
        if isinstance(expression, ast.Name):
            return self.define(path, expression.id)
        return None

    def closure(self, paths: Sequence[str]) -> frozenset[str]:
        """All files of the repository that ``paths`` import, directly or not, themselves included."""
        key = tuple(paths)
        if key not in self._closures:
            self._closures[key] = self._reach(key)
        return self._closures[key]

    def _reach(self, paths: tuple[str, ...]) -> frozenset[str]:
        seen: set[str] = set()
        frontier = [path for path in paths if path in self._tree]
        while frontier and len(seen) < CLOSURE_CAP:
            seen.update(frontier)
            self._tree.preload(frontier)
            frontier = sorted({file for path in frontier for file in self._files_imported(path)} - seen)
        return frozenset(seen)

    def _files_imported(self, path: str) -> frozenset[str]:
        if path not in self._imported_files:
            self._imported_files[path] = frozenset(self._find_imported(path))
        return self._imported_files[path]

    def _find_imported(self, path: str) -> Iterator[str]:
        for imported in self.imports(path):
            names = [imported.module, f"{imported.module}.{imported.name}"] if imported.name else [imported.module]
            for name in names:
                parts = name.split(".")
                packages = [".".join(parts[:end]) for end in range(1, len(parts) + 1)]
                yield from (file for package in packages if (file := self.file(package)))
            if imported.name:
                siblings = (self._sibling(path, imported.module), self._sibling(path, imported.module, imported.name))
                yield from (file for file in siblings if file)


def _plain_imports(node: ast.Import) -> Iterator[Imported]:
    for alias in node.names:
        yield Imported(local=alias.asname or alias.name, module=alias.name, name="", line=node.lineno)


def _absolute(node: ast.ImportFrom, path: str) -> str:
    """The module of a ``from`` import; relative ones count from the folder of ``path``."""
    if not node.level:
        return node.module or ""
    folder = path.split("/")[:-1]
    folder = folder[: len(folder) - (node.level - 1)] if node.level > 1 else folder
    while folder and folder[0] in {"src", "lib"}:
        folder = folder[1:]
    return ".".join([*folder, *(node.module or "").split(".")]).strip(".")


def _top_level(module: ast.Module) -> Iterator[ast.stmt]:
    """Statements of a module, also those under ``if`` and ``try``."""
    pending: list[ast.stmt] = list(module.body)
    while pending:
        node = pending.pop(0)
        yield node
        if isinstance(node, ast.If | ast.Try):
            handlers = [stmt for handler in getattr(node, "handlers", []) for stmt in handler.body]
            pending = [*node.body, *handlers, *node.orelse, *pending]


def _assigns(module: ast.Module, name: str) -> int:
    """The line where a module gives ``name`` a value, 0 where it does not."""
    for node in _top_level(module):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return node.lineno
    return 0
