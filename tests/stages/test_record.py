"""What a run says of itself: only what was proven counts as healed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from honk_ci.domain import (
    Attempt,
    Build,
    Candidate,
    Cause,
    CheckResult,
    Delivery,
    Failure,
    Healing,
    Outcome,
    Proof,
    ProvenFix,
    Reproduction,
    ReproductionState,
    RunRecord,
    SideOfProof,
    Verdict,
)
from honk_ci.meter import Meter
from honk_ci.patch import FileChange, Patch
from honk_ci.stages.record import is_success, record
from honk_ci.stages.record_json import to_json
from honk_ci.stages.summary import to_markdown
from tests.stages.site_kit import opened, project

GREEN = Verdict(results=(CheckResult(check="target", passed=True, summary="passed"),))
SIDE = SideOfProof(name="fixed", commit="", targets={"t": "passed"})


def healing(name: str) -> Healing:
    failure = Failure(fingerprint=name * 12, cause=Cause.CODE, summary=f"{name} is wrong")
    patch = Patch.of([FileChange(path=f"{name}.py", before=b"3", after=b"4")])
    return Healing(
        reproduction=Reproduction(failure=failure, state=ReproductionState.REPRODUCED),
        candidate=Candidate(healer="search", patch=patch, rationale=f"mends {name}"),
        verdict=GREEN,
        attempts=(Attempt(healer="search", fingerprint=name * 12, candidates=1, verdict="healed", why=""),),
    )


@pytest.fixture
def half_proven() -> RunRecord:
    """Three failures: the fix of the first is proven, that of the second left out, and that would mend the third."""
    first, second = healing("a"), healing("b")
    third = Healing(reproduction=healing("c").reproduction, healed_by="b" * 12)
    assert first.candidate is not None
    proof = Proof(
        fixes=(ProvenFix(failure=first.reproduction.failure, candidate=first.candidate, verdict=GREEN),),
        patch=first.candidate.patch,
        base=None,
        broken=SIDE,
        fixed=SIDE,
        repeats=5,
        slip_chance=0.01,
        clean="",
        notes=("b is wrong: its fix touches the same lines as another",),
    )
    meter = Meter(time_limit_s=60, cost_cap_usd=1)
    return record(Build(commit="0" * 40), [first, second, third], proof, None, meter=meter, versions={})


def test_a_fix_that_was_left_out_has_healed_nothing(half_proven: RunRecord) -> None:
    told = to_json(half_proven, redact=str)

    assert [failure["healed"] for failure in told["failures"]] == [True, False, False]
    assert told["failures"][1]["why"] == "its fix touches the same lines as another"
    assert told["failures"][2]["why"] == "the patch that mends it was not proven"
    assert [attempt["verdict"] for attempt in told["attempts"]] == ["healed", "refused"]


def test_what_is_left_is_told_with_its_reason(half_proven: RunRecord) -> None:
    markdown = to_markdown(half_proven, redact=str)

    assert half_proven.outcome is Outcome.PROPOSED
    assert half_proven.summary.endswith("(still red: b is wrong: its fix touches the same lines as another)")
    assert markdown.count("**Fixed:**") == 1
    assert "**Left:** its fix touches the same lines as another" in markdown


def test_uncommitted_changes_that_were_not_judged_are_named(tmp_path: Path) -> None:
    red = project(tmp_path / "repo", {"cases/one": "grep -q 1 a.txt\n", "a.txt": "1\n"})
    with opened(red, tmp_path) as site:
        assert site.notes == ()

    red.write({"a.txt": "2\n"})  # what its owner sees fail, and the commit does not have

    commit = red.git("rev-parse", "HEAD")[:9]
    with opened(red, tmp_path) as site:
        assert site.notes == (f"judged was the commit {commit}, without the uncommitted changes to a.txt",)


@pytest.mark.parametrize(("is_capped", "expected"), [(False, True), (True, False)])
def test_what_is_delivered_otherwise_than_asked_is_no_success(
    half_proven: RunRecord, is_capped: bool, expected: bool
) -> None:
    delivery = Delivery(mode="comment", done=True, is_capped=is_capped)

    assert is_success(replace(half_proven, outcome=Outcome.HEALED, delivery=delivery)) is expected
