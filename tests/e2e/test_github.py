"""``honk`` as a job of GitHub Actions: a red pull request, real git, GitHub's API with state and faults."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.honk import Ended
from tests.e2e.red_request import HEAL, RedRequest, Started, Thought, one_of_each, red_request, think, told
from tests.forge import ALL_RIGHTS, Event, LoopbackForge, Run
from tests.repos import Repo

pytestmark = pytest.mark.slow

REPO = "/repos/{owner}/{repo}"
PULLS = f"{REPO}/pulls"
COMMENTS = f"{REPO}/issues/{{number}}/comments"
PUSH = "/{path:path}.git/git-receive-pack"


@pytest.fixture
def scene(checked_forge: LoopbackForge, tmp_path: Path) -> RedRequest:
    return red_request(checked_forge, tmp_path)


@pytest.fixture(scope="module")
def thought(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Thought]:
    folder = tmp_path_factory.mktemp("think")
    with LoopbackForge(folder / "forge") as forge:
        yield think(forge, folder)


@pytest.fixture
def thought_through(checked_forge: LoopbackForge, tmp_path: Path, thought: Thought) -> RedRequest:
    """A red request whose fix is in the bundle."""
    return thought.request(checked_forge, tmp_path)


def in_time(condition: Callable[[], bool], run: Started, *, seconds: float = 60) -> None:
    """Wait until something has happened while a run is under way."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert run.process.poll() is None, run.process.communicate()[1]
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


# --- what is delivered where -------------------------------------------------------------------------


def test_a_red_pull_request_gets_a_pull_request_into_its_branch_and_one_comment(scene: RedRequest) -> None:
    first = scene.job("first").heal("--deliver", "pull-request")
    assert (first.status, first.outcome) == (0, "healed"), first.err
    one_of_each(scene)
    fix = scene.fix_requests()[0]
    assert (fix.head_commit, fix.is_draft, fix.labels) == (first.record["delivery"]["commit"], False, ["honk"])
    assert first.record["delivery"]["url"].endswith(f"/acme/shop/pull/{fix.number}")
    assert scene.project.bare.git("diff", "--stat", "main", fix.head_commit) == ""
    assert scene.forge.started_ci == [(f"refs/heads/{fix.head}", fix.head_commit)]
    assert (fix.author, fix.reviewers) == ("honk[bot]", ["ada"])
    assert [(check.conclusion, check.commit) for check in scene.project.checks] == [("success", scene.red)]
    before = scene.request.comments[0].updated_at, scene.comments()[0]

    second = scene.job("second").heal("--deliver", "pull-request")
    assert second.status == 0, second.err
    one_of_each(scene)
    assert second.record["delivery"]["commit"] == first.record["delivery"]["commit"]
    assert "already" in second.record["delivery"]["note"]
    assert len(scene.project.checks) == 1
    assert before[1].splitlines()[0] == scene.comments()[0].splitlines()[0]
    assert scene.token.value not in first.err + first.out + second.err + second.out


def test_a_red_default_branch_gets_a_pull_request_into_itself(scene: RedRequest) -> None:
    scene.project.protect("refs/heads/main")
    scene.forge.state.merge(scene.project, scene.request)
    job = scene.job(event=Event(name="push", actor="ada"))
    ended = job.heal("--deliver", "pull-request")
    assert ended.status == 0, ended.err
    assert [(fix.base, fix.state) for fix in scene.fix_requests()] == [("main", "open")]
    assert [comment.commit for comment in scene.project.commit_comments] == [job.environ["GITHUB_SHA"]]


def test_a_shallow_checkout_of_the_merge_is_healed(scene: RedRequest) -> None:
    ended = scene.job(depth=2).heal("--deliver", "pull-request")
    assert ended.status == 0, ended.err
    one_of_each(scene)


