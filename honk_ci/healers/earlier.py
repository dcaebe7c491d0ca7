"""Fixes of earlier runs, tried first: a rerun asks no model again, and a killed run is completed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from honk_ci.domain import Candidate
from honk_ci.errors import GitError
from honk_ci.git import Repository
from honk_ci.healers.interface import HealCase
from honk_ci.memory.attempts import Fix
from honk_ci.memory.fixes import moved_to, patch_of
from honk_ci.patch import Patch

NAME = "earlier"


class Earlier:
    """Proposes the patches that earlier runs made for a failure, as they apply to the red commit.

    A candidate bears the name of the healer that made it, so that delivery knows the branch that
    holds it, and a refusal of people is put down to that healer.
    """

    name = NAME

    def __init__(self, fixes: Mapping[str, Sequence[Fix]], repository: Repository) -> None:
        """``fixes`` by fingerprint, best first; ``repository`` has their commits."""
        self._fixes = fixes
        self._repository = repository

    def skip_reason(self, case: HealCase) -> str:
        return "" if self._fixes.get(case.failure.fingerprint) else "no earlier run has a fix for it"

    def heal(self, case: HealCase) -> Iterator[Candidate]:
        tried: list[Patch] = []
        for fix in self._fixes[case.failure.fingerprint]:
            patch = self._moved(fix, case)
            if patch and patch not in tried:
                tried.append(patch)
                yield Candidate(
                    healer=fix.healer,
                    patch=patch,
                    rationale=fix.rationale or f"The fix of an earlier run, {fix.commit[:9]}",
                    kind=fix.kind,
                    needs_person=fix.needs_person,
                    notes=(f"made by an earlier run as {fix.commit[:9]}",),
                )

    def _moved(self, fix: Fix, case: HealCase) -> Patch | None:
        try:
            patch = patch_of(fix.commit, self._repository)
            # the fix's commit may be known to the directory that git speaks to the remote from alone
            return moved_to(patch, case.build.commit, self._repository) if patch else None
        except GitError as error:
            case.learned.append(f"{NAME}: {fix.commit[:9]} cannot be read: {error}")
            return None
