"""What can be named at a place: the ingredients of an edit, from the function, its class and its file.

Nothing is taken from tests, so a literal that only a test holds cannot get into the product.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from honk_ci.healers.search.source import Function, Source, Unit

SMALL_EXPRESSION = 60  # characters

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """Ingredients for the edits of one function, in the order of the source, without repeats."""

    parameters: tuple[str, ...]
    variables: tuple[str, ...]  # parameters, then what the function assigns
    globals: tuple[str, ...]  # module-level names, functions included
    functions: Mapping[str, tuple[int, int]]  # those of the module -> fewest and most positional arguments
    own_attributes: tuple[str, ...]  # of ``self`` in this class: fields, properties, methods
    own_methods: tuple[str, ...]  # of this class, except special ones
    attributes: tuple[str, ...]  # any attribute used in the file
    keywords: tuple[str, ...]  # names of parameters and keywords in the file
    integers: tuple[int, ...]  # literals of this function
    file_integers: tuple[int, ...]
    strings: tuple[str, ...]  # source text of this function's string literals
    file_strings: tuple[str, ...]
    conditions: tuple[str, ...]  # of this function, whole and in parts
    expressions: tuple[str, ...]  # small ones of this function
    exceptions: tuple[str, ...]  # raised or caught in this file
    self_name: str  # "self", "cls", or "" outside a class


def names_of(source: Source, unit: Unit) -> Names:
    inside, whole = list(ast.walk(unit.node)), list(ast.walk(source.tree))
    parameters = tuple(_parameters(unit.node))
    self_name = parameters[0] if unit.classes and parameters and not _is_static(unit.node) else ""
    return Names(
        parameters=tuple(name for name in parameters if name != self_name),
        variables=_unique((*(p for p in parameters if p != self_name), *_stored(inside))),
        globals=_unique(_module_names(source.tree)),
        functions=dict(_arities(source.tree)),
        own_attributes=_unique(_own_attributes(source, unit, self_name)) if self_name else (),
        own_methods=_unique(_own_methods(source, unit)) if self_name else (),
        keywords=_unique(_keywords(whole)),
        attributes=_unique(node.attr for node in whole if isinstance(node, ast.Attribute)),
        integers=_unique(_integers(inside)),
        file_integers=_unique(_integers(whole)),
        strings=_unique(_strings(source, inside)),
        file_strings=_unique(_strings(source, whole)),
        conditions=_unique(_conditions(source, inside)),
        expressions=_unique(_expressions(source, inside)),
        exceptions=_unique(_exceptions(source, whole)),
        self_name=self_name,
    )


def inside_fstring(source: Source, node: ast.AST) -> bool:
    """Positions of nodes inside f-strings are not to be relied on before Python 3.12."""
    parent = source.parent(node)
    while parent is not None and not isinstance(parent, ast.stmt):
        if isinstance(parent, ast.JoinedStr):
            return True
        parent = source.parent(parent)
    return False


def _unique(values: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))


def _parameters(node: Function) -> Iterator[str]:
    arguments = node.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        yield argument.arg
    for starred in (arguments.vararg, arguments.kwarg):
        if starred is not None:
            yield starred.arg


def _is_static(node: Function) -> bool:
    return any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in node.decorator_list)


def _stored(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, Function):
            yield from _parameters(node)


def _module_names(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, Function | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name).split(".")[0] for alias in node.names if alias.name != "*")
        else:
            yield from _stored(ast.walk(node))


def _arities(tree: ast.Module) -> Iterator[tuple[str, tuple[int, int]]]:
    for node in tree.body:
        if isinstance(node, Function):
            positional = len(node.args.posonlyargs) + len(node.args.args)
            most = 99 if node.args.vararg else positional
            yield node.name, (positional - len(node.args.defaults), most)


def _own_attributes(source: Source, unit: Unit, self_name: str) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef) and unit.classes and node.name == unit.classes[-1]:
            for inner in ast.walk(node):
                if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name):
                    if inner.value.id == self_name:
                        yield inner.attr
                elif isinstance(inner, Function):
                    yield inner.name
            yield from _stored(node.body)
            yield from (
                s.target.id for s in node.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)
            )


def _own_methods(source: Source, unit: Unit) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef) and unit.classes and node.name == unit.classes[-1]:
            yield from (s.name for s in node.body if isinstance(s, Function) and not s.name.startswith("__"))


def _keywords(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.arg | ast.keyword) and node.arg:
            yield node.arg


def _integers(nodes: Iterable[ast.AST]) -> Iterator[int]:
    for node in nodes:
        if isinstance(node, ast.Constant) and type(node.value) is int:
            yield node.value


def _strings(source: Source, nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and not inside_fstring(source, node):
            text = source.text(node)
            is_docstring = isinstance(source.parent(node), ast.Expr)
            if not is_docstring and len(text) <= SMALL_EXPRESSION and "\n" not in text:
                yield text


def _conditions(source: Source, nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        tests = [node.test] if isinstance(node, ast.If | ast.While | ast.IfExp | ast.Assert) else []
        if isinstance(node, ast.comprehension):
            tests = node.ifs
        for test in tests:
            parts = test.values if isinstance(test, ast.BoolOp) else []
            for expression in (test, *parts):
                text = source.text(expression)
                if "\n" not in text and len(text) <= SMALL_EXPRESSION:
                    yield text


def _expressions(source: Source, nodes: Iterable[ast.AST]) -> Iterator[str]:
    kinds = (ast.Call, ast.BinOp, ast.Subscript, ast.Attribute)
    for node in nodes:
        if isinstance(node, kinds) and not inside_fstring(source, node):
            if isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
                continue
            text = source.text(node)
            if "\n" not in text and len(text) <= SMALL_EXPRESSION:
                yield text


def _exceptions(source: Source, nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Raise) and node.exc is not None:
            called = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if isinstance(called, ast.Name | ast.Attribute):
                yield source.text(called)
        elif isinstance(node, ast.ExceptHandler) and node.type is not None:
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            yield from (source.text(one) for one in caught)
