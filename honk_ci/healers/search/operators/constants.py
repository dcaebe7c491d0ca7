"""Numbers and other constants: off by one, another number of the function, a flag the wrong way."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from honk_ci.healers.search.operators.boolean import bracketed
from honk_ci.healers.search.operators.interface import Edit, Site

COUNTING = frozenset({"int", "float", "complex", "Decimal", "Fraction", "bool"})
SMALL = (0, 1, -1, 2)


def other_number(site: Site) -> Iterator[Edit]:
    """``0`` becomes ``1``, ``-1`` or another number of the function."""
    assert isinstance(site.node, ast.Constant)
    value = site.node.value
    if type(value) is not int or _is_signed(site):
        return
    costs = {value + 1: 1.2, value - 1: 1.2, -value: 1.8}
    for known, cost in ((SMALL, 1.8), (site.names.integers, 1.8), (site.names.file_integers, 2.4)):
        for number in known[:12]:
            costs.setdefault(number, cost)
    for number, cost in costs.items():
        if number != value:
            yield site.replace(site.node, str(number), rule="number", cost=cost)


def other_float(site: Site) -> Iterator[Edit]:
    """``0.5`` becomes ``1.5``, ``-0.5``, ``0.05`` or ``5.0``."""
    assert isinstance(site.node, ast.Constant)
    value = site.node.value
    if type(value) is float:
        for number, cost in ((value + 1, 2.0), (value - 1, 2.0), (-value, 2.0), (value * 10, 2.0), (value / 10, 2.0)):
            yield site.replace(site.node, repr(round(number, 12)), rule="number", cost=cost)
        for whole in SMALL:
            yield site.replace(site.node, str(whole), rule="number", cost=2.4)


def other_flag(site: Site) -> Iterator[Edit]:
    """``True`` becomes ``False``; ``None`` becomes an empty value."""
    assert isinstance(site.node, ast.Constant)
    if isinstance(site.node.value, bool):
        yield site.replace(site.node, str(not site.node.value), rule="flag", cost=1.3)
        yield site.replace(site.node, "None", rule="flag", cost=2.6)
    elif site.node.value is None:
        for text, cost in (
            ("[]", 2.0),
            ("{}", 2.2),
            ("0", 2.0),
            ('""', 2.0),
            ("False", 2.0),
            ("True", 2.2),
            ("()", 2.4),
        ):
            yield site.replace(site.node, text, rule="flag", cost=cost)


def other_empty(site: Site) -> Iterator[Edit]:
    """``[]`` becomes ``None``, ``{}``, ``[[]]`` or a list of one of the variables."""
    text = site.text(site.node).replace(" ", "")
    if text in ("[]", "{}", "()"):
        for other, cost in (
            ("[]", 2.0),
            ("{}", 2.0),
            ("()", 2.2),
            ("None", 2.2),
            ("set()", 2.2),
            ("[[]]", 2.0),
            ("0", 2.4),
        ):
            if other != text:
                yield site.replace(site.node, other, rule="empty value", cost=cost)
        if text == "[]":
            for name in site.names.variables:
                yield site.replace(site.node, f"[{name}]", rule="empty value", cost=2.4)


def off_by_one(site: Site) -> Iterator[Edit]:
    """``n`` becomes ``n + 1`` where a number is counted, compared, indexed or returned."""
    if not _may_be_number(site) or not _is_counted(site):
        return
    text = bracketed(site, site.node)
    if isinstance(site.node, ast.BinOp) and isinstance(site.node.op, ast.Add | ast.Sub):
        text = site.text(site.node)
    before, after = _around(site)
    parent = site.source.parent(site.node)
    is_inner = isinstance(parent, ast.BinOp) or (isinstance(parent, ast.Compare) and parent.left is site.node)
    for sign in ("+", "-"):
        cost = 1.4 if is_inner else 1.3  # the plainer of two edits that come to the same
        yield site.replace(site.node, f"{before}{text} {sign} 1{after}", rule="off by one", cost=cost)


def negated_number(site: Site) -> Iterator[Edit]:
    """``n`` becomes ``-n`` in a return, an argument or a keyword."""
    if isinstance(site.node, ast.Name | ast.Call | ast.Subscript | ast.Attribute) and _may_be_number(site):
        parent = site.source.parent(site.node)
        if isinstance(parent, ast.Return | ast.Assign | ast.Call | ast.keyword | ast.BinOp) and _is_read(site.node):
            before, after = _around(site)
            yield site.replace(site.node, f"{before}-{bracketed(site, site.node)}{after}", rule="sign", cost=2.4)


def _is_signed(site: Site) -> bool:
    """Whether the number is the ``1`` of ``-1``, whose sign another operator sees to."""
    parent = site.source.parent(site.node)
    return isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.USub)


def _may_be_number(site: Site) -> bool:
    if isinstance(site.node, ast.Name):
        kinds = site.types.get(site.node.id)
        return kinds is None or bool(kinds & COUNTING)
    return isinstance(site.node, ast.Call | ast.BinOp | ast.Attribute | ast.Subscript)


def _is_counted(site: Site) -> bool:
    if not _is_read(site.node):
        return False
    parent = site.source.parent(site.node)
    if isinstance(parent, ast.Subscript | ast.Slice | ast.Compare):
        return not (isinstance(parent, ast.Subscript) and parent.value is site.node)
    if isinstance(parent, ast.Call):
        return site.node in parent.args
    return isinstance(parent, ast.Return | ast.Assign | ast.AugAssign | ast.BinOp | ast.keyword | ast.Tuple)


def _is_read(node: ast.AST) -> bool:
    return not isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)


def _around(site: Site) -> tuple[str, str]:
    """Brackets where the new operator would bind differently among its neighbours."""
    parent = site.source.parent(site.node)
    return ("(", ")") if isinstance(parent, ast.BinOp) else ("", "")


OPERATORS = (
    (ast.Constant, other_number),
    (ast.Constant, other_float),
    (ast.Constant, other_flag),
    (ast.List, other_empty),
    (ast.Dict, other_empty),
    (ast.Tuple, other_empty),
    (ast.Name, off_by_one),
    (ast.Call, off_by_one),
    (ast.BinOp, off_by_one),
    (ast.Attribute, off_by_one),
    (ast.Subscript, off_by_one),
    (ast.Name, negated_number),
    (ast.Call, negated_number),
    (ast.Attribute, negated_number),
    (ast.Subscript, negated_number),
)
