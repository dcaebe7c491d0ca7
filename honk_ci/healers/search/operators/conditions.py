"""Conditions: too wide, too narrow, the wrong one of the function."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from honk_ci.healers.search.operators.interface import Edit, Site


def widened_or_narrowed(site: Site) -> Iterator[Edit]:
    """``if a:`` becomes ``if a and b:`` or ``if a or b:``, with a condition made of what is at hand."""
    for test in tests_of(site.node):
        text = site.text(test)
        if "\n" in text:
            continue
        for other, cost in ingredients(site):
            if other == text:
                continue
            for word in ("and", "or"):
                yield site.replace(
                    test, f"{_in_brackets(test, text)} {word} {other}", rule="condition", cost=cost + 0.4,
                    what=f"`{word} {other}` added to the condition",
                )  # fmt: skip
                yield site.replace(
                    test, f"{other} {word} {_in_brackets(test, text)}", rule="condition", cost=cost + 0.5,
                    what=f"`{other} {word}` put before the condition",
                )  # fmt: skip


def other_condition(site: Site) -> Iterator[Edit]:
    """``while a:`` becomes ``while b:``."""
    for test in tests_of(site.node):
        for other, cost in ingredients(site):
            if other != site.text(test):
                yield site.replace(test, other, rule="condition", cost=cost + 0.3)


def settled_condition(site: Site) -> Iterator[Edit]:
    """``if a:`` becomes ``if True:``; the last resort."""
    for test in tests_of(site.node):
        if not isinstance(test, ast.Constant):
            for constant in ("True", "False"):
                yield site.replace(test, constant, rule="condition", cost=3.2, suspect="makes a condition constant")


def filtered(site: Site) -> Iterator[Edit]:
    """``[f(a) for a in b]`` becomes ``[f(a) for a in b if a]``."""
    assert isinstance(site.node, ast.comprehension)
    if not site.node.ifs and isinstance(site.node.target, ast.Name):
        name = site.node.target.id
        for test in (name, f"{name} is not None", f"not {name}"):
            splice = site.source.insert(site.source.end(site.node.iter), f" if {test}")
            yield Edit(splices=(splice,), rule="condition", what=f"`if {test}` added", cost=2.2)


def tests_of(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        return [node.test]
    if isinstance(node, ast.comprehension):
        return list(node.ifs)
    return []


def ingredients(site: Site) -> Iterator[tuple[str, float]]:
    """Conditions that could be meant, with what they cost: those of the function, then simple ones."""
    for condition in site.names.conditions:
        yield _or_in_brackets(condition), 2.0
        yield f"not {_or_in_brackets(condition, tight=True)}", 2.3
    for name in site.names.variables[:12]:
        kinds = site.types.get(name, frozenset())
        if not kinds or "NoneType" in kinds or site.error:
            yield f"{name} is None", 2.2
            yield f"{name} is not None", 2.2
        yield name, 2.2
        yield f"not {name}", 2.2
        if not kinds or kinds & {"int", "float"}:
            for test in ("== 0", "> 0", "< 0", ">= 0"):
                yield f"{name} {test}", 2.4
    yield from ((f"{one} {sign} {other}", 2.5) for one, sign, other in _comparisons(site))


def _comparisons(site: Site) -> Iterator[tuple[str, str, str]]:
    """Variables of the same run-time type against each other."""
    names = site.names.variables[:8]
    for position, one in enumerate(names):
        for other in names[position + 1 :]:
            kinds = site.types.get(one, frozenset()) & site.types.get(other, frozenset())
            signs = (
                ("<", ">", "==", "<=", ">=", "!=") if kinds & {"int", "float", "str"} else ("==", "is") if kinds else ()
            )
            yield from ((one, sign, other) for sign in signs)
            if site.types.get(other, frozenset()) & {"list", "dict", "set", "tuple", "str"}:
                yield from ((one, sign, other) for sign in ("in", "not in"))


def _in_brackets(test: ast.expr, text: str) -> str:
    loose = (ast.BoolOp, ast.IfExp, ast.NamedExpr, ast.Lambda)
    return f"({text})" if isinstance(test, loose) else text


def _or_in_brackets(condition: str, *, tight: bool = False) -> str:
    node = ast.parse(condition, mode="eval").body
    loose = (ast.BoolOp, ast.IfExp, ast.NamedExpr, ast.Lambda)
    return f"({condition})" if isinstance(node, (*loose, ast.Compare) if tight else loose) else condition


OPERATORS = (
    (ast.If, widened_or_narrowed),
    (ast.While, widened_or_narrowed),
    (ast.IfExp, widened_or_narrowed),
    (ast.comprehension, widened_or_narrowed),
    (ast.If, other_condition),
    (ast.While, other_condition),
    (ast.IfExp, other_condition),
    (ast.comprehension, other_condition),
    (ast.comprehension, filtered),
    (ast.If, settled_condition),
    (ast.While, settled_condition),
)
