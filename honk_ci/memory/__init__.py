"""What a repository remembers of its failures, as refs of its own remote: claims, attempts, tombstones."""

from __future__ import annotations


class Memory:
    """The memory of one repository."""
