"""Product code that answers a failing test instead of computing: its literals, hard-coded."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from honk_ci.checks.integrity.python.syntax import FunctionNode, functions, is_literal, number, own_statements, shown
from honk_ci.checks.integrity.trace import Trace
from honk_ci.domain import Severity

_WHY = "it answers a failing test's own input with the result that the test expects"


def literal_key(node: ast.expr) -> str:
    """A literal in one notation, the same for ``1`` and ``1.0``; "" for what says nothing by itself."""
    value = number(node)
    if value is not None:
        return f"{value:g}" if abs(value) > 2 else ""
    if isinstance(node, ast.Constant):
        is_telling = isinstance(node.value, str | bytes) and len(node.value) > 1
        return repr(node.value) if is_telling else ""
    if isinstance(node, ast.Tuple | ast.List | ast.Set | ast.Dict) and is_literal(node):
        return shown(node) if len(shown(node)) > 3 else ""
    return ""


def literals(node: ast.AST) -> frozenset[str]:
    """The telling literals anywhere in a tree."""
    found = {literal_key(part) for part in ast.walk(node) if isinstance(part, ast.expr)}
    return frozenset(found - {""})


def special_cases(before: ast.Module, after: ast.Module, expected: frozenset[str]) -> list[Trace]:
    """New special cases for literals that the failing tests name."""
    if not expected:
        return []
    old = {case.text for case in _cases(before, expected)}
    found = [case for case in _cases(after, expected) if case.text not in old]
    return found + list(_constant_results(before, after, expected))


def _cases(tree: ast.Module, expected: frozenset[str]) -> Iterator[Trace]:
    for function in functions(tree):
        found = list(_in_function(function, expected))
        severity = Severity.NOTE if _is_table(function) else Severity.VETO
        yield from (
            Trace(rule="special-case", text=shown(node), line=node.lineno, why=_WHY, severity=severity)
            for node in found
        )


def _in_function(function: FunctionNode, expected: frozenset[str]) -> Iterator[ast.If | ast.IfExp | ast.Dict]:
    for node in ast.walk(function):
        if isinstance(node, ast.If | ast.IfExp | ast.Dict) and _is_special(node, expected):
            yield node


def _is_special(node: ast.If | ast.IfExp | ast.Dict, expected: frozenset[str]) -> bool:
    if isinstance(node, ast.Dict):
        return _is_answer_book(node, expected)
    answers = _answers(node.body, expected) if isinstance(node, ast.If) else literal_key(node.body) in expected
    return answers and _asks_for(node.test, expected)


def _asks_for(test: ast.expr, expected: frozenset[str]) -> bool:
    for part in ast.walk(test):
        if isinstance(part, ast.Compare) and isinstance(part.ops[0], ast.Eq | ast.Is | ast.In):
            sides = [part.left, *part.comparators]
            sides += [
                element for side in sides if isinstance(side, ast.Tuple | ast.List | ast.Set) for element in side.elts
            ]
            if any(literal_key(side) in expected for side in sides if literal_key(side)):
                return True
    return False


def _answers(body: list[ast.stmt], expected: frozenset[str]) -> bool:
    for node in body[:2]:
        value = node.value if isinstance(node, ast.Return | ast.Assign) else None
        if value is not None and literal_key(value) and literal_key(value) in expected:
            return True
    return False


def _is_answer_book(node: ast.Dict, expected: frozenset[str]) -> bool:
    """A table all of whose keys and values the failing tests name."""
    keys = [literal_key(key) for key in node.keys if key is not None]
    values = [literal_key(value) for value in node.values]
    return bool(keys) and all(keys) and all(values) and {*keys, *values} <= expected


def _is_table(function: FunctionNode) -> bool:
    """Whether a function is a row of such cases anyway, most of them not from the failing tests."""
    branches = [node.body[0] for node in ast.walk(function) if isinstance(node, ast.If)]
    values = [node.value for node in branches if isinstance(node, ast.Return | ast.Assign)]
    return sum(value is not None and is_literal(value) for value in values) >= 3


def _constant_results(before: ast.Module, after: ast.Module, expected: frozenset[str]) -> Iterator[Trace]:
    """Functions that computed and now return one literal that a failing test names."""
    old = {function.name: function for function in functions(before)}
    for function in functions(after):
        was, body = old.get(function.name), own_statements(function.body)
        if was is None or len(body) != 1 or not isinstance(body[0], ast.Return) or body[0].value is None:
            continue
        computed = any(isinstance(n, ast.Name | ast.Call) for s in own_statements(was.body) for n in ast.walk(s))
        if computed and literal_key(body[0].value) in expected:
            text = f"def {function.name}: {shown(body[0])}"
            yield Trace(
                rule="special-case", text=text, line=body[0].lineno, why="it returns what the failing test expects"
            )
