"""What the config's values must hold to besides their types, in one place."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# No setting is as large, and larger numbers do not all fit a float.
UNBOUNDED = 1e15

# The healers that `healers.order` may name.
HEALER_NAMES = ("autofix", "search", "agent")

_AUTHOR = re.compile(r"[^<>\n]+ <[^<>\s]+@[^<>\s]+>")
_BRANCH_PREFIX = re.compile(r"(?!-)(?!.*(\.\.|//|@\{|/\.))[^\s~^:?*\[\\\x00-\x1f\x7f./][^\s~^:?*\[\\\x00-\x1f\x7f]*")
_REMOTE = re.compile(r"[^\s-]\S*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ADDRESS = re.compile(r"https?://[^\s/]+\S*")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a value, after its key: "must be …"; and what to do."""

    text: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bound:
    """Limits of a number; an open bound is not itself allowed."""

    least: float
    most: float = UNBOUNDED
    is_open: bool = False

    def allows(self, value: float) -> bool:
        if self.is_open:
            return self.least < value < self.most
        return self.least <= value <= self.most

    def __str__(self) -> str:
        if self.most == UNBOUNDED:
            return f"above {self.least:g}" if self.is_open else f"{self.least:g} or more"
        return f"between {self.least:g} and {self.most:g}"


BOUNDS: Mapping[str, Bound] = {
    "test.timeout_s": Bound(least=0, is_open=True),
    "healers.search_time_s": Bound(least=0, is_open=True),
    "agent.max_requests": Bound(least=1),
    "agent.max_output_tokens": Bound(least=1),
    "agent.attempts": Bound(least=1),
    "limits.cost_usd": Bound(least=0),
    "limits.time_s": Bound(least=0, is_open=True),
    "limits.flake_risk": Bound(least=0, most=1, is_open=True),
    "limits.patch_files": Bound(least=1),
    "limits.patch_lines": Bound(least=1),
    "limits.attempts": Bound(least=1),
    "limits.own_fixes": Bound(least=0),
    "agent.prices.*.input": Bound(least=0),
    "agent.prices.*.output": Bound(least=0),
    "agent.prices.*.cache_write": Bound(least=0),
    "agent.prices.*.cache_read": Bound(least=0),
}


def problem_with(path: str, value: Any) -> Problem | None:
    """What is wrong with a value of the right type, None when nothing is. ``path`` is the dotted key."""
    bound = BOUNDS.get(re.sub(r"^(agent\.prices)\..*(\.\w+)$", r"\1.*\2", path))
    if bound is not None and value is not None and not bound.allows(value):
        return Problem(f"must be {bound}, not {_short(value)}")
    if path == "healers.order":
        return _healers_problem(value)
    if path in {"test.reports", "test.logs", "policy.protected", "policy.allowed"} and not all(map(str.strip, value)):
        return Problem("holds an empty text", "remove the entry")
    if path == "test.pass_env":
        wrong = next((name for name in value if not _VARIABLE.fullmatch(name)), None)
        return None if wrong is None else Problem(f"holds {wrong!r}, which is not the name of a variable")
    return _text_problem(path, value)


def _short(value: float) -> str:
    return str(value) if abs(value) < UNBOUNDED else "a number as large as that"


def _healers_problem(names: tuple[str, ...]) -> Problem | None:
    for place, name in enumerate(names):
        if name not in HEALER_NAMES:
            close = difflib.get_close_matches(name, HEALER_NAMES, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known are: {', '.join(HEALER_NAMES)}"
            return Problem(f"names {name!r}, and there is no such healer", hint)
        if name in names[:place]:
            return Problem(f"names {name!r} twice")
    return None


def _text_problem(path: str, value: Any) -> Problem | None:
    """Texts with a form of their own."""
    forms = {
        "deliver.author": (_AUTHOR, "must have the form `Name <address>`"),
        "deliver.branch_prefix": (_BRANCH_PREFIX, "cannot start the name of a branch"),
        "deliver.remote": (_REMOTE, "is not the name of a remote"),
        "agent.base_url": (_ADDRESS, "must be an address that starts with http:// or https://"),
        "agent.model": (re.compile(r"\S.*"), "must not be empty"),
    }
    if path not in forms or (path == "agent.base_url" and not value):
        return None
    form, problem = forms[path]
    return (
        None
        if form.fullmatch(value)
        else Problem(f"{problem}, which {value!r} is not" if "must" in problem else f"{problem}: {value!r}")
    )
