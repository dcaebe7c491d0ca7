"""``honk deliver``: the write half against the loopback forge, from honest and from hostile bundles."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from honk_ci.domain import Cause, Outcome
from honk_ci.errors import ConfigError, ForgeError, GitError, ReportError
from tests.forge import Event, LoopbackForge, Run
from tests.repos import Repo
from tests.stages.bundle.kit import (
    FIX,
    KEY,
    PRINT,
    RED_CART,
    SHOP,
    Scene,
    alter,
    deliver,
    known_failure,
    known_fix,
    put_mail,
    record_of,
    reseal,
    smuggle,
    write,
)
from tests.stages.deliver.kit import proof

BRANCH = f"honk/fix-{PRINT}"
COMMENTS = "/repos/{owner}/{repo}/issues/{number}/comments"


@pytest.fixture
def scene(forge: LoopbackForge, tmp_path: Path) -> Scene:
    return Scene.set(forge, tmp_path)


def pushed(scene: Scene) -> list[str]:
    """What the write half pushed, besides honk's own memory."""
    return [push.ref for push in scene.project.pushes if push.login == "honk[bot]" and "refs/honk" not in push.ref]


def comments(scene: Scene) -> list[str]:
    return [comment.body for comment in scene.request.comments]


# --- honest bundles ----------------------------------------------------------------------------------


def test_the_fix_becomes_a_request_with_a_comment(scene: Scene) -> None:
    ended = scene.deliver(scene.think(), mode="pull-request")
    assert (ended.status, ended.outcome) == (0, "healed"), ended.record
    assert ended.delivery["branch"] == BRANCH
    assert scene.project.branches()[BRANCH] == ended.delivery["commit"]
    request = scene.project.requests[-1]
    assert (request.head, request.base, request.is_draft) == (BRANCH, "feature", False)
    assert [body.count(f"honk-ci:failure={PRINT}") for body in comments(scene)] == [1]
    assert scene.project.bare.git("show", f"{BRANCH}:shop/cart.py") == SHOP["shop/cart.py"].strip()


@pytest.mark.slow
def test_the_same_bundle_again_changes_nothing(scene: Scene) -> None:
    bundle = scene.think()
    first = scene.deliver(bundle, mode="pull-request")
    before = (scene.project.branches(), len(scene.project.requests), comments(scene), pushed(scene))
    again = scene.deliver(bundle, mode="pull-request")
    assert (again.status, again.outcome) == (0, "healed"), again.record
    assert again.delivery["commit"] == first.delivery["commit"]
    assert (scene.project.branches(), len(scene.project.requests), comments(scene), pushed(scene)) == before


@pytest.mark.slow
def test_a_comment_that_failed_is_made_up_for_by_the_next_delivery(scene: Scene) -> None:
    fault = scene.forge.fail("POST", COMMENTS, status=403, times=-1)
    bundle = scene.think()
    first = scene.deliver(bundle, mode="branch")
    assert (first.status, pushed(scene), comments(scene)) == (0, [f"refs/heads/{BRANCH}"], [])
    assert any("comment" in note for note in first.record["notes"]), first.record["notes"]
    scene.forge.faults.remove(fault)
    assert scene.deliver(bundle, mode="branch").status == 0
    assert (pushed(scene), len(comments(scene))) == ([f"refs/heads/{BRANCH}"], 1)


@pytest.mark.slow
def test_a_branch_that_moved_on_still_gets_its_fix(scene: Scene) -> None:
    bundle, environ = scene.think(), scene.environ()
    scene.work.commit("more", {"notes.txt": "more\n"})
    scene.work.git("push", "--quiet", "origin", "feature")
    ended = scene.deliver(bundle, environ=environ, mode="pull-request")
    assert ended.status == 0, ended.record
    assert any("by now" in note for note in ended.delivery["notes"]), ended.delivery
    assert scene.project.bare.git("show", f"{BRANCH}:shop/cart.py") == SHOP["shop/cart.py"].strip()


