"""What somebody sees who watches a run: one live line on a terminal, plain grouped lines in CI."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Protocol, Self

from honk_ci import cilog
from honk_ci.cli.result import result_lines
from honk_ci.domain import RunRecord, Usage
from honk_ci.redact import Redactor


class View(Protocol):
    """A Progress that is opened and closed, and shows the result."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def stage(self, name: str) -> AbstractContextManager[None]: ...

    def doing(self, what: str) -> None: ...

    def note(self, line: str) -> None: ...

    def spent(self, usage: Usage) -> None: ...

    def result(self, record: RunRecord) -> None: ...


def make_view(environ: Mapping[str, str], redactor: Redactor) -> View:
    """Live on a terminal, plain elsewhere."""
    if sys.stderr.isatty() and environ.get("TERM") != "dumb" and "CI" not in environ:
        from honk_ci.cli.live_view import LiveView

        return LiveView(redactor)
    return PlainView(environ, redactor)


class PlainView:
    """Lines on standard error, one a step, folded by stage where the CI system can."""

    def __init__(self, environ: Mapping[str, str], redactor: Redactor) -> None:
        self._environ = environ
        self._redactor = redactor
        self._started = time.monotonic()
        self._money = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._raw(cilog.group_start(name, self._environ))
        try:
            yield
        finally:
            if end := cilog.group_end(name, self._environ):
                self._raw(end)

    def doing(self, what: str) -> None:
        self._line(f"  {time.monotonic() - self._started:6.1f} s  {what}{self._money}")

    def note(self, line: str) -> None:
        self._line(f"            {line}")

    def spent(self, usage: Usage) -> None:
        self._money = f"  [{usage.cost_usd:.4f} USD]" if usage.requests else ""

    def result(self, record: RunRecord) -> None:
        for line in result_lines(record):
            self._line(line)

    def _line(self, line: str) -> None:
        self._raw(cilog.defused(self._redactor.redact(line)))

    def _raw(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)
