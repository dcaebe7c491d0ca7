"""Requests for fix branches, at a forge on loopback: into which branch, by whom reviewed, once each."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.forge import LoopbackForge
from tests.stages.deliver.kit import opened, proof
from tests.stages.deliver.shop import Shop, asked, make_shop, mend


@pytest.fixture
def shop(forge: LoopbackForge, tmp_path: Path) -> Shop:
    return make_shop(forge, tmp_path)


# --- into which branch ------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_red_request_gets_a_request_into_its_own_branch(shop: Shop) -> None:
    context = shop.request_of_topic()
    ci = shop.checkout("refs/pull/1/merge")
    delivery = asked(shop, ci, context, remote=shop.outbox(ci))
    [_, made] = shop.project.requests
    assert (made.head, made.base, made.is_draft, made.labels) == ("honk/fix-f1", "topic", False, ["honk"])
    assert made.title == "honk: The number is right again"
    assert made.body.startswith("<!-- honk-ci:failure=f1 -->")
    assert (delivery.done, delivery.request, delivery.target) == (True, made.number, "topic")
    assert delivery.url.endswith(f"/pull/{made.number}")
    assert delivery.note == f"pushed; pull request {made.number} into topic"
    assert shop.files("honk/fix-f1", context.head_commit) == ["a.txt"]


@pytest.mark.slow
def test_a_red_default_branch_gets_a_request_into_itself(shop: Shop) -> None:
    shop.dev.git("push", "--quiet", "origin", "topic:main")
    ci = shop.checkout("refs/heads/main")
    asked(shop, ci, shop.context(branch="main"))
    assert [request.base for request in shop.project.requests] == ["main"]


def test_a_branch_with_an_open_request_is_asked_to_take_the_fix(shop: Shop) -> None:
    shop.request_of_topic()
    delivery = asked(shop, shop.checkout())  # the build of a push, which names no request
    assert delivery.target == "topic"


@pytest.mark.slow
def test_a_branch_without_a_request_does_not_drag_its_commits_into_the_default_branch(shop: Shop) -> None:
    assert asked(shop, shop.checkout()).target == "topic"


@pytest.mark.slow
def test_a_branch_whose_red_commit_is_merged_already_is_mended_in_the_default_branch(shop: Shop) -> None:
    shop.dev.git("push", "--quiet", "origin", "topic:main")
    assert asked(shop, shop.checkout()).target == "main"


@pytest.mark.slow
def test_a_build_of_no_branch_asks_the_default_branch(shop: Shop) -> None:
    shop.dev.git("push", "--quiet", "origin", "topic:main")
    assert asked(shop, shop.checkout(), shop.context(branch="")).target == "main"


@pytest.mark.slow
def test_a_build_of_no_branch_never_brings_commits_that_the_default_branch_lacks(shop: Shop) -> None:
    for branch in ("", "gh-readonly-queue/main/pr-1-0123"):
        delivery = asked(shop, shop.checkout(name=f"ci{len(branch)}"), shop.context(branch=branch))
        assert "there is no branch to open a pull request into" in delivery.note


@pytest.mark.slow
def test_of_a_branch_that_is_gone_and_not_merged_the_fix_is_pushed_and_nobody_asked(shop: Shop) -> None:
    ci = shop.checkout(depth=0)
    shop.dev.git("push", "--quiet", "origin", ":topic")
    delivery = asked(shop, ci)
    assert (delivery.done, delivery.forge_refused) == (False, False)
    assert delivery.note == "pushed; there is no branch to open a pull request into"
    assert shop.tip("honk/fix-f1") == delivery.commit


# --- once each --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_second_run_finds_branch_and_request(shop: Shop) -> None:
    ci = shop.checkout()
    first, second = asked(shop, ci), asked(shop, ci)
    assert (first.request, first.commit) == (second.request, second.commit)
    assert len(shop.project.requests) == 1
    assert second.note == "the branch holds this fix already; pull request 1 into topic"


def test_a_run_that_was_killed_before_it_asked_is_completed_by_the_next(shop: Shop) -> None:
    ci = shop.checkout()
    killed = shop.delivering(ci).deliver(mend(ci), mode="branch")
    delivery = asked(shop, ci)
    assert delivery.commit == killed.commit
    assert len(shop.project.requests) == 1


def test_two_runs_at_once_make_one_branch_and_one_request(shop: Shop) -> None:
    checkouts = [shop.checkout(name=f"ci{number}") for number in range(2)]
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda ci: asked(shop, ci), checkouts))
    assert [delivery.done for delivery in both] == [True, True]
    assert {delivery.request for delivery in both} == {1}
    assert len(shop.project.requests) == 1
    assert len([branch for branch in shop.project.branches() if branch.startswith("honk/")]) == 1


@pytest.mark.slow
def test_the_same_failure_on_two_branches_gets_a_request_into_each(shop: Shop) -> None:
    of_topic = asked(shop, shop.checkout())
    shop.dev.git("switch", "--quiet", "main")
    shop.dev.commit("else", {"README.md": "else\n"})
    shop.dev.git("merge", "--quiet", "--no-ff", "--message", "red as it is", "topic")
    shop.dev.git("push", "--quiet", "origin", "main")
    main = shop.checkout("refs/heads/main", name="main", depth=0)
    of_main = asked(shop, main, shop.context(branch="main"))
    assert (of_topic.target, of_main.target) == ("topic", "main")
    assert shop.tip("honk/fix-f1") == of_topic.commit
    assert shop.files(of_main.branch, "main") == ["a.txt"]
    again = asked(shop, main, shop.context(branch="main"))
    assert (again.branch, again.request, again.commit) == (of_main.branch, of_main.request, of_main.commit)
    assert len(shop.project.requests) == 2


@pytest.mark.slow
def test_a_request_that_people_gave_another_target_is_left_there(shop: Shop) -> None:
    ci = shop.checkout()
    asked(shop, ci)
    shop.project.requests[0].base = "main"
    assert asked(shop, ci).target == "main"
    assert len(shop.project.requests) == 1


@pytest.mark.slow
def test_another_patch_renews_the_words_of_the_request(shop: Shop) -> None:
    ci = shop.checkout()
    asked(shop, ci)
    other = mend(ci, rationale="The line is as it was")
    shop.delivering(ci).deliver(replace(other), mode="pull-request")
    [request] = shop.project.requests
    assert request.title == "honk: The line is as it was"


@pytest.mark.slow
def test_words_of_people_are_left_alone(shop: Shop) -> None:
    ci = shop.checkout()
    asked(shop, ci)
    shop.project.requests[0].title, shop.project.requests[0].body = "Mine", "I have rewritten this."
    shop.delivering(ci).deliver(mend(ci, rationale="The line is as it was"), mode="pull-request")
    assert shop.project.requests[0].title == "Mine"


@pytest.mark.slow
def test_words_that_cannot_be_renewed_are_a_note(shop: Shop) -> None:
    ci = shop.checkout()
    asked(shop, ci)
    shop.forge.fail("PATCH", "/repos/{owner}/{repo}/pulls/{number}", status=403, body={"message": "No."})
    delivery = shop.delivering(ci).deliver(mend(ci, rationale="The line is as it was"), mode="pull-request")
    assert (delivery.done, delivery.request) == (True, 1)
    assert delivery.notes[0].startswith("the words of the pull request are of an earlier patch: ")


# --- drafts -----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["pull-request", "commit", "auto"])
def test_what_a_person_must_decide_is_a_draft(shop: Shop, mode: str) -> None:
    context = shop.request_of_topic()
    ci = shop.checkout("refs/pull/1/merge")
    one = proof(ci, [mend(ci, kind="format")], needs_person="it changes a test")
    delivery = shop.delivering(ci, context).deliver_proof(one, mode=mode)
    assert (delivery.mode, delivery.is_draft) == ("pull-request", True)
    assert shop.project.requests[-1].is_draft


@pytest.mark.slow
def test_a_part_of_what_is_red_is_a_draft(shop: Shop) -> None:
    ci = shop.checkout()
    one = proof(ci, [mend(ci)])
    delivery = shop.delivering(ci).deliver_proof(one, still_red=["f2 is broken"], mode="commit")
    assert delivery.is_draft
    assert delivery.notes == ("not committed onto the branch: something else is red still",)


# --- commits ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "kind"), [("commit", "edit"), ("auto", "format")])
def test_a_full_proof_is_committed_onto_the_branch_of_the_request(shop: Shop, mode: str, kind: str) -> None:
    context = shop.request_of_topic()
    ci = shop.checkout("refs/pull/1/merge")
    delivery = shop.delivering(ci, context).deliver(mend(ci, kind=kind), mode=mode)
    assert (delivery.mode, delivery.done, delivery.branch) == ("commit", True, "topic")
    assert delivery.note == "committed onto topic"
    assert shop.tip("topic") == delivery.commit
    assert shop.project.bare.git("rev-parse", "topic^") == context.head_commit
    assert len(shop.project.requests) == 1
    again = shop.delivering(ci, context).deliver(mend(ci, kind=kind), mode=mode)
    assert again.done
    assert again.note.startswith("topic holds this fix already")
    assert again.commit == delivery.commit
    assert shop.tip("topic") == delivery.commit


@pytest.mark.slow
@pytest.mark.parametrize(
    ("why", "more"),
    [
        ("a fix of kind edit is for people to merge", {"kind": "edit"}),
        ("the base was not seen green", {"base": None}),
        ("it was not proven in a clean checkout", {"is_clean": False}),
        ("no test suite was run with it", {"no_suite": True}),
        ("the build belongs to no request", {"no_request": True}),
    ],
)
def test_auto_asks_people_unless_the_proof_is_full(shop: Shop, why: str, more: Mapping[str, Any]) -> None:
    context = shop.request_of_topic()
    if "no_request" in more:
        context = replace(context, request=None)
    ci = shop.checkout("refs/pull/1/merge")
    facts = {name: value for name, value in more.items() if name in ("base", "is_clean")}
    one = proof(ci, [mend(ci, kind=more.get("kind", "format"))], **facts)
    if "no_suite" in more:
        one = replace(one, fixed=replace(one.fixed, counts=None))
    delivery = shop.delivering(ci, context).deliver_proof(one, mode="auto")
    assert (delivery.mode, delivery.done, delivery.target) == ("pull-request", True, "topic")
    assert why in delivery.notes[0]
    assert shop.tip("topic") == context.head_commit


@pytest.mark.slow
def test_nothing_is_committed_onto_the_default_branch(shop: Shop) -> None:
    shop.dev.git("push", "--quiet", "origin", "topic:main")
    ci = shop.checkout("refs/heads/main")
    red = shop.tip("main")
    delivery = shop.delivering(ci, shop.context(branch="main")).deliver(mend(ci), mode="commit")
    assert delivery.notes == ("not committed onto the branch: main is the default branch",)
    assert (delivery.target, shop.tip("main")) == ("main", red)


def test_a_protected_branch_gets_a_request(shop: Shop) -> None:
    context = shop.request_of_topic()
    shop.project.protect("refs/heads/topic")
    ci = shop.checkout("refs/pull/1/merge")
    delivery = shop.delivering(ci, context).deliver(mend(ci), mode="commit")
    assert (delivery.mode, delivery.done, delivery.target) == ("pull-request", True, "topic")
    assert "GH006: Protected branch update failed" in delivery.notes[0]
    assert shop.tip("topic") == context.head_commit


@pytest.mark.slow
def test_a_branch_that_keeps_moving_gets_a_request(shop: Shop) -> None:
    ci = shop.checkout()
    pushed: list[str] = []

    def moves_again(*_: object) -> str:
        pushed.append(shop.dev.commit(f"again {len(pushed)}"))
        shop.dev.git("push", "--quiet", "origin", "topic")
        return ""

    moves_again()
    delivering = shop.delivering(ci, prove_again=moves_again, is_mended=lambda *_: False)
    delivery = delivering.deliver(mend(ci), mode="commit")
    assert (delivery.mode, delivery.done) == ("pull-request", True)
    assert "topic moved on in each of 3 rounds" in delivery.notes[0]
    assert shop.tip("topic") == pushed[-1]


# --- what the remote and the forge refuse -------------------------------------------------------------


def test_a_branch_that_the_remote_refuses_is_kept_here(shop: Shop) -> None:
    shop.project.refuse("refs/heads/honk/*", "no bots here")
    ci = shop.checkout()
    delivery = asked(shop, ci)
    assert (delivery.done, delivery.rejected, delivery.request) == (False, True, None)
    assert "no bots here" in delivery.note
    assert (delivery.kept[0], Path(delivery.kept[1]).name) == ("local branch honk/fix-f1", "honk-fix-f1.patch")
    assert ci.git("rev-parse", "honk/fix-f1") == delivery.commit


@pytest.mark.slow
def test_why_a_shallow_clone_cannot_push_is_told(shop: Shop) -> None:
    ci = shop.checkout()
    shop.dev.git("push", "--quiet", "origin", ":topic")  # and with it the history that the clone has not got
    delivery = asked(shop, ci)
    assert delivery.rejected
    assert "shallow update not allowed" in delivery.note
    assert len(delivery.kept) == 2


@pytest.mark.slow
def test_an_expired_token_costs_the_push_and_not_the_fix(shop: Shop) -> None:
    shop.forge.add_token("ghs_old", kind="app", is_expired=True)
    shop.token_value = "ghs_old"
    ci = shop.checkout()
    delivery = asked(shop, ci, remote=shop.outbox(ci))
    assert (delivery.done, delivery.rejected) == (False, True)
    assert "refused the token" in delivery.note
    assert len(delivery.kept) == 2


@pytest.mark.slow
@pytest.mark.parametrize("status", [401, 403, 404, 422])
def test_a_request_that_cannot_be_opened_leaves_the_branch(shop: Shop, status: int) -> None:
    shop.forge.fail("POST", "/repos/{owner}/{repo}/pulls", status=status, times=-1, body={"message": "No."})
    delivery = asked(shop, shop.checkout())
    assert (delivery.done, delivery.forge_refused, delivery.rejected) == (False, True, False)
    assert delivery.note.startswith("pushed; the pull request could not be opened: ")
    assert shop.tip("honk/fix-f1") == delivery.commit


@pytest.mark.slow
def test_labels_and_reviewers_that_are_refused_are_notes(shop: Shop) -> None:
    shop.forge.fail("POST", "/repos/{owner}/{repo}/issues/{number}/labels", status=403, body={"message": "No."})
    shop.forge.fail("GET", "/repos/{owner}/{repo}/commits/{ref}", status=403, body={"message": "No."})
    ci = shop.checkout(depth=0)
    delivering = shop.delivering(ci)
    delivering.base = ci.git("rev-parse", "HEAD^")
    delivery = delivering.deliver(mend(ci), mode="pull-request")
    assert delivery.done
    assert [note.split(":")[0] for note in delivery.notes] == [
        "the pull request could not be labelled", "nobody could be asked for review",
    ]  # fmt: skip


@pytest.mark.slow
def test_a_push_that_starts_no_ci_says_so(shop: Shop) -> None:
    shop.forge.add_token("ghs_job", kind="job")
    shop.token_value, shop.is_job_token = "ghs_job", True
    ci = shop.checkout()
    delivery = asked(shop, ci, remote=shop.outbox(ci))
    assert (delivery.done, delivery.starts_ci) == (True, False)
    assert "this push starts no CI" in delivery.notes[0]
    assert shop.forge.started_ci == []


@pytest.mark.slow
def test_a_push_that_starts_ci_has_nothing_to_say(shop: Shop) -> None:
    ci = shop.checkout()
    delivery = asked(shop, ci, remote=shop.outbox(ci))
    assert (delivery.starts_ci, delivery.notes) == (True, ())
    assert shop.forge.started_ci == [("refs/heads/honk/fix-f1", delivery.commit)]


# --- strangers --------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["branch", "pull-request", "commit", "auto"])
def test_nothing_is_pushed_for_the_request_of_a_fork(shop: Shop, mode: str) -> None:
    before = shop.project.refs()
    context = replace(shop.request_of_topic(), head_project="stranger/shop", branch="main")
    before = shop.project.refs()
    ci = shop.checkout("refs/pull/1/merge")
    delivery = shop.delivering(ci, context).deliver(mend(ci), mode=mode)
    assert (delivery.mode, delivery.notes) == ("comment", ("a fork's branch is never pushed to",))
    assert shop.project.refs() == before


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["comment", "suggest"])
def test_what_is_only_shown_stands_on_the_head_and_is_not_pushed(shop: Shop, mode: str) -> None:
    context = shop.request_of_topic()
    ci = shop.checkout("refs/pull/1/merge")
    before = shop.project.refs()
    delivery = shop.delivering(ci, context).deliver(mend(ci), mode=mode)
    assert (delivery.mode, delivery.done, delivery.remote) == (mode, True, "")
    assert opened(ci).parents(delivery.commit) == (context.head_commit,)
    assert shop.project.refs() == before
    assert Path(delivery.kept[0]).is_file()


# --- reviewers --------------------------------------------------------------------------------------


def test_who_broke_the_lines_and_who_owns_the_files_are_asked(shop: Shop) -> None:
    shop.forge.add_user("ben", shop.project)
    shop.forge.state.user("ann").email = "test@example.invalid"
    ci = shop.checkout(depth=0)
    delivering = shop.delivering(ci)
    delivering.base = ci.git("rev-parse", "HEAD^")
    delivering.deliver(mend(ci), mode="pull-request")
    assert sorted(shop.project.requests[0].reviewers) == ["ann", "ben"]
