"""CI files as YAML, read for what they say and never run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from honk_ci.forges.reading import Json
from honk_ci.text import one_line

MOST_BYTES = 1024 * 1024


class Unreadable(Exception):
    """A file that is no YAML, or holds no mapping; its words are one line."""


def read_yaml(file: Path) -> Json:
    """The mapping that a file holds; tags that YAML does not know, such as ``!reference``, read as nothing."""
    import yaml

    class Loader(yaml.SafeLoader):
        """Takes any tag."""

    def nothing(_loader: Any, _suffix: str, _node: Any) -> None:
        return None

    Loader.add_multi_constructor("!", nothing)
    try:
        content = file.read_bytes()
        if len(content) > MOST_BYTES:
            raise Unreadable(f"it has more than {MOST_BYTES} bytes")
        documents = [item for item in yaml.load_all(content, Loader) if item is not None]
    except (OSError, yaml.YAMLError, RecursionError, ValueError) as error:
        raise Unreadable(one_line(str(error), 200)) from error
    found = documents[-1] if documents else {}
    if not isinstance(found, dict):
        raise Unreadable("it holds no mapping")
    return {"on" if key is True else str(key): value for key, value in found.items()}  # YAML 1.1 reads on as true