def test_the_job_s_own_token_delivers_and_the_run_says_that_it_starts_no_ci(scene: RedRequest) -> None:
    job_token = scene.forge.add_token("ghs_of_the_job", kind="job")
    ended = scene.job(token=job_token).heal("--deliver", "pull-request")
    assert ended.status == 0, ended.err
    one_of_each(scene)
    assert scene.forge.started_ci == []
    assert ended.record["delivery"]["starts_ci"] is False
    assert "CI" in scene.comments()[0]


def test_another_workflow_heals_a_red_run(scene: RedRequest) -> None:
    run = Run(id=5, name="CI", commit=scene.red, branch="topic", event="pull_request", actor="ada")
    scene.project.add_run(run)
    job = scene.job(event=Event(name="workflow_run", run=run, actor="ada"), ref="refs/heads/topic")
    ended = job.heal("--deliver", "pull-request")
    assert ended.status == 0, ended.err
    one_of_each(scene)


def test_a_fork_s_pull_request_is_never_pushed_for(scene: RedRequest) -> None:
    fork = scene.forge.add_project("stranger/shop", fork_of="acme/shop", is_public=True)
    scene.origin.git("push", "--quiet", str(fork.folder), "topic:topic")
    scene.project.is_public = True
    request = scene.forge.state.open_request(
        scene.project, author="stranger", head="topic", base="main", title="Mine", head_project="stranger/shop"
    )
    before = scene.project.refs()
    reader = scene.forge.add_token("ghs_reader", kind="job", rights={"contents": "read"})
    event = Event(name="pull_request", request=request, actor="stranger")
    ended = scene.job(event=event, token=reader).heal("--deliver", "pull-request")
    assert ended.status == 3, ended.err
    assert (scene.project.refs(), scene.project.pushes, fork.pushes) == (before, [], [])
    assert request.comments == []
    assert "fork" in " ".join(ended.record["notes"])


def test_of_a_fork_s_run_nothing_is_fetched_beside_the_project_s_secrets(scene: RedRequest) -> None:
    scene.forge.add_project("stranger/shop", fork_of="acme/shop", is_public=True)
    run = Run(
        id=6,
        name="CI",
        commit=scene.red,
        branch="topic",
        head_project="stranger/shop",
        artifacts={"a": b"a stranger's"},
    )
    scene.project.add_run(run)
    job = scene.job(event=Event(name="workflow_run", run=run, actor="stranger"), ref="refs/heads/topic")
    ended = job.start("heal", "--deliver", "pull-request").end()
    assert (ended.status, ended.outcome) == (3, "refused"), ended.err
    assert "of a fork (stranger/shop)" in ended.record["summary"]
    assert ended.record["build"]["commit"] == scene.red
    assert scene.forge.calls_to("GET", "/artifacts") == []


def test_an_opted_out_pull_request_is_left_alone(scene: RedRequest) -> None:
    scene.request.labels.append("honk:off")
    ended = scene.job().heal("--deliver", "pull-request")
    assert (ended.status, ended.outcome) == (3, "refused"), ended.err
    assert (scene.fix_branches(), scene.comments()) == ([], [])


def test_a_fix_that_people_closed_does_not_come_back(scene: RedRequest) -> None:
    scene.job("first").heal("--deliver", "pull-request")
    fix = scene.fix_requests()[0]
    scene.forge.state.close(fix)
    scene.forge.state.delete_branch(scene.project, fix.head)
    ended = scene.job("second").heal("--deliver", "pull-request")
    assert ended.status == 3, ended.err
    assert (scene.fix_branches(), len(scene.fix_requests())) == ([], 1)


# --- races and deaths --------------------------------------------------------------------------------


def test_two_runs_at_once_make_one_of_each(scene: RedRequest) -> None:
    jobs = [scene.job("one"), scene.job("other")]
    runs = [job.start(*HEAL, "--deliver", "pull-request") for job in jobs]
    ended = [run.end() for run in runs]
    one_of_each(scene)
    assert 0 in [end.status for end in ended], [end.err for end in ended]
    assert {end.status for end in ended} <= {0, 3}, [end.err for end in ended]


