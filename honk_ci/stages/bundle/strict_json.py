"""JSON that somebody else wrote: read strictly, with the name of the field in every complaint."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from honk_ci.errors import ReportError

T = TypeVar("T")

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Fields:
    """One object; every method raises ReportError where the field is not what it should be."""

    raw: dict[str, Any]
    where: str  # "record.json", "record.json: failures[0]", …

    def text(self, name: str, *, limit: int = 100_000) -> str:
        """A text, "" where it is absent or null; longer ones are cut."""
        value = self._of(name, str)
        return "" if value is None else _visible(value[:limit])

    def choice(self, name: str, options: Callable[[str], T]) -> T:
        """A text that ``options``, such as an enumeration, makes a value of."""
        try:
            return options(self.text(name))
        except ValueError:
            self.refuse(name, f"{self.text(name)[:40]!r} is not one of the values that it may have")

    def commit(self, name: str, *, optional: bool = False) -> str:
        """A full object id in lower case; "" where it is absent, if it may be."""
        value = self.text(name)
        if (value or not optional) and not _COMMIT.fullmatch(value):
            self.refuse(name, "it is not the full id of a commit")
        return value

    def pattern(self, name: str, form: str, what: str) -> str:
        value = self.text(name)
        if not re.fullmatch(form, value):
            self.refuse(name, f"it is not {what}")
        return value

    def count(self, name: str) -> int:
        """A whole number from 0 up, 0 where it is absent."""
        value = self._of(name, int)
        if value is not None and value < 0:
            self.refuse(name, "it is below 0")
        return value or 0

    def optional_count(self, name: str) -> int | None:
        return None if self.raw.get(name) is None else self.count(name)

    def number(self, name: str) -> float:
        """A number from 0 up, 0 where it is absent."""
        value = self.raw.get(name)
        if value is None:
            return 0.0
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            self.refuse(name, "it is not a number from 0 up")
        return float(value)

    def flag(self, name: str) -> bool:
        return bool(self._of(name, bool))

    def texts(self, name: str, *, most: int = 1000) -> tuple[str, ...]:
        values = self._of(name, list) or []
        if not all(isinstance(value, str) for value in values):
            self.refuse(name, "it is not a list of texts")
        return tuple(map(_visible, values[:most]))

    def text_map(self, name: str, *, most: int = 1000) -> dict[str, str]:
        values = self._of(name, dict) or {}
        if not all(isinstance(value, str) for value in values.values()):
            self.refuse(name, "it is not a map of texts")
        return {_visible(key): _visible(value) for key, value in list(values.items())[:most]}

    def object(self, name: str) -> Fields:
        return Fields(self._of(name, dict) or {}, self._path(name))

    def optional_object(self, name: str) -> Fields | None:
        return None if self.raw.get(name) is None else self.object(name)

    def objects(self, name: str, *, most: int = 1000) -> Iterator[Fields]:
        """The objects of a list, each with its place."""
        for number, value in enumerate((self._of(name, list) or [])[:most]):
            where = f"{self._path(name)}[{number}]"
            if not isinstance(value, dict):
                raise ReportError(f"{where} is not an object")
            yield Fields(value, where)

    def refuse(self, name: str, why: str) -> NoReturn:
        raise ReportError(f"{self._path(name)}: {why}")

    def _of(self, name: str, kind: type[T]) -> T | None:
        value = self.raw.get(name)
        if value is None:
            return None
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            words = {str: "a text", int: "a whole number", bool: "true or false", list: "a list", dict: "an object"}
            self.refuse(name, f"it is not {words[kind]}")
        return value

    def _path(self, name: str) -> str:
        return f"{self.where}{'.' if ':' in self.where else ': '}{name}"


def parse(content: bytes, name: str) -> Fields:
    """One JSON object. Names given twice, NaN, infinite numbers and endless nesting are refused: ReportError."""
    try:
        raw = json.loads(
            content, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite, parse_int=_small
        )
    except RecursionError as error:
        raise ReportError(f"{name} is nested too deeply") from error
    except ValueError as error:  # also what is no UTF-8
        raise ReportError(f"{name} is not JSON that can be used: {str(error)[:200]}") from error
    if not isinstance(raw, dict):
        raise ReportError(f"{name} is not a JSON object")
    return Fields(raw, name)


def _visible(text: str) -> str:
    """Without halves of surrogate pairs, which JSON can name and no encoding can write."""
    return text.encode("utf-8", "replace").decode()


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name[:40]!r} is given twice")
        found[name] = value
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number")


def _finite(word: str) -> float:
    value = float(word)
    if not math.isfinite(value):
        raise ValueError("a number is infinite")
    return value


def _small(word: str) -> int:
    if len(word) > _MOST_DIGITS:
        raise ValueError("a number is too large")
    return int(word)