@pytest.mark.slow
def test_a_branch_that_was_rewritten_gets_nothing(scene: Scene) -> None:
    bundle, environ = scene.think(), scene.environ()
    scene.work.git("commit", "--quiet", "--amend", "--message", "rewritten")
    scene.work.git("push", "--quiet", "--force", "origin", "feature")
    ended = scene.deliver(bundle, environ=environ)
    assert (ended.status, ended.outcome, pushed(scene)) == (3, "refused", [])
    assert "rewritten" in ended.summary


@pytest.mark.slow
def test_a_branch_that_is_gone_gets_nothing(scene: Scene) -> None:
    bundle, environ = scene.think(), scene.environ()
    scene.forge.state.delete_branch(scene.project, "feature")
    ended = scene.deliver(bundle, environ=environ)
    assert (ended.status, ended.outcome, pushed(scene)) == (3, "refused", [])
    assert "feature is not on acme/shop any more" in ended.summary


@pytest.mark.slow
@pytest.mark.parametrize(("why", "told"), [("no healer knows this", 0), ("handed over to people: tried 3 times", 1)])
def test_without_a_fix_it_is_remembered_and_people_are_told_when_it_is_theirs(
    scene: Scene, why: str, told: int
) -> None:
    repo = scene.checkout()
    record = record_of(repo.git("rev-parse", "HEAD"), None, outcome=Outcome.GAVE_UP, branch="feature")
    left = replace(record.healings[0], why=why)
    bundle = write(scene.folder / "bundle", repo, replace(record, healings=(left,)), environ=scene.environ(token=False))
    ended = scene.deliver(bundle)
    assert (ended.status, ended.outcome, pushed(scene)) == (3, "gave_up", [])
    assert len(comments(scene)) == told
    assert f"refs/honk/attempts/{PRINT}" in scene.project.refs()
    assert sorted(path.name for path in bundle.iterdir()) == ["manifest.json", "record.json"]


@pytest.mark.slow
def test_a_green_build_ends_with_0_and_no_comment(scene: Scene) -> None:
    repo = scene.checkout()
    record = record_of(
        repo.git("rev-parse", "HEAD"), None, outcome=Outcome.NOTHING_TO_HEAL, healings=(), reproductions=()
    )
    bundle = write(scene.folder / "bundle", repo, record, environ=scene.environ(token=False))
    assert scene.deliver(bundle).status == 0
    assert comments(scene) == []


@pytest.mark.slow
def test_a_push_to_a_branch_is_delivered_from_its_bundle(scene: Scene) -> None:
    scene.event = Event(name="push", branch="feature", actor="alice")
    ended = scene.deliver(scene.think(depth=2), mode="branch")
    assert (ended.status, pushed(scene)) == (0, [f"refs/heads/{BRANCH}"]), ended.record


@pytest.mark.slow
def test_by_hand_a_checkout_names_the_remote(scene: Scene) -> None:
    bundle, repo = scene.think(), scene.checkout()
    repo.git("remote", "set-url", "origin", str(scene.project.folder))
    ended = deliver(bundle, os.environ, repo=repo.path)
    assert ended.status == 0, ended.record
    assert scene.project.branches()[BRANCH] == ended.delivery["commit"]


@pytest.mark.slow
def test_by_hand_an_address_with_a_password_is_used_and_not_shown(scene: Scene) -> None:
    ended = deliver(scene.think(), os.environ, repo=scene.folder, remote=scene.address)
    assert ended.status == 0, ended.record
    assert scene.token.value not in json.dumps(ended.record)


def test_nothing_says_where_to_deliver_to(tmp_path: Path) -> None:
    repo = Repo.create(tmp_path / "repo", SHOP)
    record = record_of(repo.git("rev-parse", "HEAD"), None, outcome=Outcome.GAVE_UP)
    bundle = write(tmp_path / "bundle", repo, record)
    with pytest.raises(ConfigError, match="where to deliver to"):
        deliver(bundle, os.environ, repo=tmp_path)


