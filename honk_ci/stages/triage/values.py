"""Where the values of local names come from, inside one Python function."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from honk_ci.stages.triage.tree import Function


def assigned(function: Function, name: str, *, before: int) -> list[ast.expr]:
    """What ``name`` is given up to the line ``before``, the latest first."""
    found = [
        (value.lineno, value)
        for node in ast.walk(function)
        for targets, value in _bindings(node)
        if value.lineno <= before and any(_binds(target, name) for target in targets)
    ]
    return [value for _, value in sorted(found, key=lambda pair: -pair[0])]


def _bindings(node: ast.AST) -> Iterator[tuple[Sequence[ast.expr], ast.expr]]:
    """The targets that a node gives a value to, and that value."""
    match node:
        case ast.Assign(targets=targets, value=value):
            yield targets, value
        case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.AugAssign(target=target, value=value):
            yield [target], value
        case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
            yield [target], value
        case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
            yield [target], value
        case ast.NamedExpr(target=target, value=value):
            yield [target], value
        case _:
            pass


def _binds(target: ast.expr, name: str) -> bool:
    return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(target))


def calls_on(function: Function, name: str, *, before: int) -> list[ast.expr]:
    """Method calls that stand alone, ``cart.add(1)``: they change the value, the last one first."""
    found: list[ast.expr] = []
    for node in ast.walk(function):
        match node:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=owner))) as call):
                if owner == name and node.lineno < before:
                    found.append(call)
            case _:
                pass
    return sorted(found, key=lambda call: -call.lineno)


def assigned_to_self(method: Function, attribute: str) -> Iterator[ast.expr]:
    """What a method gives ``self.attribute``."""
    for node in ast.walk(method):
        if isinstance(node, ast.Assign):
            targets = (target for target in node.targets if isinstance(target, ast.Attribute))
            yield from (node.value for target in targets if target.attr == attribute)


def results(function: Function) -> Iterator[ast.expr]:
    """What a function returns or yields; a local name stands for what it was given."""
    for node in ast.walk(function):
        if isinstance(node, ast.Return | ast.Yield) and node.value is not None:
            if isinstance(node.value, ast.Name):
                yield from assigned(function, node.value.id, before=function.end_lineno or node.value.lineno)
            else:
                yield node.value
