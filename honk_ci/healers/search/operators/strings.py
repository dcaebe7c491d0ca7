"""String literals: another one of the code, other case, a separator too many; never one that only a test holds."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from honk_ci.healers.search.operators.interface import Edit, Site

SEPARATORS = ("", " ", ",", ", ", "-", "_", "/", ".", ":", ";", "\n", "\t", "|")


def other_string(site: Site) -> Iterator[Edit]:
    """``"left"`` becomes ``"right"``, both of the code."""
    assert isinstance(site.node, ast.Constant)
    if not isinstance(site.node.value, str) or isinstance(site.source.parent(site.node), ast.Expr):
        return
    text = site.text(site.node)
    costs = dict.fromkeys(site.names.strings[:30], 1.8)
    for known in site.names.file_strings[:60]:
        costs.setdefault(known, 2.5)
    for other, cost in costs.items():
        if other != text:
            yield site.replace(site.node, other, rule="string", cost=cost)


def other_form(site: Site) -> Iterator[Edit]:
    """``"Total "`` becomes ``"Total"``, ``"total "``; a separator becomes another one."""
    assert isinstance(site.node, ast.Constant)
    value = site.node.value
    if not isinstance(value, str) or isinstance(site.source.parent(site.node), ast.Expr):
        return
    text = site.text(site.node)
    if not text or text[0] not in "'\"" or "\\" in text or "\n" in text:
        return
    costs = {value.strip(): 2.0, value.lower(): 2.2, value.upper(): 2.2, value.capitalize(): 2.4, f"{value} ": 2.4}
    costs |= {value[1:]: 2.4, value[:-1]: 2.4, value.replace(" ", ""): 2.6}
    if value in SEPARATORS:
        costs |= dict.fromkeys(SEPARATORS, 2.4)
    for other, cost in costs.items():
        if other != value:
            yield site.replace(site.node, repr_like(other, text), rule="string", cost=cost)


def repr_like(value: str, text: str) -> str:
    """A literal of ``value`` with the quotes of ``text``."""
    quote = text[0]
    body = value.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace(quote, f"\\{quote}")
    return f"{quote}{body}{quote}"


OPERATORS = ((ast.Constant, other_string), (ast.Constant, other_form))
