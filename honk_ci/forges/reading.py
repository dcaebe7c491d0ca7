"""Reading JSON that nobody vouches for: payloads of events, answers of forges.

The lenient readers give an empty value where something is absent or of another type; those that
start with ``need_`` or ``as_`` raise ForgeError, never KeyError or TypeError.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from honk_ci.errors import ForgeError
from honk_ci.text import one_line

Json = Mapping[str, Any]


def part(value: Json, *path: str) -> Json:
    """The object at the end of a path, empty where there is none."""
    for name in path:
        found = value.get(name)
        value = found if isinstance(found, dict) else {}
    return value


def text(value: Json, *path: str) -> str:
    found = part(value, *path[:-1]).get(path[-1])
    return found if isinstance(found, str) else ""


def number(value: Json, *path: str) -> int | None:
    found = part(value, *path[:-1]).get(path[-1])
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def flag(value: Json, *path: str) -> bool:
    return part(value, *path[:-1]).get(path[-1]) is True


def objects(value: Any) -> list[Json]:
    """The objects of a list; what is no object in it is left out."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def names(labels: Any) -> tuple[str, ...]:
    """The names of labels, whether they are given as objects or as plain texts."""
    if not isinstance(labels, list):
        return ()
    found = (
        label if isinstance(label, str) else text(label, "name") if isinstance(label, dict) else "" for label in labels
    )
    return tuple(name for name in found if name)


def as_object(answer: Any) -> Json:
    if not isinstance(answer, dict):
        raise ForgeError(f"the forge's answer is {_kind(answer)} where an object was expected")
    return answer


def need_text(value: Json, *path: str) -> str:
    if found := text(value, *path):
        return found
    raise _lacks(path)


def need_number(value: Json, *path: str) -> int:
    if (found := number(value, *path)) is not None:
        return found
    raise _lacks(path)


def words_of(answer: Any) -> str:
    """What a refusal says, as one line: GitHub's ``message`` and ``errors``, GitLab's ``message`` or ``error``."""
    return one_line("; ".join(dict.fromkeys(word for word in _words(answer, 4) if word)), 400)


def _words(value: Any, depth: int) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and depth:
        return [word for item in value[:20] for word in _words(item, depth - 1)]
    if isinstance(value, dict) and depth:
        keys = ("message", "error", "error_description", "errors")
        if any(key in value for key in keys):
            return [word for key in keys for word in _words(value.get(key), depth - 1)]
        return [_field(name, item, depth) for name, item in list(value.items())[:20]]
    return []


def _field(name: str, value: Any, depth: int) -> str:
    """GitLab names the field that is wrong: ``{"title": ["is too long"]}``; GitHub's errors have a code."""
    said = ", ".join(_words(value, depth - 1))
    return f"{name}: {said}" if said else ""


def _lacks(path: tuple[str, ...]) -> ForgeError:
    return ForgeError(f"the forge's answer lacks {'.'.join(path)}")


def _kind(answer: Any) -> str:
    kinds = {list: "a list", str: "text", bool: "a truth value", int: "a number", float: "a number"}
    return kinds.get(type(answer), "empty")
