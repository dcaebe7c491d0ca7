"""Fixes of a pull request whose merge is checked out alone, on a branch that moves on meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.projects import PYTHON
from tests.e2e.red_request import RedRequest, red_request
from tests.forge import LoopbackForge

pytestmark = pytest.mark.slow


@pytest.fixture
def scene(forge: LoopbackForge, tmp_path: Path) -> RedRequest:
    return red_request(forge, tmp_path)


def test_a_single_commit_is_enough_to_heal_by_and_to_prove_again(scene: RedRequest) -> None:
    job = scene.job(depth=1)
    moved = scene.origin.commit("more", {"shop/more.py": "x = 1\n"})
    scene.origin.git("push", "--quiet", "origin", "topic")

    ended = job.heal("--deliver", "commit")

    assert ended.status == 0, ended.err
    delivery = ended.record["delivery"]
    assert delivery["notes"] == [f"topic had moved on; proven again at {moved[:9]}"]
    bare = scene.project.bare
    assert bare.git("rev-parse", "topic", "topic^").split() == [delivery["commit"], moved]
    assert bare.git("show", "topic:shop/cart.py") == PYTHON["shop/cart.py"].strip()
    assert set(ended.record["proof"]["base"]["targets"].values()) == {"passed"}
    assert scene.fix_branches() == []


def test_a_branch_that_people_mended_meanwhile_is_left_alone(scene: RedRequest) -> None:
    job = scene.job(depth=1)
    mended = scene.origin.commit("mend it", {"shop/cart.py": PYTHON["shop/cart.py"].replace("price", "cost")})
    scene.origin.git("push", "--quiet", "origin", "topic")

    ended = job.heal("--deliver", "pull-request")

    assert ended.status == 0, ended.err
    assert ended.record["delivery"]["note"].startswith(f"mended meanwhile: topic is at {mended[:9]}")
    assert (scene.fix_branches(), scene.fix_requests()) == ([], [])


def test_a_branch_that_is_rewritten_gets_the_fix_on_its_new_tip(scene: RedRequest) -> None:
    job = scene.job()
    scene.origin.git("commit", "--quiet", "--amend", "--message", "in other words")
    scene.origin.git("push", "--quiet", "--force", "origin", "topic")

    ended = job.heal("--deliver", "pull-request")

    assert ended.status == 0, ended.err
    assert [request.base for request in scene.fix_requests()] == ["topic"]
    fix = ended.record["delivery"]["commit"]
    assert scene.project.bare.git("rev-parse", f"{fix}^") == scene.project.branches()["topic"]


def test_a_request_that_was_merged_meanwhile_is_mended_where_it_went(scene: RedRequest) -> None:
    job = scene.job()
    scene.forge.state.merge(scene.project, scene.request)
    scene.forge.state.delete_branch(scene.project, "topic")

    ended = job.heal("--deliver", "pull-request")

    assert ended.status == 0, ended.err
    assert [request.base for request in scene.fix_requests()] == ["main"]
    assert "acme/shop has no branch topic (any more)" in ended.record["delivery"]["notes"]