def test_by_hand_a_request_cannot_be_opened(tmp_path: Path) -> None:
    repo = Repo.create(tmp_path / "repo", SHOP)
    repo.add_bare_remote(tmp_path / "remote.git")
    record = record_of(repo.git("rev-parse", "HEAD"), None, outcome=Outcome.GAVE_UP, branch="main")
    bundle = write(tmp_path / "bundle", repo, record)
    with pytest.raises(ForgeError, match="needs a forge"):
        deliver(bundle, os.environ, repo=repo.path, mode="pull-request")


@pytest.mark.slow
def test_a_model_s_key_in_the_write_half_is_noted(scene: Scene) -> None:
    ended = scene.deliver(scene.think(), environ={**scene.environ(), "ANTHROPIC_API_KEY": "sk-ant-not-for-this-job"})
    assert any("key of the model" in note for note in ended.record["notes"])


# --- the seal ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["fix.patch", pytest.param("record.json", marks=pytest.mark.slow)])
@pytest.mark.slow
def test_a_bundle_with_one_byte_changed_is_refused(tmp_path: Path, scene: Scene, name: str) -> None:
    bundle = scene.think()
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / name).write_bytes(bytes(content))
    ended = scene.deliver(bundle)
    assert (ended.status, ended.outcome, pushed(scene), comments(scene)) == (3, "refused", [], [])
    assert f"{name} is not the file" in ended.summary


@pytest.mark.slow
def test_with_a_key_only_what_it_signed_is_delivered(scene: Scene) -> None:
    environ = {**scene.environ(), "HONK_BUNDLE_KEY": KEY}
    for name, key, words in (
        ("unsigned", "", "not signed"),
        ("of-another", "another-key-for-the-same", "signed with another key"),
    ):
        ended = scene.deliver(scene.think(name=name, key=key), environ=environ)
        assert (ended.status, ended.outcome, pushed(scene)) == (3, "refused", [])
        assert words in ended.summary
    ended = scene.deliver(scene.think(key=KEY), environ=environ)
    assert (ended.status, pushed(scene)) == (0, [f"refs/heads/{BRANCH}"])
    assert KEY not in json.dumps(ended.record)


@pytest.mark.slow
def test_who_alters_a_signed_manifest_is_refused(scene: Scene) -> None:
    bundle = scene.think(key=KEY)
    alter(bundle, "manifest.json", lambda manifest: manifest.update(target="main "[:4], run_id="1"))
    ended = scene.deliver(bundle, environ={**scene.environ(), "HONK_BUNDLE_KEY": KEY})
    assert (ended.status, ended.outcome, pushed(scene)) == (3, "refused", [])


@pytest.mark.slow
def test_only_a_signed_fix_goes_straight_onto_the_branch(scene: Scene) -> None:
    ended = scene.deliver(scene.think(name="unsigned", kind="format"), mode="auto")
    assert (ended.delivery["mode"], pushed(scene)) == ("pull-request", [f"refs/heads/{BRANCH}"])
    environ = {**scene.environ(), "HONK_BUNDLE_KEY": KEY}
    signed = scene.deliver(scene.think(kind="format", key=KEY), environ=environ, mode="auto")
    assert signed.delivery["mode"] == "commit", signed.record
    assert "refs/heads/feature" in pushed(scene)


@pytest.mark.slow
def test_a_branch_that_only_an_unsigned_bundle_names_is_not_pushed_to(scene: Scene) -> None:
    bundle = _of_the_branch("release", scene)
    by_hand = {**scene.environ(), "GITHUB_EVENT_NAME": "workflow_dispatch"}
    ended = scene.deliver(bundle, environ=by_hand, mode="commit")
    assert (ended.delivery["mode"], pushed(scene)) == ("pull-request", [f"refs/heads/{BRANCH}"])


