"""The assertions of a Python function: what is checked, how strictly, and under which conditions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from honk_ci.checks.integrity.assertion import CLOSE, EXACT, NOTHING, PARTIAL, PRESENCE, RANGE, Assertion
from honk_ci.checks.integrity.python.closeness import tolerances
from honk_ci.checks.integrity.python.syntax import (
    always_true,
    dotted,
    is_broad,
    is_literal,
    last_name,
    number,
    shown,
)

_OPERATORS: Mapping[type[ast.cmpop], int] = {
    ast.Eq: EXACT, ast.Is: EXACT, ast.In: PARTIAL, ast.Lt: RANGE, ast.LtE: RANGE, ast.Gt: RANGE, ast.GtE: RANGE,
    ast.NotEq: PRESENCE, ast.IsNot: PRESENCE, ast.NotIn: PARTIAL,
}  # fmt: skip

_METHODS: Mapping[str, int] = {
    "assertEqual": EXACT, "assertEquals": EXACT, "assertListEqual": EXACT, "assertDictEqual": EXACT,
    "assertTupleEqual": EXACT, "assertSetEqual": EXACT, "assertSequenceEqual": EXACT, "assertMultiLineEqual": EXACT,
    "assertIs": EXACT, "assertIsNone": EXACT, "assertCountEqual": CLOSE, "assertAlmostEqual": CLOSE,
    "assertAlmostEquals": CLOSE, "assertRegex": PARTIAL, "assertIn": PARTIAL, "assertNotIn": PARTIAL,
    "assertDictContainsSubset": PARTIAL, "assertIsInstance": RANGE, "assertGreater": RANGE, "assertLess": RANGE,
    "assertGreaterEqual": RANGE, "assertLessEqual": RANGE, "assertNotEqual": PRESENCE, "assertIsNotNone": PRESENCE,
    "assertTrue": PRESENCE, "assertFalse": PRESENCE, "assertIsNot": PRESENCE, "assertNotIsInstance": PRESENCE,
    "assert_called_once_with": EXACT, "assert_awaited_once_with": EXACT, "assert_not_called": EXACT,
    "assert_called_with": CLOSE, "assert_awaited_with": CLOSE, "assert_has_calls": PARTIAL, "assert_any_call": PARTIAL,
    "assert_called_once": RANGE, "assert_awaited_once": RANGE, "assert_called": PRESENCE, "assert_awaited": PRESENCE,
    "assert_array_equal": EXACT, "assert_equal": EXACT, "assert_frame_equal": EXACT, "assert_series_equal": EXACT,
    "assert_allclose": CLOSE, "assert_almost_equal": CLOSE, "assert_array_almost_equal": CLOSE, "assert_in": PARTIAL,
    "assert_true": PRESENCE, "assert_": PRESENCE, "ok_": PRESENCE, "eq_": EXACT,
}  # fmt: skip

_RAISES = frozenset({"raises", "assertRaises", "assertRaisesRegex", "assertRaisesRegexp", "warns", "assertWarns",
                     "assertWarnsRegex", "assert_raises", "assertLogs", "deprecated_call"})  # fmt: skip
_CHECKER = re.compile(r"(?:assert|check|verify|expect|ensure|should)(?:_|[A-Z]|$)")
_CLOSENESS = frozenset({"approx", "isclose", "allclose", "assertAlmostEqual", "assert_allclose"})


def assertions(body: list[ast.stmt]) -> list[Assertion]:
    """All assertions of a function's body, in order."""
    return [replace(found, shape=_masked(found.text)) for node in body for found in _in_statement(node)]


