"""What a run tells somebody who watches it; the terminal and CI log views implement it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from honk_ci.domain import Usage


class Progress(Protocol):
    """Receives the run's events in order; must not raise and must be cheap."""

    def stage(self, name: str) -> AbstractContextManager[None]:
        """A stage of the pipeline runs for as long as the context lasts."""

    def doing(self, what: str) -> None:
        """What runs at this moment, one line, replaced by the next."""

    def note(self, line: str) -> None:
        """One line that stays: a result, a decision, a warning."""

    def spent(self, usage: Usage) -> None:
        """Money and tokens so far."""


class Silent:
    """Tells nobody."""

    def stage(self, name: str) -> AbstractContextManager[None]:  # noqa: ARG002 (the interface's name)
        return nullcontext()

    def doing(self, what: str) -> None: ...

    def note(self, line: str) -> None: ...

    def spent(self, usage: Usage) -> None: ...