@pytest.mark.slow
def test_a_tag_s_build_is_of_no_branch_whatever_the_bundle_says(scene: Scene) -> None:
    bundle = _of_the_branch("release", scene)
    of_a_tag = {"GITHUB_EVENT_NAME": "push", "GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v1", "GITHUB_HEAD_REF": ""}
    environ = {**scene.environ(), **of_a_tag, "GITHUB_BASE_REF": "", "GITHUB_SHA": scene.request.head_commit}
    ended = scene.deliver(bundle, environ=environ, mode="commit")
    assert (ended.status, ended.outcome, pushed(scene), comments(scene)) == (3, "refused", [], [])


def _of_the_branch(name: str, scene: Scene) -> Path:
    """A bundle that calls the red commit the one of another branch, which is there as well."""
    red = scene.request.head_commit
    scene.work.git("push", "--quiet", "origin", f"{red}:refs/heads/{name}")
    scene.work.git("checkout", "--quiet", red)
    one = proof(scene.work, [known_fix(scene.work, FIX)])
    return write(scene.folder / "bundle", scene.work, record_of(red, one, branch=name))


# --- whose it is -------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("project", "acme/other", "of acme/other"),
        ("red_branch", "main", "of the branch main"),
        ("request", 99, "of the request 99"),
    ],
)
def test_a_bundle_of_something_else_is_refused(scene: Scene, field: str, value: object, words: str) -> None:
    bundle = scene.think()
    alter(bundle, "manifest.json", lambda manifest: manifest.update({field: value}))
    ended = scene.deliver(bundle)
    assert (ended.status, ended.outcome, pushed(scene), comments(scene)) == (3, "refused", [], [])
    assert words in ended.summary


@pytest.mark.slow
def test_a_fork_cannot_pass_for_somebody_else_s_request(forge: LoopbackForge, tmp_path: Path) -> None:
    """Its workflow_run names no request, and its branch may hold the very commits of another one."""
    scene = Scene.set(forge, tmp_path)
    fork = forge.add_project("mallory/shop", fork_of="acme/shop")
    scene.work.git("push", "--quiet", str(fork.folder), "feature:feature", "main:main")
    head = scene.request.head_commit
    run = scene.project.add_run(Run(id=7, name="CI", commit=head, branch="feature", head_project="mallory/shop"))
    environ = scene.environ(event=Event(name="workflow_run", run=run))
    scene.work.git("checkout", "--quiet", head)
    one = proof(scene.work, [known_fix(scene.work, FIX)])
    bundle = write(tmp_path / "bundle", scene.work, record_of(head, one, branch="feature"))
    alter(bundle, "manifest.json", lambda manifest: manifest.update(request=scene.request.number))
    ended = scene.deliver(bundle, environ=environ, mode="pull-request")
    assert (ended.status, ended.outcome, pushed(scene), comments(scene)) == (3, "refused", [], [])
    assert "not from mallory/shop" in ended.summary


@pytest.mark.slow
def test_a_bundle_of_another_commit_than_this_job_s_is_refused(scene: Scene) -> None:
    bundle = scene.think()
    scene.work.commit("more", {"notes.txt": "more\n"})
    scene.work.git("push", "--quiet", "origin", "feature")
    ended = scene.deliver(bundle)  # for the build of the new commit
    assert (ended.status, ended.outcome, pushed(scene)) == (3, "refused", [])
    assert "of the commit" in ended.summary


@pytest.mark.slow
def test_a_commit_of_another_repository_is_told_to_nobody(scene: Scene, tmp_path: Path) -> None:
    stranger = Repo.create(tmp_path / "stranger", {**SHOP, "shop/cart.py": RED_CART})
    red = stranger.git("rev-parse", "HEAD")
    bundle = write(tmp_path / "bundle", stranger, record_of(red, None, outcome=Outcome.GAVE_UP, branch="feature"))
    by_hand = {**scene.environ(), "GITHUB_EVENT_NAME": "workflow_dispatch"}
    ended = scene.deliver(bundle, environ=by_hand)
    assert (ended.status, ended.outcome, pushed(scene), comments(scene)) == (3, "gave_up", [], [])
    assert any("cannot be had" in note for note in ended.record["notes"])


