"""Whether one run left something behind for the next, so that many edits can share a fork.

A fork for each edit costs ten times what a small test does. So edits are tried one after the other
in one fork for as long as the state they share looks untouched: the globals and class attributes
of the edited modules and the test modules, and the parameters of the tests, which get copies.
What goes unseen can only hide a repair, not fake one: what passes is run again in a fresh fork.
"""

from __future__ import annotations

import copy
import sys
import time
from types import FunctionType, ModuleType
from typing import Any

from .behaviour import canonical
from .inputs import UNCOPYABLE

CONTAINERS = (list, dict, set, bytearray)
MOST_S = 0.002  # for one look; more would cost what it saves


class SharedState:
    """The state that tests of some items share through the modules at ``paths``."""

    def __init__(self, items: list[Any], paths: set[str]) -> None:
        self._items = [item for item in items if hasattr(item, "callspec")]
        self._modules = [module for module in list(sys.modules.values()) if _is_at(module, paths)]
        self.can_be_watched = self._look()

    def untouched(self) -> bool:
        return self._texts() == self._before

    def renew_parameters(self) -> None:
        for item, kept in zip(self._items, self._kept):  # noqa: B905 (strict= is 3.10+)
            item.callspec.params.update(copy.deepcopy(kept))

    def _look(self) -> bool:
        started = time.perf_counter()
        self._before = self._texts()
        is_cheap = time.perf_counter() - started < MOST_S
        try:
            self._kept = [copy.deepcopy(item.callspec.params) for item in self._items]
        except UNCOPYABLE:
            self._kept = []
            return False
        return is_cheap

    def _texts(self) -> list[str]:
        return [canonical(value) for module in self._modules for value in _mutable(module)]


def _mutable(module: ModuleType) -> list[Any]:
    found: list[Any] = []
    for name, value in list(vars(module).items()):
        if name.startswith("__") or isinstance(value, ModuleType):
            continue
        if isinstance(value, type):
            found += [field for field in list(vars(value).values()) if isinstance(field, CONTAINERS)]
        elif isinstance(value, FunctionType):
            found += [default for default in value.__defaults__ or () if isinstance(default, CONTAINERS)]
        elif isinstance(value, CONTAINERS) or hasattr(value, "__dict__") or isinstance(value, (int, str, float)):
            found.append(value)
    return found


def _is_at(module: Any, paths: set[str]) -> bool:
    return getattr(module, "__file__", None) in paths
