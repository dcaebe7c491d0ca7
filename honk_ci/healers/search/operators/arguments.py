"""Arguments and tuples: in the wrong order, one too many, one missing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import combinations

from honk_ci.healers.search.operators.interface import Edit, Site, shorten
from honk_ci.healers.search.source import Splice

MOST_SWAPPED = 6  # elements; of longer lists only neighbours


def swapped_arguments(site: Site) -> Iterator[Edit]:
    """``f(a, b)`` becomes ``f(b, a)``."""
    assert isinstance(site.node, ast.Call)
    if not any(isinstance(argument, ast.Starred) for argument in site.node.args):
        yield from _swaps(site, site.node.args, "arguments swapped", 1.5)


def swapped_elements(site: Site) -> Iterator[Edit]:
    """``return a, b`` becomes ``return b, a``; ``[a, b]`` likewise."""
    assert isinstance(site.node, ast.Tuple | ast.List)
    if len(site.node.elts) <= MOST_SWAPPED:
        yield from _swaps(site, site.node.elts, "elements swapped", 1.8)


def swapped_subscripts(site: Site) -> Iterator[Edit]:
    """``a[i][j]`` becomes ``a[j][i]``."""
    assert isinstance(site.node, ast.Subscript)
    if isinstance(site.node.value, ast.Subscript):
        yield from _swaps(site, [site.node.value.slice, site.node.slice], "subscripts swapped", 1.8)


def swapped_branches(site: Site) -> Iterator[Edit]:
    """``a if c else b`` becomes ``b if c else a``."""
    assert isinstance(site.node, ast.IfExp)
    yield from _swaps(site, [site.node.body, site.node.orelse], "branches swapped", 1.6)


def swapped_pair(site: Site) -> Iterator[Edit]:
    """``{a: b}`` becomes ``{b: a}`` in a comprehension."""
    assert isinstance(site.node, ast.DictComp)
    yield from _swaps(site, [site.node.key, site.node.value], "key and value swapped", 1.8)


def dropped_argument(site: Site) -> Iterator[Edit]:
    """``f(a, b)`` becomes ``f(a)``; a keyword goes likewise."""
    assert isinstance(site.node, ast.Call)
    arguments: list[ast.AST] = [*site.node.args, *site.node.keywords]
    for position, argument in enumerate(arguments):
        if position:
            start, end = site.source.end(arguments[position - 1]), site.source.end(argument)
        elif len(arguments) > 1:
            start, end = site.source.start(argument), site.source.start(arguments[1])
        else:
            start, end = site.source.start(argument), site.source.end(argument)
        if "#" not in site.source.between(start, end):
            what = f"without the argument `{shorten(site.text(argument))}`"
            splice = Splice(start=start, end=end, text="")
            yield Edit(splices=(splice,), rule="argument dropped", what=what, cost=2.2)


def added_argument(site: Site) -> Iterator[Edit]:
    """``f(a)`` becomes ``f(a, b)``, where the function of this module takes another one, or the call failed for one."""
    assert isinstance(site.node, ast.Call)
    name = site.node.func.id if isinstance(site.node.func, ast.Name) else ""
    fewest, most = site.names.functions.get(name, (0, 0))
    given = len(site.node.args)
    is_short = given < fewest or (site.error == "TypeError" and "missing" in site.error_text)
    if not (is_short or given < most) or not site.node.args or site.node.keywords:
        return
    for variable in (*site.names.variables, "None", "0", "1", "True", "False"):
        splice = site.source.insert(site.source.end(site.node.args[-1]), f", {variable}")
        yield Edit(
            splices=(splice,),
            rule="argument added",
            what=f"with the argument `{variable}`",
            cost=0.8 if is_short else 2.4,
        )


def added_reverse(site: Site) -> Iterator[Edit]:
    """``sorted(a)`` becomes ``sorted(a, reverse=True)``; ``a.sort()`` likewise."""
    assert isinstance(site.node, ast.Call)
    callee = site.node.func
    name = callee.id if isinstance(callee, ast.Name) else callee.attr if isinstance(callee, ast.Attribute) else ""
    if name in ("sorted", "sort") and not any(k.arg == "reverse" for k in site.node.keywords):
        given = [*site.node.args, *site.node.keywords]
        at = site.source.end(given[-1]) if given else site.source.end(site.node) - 1
        splice = site.source.insert(at, ", reverse=True" if given else "reverse=True")
        yield Edit(splices=(splice,), rule="argument added", what="with `reverse=True`", cost=1.8)


def misspelt_keyword(site: Site) -> Iterator[Edit]:
    """After ``unexpected keyword argument 'colour'``, ``f(colour=a)`` becomes ``f(color=a)``."""
    assert isinstance(site.node, ast.Call)
    if site.error != "TypeError" or "unexpected keyword" not in site.error_text:
        return
    from honk_ci.healers.search.operators.variables import close_matches

    for keyword in site.node.keywords:
        if keyword.arg and f"'{keyword.arg}'" in site.error_text:
            known = {*site.names.keywords} - {keyword.arg}
            start = site.source.start(keyword)
            for name in close_matches(keyword.arg, known):
                splice = Splice(start=start, end=start + len(keyword.arg.encode()), text=name)
                what = f"`{name}=` instead of `{keyword.arg}=`"
                yield Edit(splices=(splice,), rule="misspelt keyword", what=what, cost=0.2)


def _swaps(site: Site, nodes: list[ast.expr], rule: str, cost: float) -> Iterator[Edit]:
    pairs = combinations(range(len(nodes)), 2)
    for one, other in pairs:
        if len(nodes) > MOST_SWAPPED and other != one + 1:
            continue
        first, second = site.text(nodes[one]), site.text(nodes[other])
        if first != second and not _holds_store(nodes[one]):
            splices = (site.source.replace(nodes[one], second), site.source.replace(nodes[other], first))
            what = f"`{shorten(first)}` and `{shorten(second)}` swapped"
            yield Edit(splices=splices, rule=rule, what=what, cost=cost + 0.2 * (other - one - 1))


def _holds_store(node: ast.AST) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Del)


OPERATORS = (
    (ast.Call, swapped_arguments),
    (ast.Tuple, swapped_elements),
    (ast.List, swapped_elements),
    (ast.Subscript, swapped_subscripts),
    (ast.IfExp, swapped_branches),
    (ast.DictComp, swapped_pair),
    (ast.Call, dropped_argument),
    (ast.Call, added_argument),
    (ast.Call, added_reverse),
    (ast.Call, misspelt_keyword),
)
