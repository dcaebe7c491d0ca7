"""One tool of the agent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from honk_ci.domain import Candidate
from honk_ci.healers.agent.trial import Trial
from honk_ci.healers.interface import HealCase


class ToolError(Exception):
    """The call cannot be carried out; the message says what to do instead."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolResult:
    """What the agent gets back, and whether its work is over."""

    text: str
    note: str = ""  # one line for people who watch
    candidate: Candidate | None = None  # the gate passed
    given_up: str = ""  # why the agent stops without a fix


@dataclass(kw_only=True, slots=True)
class Desk:
    """What the tools of one conversation work with."""

    case: HealCase
    trial: Trial
    whys: list[str] = field(default_factory=list)  # of the last answer with edits: what they all amount to
    whys_are_old: bool = False  # they are of an earlier answer: the next edit replaces them
    edits_follow: bool = False  # the same answer holds another edit: the tests run after the last


class Tool(Protocol):
    """A stateless tool; all state is in the workspace and at the desk."""

    name: str
    description: str  # for the model: what it does, what comes back
    properties: Mapping[str, Any]  # JSON schema of the arguments
    required: tuple[str, ...]

    def use(self, arguments: Mapping[str, Any], desk: Desk) -> ToolResult:
        """Carry out one call; the arguments fit the schema. Raises ToolError."""
