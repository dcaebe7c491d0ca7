"""Patches are exact, and their diffs are what git takes."""

from __future__ import annotations

import subprocess

import pytest

from honk_ci.patch import EXECUTABLE_MODE, FileChange, Patch, hunks, with_hunks
from honk_ci.stages.shrink import shrink
from tests.repos import Repo

CONTENTS = [
    (b"a\nb\nc\n", b"a\nB\nc\n"),
    (b"a\nb", b"a\nb\n"),
    (b"a\nb\n", b"a\nb"),
    (b"", b"one\n"),
    (b"one\n", b""),
    (b"a\r\nb\r\n", b"a\r\nc\r\n"),
    ("ä\n".encode(), "ö\nü\n".encode()),
    (b"x\n" * 50, b"y\n" + b"x\n" * 50 + b"z\n"),
    (b"a\x0cb\nc\x85d\n", b"a\x0cb\nC\x85d\n"),
]


@pytest.mark.parametrize(("before", "after"), [c for c in CONTENTS if b"\x85" not in c[0]])
def test_git_takes_the_diff(repo: Repo, before: bytes, after: bytes) -> None:
    (repo.path / "f").write_bytes(before)
    repo.commit("before")
    patch = Patch.of([FileChange(path="f", before=before, after=after)])
    subprocess.run(["git", "apply", "-"], cwd=repo.path, input=patch.diff().encode(), check=True, timeout=30)
    assert (repo.path / "f").read_bytes() == after


def test_new_deleted_and_executable_files(repo: Repo) -> None:
    repo.commit("before", {"gone.txt": "g\n", "run.sh": "r\n"})
    patch = Patch.of(
        [
            FileChange(path="gone.txt", before=b"g\n", after=None),
            FileChange(path="new.txt", before=None, after=b"n\n"),
            FileChange(path="run.sh", before=b"r\n", after=b"r\n", mode_after=EXECUTABLE_MODE),
        ]
    )
    subprocess.run(["git", "apply", "--index", "-"], cwd=repo.path, input=patch.diff().encode(), check=True, timeout=30)
    assert repo.git("diff", "--cached", "--name-status") == "D\tgone.txt\nA\tnew.txt\nM\trun.sh"


@pytest.mark.parametrize(("before", "after"), CONTENTS)
def test_all_hunks_make_the_change_and_none_make_nothing(before: bytes, after: bytes) -> None:
    change = FileChange(path="f", before=before, after=after)
    assert with_hunks(change, hunks(change)) == change
    assert with_hunks(change, []).after == before


def test_no_ops_and_repeats_are_no_part_of_a_patch() -> None:
    same = FileChange(path="a", before=b"1", after=b"1")
    assert not Patch.of([same])
    patch = Patch.of([FileChange(path="b", before=b"1", after=b"2"), FileChange(path="a", before=None, after=b"")])
    assert patch.paths == ("a", "b")


def _change(path: str, before: str, after: str) -> FileChange:
    return FileChange(path=path, before=before.encode(), after=after.encode())


def test_shrinking_leaves_the_hunks_that_matter() -> None:
    lines = [f"line {number}\n" for number in range(40)]
    edited = list(lines)
    edited[3], edited[20], edited[35] = "noise\n", "needed\n", "noise\n"
    patch = Patch.of(
        [
            _change("a.py", "".join(lines), "".join(edited)),
            _change("b.py", "x\n", "y\n"),
            FileChange(path="extra.py", before=None, after=b"e\n"),
            FileChange(path="tests/test_new.py", before=None, after=b"t\n"),
        ]
    )
    asked = []

    def holds(candidate: Patch) -> bool:
        asked.append(candidate)
        change = candidate.change("a.py")
        return change is not None and b"needed" in (change.after or b"")

    smallest = shrink(patch, holds=holds)
    assert smallest.paths == ("a.py", "tests/test_new.py")
    assert (smallest.lines_added, smallest.lines_removed) == (2, 1)
    assert len(asked) == 5


def test_a_single_hunk_is_not_tried() -> None:
    patch = Patch.of([_change("a.py", "1\n2\n", "1\n3\n")])
    assert shrink(patch, holds=lambda _: pytest.fail("asked")) == patch
