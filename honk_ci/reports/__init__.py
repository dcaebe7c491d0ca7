"""Test reports and console logs: the registry of formats, and reading several files as one.

Placeholder bodies are filled by the formats beside this file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from honk_ci.domain import Report


def expand(root: Path, pattern: str) -> list[Path]:
    raise NotImplementedError


def read_all(paths: Sequence[Path]) -> Report:
    raise NotImplementedError
