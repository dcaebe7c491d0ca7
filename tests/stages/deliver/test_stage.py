"""Fix commits and where they go: real repositories, and remotes that are folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from honk_ci.domain import Delivery, ProvenFix
from tests.repos import Repo
from tests.stages.deliver.kit import Delivering, fix

FILES = {"a.txt": "1\n2\n3\n4\n5\n6\n", "b.txt": "1\n"}


@pytest.fixture
def red(repo: Repo, tmp_path: Path) -> Repo:
    repo.commit("red", FILES)
    repo.add_bare_remote(tmp_path / "remote.git")
    return repo


def delivered(repo: Repo, *fixes: ProvenFix, environ: dict[str, str] | None = None, **config: Any) -> Delivery:
    return Delivering(repo=repo, environ=environ or {}).deliver(*fixes, **config)


def test_one_commit_a_cause_on_one_branch(red: Repo, tmp_path: Path) -> None:
    one = fix(red, "f1", {"a.txt": "0\n2\n3\n4\n5\n6\n"}, "The first line is right again")
    two = fix(red, "f2", {"a.txt": "1\n2\n3\n4\n5\n7\n"}, "The last line is right again")
    delivery = delivered(red, one, two)
    remote = Repo(tmp_path / "remote.git")
    subjects = remote.git("log", "--format=%s", f"main..{delivery.branch}").splitlines()
    assert subjects == ["The last line is right again", "The first line is right again"]
    assert remote.git("show", f"{delivery.branch}:a.txt").split() == ["0", "2", "3", "4", "5", "7"]
    assert delivery.done


def test_the_same_fix_twice_is_left_alone(red: Repo) -> None:
    first = delivered(red, fix(red, "f1", {"b.txt": "2\n"}))
    second = delivered(red, fix(red, "f1", {"b.txt": "2\n"}))
    assert (first.note, second.note) == ("pushed", "the branch holds this fix already")
    assert first.commit == second.commit


def test_another_fix_of_honk_s_is_replaced(red: Repo, tmp_path: Path) -> None:
    delivered(red, fix(red, "f1", {"b.txt": "2\n"}))
    second = delivered(red, fix(red, "f1", {"b.txt": "3\n"}))
    assert second.note == "pushed in place of an earlier patch"
    assert Repo(tmp_path / "remote.git").git("rev-parse", second.branch) == second.commit


def test_a_person_s_commit_on_the_branch_is_never_overwritten(red: Repo, tmp_path: Path) -> None:
    first = delivered(red, fix(red, "f1", {"b.txt": "2\n"}))
    red.git("fetch", "--quiet", "origin", first.branch)
    red.git("checkout", "--quiet", "FETCH_HEAD")
    theirs = red.commit("my own touch", {"c.txt": "c\n"})
    red.git("push", "--quiet", "origin", f"HEAD:refs/heads/{first.branch}")
    red.git("checkout", "--quiet", "main")
    second = delivered(red, fix(red, "f1", {"b.txt": "3\n"}))
    assert not second.done
    assert Repo(tmp_path / "remote.git").git("rev-parse", first.branch) == theirs
    assert second.kept


def test_nothing_but_the_fix_branch_is_pushed(red: Repo, tmp_path: Path) -> None:
    red.git("tag", "--annotate", "--message", "not for others yet", "v9")
    red.git("config", "push.followTags", "true")
    red.git("config", "remote.origin.push", "refs/heads/*:refs/heads/*")
    red.git("branch", "private")
    delivery = delivered(red, fix(red, "f1", {"b.txt": "2\n"}))
    refs = Repo(tmp_path / "remote.git").git("for-each-ref", "--format=%(refname)").splitlines()
    assert sorted(refs) == [f"refs/heads/{delivery.branch}", "refs/heads/main"]


def test_a_branch_that_was_looked_at_leaves_no_ref_here(red: Repo) -> None:
    delivered(red, fix(red, "f1", {"b.txt": "2\n"}))
    red.git("update-ref", "-d", "refs/remotes/origin/honk/fix-f1")
    red.git("config", "remote.origin.fetch", "+refs/heads/*:refs/seen/*")
    delivered(red, fix(red, "f1", {"b.txt": "2\n"}), author="other <other@example.invalid>")
    assert "refs/seen" not in red.git("for-each-ref")


def test_without_a_remote_the_fix_is_kept(red: Repo) -> None:
    red.git("remote", "remove", "origin")
    delivery = delivered(red, fix(red, "f1", {"b.txt": "2\n"}))
    assert (delivery.done, delivery.rejected) == (False, True)
    assert red.git("rev-parse", delivery.branch) == delivery.commit
    patch = Path(delivery.kept[-1])
    red.git("apply", "--check", str(patch))


@pytest.mark.parametrize("setting", [("format.useAutoBase", "true"), ("diff.noprefix", "true"), ("format.attach", "x")])
def test_a_kept_patch_applies_whatever_git_is_set_to(red: Repo, setting: tuple[str, str]) -> None:
    red.git("remote", "remove", "origin")
    red.git("config", *setting)
    delivery = delivered(red, fix(red, "f1", {"b.txt": "2\n"}))
    red.git("config", "--unset", setting[0])
    red.git("am", "--quiet", delivery.kept[-1])
    assert (red.path / "b.txt").read_text() == "2\n"


def test_where_nothing_can_be_written_the_branch_is_still_kept(red: Repo) -> None:
    red.git("remote", "remove", "origin")
    (red.path / ".git/honk").write_text("in the way\n")
    delivery = delivered(red, fix(red, "f1", {"b.txt": "2\n"}))
    assert delivery.rejected
    assert delivery.kept[0] == f"local branch {delivery.branch}"
    assert "cannot be written" in delivery.note


def test_deliver_none_moves_no_ref(red: Repo) -> None:
    before = red.git("for-each-ref")
    delivery = delivered(red, fix(red, "f1", {"b.txt": "2\n"}), mode="none")
    assert delivery.done
    assert red.git("for-each-ref") == before
    assert red.git("cat-file", "-t", delivery.commit) == "commit"


def test_no_secret_stands_in_a_commit_message(red: Repo) -> None:
    secret = "hunter2-and-more-9"
    one = fix(red, "f1", {"b.txt": "2\n"}, f"The number is right again. It was {secret}.")
    delivery = delivered(red, one, environ={"DEPLOY_TOKEN": secret})
    assert secret not in red.git("log", "-1", "--format=%B", delivery.commit)


@pytest.mark.parametrize("rationale", ["", "  \n", ". it was wrong", "\n\nfine", "a\0b", "x" * 300, "Réparé \udcff"])
def test_any_rationale_makes_a_commit(red: Repo, rationale: str) -> None:
    delivery = delivered(red, fix(red, "f1", {"b.txt": "2\n"}, rationale))
    subject = red.git("log", "-1", "--format=%s", delivery.commit)
    assert 0 < len(subject) <= 75
    assert red.git("log", "-1", "--format=%(trailers:key=Honk-Fingerprint,valueonly)", delivery.commit) == "f1"


def test_a_rationale_that_looks_like_a_patch_does_not_cut_the_message(red: Repo) -> None:
    red.git("remote", "remove", "origin")
    rationale = "The number is right\n\n---\ndiff --git a/x b/x\nIndex: x\n"
    delivery = delivered(red, fix(red, "f1", {"b.txt": "2\n"}, rationale))
    red.git("am", "--quiet", delivery.kept[-1])
    assert red.git("log", "-1", "--format=%(trailers:key=Honk-Healer,valueonly)") == "known"
