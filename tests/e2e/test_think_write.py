"""Two halves: a job that thinks and may write nothing, and one that writes and runs nothing of the repository."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.honk import honk
from tests.e2e.red_request import Job, RedRequest, Thought, red_request, think
from tests.forge import LoopbackForge
from tests.repos import Repo
from tests.stages.bundle.kit import KEY, Scene, deliver, smuggle
from tests.traps import plant

pytestmark = pytest.mark.slow

COMMENTS = "/repos/{owner}/{repo}/issues/{number}/comments"


@pytest.fixture(scope="module")
def thought(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Thought]:
    folder = tmp_path_factory.mktemp("think")
    with LoopbackForge(folder / "forge") as forge:
        yield think(forge, folder)
        project = forge.state.projects["acme/shop"]
        assert "github-actions[bot]" not in {push.login for push in project.pushes}  # the thinking half wrote nothing


@pytest.fixture
def scene(forge: LoopbackForge, tmp_path: Path, thought: Thought) -> RedRequest:
    return thought.request(forge, tmp_path)


def state(scene: RedRequest) -> tuple[object, ...]:
    """What people see of honk."""
    return (
        {name: tip for name, tip in scene.project.branches().items() if name.startswith("honk/")},
        [(request.number, request.state, request.body) for request in scene.project.requests],
        scene.comments(),
    )


def test_the_writing_half_brings_branch_request_and_comment_once(scene: RedRequest, thought: Thought) -> None:
    ended = scene.writing_job().deliver(thought, "--deliver", "pull-request")
    assert (ended.status, ended.outcome) == (0, "healed"), ended.err
    assert (len(scene.fix_branches()), len(scene.fix_requests()), len(scene.comments())) == (1, 1, 1)
    assert list(scene.writing_job().folder.glob("*.git")) == []  # no checkout was made
    before = state(scene)
    again = scene.writing_job().deliver(thought, "--deliver", "pull-request")
    assert (again.status, again.outcome, state(scene)) == (0, "healed", before)


def test_killed_between_push_and_comment_it_is_completed_by_the_next(scene: RedRequest, thought: Thought) -> None:
    fault = scene.forge.fail("POST", COMMENTS, hang_s=60, times=-1)
    running = scene.writing_job().start("deliver", str(thought.bundle), "--deliver", "pull-request")
    deadline = time.monotonic() + 60
    while not scene.fix_requests():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    running.kill()
    assert (len(scene.fix_branches()), scene.comments()) == (1, [])
    scene.forge.faults.remove(fault)
    writing = scene.writing_job()
    again = Job(folder=writing.folder, environ={**writing.environ, "GITHUB_RUN_ATTEMPT": "2"})
    ended = again.deliver(thought, "--deliver", "pull-request")
    assert ended.status == 0, ended.err
    assert (len(scene.fix_branches()), len(scene.fix_requests()), len(scene.comments())) == (1, 1, 1)


def test_a_bundle_altered_on_its_way_brings_nothing(scene: RedRequest, thought: Thought, tmp_path: Path) -> None:
    copy = tmp_path / "altered"
    shutil.copytree(thought.bundle, copy)
    patch = (copy / "fix.patch").read_text()
    (copy / "fix.patch").write_text(patch.replace("(100 - discount)", "(100 - discouns)"))
    before = state(scene)
    ended = scene.writing_job().deliver(replace(thought, bundle=copy))
    assert (ended.status, ended.outcome, state(scene)) == (3, "refused", before), ended.err


def test_only_a_bundle_that_was_signed_with_the_key_of_both_jobs_passes(
    forge: LoopbackForge, tmp_path: Path, thought: Thought
) -> None:
    scene = red_request(forge, tmp_path)
    reader = forge.add_token("ghs_reader", kind="job", rights={"contents": "read"})
    job = scene.job(token=reader)
    signing = Job(folder=job.folder, environ={**job.environ, "HONK_BUNDLE_KEY": KEY})
    bundle = tmp_path / "bundle"
    assert signing.heal("--deliver", "none", "--bundle", str(bundle)).status == 0
    assert KEY not in "".join(path.read_text() for path in bundle.iterdir())
    writing = scene.writing_job()
    checking = Job(folder=writing.folder, environ={**writing.environ, "HONK_BUNDLE_KEY": KEY})
    assert checking.deliver(Thought(bundle=bundle, bare=thought.bare)).status == 0
    refused = checking.deliver(thought)
    assert (refused.status, refused.outcome) == (3, "refused"), refused.err


def test_a_run_that_finds_nothing_hands_in_its_record(forge: LoopbackForge, tmp_path: Path) -> None:
    scene = red_request(forge, tmp_path)
    bundle = tmp_path / "bundle"
    job = scene.job(token=forge.add_token("ghs_reader", kind="job", rights={"contents": "read"}))
    thinking = job.start(
        "heal", "--report", "junit.xml", "--healers", "autofix", "--deliver", "none", "--bundle", str(bundle)
    )
    assert thinking.end().status == 3
    ended = scene.writing_job().start("deliver", str(bundle)).end()
    assert (ended.status, ended.outcome) == (3, "gave_up"), ended.err
    assert scene.fix_branches() == []


def test_by_hand_a_bundle_is_delivered_to_a_remote(tmp_path: Path, thought: Thought) -> None:
    remote = tmp_path / "remote.git"
    shutil.copytree(thought.bare, remote)
    shutil.rmtree(remote / "hooks")
    ended = honk("deliver", str(thought.bundle), "--remote", str(remote), "--json", str(tmp_path / "r"), repo=tmp_path)
    assert ended.status == 0, ended.err
    record = json.loads((tmp_path / "r").read_text())
    assert Repo(remote).git("rev-parse", record["delivery"]["branch"]) == record["delivery"]["commit"]


# --- nothing of the repository runs ------------------------------------------------------------------


def test_a_hostile_checkout_starts_nothing(forge: LoopbackForge, tmp_path: Path) -> None:
    """Every program that git's config, attributes, hooks or submodules can start would leave a file."""
    traps = tmp_path / "traps"
    hostile = {
        ".gitattributes": "* filter=evil diff=evil merge=evil\n*.py filter=evil\n",
        ".gitmodules": f'[submodule "sub"]\n\tpath = sub\n\turl = ext::touch% {traps}/submodule\n',
    }
    scene = Scene.set(forge, tmp_path, hostile)
    scene.work.git("update-index", "--add", "--cacheinfo", f"160000,{'a' * 40},sub")
    scene.work.git("commit", "--quiet", "--message", "a submodule")
    scene.work.git("push", "--quiet", "origin", "feature")
    forge.state.refresh(scene.project)
    bundle = scene.think()
    in_ci, by_hand = scene.checkout("in-ci"), scene.checkout("by-hand")
    by_hand.git("remote", "set-url", "origin", str(scene.project.folder))
    plant(in_ci, traps, forge.url)
    assert deliver(bundle, scene.environ(), repo=in_ci.path, mode="branch").status == 0
    assert list(traps.iterdir()) == []

    shutil.rmtree(traps)
    forge.state.delete_branch(scene.project, "honk/fix-0123456789ab")
    plant(by_hand, traps, forge.url)
    ended = deliver(bundle, os.environ, repo=by_hand.path, mode="branch")
    assert ended.status == 0, ended.record
    assert list(traps.iterdir()) == []
    smuggle(bundle, Repo(tmp_path / "bundle-checkout"), {"shop/cart.py": ("100644", "x = 1\n")})
    deliver(bundle, scene.environ(), repo=in_ci.path, mode="branch")
    assert list(traps.iterdir()) == []


