"""What names in a module stand for, whatever an import calls them."""

from __future__ import annotations

import ast
from collections.abc import Mapping


class Names:
    """The imports of one module, followed from the name in use to the origin."""

    def __init__(self, tree: ast.Module) -> None:
        self._origins = _origins(tree)

    def of(self, node: ast.AST) -> str:
        """``os._exit`` for ``_exit`` after ``from os import _exit``, and for ``getattr(os, "_exit")``.

        Of a call it is what the call calls; "" for what has no name.
        """
        if isinstance(node, ast.Call):
            looked_up = self._looked_up(node)
            return looked_up or self.of(node.func)
        if isinstance(node, ast.Name):
            return self._origins.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            base = self.of(node.value)
            return f"{base}.{node.attr}" if base else node.attr
        return ""

    def _looked_up(self, node: ast.Call) -> str:
        match node:
            case ast.Call(func=ast.Name(id="getattr"), args=[owner, ast.Constant(value=str() as name), *_]):
                base = self.of(owner)
                return f"{base}.{name}" if base else ""
            case ast.Call(func=ast.Name(id="vars"), args=[owner]):
                base = self.of(owner)
                return f"{base}.__dict__" if base else ""
        return ""


def _origins(tree: ast.Module) -> Mapping[str, str]:
    origins: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            origins.update((alias.asname, alias.name) for alias in node.names if alias.asname)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            origins.update((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)
    return origins
