"""The search healer: repair of Python by coverage-ranked single edits."""

from honk_ci.healers.search.healer import Search

__all__ = ["Search"]
