"""Where a fix goes: real remotes, over HTTP with a token, that refuse, move on, or are gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.honk import Ended, honk
from tests.e2e.projects import PYTHON, RedBuild, break_build, edited, run_pytest
from tests.forge import LoopbackForge, Project

pytestmark = pytest.mark.slow

WRONG_DISCOUNT = edited(PYTHON, "shop/cart.py", "(100 - discount)", "(100 + discount)")


@pytest.fixture
def red(tmp_path: Path) -> RedBuild:
    build = break_build(tmp_path, PYTHON, WRONG_DISCOUNT)
    run_pytest(build.path)
    return build


def heal(red: RedBuild, *more: str) -> Ended:
    return honk("heal", "--report", "junit.xml", "--healers", "search", *more, repo=red.path)


def serve(red: RedBuild, forge: LoopbackForge, *, shown: str = "") -> Project:
    """The project is on a forge; ``shown``: another token than the one that may push."""
    project = forge.add_project("acme/shop")
    token = forge.add_token("a-token-for-tests", kind="app")
    red.repo.git("push", "--quiet", str(project.folder), "HEAD:main")
    address = forge.git_url("acme/shop", token)
    red.repo.git("remote", "set-url", "origin", address.replace(token.value, shown or token.value))
    return project


def test_pushed_over_http_with_a_token(red: RedBuild, forge: LoopbackForge) -> None:
    project = serve(red, forge)
    ended = heal(red)
    assert ended.status == 0, ended.err
    assert project.branches()[ended.record["delivery"]["branch"]] == ended.record["delivery"]["commit"]
    assert "a-token-for-tests" not in ended.err + ended.out


def test_a_protected_branch_keeps_the_fix_here(red: RedBuild, forge: LoopbackForge) -> None:
    serve(red, forge).protect("refs/heads/honk/*")
    ended = heal(red)
    assert ended.status == 14, ended.err
    assert ended.outcome == "healed"
    delivery = ended.record["delivery"]
    assert delivery["rejected"] is True
    assert "GH006" in delivery["note"]
    assert red.repo.git("rev-parse", delivery["branch"]) == delivery["commit"]
    patch = next(Path(place) for place in delivery["kept"] if place.endswith(".patch"))
    red.repo.git("apply", "--check", str(patch))


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/shop.git", "/nowhere/at/all.git"])
def test_an_unreachable_remote_keeps_the_fix_here(red: RedBuild, address: str) -> None:
    red.repo.git("remote", "set-url", "origin", address)
    ended = heal(red)
    assert ended.status == 14, ended.err
    assert red.repo.git("rev-parse", ended.record["delivery"]["branch"]) == ended.record["delivery"]["commit"]


def test_a_wrong_token_is_told_without_showing_it(red: RedBuild, forge: LoopbackForge) -> None:
    serve(red, forge, shown="wrong-token-1234")
    ended = heal(red)
    assert ended.status == 14, ended.err
    assert "wrong-token-1234" not in ended.err + ended.out


def test_running_twice_delivers_once(red: RedBuild) -> None:
    first, second = heal(red), heal(red)
    assert (first.status, second.status) == (0, 0), second.err
    assert red.fix_branches() == [first.record["delivery"]["branch"]]
    assert first.record["delivery"]["commit"] == second.record["delivery"]["commit"]
    assert "already" in second.record["delivery"]["note"]


def _commit_on_branch(red: RedBuild, branch: str, message: str) -> str:
    red.repo.git("fetch", "--quiet", "origin", branch)
    red.repo.git("checkout", "--quiet", "FETCH_HEAD")
    commit = red.repo.commit(message, {"shop/extra.py": "EXTRA = 1\n"})
    red.repo.git("push", "--quiet", "--force", "origin", f"HEAD:refs/heads/{branch}")
    red.repo.git("checkout", "--quiet", "main")
    return commit


def test_a_branch_that_a_person_edited_is_never_overwritten(red: RedBuild) -> None:
    branch = heal(red).record["delivery"]["branch"]
    edited_by_person = _commit_on_branch(red, branch, "my own touch")
    ended = heal(red)
    assert ended.status == 3, ended.err
    assert red.remote.git("rev-parse", branch) == edited_by_person
    assert "people" in ended.record["delivery"]["note"]
    assert any(place.endswith(".patch") for place in ended.record["delivery"]["kept"])


def test_another_patch_of_honk_s_is_replaced(red: RedBuild) -> None:
    first = heal(red).record["delivery"]
    red.repo.git("fetch", "--quiet", "origin", first["branch"])
    red.repo.git("checkout", "--quiet", red.commit)
    other = red.repo.commit("another fix\n\nHonk-Fingerprint: 0123456789ab", {"shop/other.py": "O = 1\n"})
    red.repo.git("push", "--quiet", "--force", "origin", f"{other}:refs/heads/{first['branch']}")
    red.repo.git("checkout", "--quiet", "main")
    ended = heal(red)
    assert ended.status == 0, ended.err
    assert red.remote.git("rev-parse", first["branch"]) == ended.record["delivery"]["commit"] != other


def test_hooks_of_the_checkout_are_not_run(red: RedBuild, tmp_path: Path) -> None:
    for name in ("pre-push", "pre-commit", "commit-msg", "post-commit", "reference-transaction"):
        hook = red.path / ".git/hooks" / name
        hook.write_text(f"#!/bin/sh\necho {name} >> {tmp_path}/hooks-ran\nexit 1\n")
        hook.chmod(0o755)
    assert heal(red).status == 0
    assert not (tmp_path / "hooks-ran").exists()


def test_deliver_none_changes_no_ref_anywhere(red: RedBuild) -> None:
    before = red.repo.git("for-each-ref")
    ended = heal(red, "--deliver", "none")
    assert (ended.status, ended.outcome) == (0, "healed"), ended.err
    assert red.repo.git("for-each-ref") == before
    assert red.fix_branches() == []


def test_uncommitted_work_is_as_before(red: RedBuild) -> None:
    red.repo.write({"README.md": "mine\n", "shop/cart.py": "half an idea\n", "shop/new.py": "n = 1\n"})
    red.repo.git("add", "shop/new.py")
    before = (red.repo.git("status", "--porcelain"), red.repo.git("diff"), red.repo.git("diff", "--cached"))
    ended = heal(red)
    assert ended.status == 0, ended.err
    assert (red.repo.git("status", "--porcelain"), red.repo.git("diff"), red.repo.git("diff", "--cached")) == before
    assert (red.path / "junit.xml").read_text().count("<failure") == 3
