"""Ways on which a Python test gets past its own checks."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from honk_ci.checks.integrity.assertion import Assertion
from honk_ci.checks.integrity.python.assertions import assertions
from honk_ci.checks.integrity.python.inventory import Function
from honk_ci.checks.integrity.python.syntax import shown
from honk_ci.checks.integrity.trace import Trace


def early_returns(function: Function) -> Iterator[Trace]:
    """Ends of a test before its last statement, outside of functions that it defines."""
    asserted = [found.line for found in assertions(function.body)]
    for node in _own_nodes(function.body):
        if isinstance(node, ast.Return) and any(line > node.lineno for line in asserted):
            yield Trace(rule="early-return", text=shown(node), line=node.lineno, why="the test ends before it checks")


def _own_nodes(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
            inner += [
                s for child in ast.iter_child_nodes(node) if isinstance(child, ast.ExceptHandler) for s in child.body
            ]
            yield from _own_nodes(inner)


def retry_loops(function: Function) -> Iterator[Trace]:
    """Loops that try a check until it passes."""
    for node in ast.walk(function.node):
        if isinstance(node, ast.For | ast.While) and any(_catches_check(part) for part in node.body):
            what = shown(node).partition(":")[0]
            yield Trace(rule="retry-added", text=what, line=node.lineno, why="the check is repeated until it passes")


def _catches_check(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Try):
        return False
    found: list[Assertion] = assertions([node])
    return any(assertion.is_swallowed for assertion in found) and any(
        isinstance(part, ast.Break | ast.Return) for part in ast.walk(node)
    )
