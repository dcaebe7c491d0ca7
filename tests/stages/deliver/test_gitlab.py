"""Merge requests for fix branches at the loopback forge, and what GitLab's job token cannot do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.forge import LoopbackForge
from tests.stages.deliver.shop import Shop, asked, make_shop, mend


@pytest.fixture
def shop(forge: LoopbackForge, tmp_path: Path) -> Shop:
    made = make_shop(forge, tmp_path, kind="gitlab")
    forge.add_token("glpat-bot", kind="project", login="project_1_bot")
    made.token_value = "glpat-bot"
    return made


def test_a_red_merge_request_gets_one_into_its_own_branch(shop: Shop) -> None:
    context = shop.request_of_topic()
    ci = shop.checkout("refs/pull/1/merge")
    delivery = asked(shop, ci, context, remote=shop.outbox(ci))
    assert (delivery.done, delivery.target, delivery.note) == (True, "topic", "pushed; merge request 2 into topic")
    assert asked(shop, ci, context).request == delivery.request
    [_, made] = shop.project.requests
    assert (made.head, made.base, made.labels) == ("honk/fix-f1", "topic", ["honk"])
    assert shop.files("honk/fix-f1", context.head_commit) == ["a.txt"]


@pytest.mark.slow
def test_a_commit_lands_on_the_head_of_a_merged_results_pipeline(shop: Shop) -> None:
    context = shop.request_of_topic()
    ci = shop.checkout("refs/pull/1/merge")
    delivery = shop.delivering(ci, context).deliver(mend(ci), mode="commit")
    assert shop.tip("topic") == delivery.commit
    assert shop.project.bare.git("rev-parse", "topic^") == context.head_commit


@pytest.mark.slow
def test_with_the_job_token_the_branch_is_pushed_and_the_rest_is_told(shop: Shop) -> None:
    shop.forge.add_token("glcbt-job", kind="job")
    shop.token_value, shop.is_job_token = "glcbt-job", True
    ci = shop.checkout()
    delivery = asked(shop, ci, remote=shop.outbox(ci))
    assert (delivery.done, delivery.forge_refused, delivery.starts_ci) == (False, True, False)
    assert delivery.note.startswith("pushed; the merge request could not be opened: ")
    assert "this push starts no CI" in delivery.notes[0]
    assert shop.tip("honk/fix-f1") == delivery.commit
