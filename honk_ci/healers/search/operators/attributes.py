"""Attributes and methods: the wrong one, a misspelt one."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator

from honk_ci.healers.search.operators.interface import Edit, Site
from honk_ci.healers.search.operators.variables import close_matches
from honk_ci.healers.search.source import Splice

PARTNERS = (
    ("append", "extend"), ("append", "appendleft"), ("append", "add"), ("add", "discard"), ("add", "update"),
    ("lower", "upper"), ("title", "capitalize"), ("lower", "casefold"), ("startswith", "endswith"),
    ("strip", "lstrip"), ("strip", "rstrip"), ("lstrip", "rstrip"), ("find", "rfind"), ("index", "rindex"),
    ("split", "rsplit"), ("split", "splitlines"), ("partition", "rpartition"), ("keys", "values"), ("keys", "items"),
    ("values", "items"), ("pop", "popleft"), ("pop", "get"), ("get", "setdefault"), ("union", "intersection"),
    ("union", "difference"), ("intersection", "difference"), ("difference", "symmetric_difference"),
    ("issubset", "issuperset"), ("sort", "reverse"), ("remove", "discard"), ("floor", "ceil"), ("update", "setdefault"),
    ("isdigit", "isalpha"), ("isdigit", "isalnum"), ("isalpha", "isalnum"), ("isupper", "islower"), ("ljust", "rjust"),
    ("match", "search"), ("match", "fullmatch"), ("search", "fullmatch"), ("findall", "finditer"), ("read", "readlines"),
    ("readline", "readlines"), ("removeprefix", "removesuffix"), ("lstrip", "removeprefix"), ("rstrip", "removesuffix"),
    ("encode", "decode"), ("dumps", "loads"), ("copy", "deepcopy"), ("days", "seconds"), ("seconds", "total_seconds()"),
    ("union", "symmetric_difference"), ("insert", "append"), ("clear", "pop"), ("acquire", "release"),
    ("min", "max"), ("any", "all"), ("parent", "name"), ("name", "stem"), ("year", "month"), ("month", "day"),
)  # fmt: skip


def other_method(site: Site) -> Iterator[Edit]:
    """``a.append(b)`` becomes ``a.extend(b)``."""
    assert isinstance(site.node, ast.Attribute)
    for one, other in PARTNERS:
        if site.node.attr in (one, other):
            yield _renamed(site, other if site.node.attr == one else one, cost=1.6)


def other_attribute(site: Site) -> Iterator[Edit]:
    """``a.left`` becomes ``a.right``: an attribute of the class, or one used in the file."""
    assert isinstance(site.node, ast.Attribute)
    is_own = isinstance(site.node.value, ast.Name) and site.node.value.id == site.names.self_name
    known = site.names.own_attributes if is_own else site.names.attributes
    extra = 0.8 if isinstance(site.node.ctx, ast.Store) else 0.0
    for name in known[:80]:
        if name != site.node.attr:
            yield _renamed(site, name, cost=(1.8 if is_own else 2.2) + extra)


def misspelt(site: Site) -> Iterator[Edit]:
    """After ``AttributeError: 'list' object has no attribute 'apend'``, ``apend`` becomes ``append``."""
    assert isinstance(site.node, ast.Attribute)
    if site.error != "AttributeError" or f"'{site.node.attr}'" not in site.error_text:
        return
    owner = re.search(r"'(\w+)' object", site.error_text)
    kind = getattr(builtins, owner.group(1), None) if owner else None
    known = {*site.names.attributes, *site.names.own_attributes, *(dir(kind) if isinstance(kind, type) else ())}
    for name in close_matches(site.node.attr, known - {site.node.attr}):
        yield _renamed(site, name, cost=0.2, rule="misspelt attribute")


def other_owner(site: Site) -> Iterator[Edit]:
    """``self.total`` becomes ``total``, a variable."""
    assert isinstance(site.node, ast.Attribute)
    if site.node.attr in site.names.variables:
        yield site.replace(site.node, site.node.attr, rule="variable instead", cost=1.7)


def dropped_attribute(site: Site) -> Iterator[Edit]:
    """``a.b`` becomes ``a``."""
    assert isinstance(site.node, ast.Attribute)
    parent = site.source.parent(site.node)
    if not (isinstance(parent, ast.Call) and parent.func is site.node) and not isinstance(site.node.value, ast.Name):
        yield site.replace(site.node, site.text(site.node.value), rule="attribute dropped", cost=2.2)
    elif isinstance(site.node.value, ast.Name) and site.node.value.id in site.names.variables:
        yield site.replace(site.node, site.node.value.id, rule="attribute dropped", cost=2.2)


def added_attribute(site: Site) -> Iterator[Edit]:
    """``a`` becomes ``a.b``, where the function takes ``.b`` from other values."""
    assert isinstance(site.node, ast.Name)
    parent = site.source.parent(site.node)
    if not isinstance(site.node.ctx, ast.Load) or (isinstance(parent, ast.Call) and parent.func is site.node):
        return
    if site.types.get(site.node.id, frozenset()) & {"int", "float", "str", "bool", "NoneType", "list", "dict", "set"}:
        return
    for name in site.names.attributes[:40]:
        yield site.replace(site.node, f"{site.node.id}.{name}", rule="attribute added", cost=2.5)


def _renamed(site: Site, name: str, *, cost: float, rule: str = "attribute") -> Edit:
    assert isinstance(site.node, ast.Attribute)
    end = site.source.end(site.node)
    splice = Splice(start=end - len(site.node.attr.encode()), end=end, text=name)
    return Edit(splices=(splice,), rule=rule, what=f"`.{name}` instead of `.{site.node.attr}`", cost=cost)


OPERATORS = (
    (ast.Attribute, other_method),
    (ast.Attribute, other_attribute),
    (ast.Attribute, misspelt),
    (ast.Attribute, other_owner),
    (ast.Attribute, dropped_attribute),
    (ast.Name, added_attribute),
)
