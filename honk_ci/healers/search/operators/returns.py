"""What a function gives back: the wrong value, nothing, too early."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from honk_ci.healers.search.operators.conditions import ingredients
from honk_ci.healers.search.operators.interface import Edit, Site
from honk_ci.healers.search.source import Splice


def other_result(site: Site) -> Iterator[Edit]:
    """``return a`` becomes ``return b``, ``return a, b`` or ``return [a]``."""
    assert isinstance(site.node, ast.Return)
    if site.node.value is None:
        for name in (*site.names.variables, "False", "True", "0", "[]"):
            splice = site.source.insert(site.source.end(site.node), f" {name}")
            yield Edit(splices=(splice,), rule="result", what=f"`return {name}`", cost=1.9)
        return
    text = site.text(site.node.value)
    for name in site.names.variables:
        if text != name:
            yield site.replace(site.node.value, name, rule="result", cost=2.1)
            yield site.replace(site.node.value, f"{text}, {name}", rule="result", cost=2.9)
    for other in ("[]", "{}", "0", "False", "True", "''"):
        if text != other:
            yield site.replace(site.node.value, other, rule="result", cost=2.8, suspect="returns a constant")


def condition_as_result(site: Site) -> Iterator[Edit]:
    """``return True`` becomes ``return a == 0``, a condition of what is at hand."""
    assert isinstance(site.node, ast.Return)
    if isinstance(site.node.value, ast.Constant) and isinstance(site.node.value.value, bool):
        for condition, cost in ingredients(site):
            yield site.replace(site.node.value, condition, rule="result", cost=cost + 0.1)


def dropped_result(site: Site) -> Iterator[Edit]:
    """``return a`` becomes ``return None``."""
    assert isinstance(site.node, ast.Return)
    if site.node.value is not None and not isinstance(site.node.value, ast.Constant):
        yield site.replace(site.node.value, "None", rule="result", cost=3.0, suspect="returns None")


def missing_return(site: Site) -> Iterator[Edit]:
    """``f(a)`` as a statement becomes ``return f(a)``, ``yield f(a)`` or ``yield from f(a)``."""
    assert isinstance(site.node, ast.Expr)
    if isinstance(site.node.value, ast.Call | ast.Name | ast.BinOp | ast.Compare | ast.BoolOp):
        for word, cost in (("return", 1.2), ("yield from", 2.0), ("yield", 2.2)):
            splice = site.source.insert(site.source.start(site.node), f"{word} ")
            yield Edit(splices=(splice,), rule="missing return", what=f"`{word}` added", cost=cost)


def other_yield(site: Site) -> Iterator[Edit]:
    """``yield a`` becomes ``yield from a``, and the other way."""
    if isinstance(site.node, ast.Yield) and site.node.value is not None:
        yield site.replace(site.node, f"yield from {site.text(site.node.value)}", rule="yield", cost=1.5)
    elif isinstance(site.node, ast.YieldFrom):
        yield site.replace(site.node, f"yield {site.text(site.node.value)}", rule="yield", cost=1.5)


def result_at_the_end(site: Site) -> Iterator[Edit]:
    """A function that ends without ``return`` gives back one of its variables."""
    if site.node is not site.unit.node or not isinstance(site.node, ast.FunctionDef | ast.AsyncFunctionDef):
        return
    last = site.node.body[-1]
    indent = site.source.indent(last)
    if isinstance(last, ast.Return | ast.Raise) or indent is None:
        return
    for name in (*site.names.variables, *((site.names.self_name,) if site.names.self_name else ())):
        splice = site.source.insert(site.source.end(last), f"{site.source.newline}{indent}return {name}")
        yield Edit(splices=(splice,), rule="missing return", what=f"`return {name}` at the end", cost=1.8)


def flipped_results(site: Site) -> Iterator[Edit]:
    """Every ``return True`` becomes ``return False`` and the other way."""
    if site.node is not site.unit.node:
        return
    splices = [
        Splice(start=site.source.start(found.value), end=site.source.end(found.value), text=str(not found.value.value))
        for found in ast.walk(site.node)
        if isinstance(found, ast.Return)
        and isinstance(found.value, ast.Constant)
        and isinstance(found.value.value, bool)
    ]
    if len(splices) > 1:
        yield Edit(splices=tuple(splices), rule="flag", what="all boolean results flipped", cost=1.9)


OPERATORS = (
    (ast.Return, other_result),
    (ast.Return, condition_as_result),
    (ast.Return, dropped_result),
    (ast.Expr, missing_return),
    (ast.Yield, other_yield),
    (ast.YieldFrom, other_yield),
    (ast.FunctionDef, result_at_the_end),
    (ast.AsyncFunctionDef, result_at_the_end),
    (ast.FunctionDef, flipped_results),
    (ast.AsyncFunctionDef, flipped_results),
)