def _in_statement(node: ast.stmt) -> Iterator[Assertion]:
    match node:
        case ast.Assert():
            yield from _of_condition(node.test, node)
        case ast.Expr(value=ast.Call() as call) | ast.Expr(value=ast.Await(value=ast.Call() as call)):
            yield from _of_call(call)
        case ast.Raise(exc=ast.expr() as error) if last_name(error) in {"AssertionError", "Failed"}:
            yield Assertion(text=shown(node), line=node.lineno, strength=EXACT, subject=shown(node))
        case ast.With() | ast.AsyncWith():
            yield from _in_with(node)
        case ast.Try() | ast.TryStar():
            yield from _in_try(node)
        case ast.If() | ast.While():
            yield from _guarded(node.body, f"if {shown(node.test)}")
            yield from _guarded(node.orelse, f"if not ({shown(node.test)})")
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from _guarded(node.body, f"def {node.name}")
        case ast.For() | ast.AsyncFor():
            yield from assertions([*node.body, *node.orelse])
        case ast.Match():
            for branch in node.cases:
                yield from _guarded(branch.body, f"case {shown(branch.pattern)}")


def _guarded(body: list[ast.stmt], guard: str) -> Iterator[Assertion]:
    return (replace(found, guards=(guard, *found.guards)) for found in assertions(body))


def _in_try(node: ast.Try | ast.TryStar) -> Iterator[Assertion]:
    swallows = any(_swallows(handler) for handler in node.handlers)
    inside = assertions(node.body)
    yield from (replace(found, is_swallowed=True) for found in inside) if swallows else iter(inside)
    yield from assertions([*node.orelse, *node.finalbody])
    for handler in node.handlers:
        yield from _guarded(handler.body, f"except {shown(handler.type) if handler.type else ''}".strip())


def _swallows(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    catches = is_broad(handler) or any(kind and last_name(kind) == "AssertionError" for kind in kinds)
    ends = [part for part in ast.walk(handler) if isinstance(part, ast.Raise | ast.Assert)]
    fails = [part for part in ast.walk(handler) if isinstance(part, ast.Call) and last_name(part) == "fail"]
    return catches and not ends and not fails


def _in_with(node: ast.With | ast.AsyncWith) -> Iterator[Assertion]:
    inside = assertions(node.body)
    for item in node.items:
        call = item.context_expr
        if not isinstance(call, ast.Call):
            continue
        name = last_name(call)
        if name in _RAISES:
            yield _raises(call, "; ".join(map(shown, node.body)))
        if _hides_failures(call, name):
            inside = [replace(found, is_swallowed=True) for found in inside]
    yield from inside


def _hides_failures(call: ast.Call, name: str) -> bool:
    kinds = {last_name(argument) for argument in call.args}
    return name in {"suppress", *_RAISES} and bool(kinds & {"AssertionError", "Exception", "BaseException"})


def _raises(call: ast.Call, body: str) -> Assertion:
    kinds = call.args[0] if call.args else _keyword(call, "expected_exception")
    elements = kinds.elts if isinstance(kinds, ast.Tuple) else [kinds] if kinds else []
    match = _keyword(call, "match") or (call.args[1] if "Regex" in last_name(call) and len(call.args) > 1 else None)
    return Assertion(
        text=shown(call),
        line=call.lineno,
        strength=EXACT,
        subject=body,
        raised=tuple(dotted(kind) or shown(kind) for kind in elements) or (last_name(call),),
        match=None if match is None else shown(match),
    )


def _of_condition(test: ast.expr, node: ast.Assert) -> Iterator[Assertion]:
    if always_true(test):
        yield Assertion(text=shown(test), line=node.lineno, strength=NOTHING, subject=shown(test), is_constant=True)
    elif isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for part in test.values:
            yield from _of_condition(part, node)
    else:
        yield replace(_of_expression(test, node.lineno), has_alternative=isinstance(test, ast.BoolOp))


def _of_expression(test: ast.expr, line: int) -> Assertion:
    text = shown(test)
    inner = test.operand if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) else test
    if isinstance(inner, ast.Compare) and len(inner.ops) == 1:
        return _of_comparison(inner, text, line)
    if isinstance(inner, ast.Call) and last_name(inner) in _CLOSENESS:
        return _of_closeness(inner, text, line)
    strength = RANGE if isinstance(inner, ast.Call) and last_name(inner) == "isinstance" else PRESENCE
    return Assertion(text=text, line=line, strength=strength, subject=shown(inner), tolerances=tolerances(test))


