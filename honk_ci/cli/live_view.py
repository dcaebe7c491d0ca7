"""The view on a terminal: a line that moves while something runs, and lines that stay."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status
from rich.text import Text

from honk_ci import cilog
from honk_ci.cli.result import result_lines
from honk_ci.domain import RunRecord, Usage
from honk_ci.redact import Redactor

_COLOURS = (("    +", "green"), ("    -", "red"), ("    @@", "cyan"), ("  broke", "bold"), ("  fixed", "bold green"))


class LiveView:
    """See ``honk_ci.cli.view.View``."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._console = Console(stderr=True, highlight=False)
        self._status = Status("", console=self._console)
        self._started = time.monotonic()
        self._stage = ""
        self._money = ""

    def __enter__(self) -> Self:
        self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._status.stop()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started, self._stage = time.monotonic(), name
        self.doing("")
        try:
            yield
        except BaseException:
            self._console.print(Text(f"✗ {name}", style="red"))
            raise
        self._console.print(Text.assemble((f"✓ {name:<10}", "green"), f" {time.monotonic() - started:.1f} s"))

    def doing(self, what: str) -> None:
        line = f"{self._stage:<10} {what}  {time.monotonic() - self._started:.0f} s{self._money}"
        self._status.update(Text(self._safe(line)))

    def note(self, line: str) -> None:
        self._console.print(Text(f"  {self._safe(line)}", style="dim"))

    def spent(self, usage: Usage) -> None:
        self._money = f"  {usage.cost_usd:.4f} USD" if usage.requests else ""

    def result(self, record: RunRecord) -> None:
        for line in result_lines(record):
            style = next((colour for start, colour in _COLOURS if line.startswith(start)), "")
            self._console.print(Text(self._safe(line), style=style), soft_wrap=True)

    def _safe(self, line: str) -> str:
        return cilog.defused(self._redactor.redact(line))
