"""The edit operators by the kind of node that they edit; one file a family."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from honk_ci.healers.search.operators import (
    arguments,
    arithmetic,
    asynchronous,
    attributes,
    boolean,
    calls,
    comparison,
    conditions,
    constants,
    exceptions,
    indexing,
    returns,
    statements,
    strings,
    variables,
)
from honk_ci.healers.search.operators.interface import Operator

FAMILIES = (
    comparison,
    boolean,
    arithmetic,
    constants,
    variables,
    attributes,
    arguments,
    calls,
    returns,
    conditions,
    indexing,
    statements,
    exceptions,
    strings,
    asynchronous,
)


def by_node_type() -> Mapping[type[ast.AST], tuple[Operator, ...]]:
    found: dict[type[ast.AST], tuple[Operator, ...]] = {}
    for family in FAMILIES:
        for kind, operator in family.OPERATORS:
            found[kind] = (*found.get(kind, ()), operator)
    return found
