"""Patches on other ground: real commits, byte for byte."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from honk_ci.git import Repository
from honk_ci.patch import EXECUTABLE_MODE, REGULAR_MODE, SYMLINK_MODE, FileChange, Patch
from honk_ci.stages.deliver.carry import Carried, carry
from tests.repos import Repo
from tests.stages.deliver.kit import opened

LINES = b"".join(b"line %d\n" % number for number in range(1, 21))

State = tuple[bytes, int]  # content and mode


def commit(repo: Repo, files: Mapping[str, State]) -> str:
    """A commit of just these files."""
    repository = opened(repo)
    patch = Patch.of(
        FileChange(path=path, before=None, after=content, mode_after=mode) for path, (content, mode) in files.items()
    )
    empty = repo.git("commit-tree", "4b825dc642cb6eb9a060e54bf8d69288fbee4904", "-m", "empty")
    return repository.commit_patch(empty, patch, "files", author="ann <ann@example.invalid>")


def plain(**files: bytes) -> dict[str, State]:
    return {name: (content, REGULAR_MODE) for name, content in files.items()}


def carried(repo: Repo, *, red: Mapping[str, State], fixed: Mapping[str, State], onto: Mapping[str, State]) -> Carried:
    repository = opened(repo)
    patch = repository.patch_between(commit(repo, red), commit(repo, fixed))
    return carry(patch, commit(repo, onto), repository)


def result(repo: Repo, onto: Mapping[str, State], done: Carried) -> dict[str, State]:
    """The files of ``onto`` with the carried patch."""
    repository: Repository = opened(repo)
    made = repository.commit_patch(commit(repo, onto), done.patch, "fix", author="honk <honk@example.invalid>")
    entries = list(repository.tree(made))
    contents = repository.blobs([entry.blob for entry in entries])
    return {entry.path: (content, entry.mode) for entry, content in zip(entries, contents, strict=True)}


def test_on_the_same_files_it_is_the_same_patch(repo: Repo) -> None:
    red, fixed = plain(a=LINES), plain(a=LINES.replace(b"5\n", b"five\n"))
    done = carried(repo, red=red, fixed=fixed, onto={**red, **plain(b=b"other\n")})
    assert done.is_exact
    assert done.patch.paths == ("a",)


@pytest.mark.parametrize(
    ("red", "fixed", "onto", "expected"),
    [
        pytest.param(
            LINES, LINES.replace(b"e 2\n", b"E 2\n"), LINES.replace(b"e 19\n", b"E 19\n"),
            LINES.replace(b"e 2\n", b"E 2\n").replace(b"e 19\n", b"E 19\n"), id="other lines",
        ),
        pytest.param(
            LINES.replace(b"\n", b"\r\n"), LINES.replace(b"\n", b"\r\n").replace(b"e 2\r", b"E 2\r"),
            b"top\r\n" + LINES.replace(b"\n", b"\r\n"),
            b"top\r\n" + LINES.replace(b"\n", b"\r\n").replace(b"e 2\r", b"E 2\r"), id="CRLF",
        ),
        pytest.param(
            LINES[:-1], LINES[:-1].replace(b"e 2\n", b"E 2\n"), b"top\n" + LINES[:-1],
            b"top\n" + LINES[:-1].replace(b"e 2\n", b"E 2\n"), id="no newline at the end",
        ),
        pytest.param(
            LINES + b"\xff\xfe\n", LINES.replace(b"e 2\n", b"E 2\n") + b"\xff\xfe\n", b"top\n" + LINES + b"\xff\xfe\n",
            b"top\n" + LINES.replace(b"e 2\n", b"E 2\n") + b"\xff\xfe\n", id="not text",
        ),
    ],
)  # fmt: skip
def test_files_that_differ_are_merged_byte_for_byte(
    repo: Repo, red: bytes, fixed: bytes, onto: bytes, expected: bytes
) -> None:
    done = carried(repo, red=plain(a=red), fixed=plain(a=fixed), onto=plain(a=onto))
    assert (done.conflicts, done.is_exact) == ((), True)
    assert result(repo, plain(a=onto), done) == plain(a=expected)


@pytest.mark.parametrize(
    ("red", "fixed", "onto"),
    [
        pytest.param(plain(a=LINES), plain(a=b"x\n" + LINES), plain(a=b"y\n" + LINES), id="same lines"),
        pytest.param(plain(a=b"\0\1"), plain(a=b"\0\2"), plain(a=b"\0\3"), id="binary"),
        pytest.param(plain(a=LINES), plain(a=b"x\n" + LINES), {}, id="gone"),
        pytest.param(plain(a=LINES), {}, plain(a=b"y\n" + LINES), id="to go, and changed"),
        pytest.param({}, plain(a=b"x\n"), plain(a=b"y\n"), id="new in both"),
        pytest.param(plain(z=b"z\n"), plain(z=b"z\n", a=b"x\n"), {"a/b": (b"y\n", REGULAR_MODE)}, id="a folder"),
        pytest.param({}, {"a/b": (b"x\n", REGULAR_MODE)}, plain(a=b"y\n"), id="a file for a folder"),
        pytest.param({"a": (b"x", SYMLINK_MODE)}, {"a": (b"y", SYMLINK_MODE)}, {"a": (b"z", SYMLINK_MODE)}, id="links"),
        pytest.param({"a": (LINES, REGULAR_MODE)}, plain(a=b"x\n" + LINES), {"a": (b"x", SYMLINK_MODE)}, id="a link"),
    ],
)
def test_what_does_not_fit_is_a_conflict(
    repo: Repo, red: dict[str, State], fixed: dict[str, State], onto: dict[str, State]
) -> None:
    done = carried(repo, red=red, fixed=fixed, onto=onto)
    assert len(done.conflicts) == 1
    assert not done.is_exact


@pytest.mark.parametrize(
    ("red", "fixed", "onto"),
    [
        pytest.param(plain(a=b"1\n"), plain(a=b"2\n"), plain(a=b"2\n"), id="changed"),
        pytest.param(plain(a=b"1\n"), {}, {}, id="gone"),
        pytest.param({}, plain(a=b"1\n"), plain(a=b"1\n"), id="new"),
        pytest.param(plain(a=b"1\n"), {"a": (b"1\n", EXECUTABLE_MODE)}, {"a": (b"1\n", EXECUTABLE_MODE)}, id="mode"),
    ],
)
def test_what_is_there_already_needs_no_patch(
    repo: Repo, red: dict[str, State], fixed: dict[str, State], onto: dict[str, State]
) -> None:
    done = carried(repo, red=red, fixed=fixed, onto=onto)
    assert (done.patch, done.conflicts) == (Patch(), ())


def test_a_mode_of_the_other_ground_stays_unless_the_patch_changes_it(repo: Repo) -> None:
    onto = {"a": (b"top\n" + LINES, EXECUTABLE_MODE)}
    fixed = LINES.replace(b"e 19\n", b"E 19\n")
    done = carried(repo, red=plain(a=LINES), fixed=plain(a=fixed), onto=onto)
    assert result(repo, onto, done) == {"a": (b"top\n" + fixed, EXECUTABLE_MODE)}
    assert not done.is_exact
    mode_only = carried(repo, red=plain(a=LINES), fixed={"a": (LINES, EXECUTABLE_MODE)}, onto=plain(a=b"top\n" + LINES))
    assert result(repo, plain(a=b"top\n" + LINES), mode_only) == {"a": (b"top\n" + LINES, EXECUTABLE_MODE)}


def test_a_merge_that_does_not_lead_back_is_not_exact(repo: Repo) -> None:
    """The target has one more of the lines that the fix removes."""
    red = plain(a=b"a\nx\nb\nc\nd\ne\nx\nf\n")
    fixed = plain(a=b"a\nb\nc\nd\ne\nf\n")
    onto = plain(a=b"a\nx\nb\nc\nd\ne\nf\n")
    done = carried(repo, red=red, fixed=fixed, onto=onto)
    assert result(repo, onto, done) == plain(a=b"a\nb\nc\nd\ne\nf\n")
    assert not done.is_exact


def test_paths_that_look_like_patterns_are_plain_names(repo: Repo) -> None:
    name = ":(glob)*[a] ü\t.txt"
    red, fixed = {name: (b"1\n", REGULAR_MODE)}, {name: (b"2\n", REGULAR_MODE)}
    done = carried(repo, red=red, fixed=fixed, onto={**red, **plain(b=b"b\n")})
    assert done.is_exact
    assert done.patch.paths == (name,)
