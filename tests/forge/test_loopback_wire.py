"""The loopback forge: pushes that are taken or refused, faults on purpose, GitHub's description as the judge."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.forge import ALL_RIGHTS, LoopbackForge
from tests.forge.scenes import Client, Scene
from tests.repos import Repo

pytestmark = pytest.mark.slow

PULL = "/repos/acme/shop/pulls/1"


@pytest.fixture
def scene(checked_forge: LoopbackForge, tmp_path: Path) -> Iterator[Scene]:
    made = Scene(checked_forge, tmp_path)
    yield made
    made.client.close()


# --- pushes ------------------------------------------------------------------------------------------


def test_only_some_tokens_start_ci(scene: Scene) -> None:
    job = scene.forge.add_token("ghs_job", kind="job")
    scene.push("topic:refs/heads/by-job", token=job)
    scene.push("topic:refs/heads/by-app", "topic:refs/honk/claims/1")
    assert scene.project.branches()["by-job"] == scene.head
    assert scene.forge.started_ci == [("refs/heads/by-app", scene.head)]


def test_pushes_that_are_refused(scene: Scene) -> None:
    scene.project.protect("refs/heads/main")
    scene.project.refuse("refs/heads/bad*", "names with bad in them are not taken")
    scene.repo.commit("workflow", {".github/workflows/ci.yml": "on: push\n"})
    assert "GH006" in scene.push("topic:main").stderr
    assert "names with bad" in scene.push("topic~1:refs/heads/bad-idea").stderr
    assert "deny updating a hidden ref" in scene.push("topic~1:refs/pull/9/head").stderr
    workflow = scene.push("topic:refs/heads/with-workflow")
    assert "refusing to allow a GitHub App to create or update workflow" in workflow.stderr
    allowed = scene.forge.add_token("ghs_w", kind="app", rights={**ALL_RIGHTS, "workflows": "write"})
    assert scene.push("topic:refs/heads/with-workflow", token=allowed).returncode == 0
    assert set(scene.project.branches()) == {"main", "topic", "with-workflow"}


def test_pushes_without_the_right(scene: Scene) -> None:
    reader = scene.forge.add_token("ghs_r", kind="job", rights={"contents": "read"})
    expired = scene.forge.add_token("ghs_old", kind="app", is_expired=True)
    assert "403" in scene.push("topic:refs/heads/x", token=reader).stderr
    assert "Authentication failed" in scene.push("topic:refs/heads/x", token=expired).stderr
    assert "x" not in scene.project.branches()


def test_a_stale_lease_is_refused(scene: Scene) -> None:
    ref = "refs/heads/topic"
    done = scene.push(f"--force-with-lease={ref}:{scene.repo.git('rev-parse', 'main')}", f"main:{ref}")
    assert "stale info" in done.stderr


# --- faults ------------------------------------------------------------------------------------------


def test_a_scripted_status_comes_as_often_as_asked(scene: Scene) -> None:
    pattern = "/repos/{owner}/{repo}/pulls"
    scene.forge.fail("POST", pattern, status=502, times=2, headers={"Retry-After": "0"})
    answers = [scene.open_pull() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [502, 502, 201]
    assert answers[0].headers["Retry-After"] == "0"


def test_a_fault_after_the_work_leaves_the_work(scene: Scene) -> None:
    scene.forge.fail("POST", "/repos/{owner}/{repo}/pulls", drop=True, after=True)
    with pytest.raises(requests.ConnectionError):
        scene.open_pull()
    assert [request.title for request in scene.project.requests] == ["A change"]


def test_half_an_answer(scene: Scene) -> None:
    scene.forge.fail("GET", "/repos/{owner}/{repo}", truncate=True)
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError, requests.JSONDecodeError)):
        scene.client("GET", "/repos/acme/shop").json()


def test_a_hanging_call_holds_up_no_other(scene: Scene) -> None:
    scene.forge.fail("GET", "/repos/{owner}/{repo}", hang_s=30)
    other = Client(scene.forge, scene.token)
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{scene.forge.github_url}/repos/acme/shop", timeout=0.2)
    started = time.monotonic()
    assert other("GET", "/repos/acme/shop").status_code == 200
    assert time.monotonic() - started < 5
    other.close()


def test_git_s_own_calls_can_fail(scene: Scene) -> None:
    scene.forge.fail("POST", "/{path:path}.git/git-receive-pack", status=500, after=True)
    assert scene.push("topic:refs/heads/there").returncode != 0
    assert scene.project.branches()["there"] == scene.head


def test_pushes_at_once_leave_one_winner(scene: Scene) -> None:
    second = scene.repo.git("commit-tree", "-p", "main", "-m", "other", "topic^{tree}")
    refs = [f"{scene.head}:refs/honk/claims/x", f"{second}:refs/honk/claims/x"]
    done: list[int] = []
    lease = "--force-with-lease=refs/honk/claims/x:"
    threads = [threading.Thread(target=lambda ref=ref: done.append(scene.push(lease, ref).returncode)) for ref in refs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done.count(0) == 1


# --- GitHub's description as the judge ---------------------------------------------------------------


def test_a_wrong_request_is_refused_and_remembered(github_spec: Path, tmp_path: Path) -> None:
    with LoopbackForge(tmp_path / "forge", spec=github_spec) as forge:
        scene = Scene(forge, tmp_path)
        refused = scene.client("POST", "/repos/acme/shop/pulls", title=5, head="topic")
        assert refused.status_code == 422
        assert "'base' is a required property" in refused.text
        assert len(forge.violations) == 1
        scene.client("GET", "/repos/acme/shop/nowhere")
        assert "no such endpoint" in forge.violations[-1]
        scene.client.close()


def test_a_wrong_answer_is_this_forge_s_own_fault(github_spec: Path, tmp_path: Path) -> None:
    with LoopbackForge(tmp_path / "forge", spec=github_spec) as forge:
        scene = Scene(forge, tmp_path)
        scene.open_pull()
        scene.project.requests[0].created_at = "yesterday"
        assert scene.client("GET", PULL).status_code == 500
        assert "'yesterday' is not a 'date-time'" in forge.violations[0]
        scene.client.close()


def test_github_s_description_is_at_hand(checked_forge: LoopbackForge, tmp_path: Path) -> None:
    assert checked_forge.is_checked
    scene = Scene(checked_forge, tmp_path)
    assert scene.open_pull(draft=True).json()["draft"] is True
    scene.client.close()


def test_a_repository_is_cloned_as_ci_does(scene: Scene, tmp_path: Path) -> None:
    header = "Authorization: Basic eC1hY2Nlc3MtdG9rZW46Z2hzX2FwcA=="
    clone = Repo.create(tmp_path / "clone")
    clone.git("remote", "add", "origin", scene.forge.git_url("acme/shop"))
    clone.git("-c", f"http.extraheader={header}", "fetch", "--quiet", "--depth=1", "origin", scene.head)
    assert clone.git("rev-parse", "FETCH_HEAD") == scene.head
