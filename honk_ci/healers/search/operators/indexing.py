"""Indexes, slices and ranges: bounds, missing keys."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from honk_ci.healers.search.operators.boolean import bracketed
from honk_ci.healers.search.operators.interface import Edit, Site, shorten


def other_bounds(site: Site) -> Iterator[Edit]:
    """``a[i:]`` becomes ``a[:i]``, ``a[i + 1:]``; a bound is added or dropped."""
    assert isinstance(site.node, ast.Slice)
    lower = site.text(site.node.lower) if site.node.lower else ""
    upper = site.text(site.node.upper) if site.node.upper else ""
    step = f":{site.text(site.node.step)}" if site.node.step else ""
    costs = {f"{upper}:{lower}{step}": 1.6}
    if lower:
        costs[f":{upper}{step}"] = 2.0
    if upper:
        costs[f"{lower}:{step}"] = 2.0
    if not lower:
        costs |= {f"{other}:{upper}{step}": 2.2 for other in ("1", *site.names.variables[:8])}
    if not upper:
        costs |= {f"{lower}:{other}{step}": 2.2 for other in ("-1", *site.names.variables[:8])}
    costs |= {f"{lower}:{upper}:-1": 2.2, f"{lower}:{upper}:2": 2.8, f"{lower}:{upper}": 2.2}
    for text, cost in costs.items():
        yield site.replace(site.node, text, rule="slice", cost=cost)


def other_range(site: Site) -> Iterator[Edit]:
    """``range(n)`` becomes ``range(1, n)``, ``range(n + 1)``, ``range(1, n + 1)`` or ``range(i, n)``."""
    assert isinstance(site.node, ast.Call)
    if not isinstance(site.node.func, ast.Name) or site.node.func.id != "range" or not site.node.args:
        return
    arguments = [site.text(argument) for argument in site.node.args]
    costs: dict[str, float] = {}
    if len(arguments) == 1:
        stop = arguments[0]
        costs = {f"range(1, {stop})": 1.5, f"range(1, {stop} + 1)": 1.5, f"range(len({stop}))": 2.0}
        costs |= {f"range({name}, {stop})": 2.2 for name in site.names.variables[:8]}
    elif len(arguments) == 2:
        start, stop = arguments
        costs = {f"range({stop})": 1.8, f"range({start}, {stop}, -1)": 2.2, f"range({start} + 1, {stop} + 1)": 1.6,
                 f"range({start} - 1, {stop} - 1)": 2.0, f"range({stop}, {start}, -1)": 2.2}  # fmt: skip
    else:
        start, stop, step = arguments
        costs = {f"range({start}, {stop})": 2.0, f"range({start}, {stop}, -{step})": 2.0}
    for text, cost in costs.items():
        yield site.replace(site.node, text, rule="range", cost=cost)


def tolerant_lookup(site: Site) -> Iterator[Edit]:
    """``d[k]`` becomes ``d.get(k)``; first in line after a KeyError."""
    assert isinstance(site.node, ast.Subscript)
    if not isinstance(site.node.ctx, ast.Load) or isinstance(site.node.slice, ast.Slice | ast.Tuple):
        return
    owner, key = bracketed(site, site.node.value), site.text(site.node.slice)
    cost = 1.4 if site.error == "KeyError" else 2.6
    for default in ("", ", 0", ", []", ', ""', ", {}", ", False", *(f", {name}" for name in site.names.variables[:6])):
        extra = 0.0 if default == "" else 0.2
        yield site.replace(site.node, f"{owner}.get({key}{default})", rule="lookup", cost=cost + extra)


def strict_lookup(site: Site) -> Iterator[Edit]:
    """``d.get(k)`` becomes ``d[k]`` or gets a default."""
    assert isinstance(site.node, ast.Call)
    callee = site.node.func
    if not isinstance(callee, ast.Attribute) or callee.attr != "get" or not site.node.args or site.node.keywords:
        return
    owner, key = bracketed(site, callee.value), site.text(site.node.args[0])
    yield site.replace(site.node, f"{owner}[{key}]", rule="lookup", cost=2.0)
    for default in ("0", "[]", '""', "{}", "None", "False", key, *site.names.variables[:6]):
        text = f"{owner}.get({key}, {default})"
        if text != site.text(site.node):
            yield site.replace(site.node, text, rule="lookup", cost=1.9)


def other_index(site: Site) -> Iterator[Edit]:
    """``a[i]`` becomes ``a[0]``, ``a[-1]`` or ``a[j]``."""
    assert isinstance(site.node, ast.Subscript)
    if isinstance(site.node.slice, ast.Slice | ast.Tuple):
        return
    for text, cost in (("0", 2.2), ("-1", 2.2), *((name, 2.2) for name in site.names.variables[:8])):
        if text != site.text(site.node.slice):
            yield site.replace(site.node.slice, text, rule="index", cost=cost)
    for text, cost in ((f"{site.text(site.node.slice)}:", 2.2), (f":{site.text(site.node.slice)}", 2.2)):
        yield site.replace(site.node.slice, text, rule="slice", cost=cost)


def dropped_index(site: Site) -> Iterator[Edit]:
    """``a[i]`` becomes ``a``, ``a[1:]`` becomes ``a``."""
    assert isinstance(site.node, ast.Subscript)
    if isinstance(site.node.ctx, ast.Load):
        text = bracketed(site, site.node.value)
        what = f"`{shorten(text)}` instead of `{shorten(site.text(site.node))}`"
        yield site.replace(site.node, text, rule="index dropped", cost=2.0, what=what)


def added_index(site: Site) -> Iterator[Edit]:
    """``a`` becomes ``a[i]``, with a variable of the function that may count or name."""
    assert isinstance(site.node, ast.Name)
    kinds = site.types.get(site.node.id, frozenset())
    if not isinstance(site.node.ctx, ast.Load) or (
        kinds and not kinds & {"list", "tuple", "dict", "str", "defaultdict"}
    ):
        return
    for name in site.names.variables[:10]:
        other = site.types.get(name, frozenset())
        if name != site.node.id and (not other or other & {"int", "str", "tuple"}):
            yield site.replace(site.node, f"{site.node.id}[{name}]", rule="index added", cost=2.4)
            if kinds & {"list", "str", "tuple"}:
                yield site.replace(site.node, f"{site.node.id}[{name}:]", rule="slice", cost=2.4)
                yield site.replace(site.node, f"{site.node.id}[:{name}]", rule="slice", cost=2.4)


OPERATORS = (
    (ast.Slice, other_bounds),
    (ast.Call, other_range),
    (ast.Subscript, tolerant_lookup),
    (ast.Call, strict_lookup),
    (ast.Subscript, other_index),
    (ast.Subscript, dropped_index),
    (ast.Name, added_index),
)
