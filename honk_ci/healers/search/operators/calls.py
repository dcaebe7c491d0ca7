"""Calls around an expression: one missing, one too many."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from honk_ci.healers.search.operators.boolean import bracketed
from honk_ci.healers.search.operators.interface import Edit, Site

WRAPPERS = {  # call -> run-time types it is tried on; empty: any
    "len": {"list", "str", "dict", "set", "tuple", "bytes", "deque"},
    "abs": {"int", "float"},
    "int": {"str", "float"},
    "float": {"str", "int"},
    "str": {"int", "float", "bytes", "NoneType", "bool"},
    "list": {"tuple", "set", "dict", "generator", "dict_keys", "dict_values", "map", "filter", "range", "list", "str"},
    "tuple": {"list", "generator", "set"},
    "set": {"list", "tuple"},
    "sorted": {"list", "tuple", "set", "dict", "dict_keys"},
    "reversed": {"list", "tuple", "str"},
    "round": {"float"},
    "bool": set[str](),
    "sum": {"list", "tuple"},
    "max": {"list", "tuple", "set"},
    "min": {"list", "tuple", "set"},
}
METHODS = {
    "strip": {"str"}, "lower": {"str"}, "upper": {"str"}, "copy": {"list", "dict", "set"}, "items": {"dict"},
    "keys": {"dict"}, "values": {"dict"}, "split": {"str"}, "title": {"str"}, "capitalize": {"str"},
}  # fmt: skip
SEQUENCES = frozenset({"list", "str", "tuple", "bytes"})


def wrapped(site: Site) -> Iterator[Edit]:
    """``a`` becomes ``int(a)``, ``a.strip()`` or ``a.copy()``, as its run-time type allows."""
    if isinstance(getattr(site.node, "ctx", None), ast.Store | ast.Del) or _is_no_value(site):
        return
    kinds = site.types.get(site.node.id, frozenset()) if isinstance(site.node, ast.Name) else frozenset()
    text = site.text(site.node)
    extra = 0.0 if kinds else 0.5
    for name, fitting in WRAPPERS.items():
        if not kinds or (fitting & kinds):
            yield site.replace(site.node, f"{name}({text})", rule="call added", cost=2.0 + extra)
    for name, fitting in METHODS.items():
        if not kinds or fitting & kinds:
            cost = 1.8 if name == "copy" else 2.1
            yield site.replace(
                site.node, f"{bracketed(site, site.node)}.{name}()", rule="call added", cost=cost + extra
            )
    if not kinds or SEQUENCES & kinds:
        for part in ("[1:]", "[:-1]", "[::-1]", "[0]", "[-1]"):
            yield site.replace(site.node, f"{bracketed(site, site.node)}{part}", rule="part taken", cost=2.2 + extra)


def bounded(site: Site) -> Iterator[Edit]:
    """``a`` becomes ``max(0, a)``, ``min(a, b)`` or ``max(a, b)``."""
    parent = site.source.parent(site.node)
    is_read = not isinstance(getattr(site.node, "ctx", None), ast.Store | ast.Del)
    if is_read and isinstance(parent, ast.Assign | ast.Return | ast.Call) and not _is_no_value(site):
        text = site.text(site.node)
        kinds = site.types.get(site.node.id, frozenset()) if isinstance(site.node, ast.Name) else frozenset()
        if not kinds or kinds & {"int", "float"}:
            for bound in ("0", *site.names.variables[:8]):
                if bound != text:
                    yield site.replace(site.node, f"max({bound}, {text})", rule="bound added", cost=2.5)
                    yield site.replace(site.node, f"min({bound}, {text})", rule="bound added", cost=2.5)


def unwrapped(site: Site) -> Iterator[Edit]:
    """``f(a)`` becomes ``a``, ``a.f()`` becomes ``a``."""
    assert isinstance(site.node, ast.Call)
    for argument in site.node.args[:3]:
        if not isinstance(argument, ast.Starred):
            yield site.replace(site.node, bracketed(site, argument), rule="call dropped", cost=2.0)
    if isinstance(site.node.func, ast.Attribute):
        cost = 2.0 if not site.node.args else 2.4
        yield site.replace(site.node, bracketed(site, site.node.func.value), rule="call dropped", cost=cost)


def called(site: Site) -> Iterator[Edit]:
    """``a.b`` becomes ``a.b()``, and ``f`` becomes ``f()``."""
    parent = site.source.parent(site.node)
    is_called = isinstance(parent, ast.Call) and parent.func is site.node
    if is_called or isinstance(getattr(site.node, "ctx", None), ast.Store | ast.Del):
        return
    if isinstance(site.node, ast.Attribute) or (
        isinstance(site.node, ast.Name) and site.node.id in site.names.functions
    ):
        yield site.replace(site.node, f"{site.text(site.node)}()", rule="call added", cost=2.0)


def through_function(site: Site) -> Iterator[Edit]:
    """``a`` becomes ``f(a)``, with a function of this module or method of this class."""
    if isinstance(getattr(site.node, "ctx", None), ast.Store | ast.Del) or _is_no_value(site):
        return
    own = site.names.self_name
    for name, (fewest, most) in site.names.functions.items():
        if fewest <= 1 <= most:
            yield site.replace(site.node, f"{name}({site.text(site.node)})", rule="call added", cost=2.4)
    if own:
        for name in site.names.own_methods[:20]:
            yield site.replace(site.node, f"{own}.{name}({site.text(site.node)})", rule="call added", cost=2.7)


def _is_no_value(site: Site) -> bool:
    """Whether the expression names what is called, or is a statement by itself."""
    parent = site.source.parent(site.node)
    is_callee = isinstance(parent, ast.Call) and parent.func is site.node
    return is_callee or isinstance(parent, ast.Expr | ast.Attribute | ast.Starred)


OPERATORS = (
    (ast.Name, wrapped),
    (ast.Attribute, wrapped),
    (ast.Subscript, wrapped),
    (ast.Call, wrapped),
    (ast.BinOp, wrapped),
    (ast.GeneratorExp, wrapped),
    (ast.ListComp, wrapped),
    (ast.Name, bounded),
    (ast.BinOp, bounded),
    (ast.Call, bounded),
    (ast.Call, unwrapped),
    (ast.Attribute, called),
    (ast.Name, called),
    (ast.Name, through_function),
    (ast.Subscript, through_function),
    (ast.Call, through_function),
    (ast.Attribute, through_function),
)
