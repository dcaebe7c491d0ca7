"""Runs what is red, and when it is green, the gate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from honk_ci.healers.agent.tools.interface import Desk, ToolResult


class Verify:
    """The tool ``verify``."""

    name = "verify"
    description = (
        "Run the failed tests, and if they pass, the whole gate (all tests, integrity of the tests, the repository's own "
        "checks). Every edit does this by itself; call it to see the failure as it is now."
    )
    properties: Mapping[str, Any] = {}
    required: tuple[str, ...] = ()

    def use(self, arguments: Mapping[str, Any], desk: Desk) -> ToolResult:  # noqa: ARG002 (it takes none)
        return verified(desk, "verify")


def verified(desk: Desk, what: str) -> ToolResult:
    """Run the failed tests and then the gate; ``what`` was done before, for people who watch."""
    target = desk.trial.target()
    if not target.green:
        return ToolResult(text=f"Failed tests: {target.text}", note=f"{what}: still red")
    if not desk.case.workspace.changes():
        text = "Failed tests: green without any change: the failure may come and go. If it is flaky, call `give_up`."
        return ToolResult(text=text, note=f"{what}: green without a change")
    judged = desk.trial.judge(desk.whys)
    if judged.candidate is not None:
        return ToolResult(text=judged.text, note=f"{what}: the gate passed", candidate=judged.candidate)
    text = (
        f"Failed tests: {target.text}\nBut {judged.text}\nThe edits are still in place: mend or undo what is refused."
    )
    return ToolResult(text=text, note=f"{what}: {judged.text.splitlines()[0]}")
