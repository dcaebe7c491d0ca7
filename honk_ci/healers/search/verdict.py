"""From what held against the tests to what is proposed: rank, compare, and say how sure it is.

Thin tests let many wrong edits pass, so green alone is worth little. An edit goes without a person
only when nothing about it is suspect and hardly anything else that passes behaves otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from honk_ci.domain import Candidate
from honk_ci.healers.search.candidates import CandidateEdit
from honk_ci.patch import FileChange, Patch

YIELDED = 4
ORIGINAL = "original"
SUSPECT_PENALTY = 1.5
LEAST_SHARE = 0.8  # of the weight of all plausible edits that must behave as the best one does
LEAST_TESTS, LEAST_CALLS = 2, 3  # that run the changed function
HALF_WEIGHT = 0.5  # of cost: an edit that costs this much more than the best counts half

TOLD_BY_ERROR = (
    "misspelt name",
    "misspelt attribute",
    "misspelt keyword",
    "missing self",
)  # the message names the slip
BEYOND_TESTS = ("statement borrowed", "statement added", "guard", "missing raise")

Key = tuple[int, int]  # of an input: which recorded call, which variation of it; variation 0 is the call itself


@dataclass(frozen=True, kw_only=True, slots=True)
class Plausible:
    """An edit with which all chosen tests pass, and what is known of it."""

    edit: CandidateEdit
    tests: int  # that run the changed function
    red_tests: int  # that it turned green
    answers: Mapping[Key, str]  # digests, "None", "overtime" or "raised …"
    original: Mapping[Key, str]  # of the code as it is

    @property
    def suspect(self) -> str:
        """The anti-pattern that the edit is; "" when it is none."""
        if self.edit.edit.suspect:
            return self.edit.edit.suspect
        if unused := self.edit.name_left_unused:
            return f"leaves `{unused}` unused"
        if "None" in self.answers.values() and "None" not in self.original.values():
            return "may return None where the function never did"
        return ""

    @property
    def score(self) -> float:
        return self.edit.priority + (SUSPECT_PENALTY if self.suspect else 0.0)

    @property
    def calls(self) -> int:
        return len({call for call, _ in self.original})


@dataclass(frozen=True, kw_only=True, slots=True)
class Rivalry:
    """The best edit against all others that pass."""

    best: Plausible
    alike: tuple[Plausible, ...]  # behave as it does wherever they were compared
    others: tuple[Plausible, ...]
    inputs: int  # on which the best was compared

    @property
    def share(self) -> float:
        """The weight of the best and its likes in that of all."""
        with_best = sum(map(self._weight, (self.best, *self.alike)))
        return with_best / (with_best + sum(map(self._weight, self.others)))

    @property
    def doubt(self) -> str:
        """Why a person must decide; "" when none need."""
        if self.best.suspect:
            return f"the edit {self.best.suspect}"
        if self.best.edit.edit.rule in BEYOND_TESTS:
            return "the edit adds what was not there, which tests alone do not vouch for"
        if self.best.edit.edit.rule in TOLD_BY_ERROR and not self.others:
            return ""
        if self.best.tests < LEAST_TESTS:
            return "only one test runs the changed function"
        if self.others and self.share < LEAST_SHARE:
            return f"{_count(len(self.others), 'other single edit')} also passed the tests, with other behaviour"
        if self.alike and not self.inputs:
            return f"{_count(len(self.alike), 'other single edit')} also passed the tests"
        if any(_differ_at_the_boundary(self.best.edit, other.edit) for other in self.alike):
            return "no test tells whether the boundary of the comparison belongs to it"
        if self.best.tests == LEAST_TESTS and self.inputs and self.best.calls < LEAST_CALLS:
            return "the tests call the changed function only once or twice"
        return ""

    def _weight(self, plausible: Plausible) -> float:
        return float(0.5 ** max(0.0, (plausible.score - self.best.score) / HALF_WEIGHT))


def proposals(said: Sequence[dict[str, Any]], edits: Sequence[CandidateEdit]) -> Iterator[Candidate]:
    """The best edit, then the best of those that behave otherwise, each with why it needs a person if it does."""
    ranked = sorted(plausible_edits(said, edits), key=lambda plausible: plausible.score)
    if not ranked:
        return
    rivalry = rivals(ranked[0], ranked[1:])
    yield _candidate(rivalry.best, rivalry, rivalry.doubt)
    for other in rivalry.others[: YIELDED - 1]:
        yield _candidate(
            other, rivals(other, [p for p in ranked if p is not other]), "a likelier edit also passes the tests"
        )


def plausible_edits(said: Sequence[dict[str, Any]], edits: Sequence[CandidateEdit]) -> list[Plausible]:
    failing = [name for message in said if message["kind"] == "control" for name in message["failing"]]
    answers = _answers(said)
    return [
        Plausible(
            edit=edits[message["id"]],
            tests=message["tests"],
            red_tests=len(failing),
            answers=answers.get((message["unit"], str(message["id"])), {}),
            original=answers.get((message["unit"], ORIGINAL), {}),
        )
        for message in said
        if message["kind"] == "plausible"
    ]


def rivals(best: Plausible, others: Sequence[Plausible]) -> Rivalry:
    """Who behaves as ``best`` does.

    Variations on which ``best`` raises or gets nowhere are left out: the functions there are mostly
    asked for what they do not promise. An edit of another function cannot be compared, nor one
    that was not reached; both count as behaving otherwise.
    """
    inputs = {
        key: answer
        for key, answer in best.answers.items()
        if key[1] == 0 or not (answer.startswith("raised ") or answer == "overtime")
    }
    is_telling = any(best.original.get(key) != answer for key, answer in inputs.items())
    alike = [other for other in others if is_telling and _is_alike(inputs, best, other)]
    return Rivalry(
        best=best,
        alike=tuple(alike),
        others=tuple(other for other in others if other not in alike),
        inputs=len(inputs) if is_telling else 0,
    )


def patch_of(edit: CandidateEdit) -> Patch:
    source = edit.source
    change = FileChange(path=source.path, before=source.content, after=source.spliced(edit.edit.splices))
    return Patch.of([change])


def _is_alike(inputs: Mapping[Key, str], best: Plausible, other: Plausible) -> bool:
    if other.edit.unit is not best.edit.unit or not other.answers:
        return False
    return all(other.answers.get(key) == answer for key, answer in inputs.items())


def _differ_at_the_boundary(one: CandidateEdit, other: CandidateEdit) -> bool:
    """Whether the two are the same but for ``<`` and ``<=``, which inputs seldom tell apart by chance."""
    first, second = (edit.source.spliced(edit.edit.splices) for edit in (one, other))
    return first != second and _without_boundaries(first) == _without_boundaries(second)


def _without_boundaries(source: bytes) -> bytes:
    return source.replace(b"<=", b"<").replace(b">=", b">")


def _answers(said: Sequence[dict[str, Any]]) -> dict[tuple[int, str], dict[Key, str]]:
    found: dict[tuple[int, str], dict[Key, str]] = {}
    for message in said:
        if message["kind"] == "answers":
            given = message["answers"] + ["overtime"] * (message["asked"] - len(message["answers"]))
            known = found.setdefault((message["unit"], message["edit"]), {})
            known.update({(message["call"], number): answer for number, answer in enumerate(given)})
    return found


def _candidate(plausible: Plausible, rivalry: Rivalry, doubt: str) -> Candidate:
    return Candidate(
        healer="search",
        patch=patch_of(plausible.edit),
        rationale=_rationale(plausible, rivalry),
        notes=tuple(f"also passes: {described(other.edit)}" for other in (*rivalry.others, *rivalry.alike)[:YIELDED]),
        needs_person=doubt,
    )


def _rationale(plausible: Plausible, rivalry: Rivalry) -> str:
    green = _count(plausible.red_tests, "failing test")
    kept = _count(plausible.tests - plausible.red_tests, "passing test")
    lines = [f"{described(plausible.edit)}.", f"It turns {green} green and keeps {kept} of that function."]
    if rivalry.alike:
        lines.append(
            f"{_count(len(rivalry.alike), 'other single edit')} passed and behaved the same on {rivalry.inputs} inputs."
        )
    if rivalry.others:
        lines.append(f"{_count(len(rivalry.others), 'other single edit')} passed and behaved otherwise.")
    if not rivalry.alike and not rivalry.others:
        lines.append("No other single edit passed.")
    return " ".join(lines)


def described(edit: CandidateEdit) -> str:
    return f"{edit.edit.what} in `{edit.unit.qualname}` ({edit.source.path}:{edit.line})"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
