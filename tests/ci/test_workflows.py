"""The workflows that people copy, run by ``act`` against the loopback forge: red tests, a fix, a pull request."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.ci.act_kit import ActRun, Bench, run_act
from tests.ci.scenes import Event, Scene, pull_request, red_project, red_report, red_run, workflow_run
from tests.ci.stand_ins import TOP, write_stand_ins
from tests.forge import LoopbackForge

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

WORKFLOWS = TOP / "honk_ci" / "setup_files" / "github"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(stand_ins=write_stand_ins(tmp_path_factory.mktemp("actions")), cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture
def scene(forge: LoopbackForge, tmp_path: Path) -> Scene:
    return red_project(forge, tmp_path / "repo")


def _run(name: str, event: Event, scene: Scene, bench: Bench, folder: Path, **secrets: str) -> ActRun:
    given: Mapping[str, str] = {"GITHUB_TOKEN": scene.job_token.value, **secrets}
    return run_act(
        WORKFLOWS / f"{name}.yml",
        bench=bench,
        folder=folder,
        bare=scene.project.folder,
        event=event.name,
        payload=event.payload,
        environ=event.environ,
        secrets=given,
    )


def test_one_job_opens_a_pull_request_and_a_second_run_repeats_nothing(
    scene: Scene, bench: Bench, tmp_path: Path
) -> None:
    first = _run("one-job", pull_request(scene), scene, bench, tmp_path / "1", HONK_TOKEN=scene.app_token.value)

    assert first.jobs == {"CI/Test": "failure"}, first.log
    assert first.step("Heal").result == "success", first.log
    [branch] = scene.fix_branches()
    [fix] = [request for request in scene.project.requests if request.head == branch]
    assert (fix.base, fix.state, fix.is_draft) == ("change", "open", False)
    assert len(scene.comments(1)) == 1
    assert (f"refs/heads/{branch}", scene.project.branches()[branch]) in scene.forge.started_ci

    second = _run("one-job", pull_request(scene), scene, bench, tmp_path / "2", HONK_TOKEN=scene.app_token.value)

    assert second.step("Heal").result == "success", second.log
    assert scene.fix_branches() == [branch]
    assert len([request for request in scene.project.requests if request.head == branch]) == 1
    assert len(scene.comments(1)) == 1


def test_two_jobs_keep_the_model_key_from_the_job_that_writes_and_the_token_from_the_one_that_thinks(
    scene: Scene, bench: Bench, tmp_path: Path
) -> None:
    secrets = {"HONK_TOKEN": scene.app_token.value, "ANTHROPIC_API_KEY": "a-key-that-no-run-here-uses"}
    first = _run("two-jobs", pull_request(scene), scene, bench, tmp_path / "1", **secrets)

    assert first.jobs == {"CI/Test": "failure", "CI/Deliver": "success"}, first.log
    assert len(scene.fix_branches()) == 1, first.log
    [branch] = scene.fix_branches()
    assert [request.base for request in scene.project.requests if request.head == branch] == ["change"]
    assert len(scene.comments(1)) == 1
    assert {push.login for push in scene.project.pushes if "honk" in push.ref} == {scene.app_token.login}

    second = _run("two-jobs", pull_request(scene), scene, bench, tmp_path / "2", **secrets)

    assert second.step("Deliver", job="Deliver").result == "success", second.log
    assert scene.fix_branches() == [branch]
    assert len(scene.comments(1)) == 1


@pytest.mark.parametrize("left", ["artifacts", "logs"])
def test_workflow_run_heals_from_what_the_red_run_has_left(
    left: str, scene: Scene, bench: Bench, tmp_path: Path
) -> None:
    report, log = red_report(scene)
    run = red_run(scene, artifacts={"results": {"deep/down/junit.xml": report}} if left == "artifacts" else {}, log=log)
    event = workflow_run(scene, run)

    first = _run("workflow-run", event, scene, bench, tmp_path / "1", HONK_TOKEN=scene.app_token.value)

    assert first.jobs == {"Honk/Think": "success", "Honk/Deliver": "success"}, first.log
    [branch] = scene.fix_branches()
    assert [request.base for request in scene.project.requests if request.head == branch] == ["change"]
    assert len(scene.comments(1)) == 1

    second = _run("workflow-run", event, scene, bench, tmp_path / "2", HONK_TOKEN=scene.app_token.value)

    assert second.jobs == {"Honk/Think": "success", "Honk/Deliver": "success"}, second.log
    assert scene.fix_branches() == [branch]
    assert len(scene.comments(1)) == 1


def test_workflow_run_does_nothing_for_a_fork(scene: Scene, bench: Bench, tmp_path: Path) -> None:
    event = workflow_run(scene, red_run(scene))
    event.payload["workflow_run"]["head_repository"]["full_name"] = "stranger/shop"

    done = _run("workflow-run", event, scene, bench, tmp_path / "1", HONK_TOKEN=scene.app_token.value)

    assert [step.name for step in done.steps] == [], done.log
    assert scene.fix_branches() == []


def test_the_fix_of_a_bot_s_pull_request_becomes_a_commit_on_its_branch(
    forge: LoopbackForge, bench: Bench, tmp_path: Path
) -> None:
    scene = red_project(forge, tmp_path / "repo", branch="dependabot/pip/shop-2", author="dependabot[bot]")
    report, log = red_report(scene)
    event = workflow_run(scene, red_run(scene, artifacts={"results": {"report.xml": report}}, log=log))

    done = _run("bots", event, scene, bench, tmp_path / "1", HONK_TOKEN=scene.app_token.value)

    assert done.jobs == {"Honk for bots/Think": "success", "Honk for bots/Deliver": "success"}, done.log
    tip = scene.project.branches()["dependabot/pip/shop-2"]
    assert scene.project.bare.git("rev-parse", f"{tip}^") == scene.red
    assert len(scene.project.requests) == 1


def test_a_matrix_that_is_red_in_all_cells_gets_one_fix(scene: Scene, bench: Bench, tmp_path: Path) -> None:
    first = _run("matrix", pull_request(scene), scene, bench, tmp_path / "1", HONK_TOKEN=scene.app_token.value)

    assert first.jobs.get("CI/Heal") == "success", first.log
    assert first.jobs.get("CI/Deliver") == "success", first.log
    assert len(scene.fix_branches()) == 1, first.log
    assert len(scene.project.requests) == 2
    assert len(scene.comments(1)) == 1
    assert first.outputs["outcome"] == "healed"

    second = _run("matrix", pull_request(scene), scene, bench, tmp_path / "2", HONK_TOKEN=scene.app_token.value)

    assert second.jobs["CI/Deliver"] == "success", second.log
    assert len(scene.fix_branches()) == 1
    assert len(scene.project.requests) == 2
    assert len(scene.comments(1)) == 1