@pytest.mark.slow
def test_a_commit_that_only_a_fork_has_is_told_to_nobody(scene: Scene) -> None:
    """Forges keep a fork's objects where the project's own can be fetched by id."""
    scene.work.git("checkout", "--quiet", "--detach")
    stray = scene.work.commit("a stranger's", {"evil.txt": "evil\n"})
    scene.project.bare.git("fetch", "--quiet", str(scene.work.path), f"{stray}:refs/pull/77/head")
    record = record_of(stray, None, outcome=Outcome.GAVE_UP, branch="feature")
    bundle = write(scene.folder / "bundle", scene.work, record)
    ended = scene.deliver(bundle, environ={**scene.environ(), "GITHUB_EVENT_NAME": "workflow_dispatch"})
    assert (ended.status, ended.outcome, pushed(scene), comments(scene)) == (3, "gave_up", [], [])
    assert any("not in the history of feature" in note for note in ended.record["notes"])


@pytest.mark.slow
def test_a_merge_that_the_forge_did_not_make_is_told_to_nobody(scene: Scene) -> None:
    head = scene.request.head_commit
    tree = scene.work.git("rev-parse", f"{head}^{{tree}}")
    main = scene.project.branches()["main"]
    evil = scene.work.git("commit-tree", tree, "-p", main, "-p", head, "-m", "Merge")
    scene.project.bare.git("fetch", "--quiet", str(scene.work.path), f"{evil}:refs/pull/77/head")
    # a branch of somebody's, called like what the forge keeps
    scene.work.git("push", "--quiet", "origin", f"{evil}:refs/heads/refs/pull/{scene.request.number}/merge")
    scene.work.git("checkout", "--quiet", evil)
    record = record_of(evil, None, outcome=Outcome.GAVE_UP, branch="feature")
    bundle = write(scene.folder / "bundle", scene.work, record)
    alter(bundle, "manifest.json", lambda manifest: manifest.update(head=head, request=scene.request.number))
    ended = scene.deliver(bundle, environ={**scene.environ(), "GITHUB_EVENT_NAME": "workflow_dispatch"})
    assert (ended.status, ended.outcome, pushed(scene), comments(scene)) == (3, "gave_up", [], [])
    assert any("not what the forge merges" in note for note in ended.record["notes"])


@pytest.mark.slow
def test_another_job_delivers_for_a_request_that_the_forge_knows(scene: Scene) -> None:
    ended = scene.deliver(
        scene.think(), environ={**scene.environ(), "GITHUB_EVENT_NAME": "workflow_dispatch"}, mode="pull-request"
    )
    assert ended.status == 0, ended.record
    assert scene.project.requests[-1].base == "feature"
    alter(scene.folder / "bundle", "manifest.json", lambda manifest: manifest.update(request=99))
    again = scene.deliver(
        scene.folder / "bundle", environ={**scene.environ(), "GITHUB_EVENT_NAME": "workflow_dispatch"}
    )
    assert (again.status, again.summary) == (3, "there is no request 99 in acme/shop")


@pytest.mark.slow
def test_a_fork_gets_a_comment_at_most(forge: LoopbackForge, tmp_path: Path) -> None:
    scene = Scene.set(forge, tmp_path)
    fork = forge.add_project("mallory/shop", fork_of="acme/shop")
    scene.work.git("push", "--quiet", str(fork.folder), "feature:theirs", "main:main")
    request = forge.state.open_request(
        scene.project, author="mallory", head="theirs", base="main", title="Totals", head_project="mallory/shop"
    )
    scene = replace(scene, request=request)
    scene.event = Event(name="pull_request", request=request, actor="alice")
    ended = scene.deliver(scene.think(), mode="pull-request")
    assert pushed(scene) == []
    assert not any(branch.startswith("honk/") for branch in (*scene.project.branches(), *fork.branches()))
    assert (ended.status, ended.delivery["mode"], len(request.comments)) == (3, "comment", 1), ended.record


