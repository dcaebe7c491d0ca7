"""Arguments a little beside those that a test used, within what these let one suppose is allowed.

A sorted list stays sorted, a positive number positive, a text keeps to its letters: an input that
breaks what a function asks for tells nothing about its repair. No chance is involved, so that the
same calls give the same inputs in every run.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from typing import Any, Dict, List, Tuple  # noqa: UP035 (aliases are evaluated, and 3.8 has no others)

Call = Tuple[List[Any], Dict[str, Any]]  # noqa: UP006

MOST = 24  # inputs made of one call
PER_VALUE = 8
DEPTH = 3
UNCOPYABLE = (TypeError, ValueError, AttributeError, NotImplementedError, RuntimeError, OSError, copy.Error)


def variations(call: Call) -> list[Call]:
    """Calls with one argument changed; fewer or none where arguments cannot be copied."""
    positional, keywords = call
    streams = [_with_positional(call, place, value) for place, value in enumerate(positional)]
    streams += [_with_keyword(call, name, value) for name, value in keywords.items()]
    made: list[Call] = []
    for step in itertools.zip_longest(*streams):  # one of each argument in turn
        made += [changed for changed in step if changed is not None]
        if len(made) >= MOST:
            break
    return [changed for changed in map(_copied, made[:MOST]) if changed is not None]


def _with_positional(call: Call, place: int, value: Any) -> Iterator[Call]:
    for other in itertools.islice(_changed(value, DEPTH), PER_VALUE):
        yield [*call[0][:place], other, *call[0][place + 1 :]], call[1]


def _with_keyword(call: Call, name: str, value: Any) -> Iterator[Call]:
    for other in itertools.islice(_changed(value, DEPTH), PER_VALUE):
        yield call[0], {**call[1], name: other}


def _copied(value: Any) -> Any:
    try:
        return copy.deepcopy(value)
    except UNCOPYABLE:
        return None


def _changed(value: Any, depth: int) -> Iterator[Any]:
    """Values like ``value``, the nearest first."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from _numbers(value)
    elif isinstance(value, float):
        yield from (value + 1, value / 2, value * 2)
    elif isinstance(value, str):
        yield from _texts(value)
    elif isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        yield from (type(value)(items) for items in _sequences(list(value), depth))
    elif type(value) is set:
        yield from ({item for item in value if item is not gone} for gone in list(value)[:3])
    elif type(value) is dict and depth:
        yield from _mappings(value, depth)
    elif depth and isinstance(getattr(value, "__dict__", None), dict) and not callable(value):
        yield from _objects(value, depth)


def _numbers(value: int) -> Iterator[int]:
    near = (value + 1, value - 1, value + 2, value * 2, value // 2, value - 2, value + 7)
    if value > 0:
        yield from (number for number in dict.fromkeys(near) if number > 0 and number != value)
    elif value == 0:
        yield from (1, 2, 3)
    else:
        yield from dict.fromkeys(near)


def _texts(value: str) -> Iterator[str]:
    if value:
        middle = len(value) // 2
        yield from dict.fromkeys(
            text
            for text in (
                value[:-1],
                value[1:],
                value + value[0],
                value[:middle] + value[middle + 1 :],
                value[::-1],
                value * 2,
            )
            if text and text != value
        )


def _sequences(items: list[Any], depth: int) -> Iterator[list[Any]]:
    keep = _sorted_again if _is_sorted(items) else _as_it_is
    if len(items) > 1:
        yield items[:-1]
        yield items[1:]
        yield items[: len(items) // 2] + items[len(items) // 2 + 1 :]
        yield keep(items[::-1])
    if items and depth:
        for place in dict.fromkeys((0, len(items) - 1, len(items) // 2)):
            for other in itertools.islice(_changed(items[place], depth - 1), 3):
                yield keep([*items[:place], other, *items[place + 1 :]])
        last = next(_changed(items[-1], depth - 1), None)
        if last is not None:
            yield keep([*items, last])


def _mappings(value: dict[Any, Any], depth: int) -> Iterator[dict[Any, Any]]:
    for key in list(value)[:4]:
        for other in itertools.islice(_changed(value[key], depth - 1), 2):
            yield {**value, key: other}
        if len(value) > 1:
            yield {k: v for k, v in value.items() if k != key}


def _objects(value: Any, depth: int) -> Iterator[Any]:
    for name, field in list(vars(value).items())[:6]:
        for other in itertools.islice(_changed(field, depth - 1), 2):
            changed = _copied(value)
            if changed is None:
                return
            vars(changed)[name] = other
            yield changed


def _is_sorted(items: list[Any]) -> bool:
    try:
        return len(items) > 1 and all(not later < earlier for earlier, later in zip(items, items[1:]))  # noqa: B905, RUF007
    except TypeError:
        return False


def _sorted_again(items: list[Any]) -> list[Any]:
    return sorted(items)


def _as_it_is(items: list[Any]) -> list[Any]:
    return items
