"""Coroutines: a missing or a needless ``await``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from honk_ci.healers.search.operators.interface import Edit, Site


def missing_await(site: Site) -> Iterator[Edit]:
    """``f(a)`` becomes ``await f(a)`` inside an ``async def``."""
    assert isinstance(site.node, ast.Call | ast.Name)
    if not _is_inside_async(site) or isinstance(site.source.parent(site.node), ast.Await):
        return
    pending = {"coroutine", "Task", "Future"}
    if isinstance(site.node, ast.Name) and not site.types.get(site.node.id, frozenset()) & pending:
        return
    is_operand = isinstance(
        site.source.parent(site.node), ast.Attribute | ast.Subscript | ast.BinOp | ast.Call | ast.Compare
    )
    text = f"await {site.text(site.node)}"
    yield site.replace(
        site.node,
        f"({text})" if is_operand else text,
        rule="missing await",
        cost=1.0 if isinstance(site.node, ast.Call) else 2.0,
    )


def needless_await(site: Site) -> Iterator[Edit]:
    """``await a`` becomes ``a``."""
    assert isinstance(site.node, ast.Await)
    yield site.replace(site.node, site.text(site.node.value), rule="needless await", cost=1.8)


def _is_inside_async(site: Site) -> bool:
    parent = site.source.parent(site.node)
    while parent is not None and not isinstance(parent, ast.FunctionDef | ast.Lambda):
        if isinstance(parent, ast.AsyncFunctionDef):
            return True
        parent = site.source.parent(parent)
    return False


OPERATORS = ((ast.Call, missing_await), (ast.Name, missing_await), (ast.Await, needless_await))
