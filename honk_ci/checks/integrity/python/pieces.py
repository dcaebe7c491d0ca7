"""What stands in a Python test module outside of its functions: imports, constants, class headers."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator

from honk_ci.checks.integrity.python.inventory import Inventory, Piece, bound_names, plain_dump
from honk_ci.checks.integrity.python.marks import marks
from honk_ci.checks.integrity.python.syntax import dotted, shown
from honk_ci.checks.integrity.trace import Trace


def reaches_out(node: ast.stmt) -> bool:
    """Whether a statement at the top of a module changes something outside of the module."""
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(isinstance(target, ast.Attribute | ast.Subscript) for target in targets)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        name = dotted(node.value)
        return name in {"setattr", "delattr", "exec"} or name.endswith((".setattr", ".start", "sys.exit", "os._exit"))
    return isinstance(node, ast.Delete)


def own_marks(piece: Piece) -> Iterator[Trace]:
    """Traces of a piece; of a class those of its header alone."""
    if not isinstance(piece.node, ast.ClassDef):
        yield from marks(piece.node)
        return
    header = ast.ClassDef(
        name=piece.node.name, bases=[], keywords=[], body=[], decorator_list=piece.node.decorator_list
    )
    yield from marks(header)


def unmatched(before: list[Piece], after: list[Piece]) -> tuple[list[Piece], list[Piece]]:
    """The pieces that only one of two files has, whatever their order and notation."""
    lost, more = _beyond(before, after, _text), _beyond(after, before, _text)
    return _beyond(lost, more, _plain_text), _beyond(more, lost, _plain_text)


def _beyond(some: list[Piece], others: list[Piece], text_of: Callable[[Piece], str]) -> list[Piece]:
    spare = Counter(map(text_of, others))
    left = []
    for piece in some:
        text = text_of(piece)
        if spare[text] > 0:
            spare[text] -= 1
        else:
            left.append(piece)
    return left


def _text(piece: Piece) -> str:
    return piece.text


def _plain_text(piece: Piece) -> str:
    return piece.text if isinstance(piece.node, ast.ClassDef) else plain_dump(piece.node)


def origins(piece: Piece) -> set[tuple[str, str]]:
    """What an import binds, and from where: pairs of a name and its full origin."""
    node = piece.node
    if isinstance(node, ast.Import):
        return {(a.asname or a.name, a.name) for a in node.names}
    if isinstance(node, ast.ImportFrom):
        return {(a.asname or a.name, f"{'.' * node.level}{node.module}.{a.name}") for a in node.names}
    return set()


def used_names(inventory: Inventory) -> set[str]:
    nodes = [*(f.node for f in inventory.functions.values()), *(p.node for p in inventory.pieces if not p.is_import)]
    used: set[str] = set()
    for part in (part for node in nodes for part in ast.walk(node)):
        if isinstance(part, ast.Name):
            used.add(part.id)
        elif isinstance(part, ast.arg):
            used.add(part.arg)
        elif isinstance(part, ast.Constant) and isinstance(part.value, str):
            used.add(part.value)
    return used


def header(node: ast.stmt) -> str:
    return shown(node) if not isinstance(node, ast.ClassDef) else f"class {node.name}"


def tables(pieces: list[Piece]) -> dict[str, ast.List | ast.Tuple | ast.Set]:
    """The constants among some pieces that are sequences, by name."""
    found: dict[str, ast.List | ast.Tuple | ast.Set] = {}
    for piece in pieces:
        node = piece.node
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(value, ast.List | ast.Tuple | ast.Set):
            found.update((name, value) for name in bound_names(node))
    return found
