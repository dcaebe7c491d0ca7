"""One line of the check-up, and what each part of it looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from honk_ci.cli.links import LOCAL_MODES
from honk_ci.config import Config
from honk_ci.errors import HonkError
from honk_ci.forges.environment import CiContext
from honk_ci.git import Repository
from honk_ci.text import one_line


class Answer(StrEnum):
    """What a finding means for healing here."""

    OK = "ok"
    MISSING = "missing"  # a red build could not be healed, or its fix not be delivered as asked
    NOTE = "note"  # something less than that


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One line of the check-up."""

    subject: str
    answer: Answer
    text: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wiring:
    """What is looked at; nothing in it is changed."""

    repository: Repository
    config: Config
    context: CiContext  # of the CI job that this runs in; empty by hand
    reports: tuple[str, ...]
    environ: Mapping[str, str]
    scratch: Path
    is_offline: bool

    @property
    def needs_forge(self) -> bool:
        """Whether what is to be delivered needs more than a push."""
        return self.config.deliver.mode not in LOCAL_MODES

    @property
    def pushes(self) -> bool:
        """Whether what is to be delivered is a branch, or commits on one."""
        return self.config.deliver.mode not in {"none", "suggest", "comment"}


def ok(subject: str, text: str) -> Finding:
    return Finding(subject=subject, answer=Answer.OK, text=text)


def note(subject: str, text: str, hint: str = "") -> Finding:
    return Finding(subject=subject, answer=Answer.NOTE, text=text, hint=hint)


def missing(subject: str, text: str, hint: str = "") -> Finding:
    return Finding(subject=subject, answer=Answer.MISSING, text=text, hint=hint)


def fault(subject: str, error: HonkError) -> Finding:
    return missing(subject, one_line(str(error), 400), error.hint)
