"""Configuration files of every notation as one flat table of settings."""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from honk_ci.checks.integrity.javascript.tokens import Token, closing, code, joined

Settings = dict[str, Any]

_INI_NAMES = ("setup.cfg", "tox.ini", "pytest.ini", ".pytest.ini", "mypy.ini", ".mypy.ini", ".flake8", "pylintrc",
              ".pylintrc", "nose.cfg", "unittest.cfg", ".pycodestyle", ".pydocstyle", ".isort.cfg")  # fmt: skip
_JSON_NAMES = (".eslintrc", ".nycrc", ".mocharc", ".babelrc", ".jshintrc", ".taprc", ".stylelintrc", ".c8rc")
_SCRIPTS = (".js", ".cjs", ".mjs", ".ts", ".cts", ".mts")


def settings(path: str, content: bytes | None) -> Settings | None:
    """The settings of a file by dotted name; None where the notation is not known or cannot be read."""
    if content is None:
        return {}
    text = content.decode("utf-8-sig", "replace")
    name = path.rpartition("/")[2].lower()
    try:
        return dict(_read(name, text))
    except (ValueError, configparser.Error, RecursionError):
        return None


def _read(name: str, text: str) -> Iterator[tuple[str, Any]]:
    if name.endswith(".toml"):
        yield from _flat(tomllib.loads(text))
    elif name in _INI_NAMES or name.startswith(".coveragerc"):
        yield from _ini(text)
    elif name.endswith((".json", ".jsonc", ".json5")) or name in _JSON_NAMES:
        yield from _flat(json.loads(_plain_json(text)) if text.strip() else {})
    elif name.endswith((".yml", ".yaml")):
        yield from _flat(_yaml(text))
    elif name.endswith(_SCRIPTS):
        yield from _script(code(text))
    else:
        raise ValueError(name)


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        for number, item in enumerate(value):
            yield from _flat(item, f"{name}[{_label(item, number)}]")
    else:
        yield name, value


def _label(item: Mapping[str, Any], number: int) -> str:
    """What an entry of a list of tables is about, so that one that is put before it moves nothing."""
    for key in ("module", "name", "files", "filename_pattern", "test", "cmd"):
        if key in item:
            return str(item[key])
    return str(number)


def _ini(text: str) -> Iterator[tuple[str, Any]]:
    parser = configparser.RawConfigParser(allow_no_value=True, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names are told apart by case
    parser.read_string(text)
    for section in parser.sections():
        for key, value in parser[section].items():
            yield f"{section}.{key}", value


def _plain_json(text: str) -> str:
    """JSON with comments and trailing commas as plain JSON."""
    kept = code(text)
    followed = zip(kept, [*kept[1:], Token("punctuation", "", 0)], strict=True)
    return " ".join(a.text for a, b in followed if not (a.text == "," and b.text in {"}", "]"}))


def _yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _script(some: list[Token], name: str = "") -> Iterator[tuple[str, Any]]:
    """Every ``key: value`` of the object literals in a script, under the keys around it."""
    index = 0
    while index < len(some) - 1:
        token = some[index]
        is_key = token.kind in {"name", "string", "number"} and some[index + 1].text == ":"
        if not is_key or (index and some[index - 1].text not in {"{", ","}):
            index += 1
            continue
        key = f"{name}.{token.text.strip(chr(34) + chr(39))}" if name else token.text.strip("\"'")
        end = _value_end(some, index + 2)
        value = some[index + 2 : end]
        inner = list(_script(value, key))
        yield from inner or [(key, _script_value(value))]
        index = end


def _value_end(some: list[Token], index: int) -> int:
    while index < len(some) and some[index].text not in {",", "}", "]", ")"}:
        index = closing(some, index) + 1 if some[index].text in {"(", "[", "{"} else index + 1
    return index


def _script_value(value: list[Token]) -> Any:
    text = joined(value)
    try:
        return json.loads(re.sub(r"(?<=\d)_(?=\d)", "", text))
    except ValueError:
        return text