def _of_comparison(test: ast.Compare, text: str, line: int) -> Assertion:
    left, right, operator = test.left, test.comparators[0], test.ops[0]
    if is_literal(left) and not is_literal(right):
        left, right = right, left
    strength = _OPERATORS[type(operator)]
    found = dict(tolerances(test))
    difference = left if isinstance(operator, ast.Lt | ast.LtE) else None
    limit = number(right)
    if isinstance(difference, ast.Call) and last_name(difference) == "abs" and limit is not None:
        strength, found = CLOSE, {"tolerance": limit, **found}
    elif found and strength == EXACT:
        strength = CLOSE
    return Assertion(
        text=text, line=line, strength=strength, subject=shown(left), expected=shown(right), tolerances=found
    )


def _of_closeness(call: ast.Call, text: str, line: int) -> Assertion:
    return Assertion(
        text=text,
        line=line,
        strength=CLOSE,
        subject=shown(call.args[0]) if call.args else "",
        expected=shown(call.args[1]) if len(call.args) > 1 else "",
        tolerances=tolerances(call),
    )


def _of_call(call: ast.Call) -> Iterator[Assertion]:
    name = last_name(call)
    if name in _RAISES and len(call.args) > 1:
        yield replace(_raises(call, "; ".join(map(shown, call.args[1:]))), match=None)
    elif name in {"assertTrue", "assertFalse", "assert_"} and call.args:
        yield from _of_truth(call, name)
    elif name in _METHODS or _CHECKER.match(name):
        yield _of_method(call, name)
    elif name == "fail":
        yield Assertion(text=shown(call), line=call.lineno, strength=EXACT, subject=shown(call))


def _of_truth(call: ast.Call, name: str) -> Iterator[Assertion]:
    """``assertTrue(x)`` counts as what it says of ``x``: ``assertTrue(a == b)`` is a comparison."""
    condition = call.args[0]
    is_constant = always_true(condition) if name != "assertFalse" else is_literal(condition)
    if is_constant:
        text = shown(call)
        yield Assertion(text=text, line=call.lineno, strength=NOTHING, subject=text, is_constant=True)
    else:
        yield replace(
            _of_expression(condition, call.lineno),
            text=shown(call),
            has_alternative=isinstance(condition, ast.BoolOp) and isinstance(condition.op, ast.Or),
        )


def _of_method(call: ast.Call, name: str) -> Assertion:
    is_mock = name.startswith("assert_") and isinstance(call.func, ast.Attribute) and "call" in name
    arguments = [shown(argument) for argument in call.args]
    subject = dotted(call.func).rpartition(".")[0] if is_mock or not arguments else arguments[0]
    expected = ", ".join(arguments if is_mock else arguments[1:])
    if len(call.args) > 1 and is_literal(call.args[0]) and not is_literal(call.args[1]):
        subject, expected = arguments[1], ", ".join([arguments[0], *arguments[2:]])
    same = len(arguments) > 1 and arguments[0] == arguments[1] and _METHODS.get(name, 0) >= CLOSE and not is_mock
    return Assertion(
        text=shown(call),
        line=call.lineno,
        strength=NOTHING if same else _METHODS.get(name, PARTIAL),
        subject=subject,
        expected=expected,
        tolerances=tolerances(call),
        is_constant=same,
    )


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _masked(text: str) -> str:
    """The assertion with all its literals alike."""
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError:
        return text
    return ast.dump(_Mask().visit(tree))


class _Mask(ast.NodeTransformer):
    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Whole literals first: a list of numbers is one literal."""
        return ast.Constant(0) if isinstance(node, ast.expr) and is_literal(node) else super().generic_visit(node)

    visit_Constant = generic_visit  # noqa: N815 (the visitor's protocol)
