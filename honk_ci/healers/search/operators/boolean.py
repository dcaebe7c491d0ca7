"""Logic: ``and`` and ``or``, negation, an operand too many."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from honk_ci.healers.search.operators.comparison import between
from honk_ci.healers.search.operators.interface import Edit, Site
from honk_ci.healers.search.source import Splice


def other_connective(site: Site) -> Iterator[Edit]:
    """``a and b`` becomes ``a or b``; in a longer chain all of them, and one at a time."""
    assert isinstance(site.node, ast.BoolOp)
    old, new = ("and", "or") if isinstance(site.node.op, ast.And) else ("or", "and")
    pairs = zip(site.node.values[:-1], site.node.values[1:], strict=True)
    places = [place for pair in pairs if (place := between(site, *pair, old)) is not None]
    splices = tuple(Splice(start=place.start, end=place.end, text=new) for place in places)
    what = f"`{new}` instead of `{old}`"
    if splices:
        yield Edit(splices=splices, rule="connective", what=what, cost=1.2)
    if len(splices) > 1:
        for splice in splices:
            yield Edit(splices=(splice,), rule="connective", what=what, cost=1.8)


def dropped_operand(site: Site) -> Iterator[Edit]:
    """``a and b`` becomes ``a``."""
    assert isinstance(site.node, ast.BoolOp)
    if len(site.node.values) == 2:
        for kept in site.node.values:
            yield site.replace(
                site.node, bracketed(site, kept), rule="operand dropped", cost=2.2, suspect="drops a condition"
            )


def dropped_not(site: Site) -> Iterator[Edit]:
    """``not a`` becomes ``a``."""
    assert isinstance(site.node, ast.UnaryOp)
    if isinstance(site.node.op, ast.Not):
        yield site.replace(site.node, bracketed(site, site.node.operand), rule="negation", cost=1.3)


def added_not(site: Site) -> Iterator[Edit]:
    """``if a:`` becomes ``if not a:``; also in comprehensions, conditional expressions and chains."""
    node = site.node
    tests: list[ast.expr] = []
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        tests = [node.test]
    elif isinstance(node, ast.comprehension):
        tests = list(node.ifs)
    elif isinstance(node, ast.BoolOp):
        tests = list(node.values)
    elif isinstance(node, ast.Return) and isinstance(node.value, ast.Call | ast.Name | ast.BoolOp | ast.Attribute):
        tests = [node.value]
    for test in tests:
        is_negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
        if not is_negated and not isinstance(test, ast.Compare | ast.Constant):
            yield site.replace(test, f"not {bracketed(site, test)}", rule="negation", cost=1.7)


def bracketed(site: Site, node: ast.AST) -> str:
    """The text of an expression, in brackets unless it binds tighter than any operator."""
    text = site.text(node)
    atoms = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant, ast.List, ast.Dict, ast.Set, ast.JoinedStr,
             ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp)  # fmt: skip
    is_tuple_in_brackets = isinstance(node, ast.Tuple) and text.startswith("(")
    return text if isinstance(node, atoms) or is_tuple_in_brackets else f"({text})"


OPERATORS = (
    (ast.BoolOp, other_connective),
    (ast.BoolOp, dropped_operand),
    (ast.UnaryOp, dropped_not),
    (ast.If, added_not),
    (ast.While, added_not),
    (ast.IfExp, added_not),
    (ast.comprehension, added_not),
    (ast.BoolOp, added_not),
    (ast.Return, added_not),
)
