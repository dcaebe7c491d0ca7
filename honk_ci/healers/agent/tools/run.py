"""Runs a shell command; offered only where a sandbox holds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from honk_ci.healers.agent.text import middle_out, visible
from honk_ci.healers.agent.tools.interface import Desk, ToolError, ToolResult
from honk_ci.process import Command
from honk_ci.text import one_line

COMMAND_TIMEOUT_S = 120.0
OUTPUT_SHOWN = 12_000


class Run:
    """The tool ``run``."""

    name = "run"
    description = (
        "Run a shell command at the top of the repository, for at most 120 seconds, without input. Change files with "
        "`edit`: new files that a command makes are not part of the fix."
    )
    properties: Mapping[str, Any] = {"command": {"type": "string", "description": "for sh -c"}}
    required: tuple[str, ...] = ("command",)

    def use(self, arguments: Mapping[str, Any], desk: Desk) -> ToolResult:
        command = arguments["command"].strip()
        if not command:
            raise ToolError("`command` is empty")
        limit = min(COMMAND_TIMEOUT_S, max(1.0, desk.case.meter.left_s))
        desk.case.progress.doing(f"running {one_line(command, 60)}")
        finished = desk.case.workspace.run(Command(shell=command), timeout_s=limit, purpose="test")
        status = "killed at its time limit" if finished.timed_out else f"exit status {finished.exit_code}"
        output = middle_out(visible(finished.output), OUTPUT_SHOWN) or "(no output)"
        return ToolResult(text=f"{status}\n{output}", note=f"run {one_line(command, 60)}: {status}")
