"""What a patch takes from the tests or from what guards them."""

from __future__ import annotations

from honk_ci.checks.integrity.check import Integrity

__all__ = ["Integrity"]
