"""From what held against the tests to what is proposed: rank, compare, and say how sure it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from honk_ci.domain import Candidate
from honk_ci.healers.search.candidates import CandidateEdit
from honk_ci.patch import FileChange, Patch

YIELDED = 4


def proposals(said: Sequence[dict[str, Any]], edits: Sequence[CandidateEdit]) -> Iterator[Candidate]:
    held = [edits[message["id"]] for message in said if message["kind"] == "plausible"]
    for edit in held[:YIELDED]:
        yield Candidate(healer="search", patch=patch_of(edit), rationale=edit.edit.what)


def patch_of(edit: CandidateEdit) -> Patch:
    source = edit.source
    change = FileChange(path=source.path, before=source.content, after=source.spliced(edit.edit.splices))
    return Patch.of([change])
