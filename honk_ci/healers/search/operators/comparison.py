"""Comparisons: the wrong operator between two operands."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from honk_ci.healers.search.operators.interface import Edit, Site
from honk_ci.healers.search.source import Splice

SYMBOLS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip

INSTEAD = {
    "<": {"<=": 1.0, ">": 1.4, ">=": 1.7, "!=": 2.2, "==": 2.4},
    "<=": {"<": 1.0, ">=": 1.4, ">": 1.7, "==": 2.2, "!=": 2.4},
    ">": {">=": 1.0, "<": 1.4, "<=": 1.7, "!=": 2.2, "==": 2.4},
    ">=": {">": 1.0, "<=": 1.4, "<": 1.7, "==": 2.2, "!=": 2.4},
    "==": {"!=": 1.3, "<=": 1.8, ">=": 1.8, "in": 2.2, "is": 2.4, "<": 2.4, ">": 2.4},
    "!=": {"==": 1.3, "<": 1.8, ">": 1.8, "not in": 2.2, "is not": 2.4, "<=": 2.4, ">=": 2.4},
    "is": {"is not": 1.2, "==": 1.8},
    "is not": {"is": 1.2, "!=": 1.8},
    "in": {"not in": 1.2, "==": 2.0},
    "not in": {"in": 1.2, "!=": 2.0},
}


def other_operator(site: Site) -> Iterator[Edit]:
    """``a < b`` becomes ``a <= b``."""
    assert isinstance(site.node, ast.Compare)
    operands = [site.node.left, *site.node.comparators]
    for operator, left, right in zip(site.node.ops, operands[:-1], operands[1:], strict=True):
        place = between(site, left, right, SYMBOLS[type(operator)])
        if place is not None:
            for symbol, cost in INSTEAD[SYMBOLS[type(operator)]].items():
                yield symbol_edit(place, symbol, SYMBOLS[type(operator)], rule="comparison", cost=cost)


def between(site: Site, left: ast.AST, right: ast.AST, symbol: str) -> Splice | None:
    """Where an operator stands between its operands, with brackets around them or not."""
    start = site.source.end(left)
    gap = site.source.between(start, site.source.start(right))
    pattern = r"\s+".join(re.escape(word) for word in symbol.split())
    found = re.fullmatch(rf"([\s)\\]*)({pattern})[\s(\\]*", gap)
    if found is None:  # a comment in between, or a form this does not know
        return None
    return Splice(start=start + found.start(2), end=start + found.end(2), text=found.group(2))


def symbol_edit(place: Splice, symbol: str, old: str, *, rule: str, cost: float) -> Edit:
    splice = Splice(start=place.start, end=place.end, text=symbol)
    return Edit(splices=(splice,), rule=rule, what=f"`{symbol}` instead of `{old}`", cost=cost)


OPERATORS = ((ast.Compare, other_operator),)
