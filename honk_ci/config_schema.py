"""The config's keys as documentation: a JSON Schema for editors, and rows for the reference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, Field, dataclass, fields
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from honk_ci.config import Config, Doc
from honk_ci.config_rules import BOUNDS, UNBOUNDED
from honk_ci.config_types import types_of, value_class, words_for


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """One key of the config."""

    path: str
    type: str  # in words
    default: Any  # None where there is none
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """One section of the config; ``keys`` of inner mappings carry a ``*`` for the name."""

    name: str
    text: str
    keys: tuple[Key, ...]


def sections() -> tuple[Section, ...]:
    return tuple(
        Section(name=name, text=cls.__doc__ or "", keys=tuple(_keys(cls, name)))
        for name, cls in types_of(Config).items()
    )


def config_schema() -> dict[str, Any]:
    """The JSON Schema of a config file."""
    from pydantic import TypeAdapter

    schema = TypeAdapter(Config).json_schema()
    documented = {key.path: key for section in sections() for key in section.keys}
    _complete(schema, Config, "", schema.get("$defs", {}), documented)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "honk-ci configuration"}
    return {**head, **{name: value for name, value in schema.items() if name not in head}}


def _keys(cls: type, path: str) -> Iterator[Key]:
    texts = {name: _text(hint) for name, hint in get_type_hints(cls, include_extras=True).items()}
    for field in fields(cls):
        hint, here = types_of(cls)[field.name], f"{path}.{field.name}"
        yield Key(path=here, type=words_for(hint), default=_default(field), text=texts[field.name])
        inner = value_class(hint)
        if inner is not None:
            yield from _keys(inner, f"{here}.*")


def _text(hint: Any) -> str:
    notes = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((note.text for note in notes if isinstance(note, Doc)), "")


def _default(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return None if field.default is MISSING else field.default


def _complete(
    node: dict[str, Any], cls: type, path: str, definitions: dict[str, Any], documented: dict[str, Key]
) -> None:
    """Add what pydantic cannot know: texts, bounds, and that other keys are refused."""
    node["additionalProperties"] = False
    node.pop("title", None)
    for name, hint in types_of(cls).items():
        here = f"{path}.{name}" if path else name
        value = node["properties"][name]
        value.pop("title", None)
        if here in documented and documented[here].text:
            value["description"] = documented[here].text
        value.update(_limits(here))
        inner, inner_path = (hint, here) if hint.__class__ is type else (value_class(hint), f"{here}.*")
        if inner is not None and inner.__name__ in definitions:
            _complete(definitions[inner.__name__], inner, inner_path, definitions, documented)


def _limits(path: str) -> dict[str, float]:
    bound = BOUNDS.get(path)
    if bound is None:
        return {}
    least, most = ("exclusiveMinimum", "exclusiveMaximum") if bound.is_open else ("minimum", "maximum")
    return {least: bound.least, **({} if bound.most == UNBOUNDED else {most: bound.most})}
