"""The healers: the registry, and the ladder of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from honk_ci.config import Config
from honk_ci.errors import ConfigError
from honk_ci.healers.interface import Healer

# Where each healer is; imported only when it is on the ladder, since an agent that is not called
# must cost nothing.
HEALERS: Mapping[str, str] = {
    "autofix": "honk_ci.healers.autofix:Autofix",
    "search": "honk_ci.healers.search:Search",
    "agent": "honk_ci.healers.agent:Agent",
}


def make_healers(config: Config) -> Callable[[], Sequence[Healer]]:
    """What makes the configured ladder when something is there to heal; ConfigError names what is not a healer."""
    for name in config.healers.order:
        if name not in HEALERS:
            raise ConfigError(f"there is no healer {name!r}", hint=f"known are: {', '.join(HEALERS)}")
    return lambda: tuple(_healer(name) for name in config.healers.order)


def _healer(name: str) -> Healer:
    module, attribute = HEALERS[name].split(":")
    make: Callable[[], Healer] = getattr(import_module(module), attribute)
    return make()


# Healers that cost money: they run for nobody who may not spend it.
SPENDING = frozenset({"agent"})
