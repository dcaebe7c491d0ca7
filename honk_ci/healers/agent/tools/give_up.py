"""Ends the work without a fix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from honk_ci.healers.agent.tools.interface import Desk, ToolError, ToolResult
from honk_ci.text import one_line


class GiveUp:
    """The tool ``give_up``."""

    name = "give_up"
    description = (
        "End without a fix. Right when the test is wrong and not the code, when the cause is outside the repository, or "
        "when a fix would be a guess. Your reason is shown to the people who own the build."
    )
    properties: Mapping[str, Any] = {
        "reason": {"type": "string", "description": "what is wrong, what you found out, what a person should decide"},
    }
    required: tuple[str, ...] = ("reason",)

    def use(self, arguments: Mapping[str, Any], desk: Desk) -> ToolResult:  # noqa: ARG002 (nothing is needed)
        reason = arguments["reason"].strip()
        if not reason:
            raise ToolError("`reason` is empty; say what you found out")
        return ToolResult(text="ended", note=f"gives up: {one_line(reason)}", given_up=reason)
