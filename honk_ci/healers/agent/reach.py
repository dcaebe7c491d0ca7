"""Whether a model could be asked: the key, the price and the service, without spending anything."""

from __future__ import annotations

from collections.abc import Mapping

from honk_ci.config import AgentConfig
from honk_ci.healers.agent.clients import KEY_NAMES
from honk_ci.healers.agent.connection import Connection
from honk_ci.healers.agent.pricing import tariff_for

REPLAY = "replay:"
PROBE_S = 20.0


def key_problem(config: AgentConfig, environ: Mapping[str, str]) -> str:
    """Why no model can be asked, one line; "" when nothing is known to be missing."""
    if config.model.startswith(REPLAY) or config.provider != "anthropic":
        return ""
    if any(environ.get(name) for name in KEY_NAMES):
        return ""
    if config.base_url or environ.get("ANTHROPIC_BASE_URL"):
        return "no model key: set ANTHROPIC_API_KEY (to any value if the gateway asks for none)"
    return "no model key: set ANTHROPIC_API_KEY"


def reach(config: AgentConfig, environ: Mapping[str, str]) -> str:
    """Ask the service for the configured model; what it says, as one line.

    Raises ModelError when the price is not known, or the key, the model or the service is not to be had.
    """
    if config.model.startswith(REPLAY):
        return f"answers are replayed from {config.model.removeprefix(REPLAY)}"
    tariff = tariff_for(config.model, config)
    price = (
        f"{tariff.price.input} in, {tariff.price.output} out, dollars per million tokens" if tariff else "price waived"
    )
    if config.provider != "anthropic":
        return f"{config.model} on {config.provider}, not asked; {price}"
    connection = Connection(config=config, environ=environ)
    try:
        return f"{connection.probe(config.model, time_s=PROBE_S)}; {price}"
    finally:
        connection.close()
