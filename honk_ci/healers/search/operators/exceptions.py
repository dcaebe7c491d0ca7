"""Exceptions: the wrong class raised or caught, a check that does not raise."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator

from honk_ci.healers.search.operators.blocks import add_before, first_of_body
from honk_ci.healers.search.operators.conditions import ingredients
from honk_ci.healers.search.operators.interface import Edit, Site

COMMON = (
    "ValueError", "TypeError", "KeyError", "IndexError", "AttributeError", "RuntimeError", "NotImplementedError",
    "LookupError", "OSError", "FileNotFoundError", "ZeroDivisionError", "StopIteration", "OverflowError",
)  # fmt: skip
BROAD = ("Exception", "BaseException")


def other_class_raised(site: Site) -> Iterator[Edit]:
    """``raise TypeError(a)`` becomes ``raise ValueError(a)``."""
    assert isinstance(site.node, ast.Raise)
    if site.node.exc is None:
        return
    called = site.node.exc.func if isinstance(site.node.exc, ast.Call) else site.node.exc
    for name in dict.fromkeys((*site.names.exceptions, *COMMON)):
        if name != site.text(called) and name not in BROAD:
            yield site.replace(called, name, rule="exception class", cost=1.7)


def seen_class_caught(site: Site) -> Iterator[Edit]:
    """After a ``KeyError`` in the block, ``except ValueError:`` becomes ``except (ValueError, KeyError):``."""
    assert isinstance(site.node, ast.ExceptHandler)
    if site.node.type is None or not site.error or not hasattr(builtins, site.error) or site.error == "AssertionError":
        return
    caught = site.node.type.elts if isinstance(site.node.type, ast.Tuple) else [site.node.type]
    names = ", ".join([*map(site.text, caught), site.error])
    yield site.replace(site.node.type, f"({names})", rule="exception class", cost=1.0)
    yield site.replace(site.node.type, site.error, rule="exception class", cost=1.1)


def other_class_caught(site: Site) -> Iterator[Edit]:
    """``except ValueError:`` becomes ``except KeyError:``."""
    assert isinstance(site.node, ast.ExceptHandler)
    if site.node.type is not None:
        for name in dict.fromkeys((*site.names.exceptions, *COMMON)):
            if name != site.text(site.node.type) and name not in BROAD:
                yield site.replace(site.node.type, name, rule="exception class", cost=1.9)
        yield site.replace(
            site.node.type, "Exception", rule="exception class", cost=3.0, suspect="catches more than it did"
        )


def missing_raise(site: Site) -> Iterator[Edit]:
    """After ``DID NOT RAISE <class 'ValueError'>``, ``if a < 0: raise ValueError(...)`` at the start."""
    wanted = re.search(r"DID NOT RAISE (?:any of )?\(?<class '(?:[\w.]*\.)?(\w+)'>|^(\w+) not raised", site.error_text)
    if wanted is None or site.node is not site.unit.node:
        return
    name = wanted.group(1) or wanted.group(2)
    if not hasattr(builtins, name) and name not in site.names.globals:
        return
    for condition, cost in ingredients(site):
        words = [word for word in re.findall(r"\w+", condition) if word in site.names.parameters]
        if words:
            code = f'if {condition}:\0raise {name}(f"invalid {words[0]}: {{{words[0]}!r}}")'
            yield from add_before(site, first_of_body(site), code, rule="missing raise", cost=cost - 0.6)


OPERATORS = (
    (ast.Raise, other_class_raised),
    (ast.ExceptHandler, seen_class_caught),
    (ast.ExceptHandler, other_class_caught),
    (ast.FunctionDef, missing_raise),
    (ast.AsyncFunctionDef, missing_raise),
)
