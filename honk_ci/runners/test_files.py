"""Files of a repository by what reports say of them: dotted names, suffixes, paths of other machines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "site-packages", "bower_components", "vendor"})
_LISTED = 200_000  # files looked at, at most


def walk(folder: Path, suffixes: tuple[str, ...]) -> Iterator[str]:
    """Files with these suffixes, relative to ``folder``, without hidden and installed ones."""
    seen = 0
    for top, names, files in os.walk(folder):
        kept = [n for n in sorted(names) if not n.startswith(".") and n not in _SKIPPED_FOLDERS]
        names[:] = [n for n in kept if not (Path(top) / n / "pyvenv.cfg").exists()]
        prefix = os.path.relpath(top, folder).replace(os.sep, "/")
        for file in sorted(files):
            seen += 1
            if file.endswith(suffixes):
                yield file if prefix == "." else f"{prefix}/{file}"
        if seen > _LISTED:
            return


def by_reported_path(folder: Path, reported: str) -> str | None:
    """The file of ``folder`` that a path of a report means: relative, absolute, or from another machine.

    Leading parts that are not here ("/home/runner/work/shop/shop/") are taken off one by one.
    """
    parts = [part for part in reported.replace("\\", "/").removeprefix("file://").split("/") if part not in {"", "."}]
    if ".." in parts:
        return None
    for start in range(len(parts)):
        path = "/".join(parts[start:])
        if (folder / path).is_file():
            return path
    return None


def read_text(file: Path) -> str:
    """The file's text, "" where it cannot be read."""
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
