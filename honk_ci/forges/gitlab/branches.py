"""Protected branches. docs.gitlab.com, "Protected branches API"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from honk_ci.errors import ForgeError
from honk_ci.forges.gitlab.project import GitLabProject, permission_level
from honk_ci.forges.reading import Json, number, objects, text

_NO_ONE = 0


class GitLabBranches(GitLabProject):
    """What stands in the way of a push."""

    def rules_against(self, branch: str) -> Sequence[str]:
        try:
            protected = list(self.api.pages(self.path("protected_branches"), most_pages=5))
        except ForgeError as error:
            if error.status not in {401, 403, 404}:
                raise
            return []
        fitting = [rule for rule in protected if _fits(text(rule, "name"), branch)]
        level = permission_level(self.facts) if fitting else 0
        if any(_lets_push(rule, level) for rule in fitting):  # of several that fit, the most permissive counts
            return []
        return [f"protected branch {text(rule, 'name')}" for rule in fitting]


def _fits(pattern: str, branch: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), branch) is not None


def _lets_push(rule: Json, level: int) -> bool:
    levels = [number(access, "access_level") for access in objects(rule.get("push_access_levels"))]
    return any(least is not None and _NO_ONE < least <= level for least in levels)
