"""Whole statements: in the wrong block or order, missing, one too many."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import islice

from honk_ci.healers.search.operators.blocks import (
    add_after,
    add_before,
    block_of,
    dedented_after,
    first_of_body,
    indented_into,
    is_simple,
)
from honk_ci.healers.search.operators.conditions import ingredients
from honk_ci.healers.search.operators.interface import Edit, Site, shorten

BORROWED = 80  # characters of a statement that is put elsewhere, at most
BORROWED_FROM = 8  # statements; more of them take longer to try than they are likely
GUARDS = 40  # conditions tried for a guard
GUARD_RESULTS = ("", "[]", "0", "False", "True", "1", '""', "{}")
FILLERS = {"list": ("append", "extend"), "set": ("add",), "deque": ("append",)}


def other_jump(site: Site) -> Iterator[Edit]:
    """``break`` becomes ``continue``, and the other way."""
    word = "continue" if isinstance(site.node, ast.Break) else "break"
    yield site.replace(site.node, word, rule="jump", cost=1.5)


def left_block(site: Site) -> Iterator[Edit]:
    """The last statement of a block comes after it: a ``return`` inside the loop it should follow."""
    splices = dedented_after(site)
    if splices:
        what = f"`{shorten(site.text(site.node))}` moved out of its block"
        yield Edit(splices=splices, rule="indentation", what=what, cost=1.6)


def entered_block(site: Site) -> Iterator[Edit]:
    """A statement after a block becomes the last of it."""
    splices = indented_into(site)
    if splices:
        what = f"`{shorten(site.text(site.node))}` moved into the block before it"
        yield Edit(splices=splices, rule="indentation", what=what, cost=1.9)


def swapped_with_next(site: Site) -> Iterator[Edit]:
    """Two neighbouring statements change places."""
    assert isinstance(site.node, ast.stmt)
    block = block_of(site)
    place = block.index(site.node)
    if place + 1 < len(block) and is_simple(site.node) and is_simple(block[place + 1]):
        one, other = site.node, block[place + 1]
        splices = (site.source.replace(one, site.text(other)), site.source.replace(other, site.text(one)))
        yield Edit(
            splices=splices, rule="order", what=f"`{shorten(site.text(one))}` after the next statement", cost=2.1
        )


def dropped(site: Site) -> Iterator[Edit]:
    """A statement goes."""
    if is_simple(site.node) and not isinstance(site.node, ast.Pass | ast.Import | ast.ImportFrom):
        yield site.replace(
            site.node, "pass", rule="statement dropped", cost=3.0, suspect="deletes a statement",
            what=f"without `{shorten(site.text(site.node))}`",
        )  # fmt: skip


def guard(site: Site) -> Iterator[Edit]:
    """``if not a: return []`` at the start of the function."""
    if site.node is not site.unit.node:
        return
    for name in site.names.parameters[:6]:
        for test in _guard_tests(name, site.types.get(name, frozenset())):
            for result in (*GUARD_RESULTS, name):
                code = f"if {test}:\0return {result}".rstrip()
                suspect = "" if result == name else "returns a constant early"
                yield from add_before(site, first_of_body(site), code, rule="guard", cost=2.6, suspect=suspect)


def guarded_here(site: Site) -> Iterator[Edit]:
    """``if a: continue`` (or ``break``, ``return b``) before a statement of a loop, with a condition at hand."""
    assert isinstance(site.node, ast.stmt)
    in_loop = _is_in_loop(site)
    for condition, cost in islice(ingredients(site), GUARDS):
        if in_loop:
            for word in ("continue", "break"):
                yield from add_before(site, site.node, f"if {condition}:\0{word}", rule="guard", cost=cost + 0.7)
        for result in site.names.variables[:6]:
            yield from add_before(site, site.node, f"if {condition}:\0return {result}", rule="guard", cost=cost + 1.0)


def borrowed(site: Site) -> Iterator[Edit]:
    """A statement of the function stands here too, as it is or with one name changed."""
    assert isinstance(site.node, ast.stmt)
    for text, names in _nearest_statements(site):
        yield from add_after(site, site.node, text, rule="statement borrowed", cost=2.8)
        yield from add_before(site, site.node, text, rule="statement borrowed", cost=2.9)
        for name in names[:4]:
            for other in site.names.variables[:6]:
                changed = _with_name(text, name, other)
                if other != name and changed != text:
                    yield from add_after(site, site.node, changed, rule="statement borrowed", cost=3.1)
                    yield from add_before(site, site.node, changed, rule="statement borrowed", cost=3.2)


def collected(site: Site) -> Iterator[Edit]:
    """``seen.add(a)`` or ``found.append(a)``, where the run-time type says that there is something to add to."""
    assert isinstance(site.node, ast.stmt)
    for owner, kinds in site.types.items():
        for kind in kinds & FILLERS.keys():
            for method in FILLERS[kind]:
                for name in site.names.variables[:10]:
                    if name != owner and owner in site.names.variables:
                        yield from add_after(
                            site, site.node, f"{owner}.{method}({name})", rule="statement added", cost=2.6
                        )
                        yield from add_before(
                            site, site.node, f"{owner}.{method}({name})", rule="statement added", cost=2.7
                        )


def counted(site: Site) -> Iterator[Edit]:
    """``a += 1``, ``a = b`` or ``self.a = a`` after a statement."""
    assert isinstance(site.node, ast.stmt)
    numbers = [name for name in site.names.variables[:10] if "int" in site.types.get(name, frozenset())]
    for name in numbers:
        for sign in ("+", "-"):
            yield from add_after(site, site.node, f"{name} {sign}= 1", rule="statement added", cost=2.6)
    for one in site.names.variables[:8]:
        for other in site.names.variables[:8]:
            if one != other and site.types.get(one, frozenset()) & site.types.get(other, frozenset()):
                yield from add_after(site, site.node, f"{one} = {other}", rule="statement added", cost=3.0)


def unkept_parameter(site: Site) -> Iterator[Edit]:
    """``self.a = a`` in ``__init__``, where the class reads ``self.a`` and nothing sets it."""
    own = site.names.self_name
    if site.node is not site.unit.node or not own:
        return
    last = site.unit.node.body[-1]
    for name in site.names.parameters:
        for attribute in (name, f"_{name}"):
            if attribute in site.names.own_attributes and f"{own}.{attribute} = " not in site.text(site.unit.node):
                yield from add_after(site, last, f"{own}.{attribute} = {name}", rule="statement added", cost=1.6)
    if site.unit.node.name == "__init__" and "super()" not in site.text(site.unit.node):
        yield from add_before(site, first_of_body(site), "super().__init__()", rule="statement added", cost=2.2)


def _guard_tests(name: str, kinds: frozenset[str]) -> list[str]:
    tests = [f"not {name}", f"{name} is None"]
    if not kinds or kinds & {"int", "float"}:
        tests += [f"{name} <= 0", f"{name} < 0", f"{name} == 0", f"{name} <= 1", f"{name} < 2"]
    if kinds & {"list", "tuple", "str", "dict", "set"}:
        tests += [f"len({name}) <= 1", f"len({name}) < 2"]
    return tests


def _nearest_statements(site: Site) -> list[tuple[str, list[str]]]:
    """Simple statements of the function, as text and with the names in them."""
    found: dict[str, tuple[int, list[str]]] = {}
    for node in ast.walk(site.unit.node):
        if isinstance(node, _BORROWABLE) and node is not site.node:
            text = site.text(node)
            if "\n" not in text and len(text) <= BORROWED and not text.startswith(('"', "'")):
                names = list(dict.fromkeys(n.id for n in ast.walk(node) if isinstance(n, ast.Name)))
                found.setdefault(text, (abs(node.lineno - site.statement.lineno), names))
    nearest = sorted(found.items(), key=lambda item: item[1][0])[:BORROWED_FROM]
    return [(text, names) for text, (_, names) in nearest]


def _with_name(text: str, old: str, new: str) -> str:
    """``text`` with the first ``old`` as ``new``."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name) and node.id == old:
            line = text.encode()
            assert node.end_col_offset is not None
            return (line[: node.col_offset] + new.encode() + line[node.end_col_offset :]).decode()
    return text


