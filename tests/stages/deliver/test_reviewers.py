"""Who is asked to review a fix: real history, real blame, a forge on loopback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from honk_ci.config import Config, DeliverConfig
from honk_ci.stages.deliver.dispatch import Dispatch
from honk_ci.stages.deliver.reviewers import reviewers
from tests.forge import LoopbackForge
from tests.repos import Repo
from tests.stages.deliver.kit import fix, proof
from tests.stages.deliver.shop import GOOD, Shop, make_shop


@pytest.fixture
def shop(forge: LoopbackForge, tmp_path: Path) -> Shop:
    made = make_shop(forge, tmp_path)
    for login in ("ann", "ben", "cem", "renovate[bot]"):
        forge.add_user(login, made.project)
    return made


def commit_as(shop: Shop, login: str, files: dict[str, str]) -> str:
    address = shop.forge.state.user(login).email
    shop.dev.write(files)
    shop.dev.git("add", "--all")
    shop.dev.git("-c", f"user.email={address}", "commit", "--quiet", "--message", f"by {login}")
    shop.dev.git("push", "--quiet", "origin", "HEAD:topic")
    return shop.dev.git("rev-parse", "HEAD")


def asked(shop: Shop, ci: Repo, new: dict[str, str], *, base: str, author: str = "honk[bot]", **more: Any) -> list[str]:
    """Who is asked, where the request is ``author``'s."""
    context = more.pop("context", shop.context())
    delivering = shop.delivering(ci, context)
    delivering.base = base
    dispatch: Dispatch = delivering.dispatch(**more)
    forge = dispatch.forge
    assert forge is not None
    made = shop.forge.state.open_request(shop.project, author=author, head="topic", base="main", title="A fix")
    return list(reviewers(forge.request(made.number), proof(ci, [fix(ci, "f1", new)]), dispatch, forge))


def test_who_wrote_most_of_the_lines_comes_first_and_then_the_owners(shop: Shop) -> None:
    base = shop.dev.git("rev-parse", "HEAD")
    commit_as(shop, "ann", {"a.txt": GOOD.replace("line 5\n", "ann's\n")})
    commit_as(shop, "cem", {"a.txt": GOOD.replace("line 5\n", "ann's\n").replace("line 8\nline 9\n", "cem\ncem\n")})
    ci = shop.checkout(depth=0)
    assert asked(shop, ci, {"a.txt": GOOD}, base=base) == ["cem", "ann", "ben"]


@pytest.mark.slow
def test_lines_that_the_base_has_too_accuse_nobody(shop: Shop) -> None:
    commit_as(shop, "ann", {"a.txt": GOOD.replace("line 5\n", "ann's\n")})
    base = commit_as(shop, "ann", {"b.txt": "b\n"})
    commit_as(shop, "cem", {"b.txt": "c\n"})
    ci = shop.checkout(depth=0)
    assert asked(shop, ci, {"a.txt": GOOD}, base=base) == ["ben"]


@pytest.mark.slow
def test_what_a_fix_adds_is_asked_of_who_wrote_around_it(shop: Shop) -> None:
    base = shop.dev.git("rev-parse", "HEAD")
    removed = GOOD.replace("line 5\n", "").replace("line 4\n", "line four\n")
    commit_as(shop, "cem", {"a.txt": removed})
    ci = shop.checkout(depth=0)
    assert asked(shop, ci, {"a.txt": removed.replace("line 6\n", "line 5\nline 6\n")}, base=base)[0] == "cem"


@pytest.mark.slow
def test_neither_bots_nor_the_request_s_own_author_are_asked(shop: Shop) -> None:
    base = shop.dev.git("rev-parse", "HEAD")
    commit_as(shop, "renovate[bot]", {"a.txt": GOOD.replace("line 5\n", "bot\n")})
    commit_as(shop, "Ben", {"a.txt": GOOD.replace("line 5\n", "bot\n").replace("line 9\n", "ben\n")})
    ci = shop.checkout(depth=0)
    assert asked(shop, ci, {"a.txt": GOOD}, base=base, author="ben") == []


@pytest.mark.slow
def test_a_source_that_is_not_configured_is_not_asked(shop: Shop) -> None:
    base = shop.dev.git("rev-parse", "HEAD")
    commit_as(shop, "ann", {"a.txt": GOOD.replace("line 5\n", "ann's\n")})
    ci = shop.checkout(depth=0)
    assert asked(shop, ci, {"a.txt": GOOD}, base=base, reviewers=("author",)) == ["ann"]


def test_a_request_that_names_new_owners_does_not_choose_its_judges(shop: Shop) -> None:
    base = shop.dev.git("rev-parse", "HEAD")
    commit_as(shop, "ann", {"CODEOWNERS": "* @mallory\n"})
    ci = shop.checkout(depth=0)
    assert asked(shop, ci, {"a.txt": GOOD}, base=base, reviewers=("codeowners",)) == ["ben"]


@pytest.mark.slow
@pytest.mark.parametrize("depth", [1, 2])
def test_a_shallow_clone_accuses_nobody_wrongly(shop: Shop, depth: int) -> None:
    base = commit_as(shop, "ann", {"a.txt": GOOD.replace("line 5\n", "ann's\n")})
    commit_as(shop, "cem", {"b.txt": "b\n"})
    commit_as(shop, "cem", {"b.txt": "c\n"})
    ci = shop.checkout(depth=depth)
    ci.git("fetch", "--quiet", "--depth=1", "origin", base)
    assert asked(shop, ci, {"a.txt": GOOD}, base=base, reviewers=("author",)) == []


@pytest.mark.slow
def test_of_a_merge_that_the_forge_made_the_branch_s_own_commits_are_blamed(shop: Shop) -> None:
    base = shop.dev.git("rev-parse", "main")
    commit_as(shop, "ann", {"a.txt": GOOD.replace("line 5\n", "ann's\n")})
    context = shop.request_of_topic()
    ci = shop.checkout("refs/pull/1/merge")
    ci.git("fetch", "--quiet", "--depth=50", "origin", context.head_commit, base)
    assert asked(shop, ci, {"a.txt": GOOD}, base=base, context=context, reviewers=("author",)) == ["ann"]


@pytest.mark.slow
def test_a_text_converter_of_the_checkout_is_not_run(shop: Shop) -> None:
    base = shop.dev.git("rev-parse", "HEAD")
    commit_as(shop, "ann", {"a.txt": GOOD.replace("line 5\n", "ann's\n"), ".gitattributes": "*.txt diff=evil\n"})
    ci = shop.checkout(depth=0)
    ci.git("config", "diff.evil.textconv", f"touch {ci.path}/ran; cat")
    assert asked(shop, ci, {"a.txt": GOOD}, base=base)[0] == "ann"
    assert not (ci.path / "ran").exists()


def test_the_defaults_ask_both() -> None:
    assert Config().deliver.reviewers == DeliverConfig().reviewers == ("author", "codeowners")
