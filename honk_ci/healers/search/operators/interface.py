"""What an edit operator gets and gives."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from honk_ci.healers.search.names import Names
from honk_ci.healers.search.source import Source, Splice, Unit


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """One small change of one function, as splices of its file."""

    splices: tuple[Splice, ...]
    rule: str
    what: str  # one line for people: "`<=` instead of `<`"
    cost: float  # 1 for the commonest slips, more for what is seldom right
    suspect: str = ""  # the anti-pattern that it is, "" when it is none


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """A place to edit: one node of a suspicious statement, and what is known around it."""

    source: Source
    unit: Unit
    node: ast.AST
    statement: ast.stmt
    names: Names
    error: str = ""  # exception type that a failing test died of here or further in
    error_text: str = ""
    types: Mapping[str, frozenset[str]] = field(default_factory=dict)  # run-time types of the function's locals

    def text(self, node: ast.AST) -> str:
        return self.source.text(node)

    def replace(self, node: ast.AST, text: str, *, rule: str, cost: float, what: str = "", suspect: str = "") -> Edit:
        return Edit(
            splices=(self.source.replace(node, text),),
            rule=rule,
            what=what or f"`{shorten(text)}` instead of `{shorten(self.text(node))}`",
            cost=cost,
            suspect=suspect,
        )


Operator = Callable[[Site], Iterator[Edit]]


def shorten(text: str) -> str:
    """One line of at most 60 characters."""
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:57]}..."