@pytest.mark.parametrize(
    ("method", "pattern", "after"),
    [("POST", PULLS, False), ("POST", PULLS, True), ("POST", COMMENTS, False), ("POST", COMMENTS, True)],
)
def test_a_killed_run_is_completed_when_it_is_run_again(
    scene: RedRequest, method: str, pattern: str, *, after: bool
) -> None:
    fault = scene.forge.fail(method, pattern, hang_s=100, after=after)
    run = scene.job("killed").start(*HEAL, "--deliver", "pull-request")
    in_time(lambda: fault.times == 0 and len(scene.fix_branches()) == 1, run)
    if after:
        in_time(lambda: bool(scene.comments() if pattern == COMMENTS else scene.fix_requests()), run)
    run.kill()
    ended = scene.job("next", attempt=2).heal("--deliver", "pull-request")
    assert ended.status == 0, ended.err
    one_of_each(scene)


# --- faults of the forge -----------------------------------------------------------------------------


def deliver(scene: RedRequest, thought: Thought, mode: str = "pull-request") -> Ended:
    ended = scene.writing_job().deliver(thought, "--deliver", mode)
    assert "Traceback" not in ended.err, ended.err
    assert ended.record["outcome"] == "healed", ended.err
    return ended


SECONDARY = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 502},
        {"status": 429, "headers": {"Retry-After": "1"}},
        {"status": 403, "body": SECONDARY, "headers": {"Retry-After": "1"}},
        {"drop": True},
        {"truncate": True},
    ],
    ids=["bad gateway", "too many", "secondary rate limit", "hung up", "half an answer"],
)
@pytest.mark.parametrize(("method", "pattern"), [("POST", PULLS), ("POST", COMMENTS)])
def test_what_passes_by_is_waited_for(
    thought_through: RedRequest, thought: Thought, method: str, pattern: str, fault: dict[str, Any]
) -> None:
    thought_through.forge.fail(method, pattern, **fault)
    ended = deliver(thought_through, thought)
    assert ended.status == 0, ended.err
    one_of_each(thought_through)


@pytest.mark.parametrize("status", [403, 422, 500])
def test_a_forge_that_opens_no_request_keeps_the_pushed_fix(
    thought_through: RedRequest, thought: Thought, status: int
) -> None:
    thought_through.forge.fail("POST", PULLS, status=status, times=-1)
    ended = deliver(thought_through, thought)
    assert ended.status == 15, ended.err
    branch = ended.record["delivery"]["branch"]
    assert thought_through.project.branches()[branch] == ended.record["delivery"]["commit"]
    assert str(status) in told(ended)
    assert ended.record["delivery"]["forge_refused"] is True


@pytest.mark.parametrize("status", [401, 403, 404, 409, 422])
def test_a_forge_that_takes_no_comment_does_not_undo_the_rest(
    thought_through: RedRequest, thought: Thought, status: int
) -> None:
    thought_through.forge.fail("POST", COMMENTS, status=status, times=-1)
    ended = deliver(thought_through, thought)
    assert ended.status == 0, ended.err
    assert len(thought_through.fix_requests()) == 1
    assert str(status) in told(ended)


@pytest.mark.parametrize("body", [[], {}, "<html>log in</html>", 7], ids=["list", "object", "page", "number"])
def test_answers_that_make_no_sense_lose_no_fix(thought_through: RedRequest, thought: Thought, body: object) -> None:
    thought_through.forge.fail("*", "/repos/{path:path}", status=200, times=-1, body=body)
    ended = deliver(thought_through, thought)
    assert ended.status in {0, 15}, ended.err
    assert ended.record["delivery"]["branch"]