def _is_in_loop(site: Site) -> bool:
    parent = site.source.parent(site.node)
    while parent is not None and not isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef):
        if isinstance(parent, ast.For | ast.While | ast.AsyncFor):
            return True
        parent = site.source.parent(parent)
    return False


_BORROWABLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Raise, ast.Delete, ast.Break, ast.Continue)
_ANY_SIMPLE = (ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.AnnAssign, ast.Raise, ast.Assert, ast.Delete)
_BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try)

OPERATORS = (
    (ast.Break, other_jump),
    (ast.Continue, other_jump),
    *((kind, left_block) for kind in (*_ANY_SIMPLE, *_BLOCKS)),
    *((kind, entered_block) for kind in (*_ANY_SIMPLE, *_BLOCKS)),
    *((kind, swapped_with_next) for kind in _ANY_SIMPLE),
    *((kind, dropped) for kind in (*_ANY_SIMPLE, ast.Break, ast.Continue)),
    *((kind, guard) for kind in (ast.FunctionDef, ast.AsyncFunctionDef)),
    *((kind, unkept_parameter) for kind in (ast.FunctionDef, ast.AsyncFunctionDef)),
    *((kind, guarded_here) for kind in (*_ANY_SIMPLE, *_BLOCKS)),
    *((kind, borrowed) for kind in (*_ANY_SIMPLE, *_BLOCKS)),
    *((kind, collected) for kind in (*_ANY_SIMPLE, *_BLOCKS)),
    *((kind, counted) for kind in (*_ANY_SIMPLE, *_BLOCKS)),
)
