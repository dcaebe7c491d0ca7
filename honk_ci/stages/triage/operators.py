"""Special methods that Python calls for operators and built-in functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "__add__", ast.Sub: "__sub__", ast.Mult: "__mul__", ast.Div: "__truediv__", ast.FloorDiv: "__floordiv__",
    ast.Mod: "__mod__", ast.Pow: "__pow__", ast.MatMult: "__matmul__", ast.BitAnd: "__and__", ast.BitOr: "__or__",
    ast.BitXor: "__xor__", ast.LShift: "__lshift__", ast.RShift: "__rshift__",
}  # fmt: skip
_COMPARED: dict[type[ast.cmpop], str] = {
    ast.Eq: "__eq__", ast.NotEq: "__eq__", ast.Lt: "__lt__", ast.LtE: "__le__", ast.Gt: "__gt__", ast.GtE: "__ge__",
}  # fmt: skip
_CALLED = {
    "len": "__len__", "str": "__str__", "repr": "__repr__", "format": "__format__", "int": "__int__", "float": "__float__",
    "bool": "__bool__", "hash": "__hash__", "iter": "__iter__", "list": "__iter__", "tuple": "__iter__", "set": "__iter__",
    "sorted": "__iter__", "sum": "__iter__", "next": "__next__", "abs": "__abs__", "round": "__round__", "bytes": "__bytes__",
    "reversed": "__reversed__",
}  # fmt: skip


def special_calls(node: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    """The values whose special methods an expression calls, with the method's name."""
    match node:
        case ast.BinOp(left=left, op=operator) if type(operator) in _BINARY:
            yield left, _BINARY[type(operator)]
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            if isinstance(operator, ast.In | ast.NotIn):
                yield right, "__contains__"
            elif type(operator) in _COMPARED:
                yield left, _COMPARED[type(operator)]
        case ast.Subscript(value=value):
            yield value, "__getitem__"
        case ast.Call(func=ast.Name(id=name), args=[first]) if name in _CALLED:
            yield first, _CALLED[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield operand, "__neg__"
        case _:
            pass
