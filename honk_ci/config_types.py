"""The types of the config's keys: whether a value has them, and how people call them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from functools import lru_cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from honk_ci.config_rules import Problem


@lru_cache(maxsize=32)
def types_of(cls: type) -> Mapping[str, Any]:
    """The type of each key of a section."""
    return get_type_hints(cls)


def required_keys(cls: type) -> list[str]:
    return [f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING]


def value_class(hint: Any) -> type | None:
    """The class of the values, where ``hint`` is a mapping of names to sections."""
    values = get_args(hint)[1:] if get_origin(hint) is Mapping else ()
    return values[0] if values and isinstance(values[0], type) else None


def is_list(hint: Any) -> bool:
    return get_origin(hint) is tuple


def converted(value: Any, hint: Any) -> Any:
    """A value of the right type as the config holds it: a whole number where a number is asked for."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if is_whole and float in (hint, *get_args(hint)) else value


def type_problem(value: Any, hint: Any) -> Problem | None:
    """What is wrong with the type of ``value``, None when nothing is."""
    if _fits(value, hint):
        return None
    if get_origin(hint) is Literal:
        return Problem(f"cannot be {shown(value)}", nearest(str(value), get_args(hint)))
    if is_list(hint) and isinstance(value, tuple):
        wrong = next(item for item in value if not isinstance(item, str))
        return Problem(f"holds {shown(wrong)}, which is not text", _quote_hint(wrong))
    return Problem(f"must be {words_for(hint)}, not {shown(value)}", _quote_hint(value) if hint is str else "")


def words_for(hint: Any) -> str:
    """The type in words."""
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(f"`{choice}`" for choice in get_args(hint))
    if is_list(hint):
        return "a list of texts"
    if float in (hint, *get_args(hint)):
        return "a number"
    names = {str: "text", bool: "true or false", int: "a whole number"}
    return names.get(hint, "a mapping")


def shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:60]}…"
    return {type(None): "nothing", tuple: "a list", list: "a list", dict: "a mapping"}.get(type(value), str(value))


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint: the name that was probably meant, or all there are."""
    choices = list(known)
    close = difflib.get_close_matches(name.lower().replace("-", "_"), choices, n=1, cutoff=0.6)
    close = close or difflib.get_close_matches(name.lower(), choices, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    return f"known are: {', '.join(choices)}" if choices else "there are none here"


def _fits(value: Any, hint: Any) -> bool:
    if get_origin(hint) is Literal:
        return isinstance(value, str) and value in get_args(hint)
    if is_list(hint):
        return isinstance(value, tuple) and all(isinstance(item, str) for item in value)
    if get_origin(hint) is Mapping:
        cls = value_class(hint)
        return isinstance(value, Mapping) and cls is not None and all(isinstance(v, cls) for v in value.values())
    if isinstance(value, bool):  # which Python counts among the numbers
        return hint is bool
    if float in (hint, *get_args(hint)):
        return isinstance(value, int | float) or (value is None and type(None) in get_args(hint))
    return isinstance(value, hint)


def _quote_hint(value: Any) -> str:
    """YAML reads ``no`` and ``1.10`` as something else than text."""
    return "put it in quotes" if isinstance(value, bool | int | float) else ""
