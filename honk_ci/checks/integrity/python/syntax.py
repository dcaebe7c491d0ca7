"""Reading Python: trees, names and numbers."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from functools import lru_cache

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@lru_cache(maxsize=64)
def parse(source: bytes | None) -> ast.Module | None:
    """The tree of a source text; None where there is none or this Python cannot read it.

    The tree is shared: the red side of a file is the same for every candidate. Nobody changes it.
    """
    if source is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in the user's code are not our warnings
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def dotted(node: ast.AST) -> str:
    """``a.b.c`` of a name, an attribute or what a call calls; "" for anything else."""
    if isinstance(node, ast.Call):
        return dotted(node.func)
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr}" if base else node.attr
    return ""


def last_name(node: ast.AST) -> str:
    return dotted(node).rpartition(".")[2]


def shown(node: ast.AST) -> str:
    """The node as source, in one line and in one notation; "…" for what is nested too deeply."""
    try:
        return " ".join(ast.unparse(node).split())
    except RecursionError:
        return "…"


def line_of(node: ast.AST) -> int | None:
    """Where the node begins, 1-based; a decorated definition begins at its name."""
    return getattr(node, "lineno", None)


def number(node: ast.AST | None) -> float | None:
    """The value of a numeric literal or of plain arithmetic on such; None for anything else."""
    if isinstance(node, ast.Constant):
        value = node.value
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        operand = number(node.operand)
        return None if operand is None else -operand
    if isinstance(node, ast.BinOp):
        return _arithmetic(node.op, number(node.left), number(node.right))
    return None


def _arithmetic(operator: ast.operator, left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    try:
        match operator:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
            case ast.Div():
                return left / right
            case ast.Pow():
                value = left**right
                return value if isinstance(value, float) else None
    except (ArithmeticError, ValueError):
        pass
    return None


def is_literal(node: ast.AST) -> bool:
    """Whether the node is made of constants alone."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.UnaryOp):
        return is_literal(node.operand)
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return all(map(is_literal, node.elts))
    if isinstance(node, ast.Dict):
        return all(key is not None and is_literal(key) for key in node.keys) and all(map(is_literal, node.values))
    return number(node) is not None


def always_true(node: ast.AST) -> bool:
    """Whether a condition holds whatever the program does."""
    if isinstance(node, ast.Constant):
        return bool(node.value) and node.value is not Ellipsis
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return bool(node.elts)  # `assert (x == 1, "message")` asserts a tuple
    if isinstance(node, ast.Dict):
        return bool(node.keys)
    if isinstance(node, ast.BoolOp):
        anywhere = any if isinstance(node.op, ast.Or) else all
        return anywhere(map(always_true, node.values))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return isinstance(node.operand, ast.Constant) and not node.operand.value
    if isinstance(node, ast.Call) and dotted(node) == "isinstance" and len(node.args) == 2:
        return dotted(node.args[1]) == "object"
    return isinstance(node, ast.Compare) and _compares_with_itself(node)


def _compares_with_itself(node: ast.Compare) -> bool:
    if len(node.ops) != 1 or not isinstance(node.ops[0], ast.Eq | ast.Is | ast.GtE | ast.LtE):
        return False
    return ast.dump(node.left) == ast.dump(node.comparators[0])


def functions(tree: ast.AST) -> Iterator[FunctionNode]:
    """Every function and method, in any depth."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def own_statements(body: list[ast.stmt]) -> list[ast.stmt]:
    """A body without its docstring."""
    return body[1:] if body and _is_docstring(body[0]) else body


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def does_nothing(body: list[ast.stmt]) -> bool:
    """Whether a body is a docstring, ``pass``, ``...``, a bare ``return`` or a constant."""
    return all(
        isinstance(node, ast.Pass)
        or (isinstance(node, ast.Return) and (node.value is None or isinstance(node.value, ast.Constant)))
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in body
    )


def is_broad(handler: ast.ExceptHandler) -> bool:
    """Whether it catches everything, or nearly everything."""
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(last_name(kind) in {"Exception", "BaseException"} for kind in kinds)
