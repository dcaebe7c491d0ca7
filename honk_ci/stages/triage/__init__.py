"""Triage: from failed tests and log findings to root causes."""

from honk_ci.stages.triage.stage import triage

__all__ = ["triage"]