def test_a_test_that_plants_traps_during_the_run_steals_no_push(forge: LoopbackForge, tmp_path: Path) -> None:
    """One job that does both: what its tests write into ``.git/config`` has no part in the push."""
    scene, traps = red_request(forge, tmp_path), tmp_path / "traps"
    planting = f"""
        import sys
        from pathlib import Path

        sys.path.insert(0, {str(Path(__file__).parents[2])!r})
        from tests.repos import Repo
        from tests.traps import plant

        here, traps = Path(__file__).parents[1], Path({str(traps)!r})
        if (here / "armed").exists() and not traps.exists():
            plant(Repo(here), traps, {forge.url!r}, works_on=True)
        """
    scene.origin.commit("planted", {"tests/conftest.py": planting, ".gitignore": "armed\njunit.xml\n__pycache__/\n"})
    scene.origin.git("push", "--quiet", "origin", "topic")
    forge.state.refresh(scene.project)
    job = scene.job()
    (job.folder / "armed").touch()
    ended = job.heal("--deliver", "branch")
    assert ended.outcome == "healed", ended.err
    assert len(scene.fix_branches()) == 1
    assert (job.folder / ".git/hooks/pre-push").exists()
    seen = {path.name: path.read_text() for path in traps.iterdir()}
    assert not any(scene.token.value in text for text in seen.values())
    assert not {"ssh", "credential", "credential-of-host", "askpass", "ext", "ext-push", "pre-push"} & set(seen)
