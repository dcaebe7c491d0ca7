"""Reads ``.honk.yml`` into a ``Config``, and puts command-line options on top.

The YAML is read as a tree of nodes and held against the classes of ``config.py`` key by key:
each message can name its line, and nothing is built that the classes do not know, so that
neither aliases nor depth can make a small file large. PyYAML is imported when there is a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn

from honk_ci.config import Config
from honk_ci.config_rules import problem_with
from honk_ci.config_types import converted, is_list, nearest, required_keys, type_problem, types_of, value_class
from honk_ci.errors import ConfigError

if TYPE_CHECKING:
    import yaml

SIZE_CAP = 256 * 1024  # characters


def load_config(text: str, *, source: str) -> Config:
    """The settings that ``text`` holds; ``source`` names it in messages.

    Raises ConfigError with line and key for what is not YAML, not known, or of the wrong type.
    """
    if len(text) > SIZE_CAP:
        raise ConfigError(f"{source} has {len(text)} characters, more than a config can use ({SIZE_CAP})")
    reader = _Reader(source)
    root = reader.parse(text)
    config = Config() if root is None else reader.section(root, Config, "")
    assert isinstance(config, Config)
    return config


def with_overrides(config: Config, overrides: Mapping[str, Any]) -> Config:
    """``config`` with values by dotted key, such as ``limits.cost_usd``; None leaves a key as it is."""
    for path, value in overrides.items():
        if value is not None:
            config = _with(config, path, tuple(value) if isinstance(value, list) else value)
    return config


def _with(config: Config, path: str, value: Any) -> Config:
    section_name, _, name = path.partition(".")
    cls = types_of(Config).get(section_name)
    hint = types_of(cls).get(name) if cls is not None else None
    if hint is None:
        raise ConfigError(f"there is no config key {path}", hint=nearest(path, _all_paths()))
    problem = type_problem(value, hint) or problem_with(path, value)
    if problem is not None:
        raise ConfigError(f"{path} {problem.text}", hint=problem.hint)
    changed: dict[str, Any] = {section_name: replace(getattr(config, section_name), **{name: converted(value, hint)})}
    return replace(config, **changed)


def _all_paths() -> list[str]:
    return [f"{section}.{name}" for section, cls in types_of(Config).items() for name in types_of(cls)]


class _Reader:
    """Holds YAML nodes against types; every complaint names the line."""

    def __init__(self, source: str) -> None:
        self._source = source

    def parse(self, text: str) -> yaml.Node | None:
        """The root node; None for a file without content."""
        import yaml

        try:
            root: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            what = ", ".join(part for part in (error.context, error.problem) if part)
            raise ConfigError(f"{self._at(mark)}: this is not valid YAML: {what}", hint=_yaml_hint(what)) from error
        except yaml.YAMLError as error:
            raise ConfigError(f"{self._source} is not valid YAML: {error}") from error
        except RecursionError as error:
            raise ConfigError(f"{self._source} is nested too deeply") from error
        return None if root is None or _is_null(root) else root

    def section(self, node: yaml.Node, cls: type, path: str) -> object:
        """An instance of a class of ``config.py``, from a mapping; what it leaves out has its default."""
        known = types_of(cls)
        values = {}
        for name, (key, value) in self._items(node, path).items():
            here = _join(path, name)
            if name not in known:
                self._refuse(key, f"unknown key {here}", nearest(name, known))
            if not _is_null(value):
                values[name] = self._value(value, known[name], here)
        missing = [name for name in required_keys(cls) if name not in values]
        if missing:
            self._refuse(node, f"{path} needs {' and '.join(missing)}")
        return cls(**values)

    def _value(self, node: yaml.Node, hint: Any, path: str) -> Any:
        if is_dataclass(hint):
            assert isinstance(hint, type)
            return self.section(node, hint, path)
        cls = value_class(hint)
        if cls is not None:
            items = self._items(node, path).items()
            return {name: self.section(value, cls, f"{path}.{name}") for name, (_, value) in items}
        value = self._list(node, path) if is_list(hint) else self._scalar(node)
        problem = type_problem(value, hint) or problem_with(path, value)
        if problem is not None:
            self._refuse(node, f"{path} {problem.text}", problem.hint)
        return converted(value, hint)

    def _items(self, node: yaml.Node, path: str) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        """The keys of a mapping with the nodes of key and value."""
        import yaml

        if not isinstance(node, yaml.MappingNode):
            self._refuse(node, f"{path or 'the config'} must be a mapping of keys to values")
        found: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or not key.value:
                self._refuse(key, f"a key of {path or 'the config'} is not a name")
            name = str(key.value)
            if name in found:
                first = found[name][0].start_mark.line + 1
                self._refuse(key, f"{_join(path, name)} is given twice, first in line {first}")
            found[name] = (key, value)
        return found

    def _list(self, node: yaml.Node, path: str) -> tuple[Any, ...]:
        import yaml

        if not isinstance(node, yaml.SequenceNode):
            self._refuse(node, f"{path} must be a list", "write it as a list: [one, two]")
        return tuple(self._scalar(item) for item in node.value)

    def _scalar(self, node: yaml.Node) -> Any:
        """The Python value of a scalar; for anything else an empty list or mapping, which no key accepts."""
        import yaml

        if isinstance(node, yaml.SequenceNode):
            return []
        if not isinstance(node, yaml.ScalarNode):
            return {}
        try:
            return yaml.SafeLoader("").construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            self._refuse(node, f"{node.value!r} cannot be read: {error}")

    def _refuse(self, node: yaml.Node, problem: str, hint: str = "") -> NoReturn:
        raise ConfigError(f"{self._at(node.start_mark)}: {problem}", hint=hint)

    def _at(self, mark: yaml.Mark | None) -> str:
        return self._source if mark is None else f"{self._source}, line {mark.line + 1}"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _is_null(node: yaml.Node) -> bool:
    return bool(node.tag == "tag:yaml.org,2002:null")


def _yaml_hint(problem: str) -> str:
    if "'\\t'" in problem:
        return "indent with spaces: YAML allows no tabs there"
    if "mapping values are not allowed" in problem:
        return "a text with a colon in it must stand in quotes"
    return ""
