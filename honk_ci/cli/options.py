"""Options that several commands share. An empty value counts as not given: CI inputs default to "" ."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

DELIVER_MODES = ("none", "branch", "pull-request", "commit", "suggest", "comment", "auto")


def _none_if_empty(_ctx: click.Context, _parameter: click.Parameter, value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _without_empty(_ctx: click.Context, _parameter: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(item for item in value if item.strip())


class Number(click.ParamType[float | None]):
    """A number, or an empty text for "not given"."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | None:
        if isinstance(value, str) and not value.strip():
            return None
        try:
            number = float(value)
        except ValueError:
            self.fail(f"{value!r} is not a number", param, ctx)
        if not 0 <= number < float("inf"):
            self.fail(f"{value!r} is not a number from 0 up", param, ctx)
        return number


class Mode(click.Choice[str]):
    """A delivery mode, or an empty text for "not given"."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return None if isinstance(value, str) and not value.strip() else super().convert(value, param, ctx)


def text(name: str, help: str, metavar: str = "TEXT") -> Callable[[Any], Any]:  # noqa: A002 (click's own word)
    return click.option(name, metavar=metavar, callback=_none_if_empty, help=help)


def folder(name: str, help: str) -> Callable[[Any], Any]:  # noqa: A002 (click's own word)
    return text(name, help, metavar="DIR")


def build_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What says which build to look at and how its tests run."""
    for option in reversed(
        (
            click.option(
                "--repo",
                type=click.Path(path_type=Path),
                default=Path(),
                help="Checkout of the red commit.  [default: .]",
            ),
            click.option(
                "--report",
                "reports",
                multiple=True,
                metavar="GLOB",
                callback=_without_empty,
                help="JUnit XML of the failed job, relative to the top of the checkout; repeatable.  "
                "[default: config, else the usual places]",
            ),
            click.option(
                "--log",
                "logs",
                multiple=True,
                metavar="FILE",
                callback=_without_empty,
                help="Console log of the failed job, likewise; repeatable.",
            ),
            text(
                "--from-run",
                "CI run whose artifacts and logs are read where no report and no log is named.  "
                "[default: the red run that started this one]",
                metavar="ID",
            ),
            text(
                "--test-command",
                "Runs the whole suite; {report} stands for the JUnit file to write.  [default: detected]",
            ),
            text("--setup-command", "Prepares a fresh checkout, such as 'npm ci'."),
            text(
                "--base",
                "Last commit known good.  [default: merge base with the target branch, else the parent]",
                metavar="REF",
            ),
            click.option("--time-limit", type=Number(), metavar="SECONDS", help="Longest time for the whole run."),
            text("--json", "Write the run record here; '-' is standard output.", metavar="FILE"),
            text("--summary", "Write a summary in Markdown here.", metavar="FILE"),
        )
    ):
        command = option(command)
    return command
