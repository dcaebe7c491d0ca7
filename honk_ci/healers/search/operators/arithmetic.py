"""Arithmetic: the wrong operator, operands in the wrong order, one too many."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from honk_ci.healers.search.operators.boolean import bracketed
from honk_ci.healers.search.operators.comparison import between, symbol_edit
from honk_ci.healers.search.operators.interface import Edit, Site
from honk_ci.healers.search.source import Splice

SYMBOLS: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>", ast.MatMult: "@",
}  # fmt: skip

INSTEAD = {
    "+": {"-": 1.2, "*": 1.8, "/": 2.4, "|": 2.6},
    "-": {"+": 1.2, "*": 2.0, "/": 2.2, "//": 2.4, "%": 2.4},
    "*": {"/": 1.4, "+": 1.6, "**": 1.6, "//": 1.8, "-": 2.2},
    "/": {"//": 1.0, "*": 1.3, "%": 1.8, "-": 2.2},
    "//": {"/": 1.0, "%": 1.3, "*": 1.8, "-": 2.4},
    "%": {"//": 1.3, "/": 1.6, "*": 2.0, "-": 2.2},
    "**": {"*": 1.2, "//": 2.4},
    "&": {"|": 1.2, "^": 1.4, "-": 2.0},
    "|": {"&": 1.2, "^": 1.4, "-": 2.2},
    "^": {"&": 1.2, "|": 1.3, "**": 1.4},
    "<<": {">>": 1.2, "*": 2.2},
    ">>": {"<<": 1.2, "//": 2.2},
    "@": {"*": 1.4},
}
COMMUTATIVE = (ast.Mult, ast.BitAnd, ast.BitOr, ast.BitXor)


def other_operator(site: Site) -> Iterator[Edit]:
    """``a + b`` becomes ``a - b``."""
    assert isinstance(site.node, ast.BinOp)
    symbol = SYMBOLS[type(site.node.op)]
    place = between(site, site.node.left, site.node.right, symbol)
    if place is not None and not isinstance(site.node.left, ast.JoinedStr) and not _is_text(site.node.left):
        for other, cost in INSTEAD[symbol].items():
            yield symbol_edit(place, other, symbol, rule="arithmetic", cost=cost)


def other_augmented(site: Site) -> Iterator[Edit]:
    """``a += b`` becomes ``a -= b``, or ``a = b``."""
    assert isinstance(site.node, ast.AugAssign)
    symbol = SYMBOLS[type(site.node.op)]
    place = between(site, site.node.target, site.node.value, f"{symbol}=")
    if place is not None:
        for other, cost in INSTEAD[symbol].items():
            yield symbol_edit(place, f"{other}=", f"{symbol}=", rule="arithmetic", cost=cost)
        yield symbol_edit(place, "=", f"{symbol}=", rule="accumulation", cost=2.0)


def accumulated(site: Site) -> Iterator[Edit]:
    """``a = b`` becomes ``a += b``."""
    assert isinstance(site.node, ast.Assign)
    if len(site.node.targets) != 1 or isinstance(site.node.targets[0], ast.Tuple | ast.List):
        return
    place = between(site, site.node.targets[0], site.node.value, "=")
    if place is not None:
        for symbol, cost in {"+=": 1.6, "-=": 2.4, "*=": 2.4, "|=": 2.4}.items():
            yield symbol_edit(place, symbol, "=", rule="accumulation", cost=cost)


def swapped_operands(site: Site) -> Iterator[Edit]:
    """``a - b`` becomes ``b - a``."""
    assert isinstance(site.node, ast.BinOp)
    left, right = site.node.left, site.node.right
    if not isinstance(site.node.op, COMMUTATIVE):
        yield Edit(
            splices=(
                site.source.replace(left, bracketed(site, right)),
                site.source.replace(right, bracketed(site, left)),
            ),
            rule="operands swapped",
            what=f"operands of `{SYMBOLS[type(site.node.op)]}` swapped",
            cost=1.8,
        )


def dropped_operand(site: Site) -> Iterator[Edit]:
    """``a + 1`` becomes ``a``."""
    assert isinstance(site.node, ast.BinOp)
    for kept, dropped in ((site.node.left, site.node.right), (site.node.right, site.node.left)):
        cost = 1.5 if isinstance(dropped, ast.Constant) else 2.2
        yield site.replace(site.node, bracketed(site, kept), rule="operand dropped", cost=cost)


def added_operand(site: Site) -> Iterator[Edit]:
    """``a`` becomes ``a - b`` with a variable ``b`` of the same run-time type, ``a ** 2`` or ``a * 2``."""
    parent = site.source.parent(site.node)
    is_read = not isinstance(getattr(site.node, "ctx", None), ast.Store | ast.Del)
    if not is_read or not isinstance(parent, _TAKERS) or (isinstance(parent, ast.Call) and parent.func is site.node):
        return
    if isinstance(parent, ast.Subscript) and parent.value is site.node:
        return
    kinds = site.types.get(site.node.id, frozenset()) if isinstance(site.node, ast.Name) else frozenset()
    text, (before, after) = bracketed(site, site.node), ("(", ")") if isinstance(parent, ast.BinOp) else ("", "")
    if not kinds or kinds & {"int", "float"}:
        for tail in ("** 2", "* 2", "// 2", "/ 2"):
            yield site.replace(site.node, f"{before}{text} {tail}{after}", rule="operand added", cost=2.5)
    for name in site.names.variables[:10]:
        other = site.types.get(name, frozenset())
        if text != name and (not kinds or not other or kinds & other):
            for tail in (f"{text} + {name}", f"{text} - {name}", f"{name} + {text}"):
                yield site.replace(site.node, f"{before}{tail}{after}", rule="operand added", cost=2.6)


def regrouped(site: Site) -> Iterator[Edit]:
    """``a + b * c`` becomes ``(a + b) * c``."""
    assert isinstance(site.node, ast.BinOp)
    node = site.node
    if isinstance(node.right, ast.BinOp) and not _has_brackets(site, node.right):
        yield _grouped(site, node.left, node.right.left)
    if isinstance(node.left, ast.BinOp) and not _has_brackets(site, node.left):
        yield _grouped(site, node.left.right, node.right)


def _grouped(site: Site, first: ast.expr, last: ast.expr) -> Edit:
    start, end = site.source.start(first), site.source.end(last)
    splice = Splice(start=start, end=end, text=f"({site.source.between(start, end)})")
    return Edit(splices=(splice,), rule="grouping", what=f"brackets around `{splice.text[1:-1]}`", cost=1.8)


def other_sign(site: Site) -> Iterator[Edit]:
    """``-a`` becomes ``a``."""
    assert isinstance(site.node, ast.UnaryOp)
    if isinstance(site.node.op, ast.USub | ast.Invert):
        yield site.replace(site.node, bracketed(site, site.node.operand), rule="sign", cost=1.5)


def _has_brackets(site: Site, node: ast.BinOp) -> bool:
    parent = site.source.parent(node)
    assert isinstance(parent, ast.BinOp)
    gap = site.source.between(site.source.end(parent.left), site.source.start(parent.right))
    return "(" in gap or ")" in gap


_TAKERS = (
    ast.Call,
    ast.Return,
    ast.Assign,
    ast.AugAssign,
    ast.BinOp,
    ast.Compare,
    ast.Subscript,
    ast.Slice,
    ast.keyword,
)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


OPERATORS = (
    (ast.BinOp, other_operator),
    (ast.AugAssign, other_augmented),
    (ast.Assign, accumulated),
    (ast.BinOp, swapped_operands),
    (ast.BinOp, dropped_operand),
    (ast.BinOp, regrouped),
    *((kind, added_operand) for kind in (ast.Name, ast.Call, ast.ListComp, ast.List, ast.Attribute, ast.Subscript)),
    (ast.UnaryOp, other_sign),
)