def test_a_forge_that_answers_nothing_leaves_the_fix_in_the_checkout(scene: RedRequest) -> None:
    job = scene.job()
    scene.forge.fail("*", "/repos/{path:path}", status=404, times=-1)
    ended = job.heal("--deliver", "pull-request")
    assert (ended.status, ended.outcome) == (15, "healed"), ended.err
    kept = next(place for place in ended.record["delivery"]["kept"] if place.endswith(".patch"))
    Repo(job.folder).git("apply", "--check", kept)
    assert "404" in told(ended)


# --- faults of the push ------------------------------------------------------------------------------


def test_a_protected_fix_branch_keeps_the_fix(thought_through: RedRequest, thought: Thought) -> None:
    thought_through.project.protect("refs/heads/honk/*")
    ended = deliver(thought_through, thought)
    assert ended.status == 14, ended.err
    assert "GH006" in told(ended)
    assert ended.record["delivery"]["rejected"] is True
    assert thought_through.fix_requests() == []


def test_a_protected_red_branch_gets_a_request_instead_of_a_commit(
    thought_through: RedRequest, thought: Thought
) -> None:
    thought_through.project.protect("refs/heads/topic")
    ended = deliver(thought_through, thought, "commit")
    assert thought_through.project.branches()["topic"] == thought_through.red
    assert ended.status in {0, 14}, ended.err
    assert "GH006" in told(ended)


def test_a_hook_of_the_owner_s_is_quoted(thought_through: RedRequest, thought: Thought) -> None:
    thought_through.project.refuse("refs/heads/honk/*", "commits need a ticket number")
    ended = deliver(thought_through, thought)
    assert ended.status == 14, ended.err
    assert "commits need a ticket number" in told(ended)


def test_an_expired_token_is_told(thought_through: RedRequest, thought: Thought) -> None:
    expired = thought_through.forge.add_token("ghs_expired", kind="app", is_expired=True)
    ended = thought_through.writing_job(token=expired).deliver(thought, "--deliver", "pull-request")
    assert ended.status >= 10, ended.err
    assert "Traceback" not in ended.err
    assert "ghs_expired" not in ended.err + ended.out
    assert thought_through.fix_branches() == []


def test_a_token_that_may_not_push_is_told(thought_through: RedRequest, thought: Thought) -> None:
    reader = thought_through.forge.add_token("ghs_reader", kind="app", rights={**ALL_RIGHTS, "contents": "read"})
    ended = thought_through.writing_job(token=reader).deliver(thought, "--deliver", "pull-request")
    assert ended.status == 14, ended.err
    assert "403" in told(ended)


@pytest.mark.parametrize("after", [False, True])
def test_a_push_whose_answer_is_lost_is_completed_by_the_next_run(
    thought_through: RedRequest, thought: Thought, *, after: bool
) -> None:
    thought_through.forge.fail("POST", PUSH, drop=True, after=after)
    deliver(thought_through, thought)
    ended = deliver(thought_through, thought)
    assert ended.status == 0, ended.err
    one_of_each(thought_through)


def move_on(scene: RedRequest) -> str:
    tip = scene.origin.commit("something else", {"README.md": "A shop.\n"})
    scene.origin.git("push", "--quiet", "origin", "topic")
    return tip


def test_a_branch_that_moved_on_gets_a_request_that_says_where_the_fix_was_tried(
    thought_through: RedRequest, thought: Thought
) -> None:
    job = thought_through.writing_job()
    tip = move_on(thought_through)
    ended = job.deliver(thought, "--deliver", "pull-request")
    assert ended.status == 0, ended.err
    one_of_each(thought_through)
    assert f"topic is at {tip[:9]} by now, where it was not tried" in told(ended)


def test_nothing_untried_is_committed_onto_a_branch_that_moved_on(
    thought_through: RedRequest, thought: Thought
) -> None:
    job = thought_through.writing_job()
    tip = move_on(thought_through)
    ended = job.deliver(thought, "--deliver", "commit")
    assert thought_through.project.branches()["topic"] == tip
    assert len(thought_through.fix_branches()) == 1, ended.err
    assert "topic" in told(ended)
