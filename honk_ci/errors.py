"""Faults that honk-ci reports itself, one exit code a kind; anything else is a bug in honk-ci."""

from __future__ import annotations

from typing import ClassVar


class HonkError(Exception):
    """Base of every fault that honk-ci reports itself.

    ``str(error)`` says what happened, ``hint`` what to do next. Exit codes start at 10: click uses
    2 for wrong usage, the contract 0 and 3 for outcomes, and Python 1 for a bug.
    """

    exit_code: ClassVar[int] = 10

    def __init__(self, problem: str, *, hint: str = "") -> None:
        super().__init__(problem)
        self.hint = hint


class ConfigError(HonkError):
    """The config file or an option holds something that cannot be used."""

    exit_code = 11


class ReportError(HonkError):
    """No report or log was found, or none of them can be read."""

    exit_code = 12


class WorkspaceError(HonkError):
    """The checkout cannot be worked in, or could not be put back."""

    exit_code = 13


class GitError(HonkError):
    """A git command failed, or the remote refused or cannot be reached."""

    exit_code = 14


class ForgeError(HonkError):
    """GitHub or GitLab refused or cannot be reached; ``status`` is the HTTP status, None without an answer."""

    exit_code = 15

    def __init__(self, problem: str, *, hint: str = "", status: int | None = None) -> None:
        super().__init__(problem, hint=hint)
        self.status = status


class ModelError(HonkError):
    """The model service cannot be used: key, model name, price or transport."""

    exit_code = 16


class RunnerError(HonkError):
    """No way to run the tests was found, or the set-up command failed."""

    exit_code = 17


class InterruptedRun(HonkError):
    """The run was told to stop (SIGTERM, SIGHUP); the checkout has been put back."""

    exit_code = 18
