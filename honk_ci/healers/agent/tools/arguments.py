"""Checks a call's arguments against the tool's schema, and mends what is plainly meant."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from honk_ci.healers.agent.tools.interface import Tool, ToolError

_NAMES = {
    "string": "a string",
    "integer": "an integer",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}


def fitted(tool: Tool, arguments: Any) -> dict[str, Any]:
    """The arguments with the types of the schema; ToolError names the first that does not fit."""
    schema = {"type": "object", "properties": tool.properties, "required": tool.required}
    value: dict[str, Any] = _fit(arguments, schema, tool.name)
    return value


def _fit(value: Any, schema: Mapping[str, Any], where: str) -> Any:
    kind = schema.get("type", "")
    value = _mended(value, kind)
    if not _is(value, kind):
        raise ToolError(f"{where} must be {_NAMES[kind]}, not {json.dumps(value)[:80]}; call again with that mended")
    allowed = schema.get("enum")
    if allowed and value not in allowed:
        raise ToolError(f"{where} must be one of {', '.join(allowed)}, not {value!r}")
    if kind == "object":
        return _fit_object(value, schema, where)
    if kind == "array":
        return [_fit(item, schema["items"], f"{where}[{number}]") for number, item in enumerate(value)]
    return value


def _fit_object(value: dict[str, Any], schema: Mapping[str, Any], where: str) -> dict[str, Any]:
    properties = schema.get("properties", {})
    given = {name: item for name, item in value.items() if item is not None}
    for name in schema.get("required", ()):
        if name not in given:
            raise ToolError(f"{where} needs {name!r}: {properties[name].get('description', '')}")
    if unknown := given.keys() - properties.keys():
        raise ToolError(f"{where} has no {min(unknown)!r}; it takes {', '.join(properties)}")
    return {name: _fit(item, properties[name], f"{where}.{name}") for name, item in given.items()}


def _mended(value: Any, kind: str) -> Any:
    """Models write lists and numbers as strings now and then, and a single item for a list."""
    if isinstance(value, str) and kind in {"array", "object", "integer", "boolean"}:
        try:
            value = json.loads(value)
        except ValueError:
            return value
    if kind == "array" and isinstance(value, dict):
        return [value]
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _is(value: Any, kind: str) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "array":
            return isinstance(value, list)
        case _:
            return isinstance(value, dict)
