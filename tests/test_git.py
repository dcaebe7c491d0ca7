"""The wrapper of git, on real repositories."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from honk_ci.errors import GitError
from honk_ci.git import Repository
from honk_ci.patch import EXECUTABLE_MODE, SYMLINK_MODE, FileChange, Patch
from tests.repos import Repo

AUTHOR = "honk-ci <honk@example.invalid>"


def opened(repo: Repo) -> Repository:
    return Repository(repo.path, environ=os.environ)


def test_where_there_is_no_checkout_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="not in a git checkout"):
        Repository(tmp_path, environ=os.environ)
    with pytest.raises(GitError, match="no folder"):
        Repository(tmp_path / "gone", environ=os.environ)


def test_variables_of_a_calling_git_do_not_lead_elsewhere(repo: Repo, tmp_path: Path) -> None:
    commit = repo.commit("one", {"a": "1\n"})
    environ = {**os.environ, "GIT_DIR": str(tmp_path), "GIT_INDEX_FILE": str(tmp_path / "index")}
    assert Repository(repo.path, environ=environ).resolve("HEAD") == commit


def test_a_commit_of_a_patch_touches_neither_index_nor_tree(repo: Repo) -> None:
    parent = repo.commit("one", {"a.txt": "1\n", "gone.txt": "g\n", "dir/ü name.txt": "u\n"})
    repo.write({"staged.txt": "s\n"})
    repo.git("add", "staged.txt")
    before = repo.git("status", "--porcelain")
    patch = Patch.of(
        [
            FileChange(path="a.txt", before=b"1\n", after=b"2\n", mode_after=EXECUTABLE_MODE),
            FileChange(path="gone.txt", before=b"g\n", after=None),
            FileChange(path="dir/ü name.txt", before=b"u\n", after=b"\xff\x00"),
            FileChange(path="link", before=None, after=b"a.txt", mode_after=SYMLINK_MODE),
        ]
    )
    commit = opened(repo).commit_patch(parent, patch, "two\n", author=AUTHOR)
    assert repo.git("status", "--porcelain") == before
    assert repo.git("rev-parse", f"{commit}^") == parent
    assert repo.git("log", "-1", "--format=%an <%ae>|%cn", commit) == "honk-ci <honk@example.invalid>|honk-ci"
    assert repo.git("-c", "core.quotePath=false", "diff", "--name-status", parent, commit).split("\n") == [
        "M\ta.txt", "M\tdir/ü name.txt", "D\tgone.txt", "A\tlink",
    ]  # fmt: skip
    assert repo.git("ls-tree", commit, "a.txt", "link").split("\n")[0].startswith("100755")


def test_the_same_patch_makes_the_same_commit_at_the_same_date(repo: Repo) -> None:
    parent = repo.commit("one", {"a.txt": "1\n"})
    patch = Patch.of([FileChange(path="a.txt", before=b"1\n", after=b"2\n")])
    dates = {"GIT_AUTHOR_DATE": "1700000000 +0000", "GIT_COMMITTER_DATE": "1700000000 +0000"}
    made = {opened(repo).commit_patch(parent, patch, "two\n", author=AUTHOR, env=dates) for _ in range(2)}
    assert len(made) == 1


def test_three_way_merges(repo: Repo) -> None:
    repo.commit("one", {"a": "1\n"})
    base = b"1\n2\n3\n4\n5\n"
    git = opened(repo)
    assert git.merge_contents(base, b"one\n2\n3\n4\n5\n", b"1\n2\n3\n4\nfive\n") == b"one\n2\n3\n4\nfive\n"
    assert git.merge_contents(base, b"one\n2\n3\n4\n5\n", b"uno\n2\n3\n4\n5\n") is None


def test_push_swaps_only_what_it_expects(repo: Repo, tmp_path: Path) -> None:
    first = repo.commit("one", {"a": "1\n"})
    remote = repo.add_bare_remote(tmp_path / "remote.git")
    second = repo.commit("two", {"a": "2\n"})
    git = opened(repo)
    git.push("origin", first, "refs/heads/fix", expected=None)
    with pytest.raises(GitError):
        git.push("origin", second, "refs/heads/fix", expected=None)
    with pytest.raises(GitError):
        git.push("origin", second, "refs/heads/fix", expected=second)
    git.push("origin", second, "refs/heads/fix", expected=first)
    assert remote.git("rev-parse", "fix") == second == git.remote_ref("origin", "refs/heads/fix")
    assert git.remote_ref("origin", "refs/heads/none") is None


def test_a_dry_run_pushes_nothing(repo: Repo, tmp_path: Path) -> None:
    commit = repo.commit("one", {"a": "1\n"})
    remote = repo.add_bare_remote(tmp_path / "remote.git")
    opened(repo).push("origin", commit, "refs/heads/fix", expected=None, dry_run=True)
    assert remote.git("for-each-ref", "refs/heads/fix") == ""


def test_revisions_that_look_like_options_are_no_revisions(repo: Repo) -> None:
    repo.commit("one", {"a": "1\n"})
    assert opened(repo).resolve("--all") is None
    assert opened(repo).resolve("nonsense") is None


def test_several_revisions_at_once(repo: Repo) -> None:
    first = repo.commit("one", {"a": "1\n"})
    second = repo.commit("two", {"a": "2\n"})
    asked = ["HEAD", "nonsense", "HEAD^1", "HEAD^2", "main", "--all", "with space"]
    assert opened(repo).resolve_all(asked) == [second, None, first, None, second, None, None]


def test_whether_every_commit_is_honk_s(repo: Repo) -> None:
    base = repo.commit("one", {"a": "1\n"})
    ours = repo.commit("fix\n\nHonk-Fingerprint: 0123456789ab", {"a": "2\n"})
    git = opened(repo)
    assert git.is_made_by(ours, "Honk-Fingerprint", since=base)
    theirs = repo.commit("a touch", {"a": "3\n"})
    assert not git.is_made_by(theirs, "Honk-Fingerprint", since=base)
    assert not git.is_made_by(base, "Honk-Fingerprint", since=base)


def test_a_patch_between_two_commits_turns_one_into_the_other(repo: Repo) -> None:
    old = repo.commit("one", {"kept.txt": "k\n", "changed.txt": "1\n", "gone.txt": "g\n", "run.sh": "s\n"})
    (repo.path / "gone.txt").unlink()
    (repo.path / "run.sh").chmod(0o755)
    (repo.path / "link").symlink_to("kept.txt")
    (repo.path / "ü [name].bin").write_bytes(b"\0\xff")
    new = repo.commit("two", {"changed.txt": "2\n"})
    git = opened(repo)
    patch = git.patch_between(old, new)
    assert patch.paths == ("changed.txt", "gone.txt", "link", "run.sh", "ü [name].bin")
    again = git.commit_patch(old, patch, "again\n", author=AUTHOR)
    assert git.same_tree(again, new)
    assert not git.patch_between(new, again)


def test_a_patch_between_commits_with_another_submodule_is_refused(repo: Repo) -> None:
    old = repo.commit("one", {"a.txt": "1\n"})
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{old},vendor")
    repo.git("commit", "--quiet", "--message", "two")
    with pytest.raises(GitError, match="submodule vendor"):
        opened(repo).patch_between(old, "HEAD")


def test_a_file_becomes_a_folder_and_a_folder_a_file(repo: Repo) -> None:
    old = repo.commit("one", {"a": "1\n", "b/c": "1\n"})
    (repo.path / "a").unlink()
    (repo.path / "b/c").unlink()
    (repo.path / "b").rmdir()
    new = repo.commit("two", {"a/x": "2\n", "b": "2\n"})
    git = opened(repo)
    assert git.same_tree(git.commit_patch(old, git.patch_between(old, new), "again\n", author=AUTHOR), new)


def test_entries_tell_files_folders_and_submodules_apart(repo: Repo) -> None:
    first = repo.commit("one", {"a*.txt": "1\n", "ab.txt": "2\n", "dir/f": "3\n"})
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{first},vendor")
    repo.git("commit", "--quiet", "--message", "two")
    found = opened(repo).entries("HEAD", ["a*.txt", "dir", "vendor", "none", "ab.txt/deeper"])
    assert {path: f"{entry.mode:o}" for path, entry in found.items()} == {
        "a*.txt": "100644", "dir": "40000", "vendor": "160000",
    }  # fmt: skip


def test_a_fetch_into_a_shallow_clone_leaves_most_history_out_and_loses_none(repo: Repo, tmp_path: Path) -> None:
    for number in range(70):
        repo.commit(f"commit {number}")
    for depth, expected in ((1, 50), (60, 61)):
        shallow = tmp_path / f"clone{depth}"
        repo.git("checkout", "--quiet", "main")
        tmp_path_url = repo.path.as_uri()
        repo.git("clone", "--quiet", f"--depth={depth}", "--single-branch", tmp_path_url, str(shallow))
        repo.git("checkout", "--quiet", "-B", "moved")
        tip = repo.commit("moved on")
        git = Repository(shallow, environ=os.environ)
        git.fetch("origin", "refs/heads/moved")
        assert git.text("rev-list", "--count", tip) == str(expected)


def test_the_program_that_reads_signatures_is_not_started_and_says_nothing(repo: Repo, tmp_path: Path) -> None:
    program = tmp_path / "gpg"
    program.write_text(f"#!/bin/sh\nenv > {tmp_path}/started\necho 'gpg: Signature made today' >&2\n")
    program.chmod(0o755)
    told = repo.git("cat-file", "commit", repo.commit("one")).replace(
        "\n\n", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n\n", 1
    )
    (tmp_path / "commit").write_text(f"{told}\n")
    signed = repo.git("hash-object", "-t", "commit", "-w", str(tmp_path / "commit"))
    repo.git("config", "log.showSignature", "true")
    repo.git("config", "gpg.program", str(program))

    assert Repository(repo.path, environ=os.environ).commit_time(signed) > 0
    assert not (tmp_path / "started").exists()


def test_a_program_that_git_starts_sees_none_of_honk_s_keys(repo: Repo) -> None:
    secrets = {"ANTHROPIC_API_KEY": "sk-ant-secret", "HONK_BUNDLE_KEY": "signing-key-secret"}
    repo.git("config", "alias.show-environ", "!env")

    seen = Repository(repo.path, environ={**os.environ, **secrets}).text("show-environ")

    assert "PATH=" in seen
    assert "secret" not in seen
