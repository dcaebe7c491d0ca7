"""What a repository remembers of its failures, as refs of its own remote: claims, attempts, tombstones."""

from __future__ import annotations

from honk_ci.memory.memory import Known, Memory

__all__ = ["Known", "Memory"]
