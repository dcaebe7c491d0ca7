"""Patches as suggestions: applied the way a forge applies them, they must give the patched file."""

from __future__ import annotations

import random

import pytest

from honk_ci.forges.interface import Suggestion
from honk_ci.patch import FileChange, Patch, split_lines
from honk_ci.stages.announce.suggestions import as_suggestions, hash_of

BEFORE = b"".join(b"line %d\n" % number for number in range(1, 11))
ALL = {"a.txt": frozenset(range(1, 100))}


def suggested(before: bytes, after: bytes, **more: int) -> tuple[Suggestion, ...] | None:
    return as_suggestions(Patch.of([FileChange(path="a.txt", before=before, after=after, **more)]), ALL, "why")


def taken(before: bytes, suggestions: tuple[Suggestion, ...]) -> bytes:
    """The file after all suggestions were taken, from the last to the first."""
    lines = split_lines(before)
    for one in sorted(suggestions, key=lambda one: one.first_line, reverse=True):
        assert 1 <= one.first_line <= one.last_line <= len(lines)
        lines[one.first_line - 1 : one.last_line] = [one.replacement.encode()]
    return b"".join(lines)


@pytest.mark.parametrize(
    "after",
    [
        BEFORE.replace(b"line 5\n", b"mended\n"),
        BEFORE.replace(b"line 5\n", b""),
        BEFORE.replace(b"line 5\n", b"line 5\nnew\nnewer\n"),
        b"new\n" + BEFORE,
        BEFORE + b"new\n",
        BEFORE.replace(b"line 1\n", b"").replace(b"line 10\n", b""),
        BEFORE.replace(b"line 2\nline 3\nline 4\n", b"one\n").replace(b"line 8\n", b"\n\n"),
        "“ü”\n".encode() + BEFORE,
    ],
)
def test_suggestions_that_are_taken_give_the_patched_file(after: bytes) -> None:
    suggestions = suggested(BEFORE, after)

    assert suggestions
    assert taken(BEFORE, suggestions) == after


def test_any_edit_of_lines_can_be_taken() -> None:
    dice = random.Random(7)
    for _ in range(300):
        before = [b"%d\n" % dice.randrange(4) for _ in range(dice.randrange(1, 12))]
        after = [line for line in before if dice.random() > 0.2]
        for _ in range(dice.randrange(3)):
            after.insert(dice.randrange(len(after) + 1), b"new %d\n" % dice.randrange(4))
        if not after or after == before:
            continue
        suggestions = suggested(b"".join(before), b"".join(after))
        assert suggestions
        assert taken(b"".join(before), suggestions) == b"".join(after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (BEFORE, BEFORE.removesuffix(b"\n")),
        (BEFORE.removesuffix(b"\n"), BEFORE.removesuffix(b"0\n") + b"1"),
        (BEFORE.replace(b"\n", b"\r\n"), BEFORE.replace(b"5", b"x").replace(b"\n", b"\r\n")),
        (BEFORE, BEFORE.replace(b"5", b"\xff")),
        (BEFORE, BEFORE.replace(b"5", b"\0")),
        (BEFORE, b""),
        (b"", BEFORE),
    ],
)
def test_what_lines_cannot_say_is_not_suggested(before: bytes, after: bytes) -> None:
    assert suggested(before, after) is None


def test_new_files_gone_files_modes_and_links_are_not_suggested() -> None:
    for change in (
        FileChange(path="a.txt", before=None, after=BEFORE),
        FileChange(path="a.txt", before=BEFORE, after=None),
        FileChange(path="a.txt", before=BEFORE, after=BEFORE + b"x\n", mode_after=0o100755),
        FileChange(path="a.txt", before=b"x\n", after=b"y\n", mode_before=0o120000, mode_after=0o120000),
    ):
        assert as_suggestions(Patch.of([change]), ALL, "why") is None


def test_all_or_none_is_suggested() -> None:
    after = BEFORE.replace(b"line 2\n", b"x\n").replace(b"line 9\n", b"y\n")
    patch = Patch.of([FileChange(path="a.txt", before=BEFORE, after=after)])

    assert as_suggestions(patch, {"a.txt": frozenset({2})}, "why") is None
    assert as_suggestions(patch, {"b.txt": frozenset({2, 9})}, "why") is None
    assert len(as_suggestions(patch, {"a.txt": frozenset({2, 9})}, "why") or ()) == 2
    assert as_suggestions(Patch(), ALL, "why") is None


def test_the_hash_tells_suggestions_and_commits_apart() -> None:
    one, other = suggested(BEFORE, b"new\n" + BEFORE), suggested(BEFORE, b"newer\n" + BEFORE)

    assert one
    assert other
    assert hash_of(one, "a" * 40) == hash_of(one, "a" * 40)
    assert len({hash_of(one, "a" * 40), hash_of(other, "a" * 40), hash_of(one, "b" * 40)}) == 3
