"""The agent: heals what needs judgement by talking with a model over the Anthropic Messages API."""

from __future__ import annotations

from honk_ci.healers.agent.agent import Agent
from honk_ci.healers.agent.clients import prefetch

__all__ = ["Agent", "prefetch"]
