"""Variables: the wrong one, a misspelt one, one that should be an attribute of ``self``."""

from __future__ import annotations

import ast
import builtins
import difflib
import re
from collections.abc import Iterator

from honk_ci.healers.search.operators.interface import Edit, Site

PARTNERS = (
    ("min", "max"), ("any", "all"), ("sum", "len"), ("floor", "ceil"), ("int", "float"), ("list", "set"),
    ("list", "tuple"), ("sorted", "list"), ("sorted", "reversed"), ("range", "reversed"), ("int", "round"),
    ("str", "repr"), ("zip", "enumerate"), ("dict", "list"), ("isinstance", "issubclass"), ("sum", "max"),
    ("sum", "min"), ("abs", "int"), ("bytes", "bytearray"), ("sorted", "set"), ("len", "max"), ("map", "filter"),
    ("set", "frozenset"), ("getattr", "hasattr"),
)  # fmt: skip
SPELLING = 0.7  # least likeness of a misspelt name and the name meant


def other_variable(site: Site) -> Iterator[Edit]:
    """``a`` becomes ``b``, a variable of the function; first those of the same run-time type."""
    assert isinstance(site.node, ast.Name)
    if isinstance(site.node.ctx, ast.Del) or _is_called(site):
        return
    kinds = site.types.get(site.node.id, frozenset())
    extra = 0.8 if isinstance(site.node.ctx, ast.Store) else 0.0
    for name in site.names.variables:
        if name != site.node.id:
            other = site.types.get(name, frozenset())
            cost = 1.5 if kinds & other else 2.3 if kinds and other else 1.9
            yield site.replace(site.node, name, rule="variable", cost=cost + extra)


def other_function(site: Site) -> Iterator[Edit]:
    """``min(a)`` becomes ``max(a)``; a function of the module becomes another one."""
    assert isinstance(site.node, ast.Name)
    if not isinstance(site.node.ctx, ast.Load):
        return
    for name in partners(site.node.id):
        yield site.replace(site.node, name, rule="function", cost=1.5)
    if site.node.id in site.names.functions:
        for name, (_, most) in site.names.functions.items():
            same = most == site.names.functions[site.node.id][1]
            if name != site.node.id:
                yield site.replace(site.node, name, rule="function", cost=1.8 if same else 2.4)


def other_global(site: Site) -> Iterator[Edit]:
    """``LOWER`` becomes ``UPPER``, both of the module."""
    assert isinstance(site.node, ast.Name)
    if isinstance(site.node.ctx, ast.Load) and site.node.id in site.names.globals and not _is_called(site):
        for name in site.names.globals:
            if name != site.node.id and name.isupper() == site.node.id.isupper():
                yield site.replace(site.node, name, rule="module constant", cost=2.0)


def misspelt(site: Site) -> Iterator[Edit]:
    """After ``NameError: name 'lenght'``, ``lenght`` becomes ``length``."""
    assert isinstance(site.node, ast.Name)
    if site.error in ("NameError", "UnboundLocalError") and f"'{site.node.id}'" in site.error_text:
        known = {*site.names.variables, *site.names.globals, *dir(builtins)} - {site.node.id}
        for name in close_matches(site.node.id, known):
            yield site.replace(site.node, name, rule="misspelt name", cost=0.2)
        if site.names.self_name:
            yield site.replace(site.node, f"{site.names.self_name}.{site.node.id}", rule="missing self", cost=0.1)


def attribute_instead(site: Site) -> Iterator[Edit]:
    """``total`` becomes ``self.total``, where there is such an attribute."""
    assert isinstance(site.node, ast.Name)
    if site.names.self_name and site.node.id in site.names.own_attributes:
        cost = 1.5 if isinstance(site.node.ctx, ast.Load) else 1.3
        yield site.replace(site.node, f"{site.names.self_name}.{site.node.id}", rule="missing self", cost=cost)


def variable_for_expression(site: Site) -> Iterator[Edit]:
    """``f(a)`` or ``a.b`` becomes a variable or another small expression of the function."""
    parent = site.source.parent(site.node)
    if isinstance(getattr(site.node, "ctx", None), ast.Store | ast.Del) or isinstance(parent, ast.Expr):
        return
    if isinstance(parent, ast.Call) and parent.func is site.node:
        return
    text = site.text(site.node)
    for name in site.names.variables:
        yield site.replace(site.node, name, rule="expression", cost=2.5)
    for expression in site.names.expressions:
        if expression != text:
            wrapped = f"({expression})" if _binds_loosely(expression) and isinstance(parent, ast.expr) else expression
            yield site.replace(site.node, wrapped, rule="expression", cost=2.7)


def other_target(site: Site) -> Iterator[Edit]:
    """``a[i] = c`` becomes ``b[i] = c``: a place that the function reads elsewhere."""
    if isinstance(getattr(site.node, "ctx", None), ast.Store):
        text = site.text(site.node)
        for expression in site.names.expressions:
            if expression != text and isinstance(
                ast.parse(expression, mode="eval").body, ast.Subscript | ast.Attribute
            ):
                yield site.replace(site.node, expression, rule="target", cost=2.5)


def expression_for_variable(site: Site) -> Iterator[Edit]:
    """``a`` becomes another small expression of the function, such as ``a.b`` or ``a[i]``."""
    assert isinstance(site.node, ast.Name)
    parent = site.source.parent(site.node)
    if not isinstance(site.node.ctx, ast.Load) or _is_called(site) or isinstance(parent, ast.Expr):
        return
    for expression in site.names.expressions:
        wrapped = f"({expression})" if _binds_loosely(expression) and isinstance(parent, ast.expr) else expression
        same = re.search(rf"\b{re.escape(site.node.id)}\b", expression)
        yield site.replace(site.node, wrapped, rule="expression", cost=2.4 if same else 2.8)


def partners(name: str) -> Iterator[str]:
    for one, other in PARTNERS:
        if name == one:
            yield other
        elif name == other:
            yield one


def close_matches(name: str, known: set[str]) -> list[str]:
    likely = difflib.get_close_matches(name, sorted(known), n=4, cutoff=SPELLING)
    parts = [k for k in sorted(known) if k.lower().replace("_", "") == name.lower().replace("_", "")]
    return list(dict.fromkeys([*parts, *likely]))


def _binds_loosely(expression: str) -> bool:
    return isinstance(ast.parse(expression, mode="eval").body, ast.BinOp)


def _is_called(site: Site) -> bool:
    parent = site.source.parent(site.node)
    return isinstance(parent, ast.Call) and parent.func is site.node


OPERATORS = (
    (ast.Name, other_variable),
    (ast.Name, other_function),
    (ast.Name, other_global),
    (ast.Name, misspelt),
    (ast.Name, attribute_instead),
    (ast.Name, expression_for_variable),
    (ast.Subscript, other_target),
    (ast.Attribute, other_target),
    (ast.Name, other_target),
    (ast.Call, variable_for_expression),
    (ast.Attribute, variable_for_expression),
    (ast.Subscript, variable_for_expression),
    (ast.BinOp, variable_for_expression),
)
