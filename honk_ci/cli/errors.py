"""The one place where faults become exit codes and words on standard error."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import Any

import click

from honk_ci.errors import HonkError, InterruptedRun


class HonkGroup(click.Group):
    """A group whose commands are imported when called, and whose faults are told in one line."""

    def __init__(self, *args: Any, commands_in: dict[str, str] | None = None, **kwargs: Any) -> None:
        """``commands_in`` maps a command's name to ``module:attribute``."""
        super().__init__(*args, **kwargs)
        self._commands_in = commands_in or {}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's interface)
        return list(self._commands_in)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (click's interface)
        if cmd_name not in self._commands_in:
            return None
        from importlib import import_module

        module, attribute = self._commands_in[cmd_name].split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        _stop_on_signals()
        try:
            return super().invoke(ctx)
        except HonkError as error:
            click.echo(safe(f"honk-ci: {error}"), err=True)
            if error.hint:
                click.echo(safe(f"hint: {error.hint}"), err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("honk-ci: interrupted; the checkout is as it was before", err=True)
            ctx.exit(130)


def _stop_on_signals() -> None:
    """CI ends a job with SIGTERM: unwind as for Ctrl-C, so that the checkout is put back.

    GitHub sends SIGINT, then SIGTERM 7.5 seconds later: what comes while a run is being unwound
    must not keep it from killing its children and putting the checkout back.
    """
    heeded = [number for number in _STOPPING if signal.getsignal(number) is not signal.SIG_IGN]  # nohup, sh's "&"

    def stop(number: int, _frame: FrameType | None) -> None:
        for other in heeded:
            signal.signal(other, _pass_over)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise InterruptedRun(f"stopped by {signal.Signals(number).name}; the checkout is as it was before")

    for number in heeded:
        signal.signal(number, stop)


_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _pass_over(_number: int, _frame: FrameType | None) -> None:
    """Instead of SIG_IGN, which the commands that put the checkout back would inherit."""


def safe(text: str) -> str:
    """``text`` without secrets, and without what a CI runner would obey: faults quote git and commands."""
    from honk_ci import cilog
    from honk_ci.redact import Redactor

    return cilog.defused(Redactor(os.environ).redact(text))


def say(line: str) -> None:
    """One line for people, on standard error: standard output may be a record."""
    print(line, file=sys.stderr, flush=True)
