"""A patch is cut down to what the proof needs."""

from __future__ import annotations

from honk_ci.patch import EXECUTABLE_MODE, FileChange, Patch
from honk_ci.stages.shrink import MOST_HUNKS, shrink

BEFORE = b"".join(b"%d\n" % number for number in range(20))


def change(path: str, *lines: int) -> FileChange:
    """Each of ``lines`` changed."""
    after = b"".join(b"new\n" if number in lines else b"%d\n" % number for number in range(20))
    return FileChange(path=path, before=BEFORE, after=after)


def needs(path: str, line: int, patch: Patch) -> bool:
    found = patch.change(path)
    return found is not None and found.after is not None and found.after.splitlines()[line] == b"new"


def test_only_the_hunk_that_matters_is_kept() -> None:
    patch = Patch.of([change("a.py", 1, 5, 9), change("b.py", 3)])
    assert shrink(patch, holds=lambda smaller: needs("a.py", 5, smaller)) == Patch.of([change("a.py", 5)])


def test_hunks_that_only_hold_together_are_kept_together() -> None:
    patch = Patch.of([change("a.py", 1, 9), change("b.py", 3)])
    kept = shrink(patch, holds=lambda smaller: needs("a.py", 1, smaller) and needs("b.py", 3, smaller))
    assert kept == Patch.of([change("a.py", 1), change("b.py", 3)])


def test_tests_that_a_patch_adds_are_kept() -> None:
    added = FileChange(path="tests/test_a.py", before=None, after=b"def test_a(): ...\n")
    patch = Patch.of([change("a.py", 1, 9), added])
    assert shrink(patch, holds=lambda smaller: needs("a.py", 1, smaller)) == Patch.of([change("a.py", 1), added])


def test_a_file_without_lines_is_one_piece() -> None:
    moded = FileChange(path="run.sh", before=b"#\n", after=b"#\n", mode_after=EXECUTABLE_MODE)
    binary = FileChange(path="b.bin", before=b"\0a\nb\n", after=b"\0c\nd\n")
    patch = Patch.of([change("a.py", 1), moded, binary])
    assert shrink(patch, holds=lambda smaller: smaller.change("run.sh") is not None) == Patch.of([moded])
    assert shrink(patch, holds=lambda smaller: smaller.change("b.bin") is not None) == Patch.of([binary])


def test_a_rewrite_is_left_as_it_is() -> None:
    before = b"".join(b"%d\n" % number for number in range(4 * MOST_HUNKS))
    after = b"".join(b"%d\n" % (number if number % 2 else -number) for number in range(4 * MOST_HUNKS))
    patch = Patch.of([FileChange(path="a.py", before=before, after=after)])

    def holds(_: Patch) -> bool:
        raise AssertionError("trying each hunk of a rewrite costs more than reading it")

    assert shrink(patch, holds=holds) == patch
