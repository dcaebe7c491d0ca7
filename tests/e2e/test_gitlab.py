"""``honk`` as a job of GitLab CI: a red merge request, real git, GitLab's API with state and faults."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.projects import run_pytest
from tests.e2e.red_request import PROJECT, Job, RedRequest, Thought, one_of_each, red_request, told
from tests.forge import Job as ForgeJob
from tests.forge import LoopbackForge, Run, Token

pytestmark = pytest.mark.slow

MERGE_REQUESTS = "/projects/{project}/merge_requests"
NOTES = f"{MERGE_REQUESTS}/{{iid}}/notes"
PUSH = "/{path:path}.git/git-receive-pack"
PIPELINE = 77


def on_gitlab(scene: RedRequest) -> RedRequest:
    """The same with a project access token, and the red pipeline."""
    run = Run(id=PIPELINE, name="", commit=scene.red, branch="topic", event="merge_request_event")
    scene.project.add_run(run)
    return replace(scene, token=scene.forge.add_token("glpat-honk", kind="project", login="project_1_bot_a"))


def environ(scene: RedRequest, token: Token | None = None) -> Mapping[str, str]:
    """What GitLab sets in the pipeline of the merge request."""
    used = token or scene.token
    return {
        "GITLAB_CI": "true",
        "CI": "true",
        "CI_SERVER_URL": scene.forge.url,
        "CI_API_V4_URL": scene.forge.gitlab_url,
        "CI_PROJECT_PATH": PROJECT,
        "CI_DEFAULT_BRANCH": "main",
        "CI_COMMIT_SHA": scene.red,
        "CI_COMMIT_REF_NAME": "topic",
        "CI_PIPELINE_ID": str(PIPELINE),
        "CI_PIPELINE_URL": f"{scene.forge.url}/{PROJECT}/-/pipelines/{PIPELINE}",
        "CI_PIPELINE_SOURCE": "merge_request_event",
        "CI_JOB_NAME": "honk:heal",
        "CI_MERGE_REQUEST_IID": str(scene.request.number),
        "CI_MERGE_REQUEST_PROJECT_PATH": PROJECT,
        "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": PROJECT,
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "topic",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "GITLAB_USER_LOGIN": "ada",
        "CI_JOB_TOKEN" if used.kind == "job" else "HONK_TOKEN": used.value,
    }


def job(scene: RedRequest, name: str, token: Token | None = None) -> Job:
    """A job whose tests have just failed, in a checkout as the runner makes it: all branches, a detached head."""
    folder = scene.folder / name
    subprocess.run(["git", "clone", "--quiet", str(scene.project.folder), str(folder)], check=True, timeout=60)
    subprocess.run(["git", "checkout", "--quiet", "--detach", scene.red], cwd=folder, check=True, timeout=60)
    subprocess.run(
        ["git", "remote", "set-url", "origin", scene.forge.git_url(PROJECT)], cwd=folder, check=True, timeout=60
    )
    run_pytest(folder)
    return Job(folder=folder, environ=environ(scene, token))


def writing_job(scene: RedRequest, name: str, token: Token | None = None) -> Job:
    folder = scene.folder / name
    folder.mkdir()
    return Job(folder=folder, environ=environ(scene, token))


@pytest.fixture
def scene(forge: LoopbackForge, tmp_path: Path) -> RedRequest:
    return on_gitlab(red_request(forge, tmp_path))


@pytest.fixture(scope="module")
def thought(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Thought]:
    """What the thinking job has left, which has no token but its own."""
    folder = tmp_path_factory.mktemp("think")
    with LoopbackForge(folder / "forge") as forge:
        made = on_gitlab(red_request(forge, folder))
        shutil.copytree(made.project.folder, folder / "bare.git")
        own = forge.add_token("glcbt-1", kind="job", login="ada", rights={"contents": "read"})
        ended = job(made, "think", own).heal("--deliver", "none", "--bundle", str(folder / "bundle"))
        assert ended.status == 0, ended.err
        yield Thought(bundle=folder / "bundle", bare=folder / "bare.git")


@pytest.fixture
def through(forge: LoopbackForge, tmp_path: Path, thought: Thought) -> RedRequest:
    """A red request whose fix is in the bundle."""
    return on_gitlab(thought.request(forge, tmp_path))


def test_a_red_merge_request_gets_a_merge_request_into_its_branch_and_one_comment(scene: RedRequest) -> None:
    first = job(scene, "first").heal("--deliver", "pull-request")

    assert (first.status, first.outcome) == (0, "healed"), first.err
    one_of_each(scene)
    fix = scene.fix_requests()[0]
    assert (fix.head_commit, fix.labels, fix.reviewers) == (first.record["delivery"]["commit"], ["honk"], ["ada"])
    assert first.record["delivery"]["url"] == f"{scene.forge.url}/{PROJECT}/-/merge_requests/{fix.number}"
    assert scene.forge.started_ci == [(f"refs/heads/{fix.head}", fix.head_commit)]
    assert [(one.state, one.commit) for one in scene.project.statuses] == [("success", scene.red)]

    second = job(scene, "second").heal("--deliver", "pull-request")

    assert second.status == 0, second.err
    one_of_each(scene)


def test_two_runs_at_once_leave_one_of_each(scene: RedRequest) -> None:
    jobs = [job(scene, f"job{number}") for number in (1, 2)]
    started = [
        one.start("heal", "--report", "junit.xml", "--healers", "search", "--deliver", "pull-request") for one in jobs
    ]

    ended = [run.end() for run in started]

    assert {run.status for run in ended} <= {0, 3}, [run.err for run in ended]
    one_of_each(scene)


def test_a_suggestion_stands_at_the_line_that_broke(scene: RedRequest) -> None:
    ended = job(scene, "job").heal("--deliver", "suggest")

    assert ended.status == 0, ended.err
    assert scene.fix_branches() == []
    [thread] = scene.request.reviews
    assert "```suggestion:-0+0" in thread.comments[0].body
    job(scene, "again").heal("--deliver", "suggest")
    assert len(scene.request.reviews) == 1


def test_the_log_of_the_red_job_serves_where_it_kept_no_report(scene: RedRequest) -> None:
    red = job(scene, "red")
    printed = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=red.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    ).stdout
    (red.folder / "junit.xml").unlink()
    start = "section_start:1560896352:step_script\r\x1b[0K\x1b[32;1m$ python -m pytest\x1b[0;m\n"
    lines = [f"2026-05-22T12:43:46.962646Z 00O {line}" for line in (start + printed).splitlines()]
    scene.project.runs[0].jobs.append(ForgeJob(id=7, name="test", log="\n".join(lines)))

    ended = red.start("heal", "--from-run", str(PIPELINE), "--healers", "search", "--deliver", "branch").end()

    assert (ended.status, ended.outcome) == (0, "healed"), ended.err
    assert len(scene.fix_branches()) == 1


def test_the_job_token_pushes_a_branch_and_says_what_it_cannot(through: RedRequest, thought: Thought) -> None:
    own = through.forge.add_token("glcbt-2", kind="job", login="ada")

    ended = writing_job(through, "write", own).deliver(thought, "--deliver", "pull-request")

    assert ended.status == 15, ended.err
    assert len(through.fix_branches()) == 1
    assert "401" in told(ended)
    assert through.forge.started_ci == []
    assert (through.comments(), through.fix_requests()) == ([], [])


@pytest.mark.parametrize("status", [401, 403, 404, 409, 422, 500])
def test_a_fix_is_pushed_though_no_request_can_be_opened(through: RedRequest, thought: Thought, status: int) -> None:
    through.forge.fail("POST", MERGE_REQUESTS, status=status, times=-1)

    ended = writing_job(through, "write").deliver(thought, "--deliver", "pull-request")

    assert ended.status == 15, ended.err
    assert len(through.fix_branches()) == 1
    assert str(status) in told(ended)
    through.forge.faults.clear()
    assert writing_job(through, "again").deliver(thought, "--deliver", "pull-request").status == 0
    one_of_each(through)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", NOTES),
        ("PUT", f"{MERGE_REQUESTS}/{{iid}}"),
        ("POST", "/projects/{project}/statuses/{commit}"),
        ("GET", "/users"),
    ],
    ids=["comment", "labels and reviewers", "status", "users"],
)
def test_what_is_said_besides_may_fail(through: RedRequest, thought: Thought, method: str, path: str) -> None:
    through.forge.fail(method, path, status=403, times=-1)

    ended = writing_job(through, "write").deliver(thought, "--deliver", "pull-request")

    assert ended.status == 0, ended.err
    assert len(through.fix_requests()) == 1
    assert "403" in told(ended)


@pytest.mark.parametrize("path", [MERGE_REQUESTS, NOTES])
@pytest.mark.parametrize("fault", ["lost answer", "half an answer", "bad gateway"])
def test_what_was_made_before_the_fault_is_not_made_again(
    through: RedRequest, thought: Thought, path: str, fault: str
) -> None:
    through.forge.fail(
        "POST",
        path,
        after=True,
        status=502 if fault == "bad gateway" else 0,
        drop=fault == "lost answer",
        truncate=fault == "half an answer",
    )

    ended = writing_job(through, "write").deliver(thought, "--deliver", "pull-request")

    assert ended.status == 0, ended.err
    one_of_each(through)


def test_a_refused_push_keeps_the_fix(through: RedRequest, thought: Thought) -> None:
    words = "GitLab: You are not allowed to push code to protected branches on this project."
    through.project.refuse("refs/heads/honk/*", words)

    ended = writing_job(through, "write").deliver(thought, "--deliver", "pull-request")

    assert ended.status != 0
    assert "not allowed to push code to protected branches" in f"{told(ended)} {ended.err}"
    assert through.fix_branches() == []