# --- what it changes ---------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({".github/workflows/ci.yml": ("100644", "on: pull_request_target\n")}, "protected"),
        ({"shop/link": ("120000", "/etc/passwd")}, "out of the repository"),
        ({"shop/cart.py": ("120000", "../../etc/passwd")}, "becomes a symbolic link"),
        ({"vendored": ("160000", "a" * 40)}, "submodule"),
        ({".gitmodules": ("100644", '[submodule "x"]\n\tpath = x\n\turl = ext::sh\n')}, ".gitmodules"),
        ({"tests/test_cart.py": ("100644", "def test_total():\n    pass\n")}, "integrity"),
        ({"shop/run.sh": ("100755", "#!/bin/sh\n")}, "executable"),
        ({"shop/big.py": ("100644", "x = 1\n" * 5000)}, "lines"),
        ({".honk.yml": ("100644", "deliver:\n  mode: auto\n")}, "protected"),
        ({".gitattributes": ("100644", "* filter=evil\n")}, "protected"),
        ({"shop/Cart.py": ("100644", "x = 1\n")}, "clashes"),
        ({"shop/key.py": ("100644", "KEY = 'ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8" + "'\n")}, "secret"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_no_fix_may_touch_is_refused(scene: Scene, entries: dict[str, tuple[str, str]], words: str) -> None:
    bundle = scene.think()
    smuggle(bundle, Repo(scene.folder / "bundle-checkout"), entries)
    ended = scene.deliver(bundle, mode="pull-request")
    assert (ended.status, ended.outcome, pushed(scene)) == (3, "refused", []), ended.record
    assert words in ended.summary


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", ["../outside.py", "/etc/cron.d/x", ".git/config", "shop/../../x", "a/.git/hooks/pre-push", ".GIT/config"]
)
def test_a_path_that_leaves_the_repository_is_refused(scene: Scene, path: str) -> None:
    bundle = scene.think()
    diff = f"--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+x\n"
    put_mail(bundle, f"diff --git a/{path} b/{path}\nnew file mode 100644\n{diff}".encode())
    ended = scene.deliver(bundle)
    assert (ended.status, ended.outcome, pushed(scene)) == (3, "refused", []), ended.record


@pytest.mark.slow
def test_a_patch_that_does_not_apply_or_makes_other_files_is_refused(scene: Scene) -> None:
    bundle = scene.think()
    mail = (bundle / "fix.patch").read_bytes()
    for other in (
        mail.replace(b"-    return -sum", b"-    return +sum"),
        mail.replace(b"+    return", b"+    yield"),
        b"no",
    ):
        put_mail(bundle, other)
        ended = scene.deliver(bundle)
        assert (ended.status, ended.outcome, pushed(scene)) == (3, "refused", []), ended.record
        assert "cannot be applied" in ended.summary


@pytest.mark.slow
def test_a_confident_record_cannot_open_the_tests(scene: Scene) -> None:
    """A record that says "the test is wrong" gets a draft at best, however healed it calls itself."""
    changes = {"tests/test_cart.py": SHOP["tests/test_cart.py"].replace("== 3", "== -3")}
    ended = scene.deliver(scene.think(changes, failure=known_failure(cause=Cause.TEST)), mode="pull-request")
    assert (ended.status, ended.outcome) == (3, "proposed"), ended.record
    assert scene.project.requests[-1].is_draft


