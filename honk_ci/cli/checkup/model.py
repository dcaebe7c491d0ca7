"""The model service."""

from __future__ import annotations

from collections.abc import Iterator

from honk_ci.cli.checkup.finding import Finding, Wiring, note, ok


def look_at_model(wiring: Wiring) -> Iterator[Finding]:
    if "agent" not in wiring.config.healers.order:
        yield note("model", "the agent is not among the configured healers")
        return
    from honk_ci.healers.agent.reach import key_problem, reach

    if problem := key_problem(wiring.config.agent, wiring.environ):
        yield note("model", f"{problem}: only the healers that need no model will run")
    elif wiring.is_offline:
        yield note("model", "the service was not asked (--offline)")
    else:
        yield ok("model", reach(wiring.config.agent, wiring.environ))
