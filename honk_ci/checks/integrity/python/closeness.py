"""How close is close enough: the tolerances of Python assertions."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from honk_ci.checks.integrity.assertion import TOLERANCES
from honk_ci.checks.integrity.python.syntax import last_name, number

_POSITIONS: Mapping[str, tuple[int, str]] = {
    "approx": (1, "rel"), "isclose": (2, "rtol"), "allclose": (2, "rtol"), "assert_allclose": (2, "rtol"),
    "assertAlmostEqual": (2, "places"), "assertAlmostEquals": (2, "places"), "assert_almost_equal": (2, "decimal"),
    "assert_array_almost_equal": (2, "decimal"), "round": (1, "ndigits"),
}  # fmt: skip


def tolerances(node: ast.AST) -> dict[str, float]:
    """Every setting of closeness in an expression: by keyword, or at its usual position."""
    found: dict[str, float] = {}
    for call in (part for part in ast.walk(node) if isinstance(part, ast.Call)):
        position, name = _POSITIONS.get(last_name(call), (len(call.args), ""))
        if position < len(call.args):
            found.update(_numbers({name: call.args[position]}))
        found.update(_numbers({k.arg: k.value for k in call.keywords if k.arg in TOLERANCES}))
        if last_name(call) == "approx":
            found.setdefault("rel", 1e-6)
    return found


def _numbers(settings: Mapping[str | None, ast.expr]) -> dict[str, float]:
    values = {name: number(value) for name, value in settings.items()}
    return {name: value for name, value in values.items() if name and value is not None}