@pytest.mark.slow
def test_what_only_the_record_opens_is_for_a_person_unless_it_is_signed(scene: Scene) -> None:
    changes = {**FIX, "requirements.txt": "requests==2.31.0\n"}
    failure = known_failure(cause=Cause.DEPENDENCY)
    ended = scene.deliver(scene.think(changes, name="unsigned", failure=failure), mode="pull-request")
    assert (ended.status, ended.outcome) == (3, "proposed"), ended.record
    assert scene.project.requests[-1].is_draft
    environ = {**scene.environ(), "HONK_BUNDLE_KEY": KEY}
    signed = scene.deliver(scene.think(changes, failure=failure, key=KEY), environ=environ, mode="branch")
    assert (signed.status, signed.outcome) == (0, "healed"), signed.record


@pytest.mark.slow
def test_a_proposal_stays_one(scene: Scene) -> None:
    ended = scene.deliver(scene.think(outcome=Outcome.PROPOSED), mode="pull-request")
    assert (ended.status, ended.outcome) == (3, "proposed")
    assert scene.project.requests[-1].is_draft


@pytest.mark.slow
def test_a_run_that_gave_up_cannot_hand_in_a_fix(scene: Scene) -> None:
    ended = scene.deliver(scene.think(outcome=Outcome.GAVE_UP))
    assert (ended.status, ended.outcome, pushed(scene)) == (3, "refused", [])


@pytest.mark.slow
def test_the_config_of_the_target_branch_counts(forge: LoopbackForge, tmp_path: Path) -> None:
    strict = {".honk.yml": "policy:\n  protected: ['shop/**']\n"}
    scene = Scene.set(forge, tmp_path, strict, **{".honk.yml": "policy:\n  allowed: ['**']\n"})
    bundle = scene.think()
    ended = scene.deliver(bundle)
    assert (ended.status, ended.outcome, pushed(scene)) == (3, "refused", []), ended.record
    assert "protected" in ended.summary
    # whoever runs it may name another one
    assert scene.deliver(bundle, base="feature").status == 0


@pytest.mark.slow
def test_a_bad_config_of_the_target_branch_is_told(forge: LoopbackForge, tmp_path: Path) -> None:
    scene = Scene.set(forge, tmp_path, {".honk.yml": "polcy: 1\n"})
    with pytest.raises(ConfigError, match="polcy"):
        scene.deliver(scene.think())
    assert pushed(scene) == []


@pytest.mark.slow
def test_a_remote_that_refuses_leaves_the_fix_in_its_bundle(scene: Scene) -> None:
    scene.project.protect("refs/heads/honk/*")
    bundle = scene.think()
    ended = scene.deliver(bundle, mode="branch")
    assert (ended.status, ended.outcome) == (14, "healed"), ended.record
    assert ended.delivery["kept"] == [f"bundle {bundle}"]


@pytest.mark.slow
def test_an_expired_token_is_told(scene: Scene) -> None:
    bundle, environ = scene.think(), scene.environ()
    scene.forge.state.tokens[scene.token.value] = replace(scene.token, is_expired=True)
    with pytest.raises((GitError, ForgeError)):
        scene.deliver(bundle, environ=environ)


# --- files that are no bundle ------------------------------------------------------------------------


def test_no_bundle_is_told_and_recorded(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="no bundle at"):
        deliver(tmp_path / "nowhere", os.environ, repo=tmp_path)
    assert json.loads((tmp_path / "delivered.json").read_text())["outcome"] == "gave_up"


@pytest.mark.slow
def test_a_manifest_that_names_more_than_there_is(scene: Scene) -> None:
    bundle = scene.think()
    alter(bundle, "manifest.json", lambda manifest: manifest["sha256"].update({"../../etc/passwd": "0" * 64}))
    ended = scene.deliver(bundle)
    assert (ended.status, ended.outcome) == (3, "refused")
    (bundle / "fix.patch").unlink()
    alter(bundle, "manifest.json", lambda manifest: manifest["sha256"].pop("../../etc/passwd"))
    assert scene.deliver(bundle).outcome == "refused"
    alter(bundle, "manifest.json", lambda manifest: manifest["sha256"].pop("fix.patch"))
    reseal(bundle)
    with pytest.raises(ReportError, match=r"fix\.patch is shorter"):
        scene.deliver(bundle)
