"""The agent's tools: the registry, and how a call is checked and carried out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from honk_ci.errors import GitError, WorkspaceError
from honk_ci.healers.agent.exchange import Block
from honk_ci.healers.agent.tools.arguments import fitted
from honk_ci.healers.agent.tools.edit import Edit
from honk_ci.healers.agent.tools.give_up import GiveUp
from honk_ci.healers.agent.tools.history import History
from honk_ci.healers.agent.tools.interface import Desk, Tool, ToolError, ToolResult
from honk_ci.healers.agent.tools.read import Read
from honk_ci.healers.agent.tools.run import Run
from honk_ci.healers.agent.tools.search import Search
from honk_ci.healers.agent.tools.verify import Verify

TOOLS: Mapping[str, Tool] = {
    tool.name: tool for tool in (Read(), Search(), Edit(), Verify(), History(), GiveUp(), Run())
}
GATED = frozenset({"edit", "verify"})  # these run tests and the gate
SANDBOX_ONLY = frozenset({"run"})


def offered(*, sandboxed: bool) -> tuple[Tool, ...]:
    """The tools of one run, always in the same order: they are part of the cached prefix."""
    return tuple(tool for name, tool in TOOLS.items() if sandboxed or name not in SANDBOX_ONLY)


def definitions(tools: Sequence[Tool]) -> tuple[Block, ...]:
    """The tools as the Messages API takes them."""
    return tuple(
        {
            "name": tool.name,
            "description": tool.description,
            "input_schema": {
                "type": "object",
                "properties": dict(tool.properties),
                "required": list(tool.required),
                "additionalProperties": False,
            },
        }
        for tool in tools
    )


def use(tools: Sequence[Tool], name: str, arguments: Any, desk: Desk) -> ToolResult:
    """Carry out one call; ToolError says what to do instead where that is not possible."""
    tool = next((tool for tool in tools if tool.name == name), None)
    if tool is None:
        raise ToolError(f"there is no tool {name!r}; use one of {', '.join(tool.name for tool in tools)}")
    try:
        return tool.use(fitted(tool, arguments), desk)
    except (WorkspaceError, GitError) as error:
        if name in GATED:  # what fails there is no fault of the call
            raise
        raise ToolError(f"{error}{f' ({error.hint})' if error.hint else ''}") from error
