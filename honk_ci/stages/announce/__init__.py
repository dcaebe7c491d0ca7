"""Announce: what a run says on the forge: one comment per failure, suggestions, the status of the commit."""

from __future__ import annotations

from honk_ci.stages.announce.stage import announce

__all__ = ["announce"]
