"""Documents in refs: written by compare-and-swap, read without trust."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from honk_ci.errors import GitError
from tests.memory.kit import clone, store
from tests.repos import Repo

REF = "refs/honk/attempts/0123456789ab"


@pytest.fixture
def remote(repo: Repo, tmp_path: Path) -> Repo:
    repo.commit("first", {"a.txt": "1\n"})
    return repo.add_bare_remote(tmp_path / "remote.git")


def test_what_is_written_is_read_elsewhere(repo: Repo, remote: Repo, tmp_path: Path) -> None:
    written = store(repo).write(REF, {"said": "grüß \ud800 \0"}, expected=None)
    there = store(clone(remote, tmp_path / "other"))
    documents = there.read(there.tips("refs/honk/*"))
    assert documents[REF].id == written
    assert documents[REF].body == {"said": "grüß \ud800 \0"}


def test_a_state_has_the_one_before_it_as_parent_and_no_files(repo: Repo, remote: Repo) -> None:
    first = store(repo).write(REF, {"n": 1}, expected=None)
    second = store(repo).write(REF, {"n": 2}, expected=first)
    assert remote.git("rev-parse", f"{REF}^") == first
    assert remote.git("ls-tree", REF) == ""
    assert json.loads(remote.git("show", "--no-patch", "--format=%b", str(second))) == {"n": 2}


def test_whoever_comes_second_is_told(repo: Repo, remote: Repo, tmp_path: Path) -> None:
    other = clone(remote, tmp_path / "other")
    first = store(repo).write(REF, {"n": 1}, expected=None)
    assert store(other).write(REF, {"n": 2}, expected=None) is None
    assert store(other).write(REF, {"n": 3}, expected="1" * 40) is None
    assert remote.git("rev-parse", REF) == first


@pytest.mark.slow
def test_of_many_at_once_one_wins(repo: Repo, remote: Repo, tmp_path: Path) -> None:
    others = [clone(remote, tmp_path / f"other{number}") for number in range(6)]
    won: list[str] = []

    def write(number: int) -> None:
        if written := store(others[number]).write(REF, {"n": number}, expected=None):
            won.append(written)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert won == [remote.git("rev-parse", REF)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "message",
    [
        "",
        "no JSON",
        "subject\n\n[1, 2]",
        "subject\n\n{'n': 1}",
        'subject\n\n{"n": 1',
        "subject\n\n" + "[" * 100_000,
        'subject\n\n{"n": "' + "x" * 300_000 + '"}',
    ],
)
def test_what_makes_no_sense_counts_as_absent(repo: Repo, remote: Repo, tmp_path: Path, message: str) -> None:
    (tmp_path / "message").write_text(message)
    tree = repo.git("hash-object", "-w", "-t", "tree", "/dev/null")
    commit = repo.git("commit-tree", tree, "-F", str(tmp_path / "message"))
    repo.git("push", "--quiet", "origin", f"{commit}:{REF}")
    reader = store(clone(remote, tmp_path / "other"))
    assert reader.read(reader.tips("refs/honk/*")) == {}
    assert len(reader.notes) == 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["blob", "tree", "tag"])
def test_a_ref_at_something_else_than_a_commit_counts_as_absent(
    repo: Repo, remote: Repo, tmp_path: Path, kind: str
) -> None:
    repo.git("tag", "-a", "-m", "a tag", "v1")
    target = {"blob": "HEAD:a.txt", "tree": "HEAD^{tree}", "tag": "v1"}[kind]
    repo.git("push", "--quiet", "origin", f"{repo.git('rev-parse', target)}:{REF}")
    reader = store(clone(remote, tmp_path / "other"))
    assert reader.read(reader.tips("refs/honk/*")) == {}


def test_refs_of_odd_names_are_left_out(repo: Repo, remote: Repo) -> None:
    for name in ("refs/honk/x", "refs/honk/attempts/-evil", "refs/honk/attempts/a+b"):
        repo.git("push", "--quiet", "origin", f"HEAD:{name}")
    assert store(repo).tips("refs/honk/*") == {}
    assert remote.git("for-each-ref", "--format=%(refname)", "refs/honk")


def test_a_ref_that_has_gone_since_it_was_listed_does_not_hide_the_others(
    repo: Repo, remote: Repo, tmp_path: Path
) -> None:
    store(repo).write(REF, {"n": 1}, expected=None)
    store(repo).write(f"{REF}0", {"n": 2}, expected=None)
    reader = store(clone(remote, tmp_path / "other"))
    tips = reader.tips("refs/honk/*")
    remote.git("update-ref", "-d", REF)
    assert list(reader.read(tips)) == [f"{REF}0"]


def test_a_ref_is_deleted_only_as_it_was_seen(repo: Repo, remote: Repo) -> None:
    first = store(repo).write(REF, {"n": 1}, expected=None)
    assert first is not None
    second = store(repo).write(REF, {"n": 2}, expected=first)
    assert second is not None
    assert store(repo).delete(REF, expected=first) is False
    assert store(repo).delete(REF, expected=second) is True
    assert store(repo).delete(REF, expected=second) is True
    assert remote.git("for-each-ref", "refs/honk") == ""


def test_a_remote_that_refuses_such_refs_is_an_error(repo: Repo, remote: Repo) -> None:
    hook = remote.path / "hooks/update"
    hook.write_text('#!/bin/sh\ncase "$1" in refs/honk/*) echo "no such refs here" >&2; exit 1;; esac\n')
    hook.chmod(0o755)
    with pytest.raises(GitError, match="no such refs here"):
        store(repo).write(REF, {"n": 1}, expected=None)
