"""What people read on a pull request after runs of ``honk``: suggestions, hand-overs, refusals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.honk import Ended
from tests.e2e.red_request import HEAL, RedRequest, red_request
from tests.forge import LoopbackForge

pytestmark = pytest.mark.slow

COMMENTS = "/repos/{owner}/{repo}/issues/{issue_number}/comments"


@pytest.fixture
def scene(checked_forge: LoopbackForge, tmp_path: Path) -> RedRequest:
    return red_request(checked_forge, tmp_path)


def run(scene: RedRequest, number: int, *arguments: str) -> Ended:
    """One run of its own id."""
    job = scene.job(f"job-{number}")
    return replace(job, environ={**job.environ, "GITHUB_RUN_ID": str(number)}).heal(*arguments)


def test_a_fix_on_lines_of_the_request_is_suggested_once(scene: RedRequest) -> None:
    for number in (1, 2):
        ended = run(scene, number, "--deliver", "suggest")
        assert (ended.status, ended.outcome) == (0, "healed"), ended.err

    (review,) = scene.request.reviews
    (suggestion,) = review.comments
    assert (suggestion.path, suggestion.line) == ("shop/cart.py", 6)
    assert "```suggestion\n    return sum(prices) * (100 - discount) / 100\n```" in suggestion.body
    assert len(scene.comments()) == 1
    assert scene.fix_branches() == []


def test_a_comment_that_is_the_delivery_and_is_refused_is_exit_status_15(scene: RedRequest) -> None:
    scene.forge.fail("POST", COMMENTS, status=403, times=-1)

    ended = run(scene, 1, "--deliver", "comment")

    assert ended.status == 15
    assert ended.record["delivery"]["note"].startswith("the comment could not be posted: ")
    assert Path(ended.record["delivery"]["kept"][0]).is_file()


def test_people_are_told_once_that_it_is_theirs_now(scene: RedRequest) -> None:
    for number in range(5):
        ended = run(scene, number + 1, "--deliver", "pull-request", "--healers", "autofix")
        assert (ended.status, ended.outcome) == (3, "gave_up"), ended.err
        assert len(scene.comments()) == (0 if number < 3 else 1)

    (comment,) = scene.comments()
    assert "### honk-ci: handed over to you" in comment
    assert "- tried 3 times: " in comment


def test_a_commit_onto_the_branch_is_told_and_then_that_it_is_green(scene: RedRequest) -> None:
    assert run(scene, 1, "--deliver", "commit").status == 0
    (told,) = scene.comments()
    assert "it is on this branch already" in told

    assert run(scene, 2, "--deliver", "commit").outcome == "nothing_to_heal"
    (after,) = scene.comments()
    assert "**honk-ci:** no longer red at " in after


def test_runs_at_once_that_cannot_claim_anything_leave_one_comment(scene: RedRequest) -> None:
    rights = {"contents": "read", "issues": "write", "pull_requests": "write", "checks": "write"}
    token = scene.forge.add_token("ghs_that_only_talks_0123456789abcdefg", kind="app", rights=rights)
    jobs = [scene.job(f"job-{number}", token=token) for number in (1, 2)]
    runs = [
        replace(job, environ={**job.environ, "GITHUB_RUN_ID": str(number)}).start(*HEAL, "--deliver", "comment")
        for number, job in enumerate(jobs)
    ]

    assert [run.end().status for run in runs] == [0, 0]

    assert len(scene.comments()) == 1
