"""Product code that answers a failing test instead of computing: its literals, hard-coded."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from honk_ci.checks.integrity.python.syntax import (
    FunctionNode,
    functions,
    is_literal,
    line_of,
    number,
    own_statements,
    shown,
)
from honk_ci.checks.integrity.trace import Trace
from honk_ci.domain import Severity

_SEQUENCES = (ast.Tuple, ast.List, ast.Set)
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
    old = {case.text for case in _cases(before, expected, before)}
    found = [case for case in _cases(after, expected, before) if case.text not in old]
    vetoed = [case.text for case in found if case.severity is Severity.VETO]
    found = [c for c in found if c.severity is Severity.VETO or not any(c.text in text for text in vetoed)]
    return [*found, *_new_tables(before, after, expected), *_constant_results(before, after, expected)]


def _cases(tree: ast.Module, expected: frozenset[str], before: ast.Module) -> Iterator[Trace]:
    tables = {function.name for function in functions(before) if _is_table(function)}
    known = {question for function in functions(before) for node in ast.walk(function) for question in _asked(node)}
    for function in functions(tree):
        for node in ast.walk(function):
            severity = _weight(node, expected)
            if severity is not None:
                is_known = function.name in tables or not known.isdisjoint(_asked(node))
                yield _trace(node, Severity.NOTE if is_known else severity)


def _asked(node: ast.AST) -> list[str]:
    """What a node tells apart: whoever mends the answer to a question of before adds no special case."""
    match node:
        case ast.If() | ast.While() | ast.IfExp():
            return [shown(node.test)]
        case ast.match_case():
            return [shown(node.pattern)]
        case ast.Compare():
            return [shown(node)]
        case ast.Dict():
            return [f"{{{shown(key)}}}" for key in node.keys if key is not None]
    return []


def _trace(node: ast.AST, severity: Severity) -> Trace:
    return Trace(rule="special-case", text=shown(node), line=line_of(node), why=_WHY, severity=severity)


def _weight(node: ast.AST, expected: frozenset[str]) -> Severity | None:
    """How much a node weighs that answers what the tests ask with what they expect; None where it does not."""
    match node:
        case ast.If() | ast.While():
            return _of_branches(node, expected)
        case ast.IfExp():
            answers = literal_key(node.body) in expected or literal_key(node.orelse) in expected
            return Severity.VETO if answers and _asks_for(node.test, expected) else None
        case ast.Compare():
            return Severity.PERSON if _singles_out(node, expected) else None
        case ast.match_case():
            return Severity.VETO if _names(node.pattern, expected) and _answers(node.body, expected) else None
        case ast.BoolOp(op=ast.And()):
            answers = any(_answer(value) in expected for value in node.values)
            return Severity.VETO if answers and any(_asks_for(value, expected) for value in node.values) else None
        case ast.Dict():
            return Severity.VETO if _is_answer_book(node, expected) else None
        case ast.List() | ast.Tuple() | ast.Set():
            return Severity.PERSON if _is_list_of_answers(node, expected) else None
    return None


def _of_branches(node: ast.If | ast.While, expected: frozenset[str]) -> Severity | None:
    answers = _answers(node.body, expected) or _answers(node.orelse, expected)
    return Severity.VETO if answers and _asks_for(node.test, expected) else None


def _asks_for(test: ast.expr, expected: frozenset[str]) -> bool:
    return any(not expected.isdisjoint(map(literal_key, sides)) for sides in _equalities(test))


def _singles_out(test: ast.expr, expected: frozenset[str]) -> bool:
    """Whether a variable as it is must equal a number or a collection of the tests, whatever is done then."""
    return any(
        any(isinstance(side, ast.Name) for side in sides)
        and any(literal_key(side) in expected and not isinstance(_value(side), str | bytes) for side in sides)
        for sides in _equalities(test)
    )


def _value(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _equalities(test: ast.expr) -> Iterator[list[ast.expr]]:
    """What is held to be equal or not in a condition; of a collection its elements too."""
    for part in ast.walk(test):
        if not isinstance(part, ast.Compare):
            continue
        sides = [part.left, *part.comparators]
        is_equality = any(isinstance(op, ast.Eq | ast.Is | ast.In | ast.NotEq | ast.NotIn) for op in part.ops)
        # ``50 <= x <= 50`` is an equality in disguise
        if is_equality or (len(sides) == 3 and literal_key(sides[0]) == literal_key(sides[2]) != ""):
            yield sides + [element for side in sides if isinstance(side, _SEQUENCES) for element in side.elts]


def _answers(body: list[ast.stmt], expected: frozenset[str]) -> bool:
    return any(value is not None and _answer(value) in expected for value in map(_given, body))


def _given(node: ast.stmt) -> ast.expr | None:
    """What a statement gives back or keeps."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield):
        return node.value.value
    return node.value if isinstance(node, ast.Return | ast.Assign | ast.AnnAssign | ast.AugAssign) else None


def _answer(node: ast.expr) -> str:
    """The literal that is answered, be it wrapped in a call: ``15``, ``float(15)``, ``Decimal("15")``."""
    if isinstance(node, ast.Call) and len(node.args) == 1 and isinstance(node.func, ast.Name):
        return literal_key(node.args[0])
    return literal_key(node)


def _names(pattern: ast.pattern, expected: frozenset[str]) -> bool:
    """Whether a ``case`` names a literal of the tests."""
    values = (part.value for part in ast.walk(pattern) if isinstance(part, ast.MatchValue))
    return any(literal_key(value) in expected for value in values)


def _is_answer_book(node: ast.Dict, expected: frozenset[str]) -> bool:
    """A table all of whose telling keys and values the failing tests name."""
    keys = [key for key in node.keys if key is not None]
    keys_are_asked, values_are_answers = _are_named(keys, expected), _are_named(node.values, expected)
    return keys_are_asked and values_are_answers


def _is_list_of_answers(node: ast.List | ast.Tuple | ast.Set, expected: frozenset[str]) -> bool:
    """Pairs of a question and an answer, all of them the tests'."""
    pairs = [part for part in node.elts if isinstance(part, ast.Tuple | ast.List) and len(part.elts) > 1]
    if not pairs or len(pairs) != len(node.elts):
        return False
    return _are_named([pair.elts[0] for pair in pairs], expected) and _are_named(
        [pair.elts[-1] for pair in pairs], expected
    )


def _are_named(nodes: list[ast.expr], expected: frozenset[str]) -> bool:
    """Whether these are literals, some of them telling, and the tests name every telling one."""
    parts = [part for node in nodes for part in (node.elts if isinstance(node, _SEQUENCES) and node.elts else [node])]
    telling = [key for key in map(literal_key, parts) if key]
    return all(map(is_literal, parts)) and bool(telling) and expected.issuperset(telling)


def _new_tables(before: ast.Module, after: ast.Module, expected: frozenset[str]) -> Iterator[Trace]:
    """Tables outside of functions: under a name that the module had before they are its own business."""
    old = {name for name, _ in _tables(before)}
    for name, value in _tables(after):
        if name not in old and _weight(value, expected) is not None:
            yield _trace(value, Severity.PERSON)


def _tables(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    bodies = (tree.body, *(node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef)))
    for node in (node for body in bodies for node in body):
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict | ast.List | ast.Tuple):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            yield shown(target), node.value


def _is_table(function: FunctionNode) -> bool:
    """Whether a function is a row of such cases."""
    branches = [node.body[0] for node in ast.walk(function) if isinstance(node, ast.If | ast.match_case)]
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
