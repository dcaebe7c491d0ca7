"""Fixes of earlier runs, put before the gate again where the branch is by now."""

from __future__ import annotations

from pathlib import Path

import pytest

from honk_ci.domain import Candidate, Verdict
from honk_ci.healers.earlier import Earlier
from honk_ci.memory.attempts import Fix
from honk_ci.stages.heal import heal
from tests.repos import Repo
from tests.stages.site_kit import Known, cases_for, opened, project, reproduced

NUMBERS = "".join(f"{number}\n" for number in range(1, 21))
FILES = {"cases/one": "grep -qx ten a.txt\n", "a.txt": NUMBERS, "b.txt": "b\n"}
PRINT = "f1"


def nothing(_: Candidate) -> Verdict:
    return Verdict(results=())


@pytest.fixture
def red(tmp_path: Path) -> Repo:
    return project(tmp_path / "repo", FILES)


def fixed(red: Repo, files: dict[str, str | None], **fields: object) -> Fix:
    """A fix that an earlier run made of the red commit; the branch stays where it is."""
    red.git("checkout", "--quiet", "--detach")
    for name, text in files.items():
        if text is None:
            red.git("rm", "--quiet", name)
    commit = red.commit("a fix", {name: text for name, text in files.items() if text is not None})
    red.git("checkout", "--quiet", "main")
    return Fix(commit=commit, healer="agent", rationale="Ten is a word", **fields)  # type: ignore[arg-type] # one test's


def candidates(red: Repo, tmp_path: Path, *fixes: Fix) -> list[Candidate]:
    with opened(red, tmp_path) as site:
        case = cases_for(site, tmp_path)(reproduced(PRINT, "one"), nothing)
        healer = Earlier({PRINT: fixes}, site.repository)
        assert healer.skip_reason(case) == ""
        return list(healer.heal(case))


def test_the_same_patch_for_the_same_commit(red: Repo, tmp_path: Path) -> None:
    fix = fixed(red, {"a.txt": NUMBERS.replace("10\n", "ten\n")}, kind="name", needs_person="a test is in it")
    (candidate,) = candidates(red, tmp_path, fix, fix)
    assert candidate.patch.paths == ("a.txt",)
    assert (candidate.healer, candidate.rationale) == ("agent", "Ten is a word")
    assert (candidate.kind, candidate.needs_person) == ("name", "a test is in it")


def test_it_moves_with_the_lines_around_it(red: Repo, tmp_path: Path) -> None:
    fix = fixed(red, {"a.txt": NUMBERS.replace("10\n", "ten\n")})
    red.commit("moved on", {"a.txt": "zero\n" + NUMBERS.replace("20\n", "twenty\n")})
    (candidate,) = candidates(red, tmp_path, fix)
    after = candidate.patch.changes[0].after
    assert after == ("zero\n" + NUMBERS.replace("20\n", "twenty\n").replace("10\n", "ten\n")).encode()


@pytest.mark.parametrize(
    ("files", "since"),
    [
        ({"a.txt": NUMBERS.replace("10\n", "ten\n")}, {"a.txt": NUMBERS.replace("10\n", "x\n")}),
        ({"a.txt": NUMBERS.replace("10\n", "ten\n")}, {"a.txt": NUMBERS.replace("10\n", "ten\n")}),
        ({"b.txt": None}, {"b.txt": "changed\n"}),
        ({"new.txt": "n\n"}, {"new.txt": "somebody else's\n"}),
    ],
    ids=["conflict", "in already", "deleted and changed", "made twice"],
)
def test_what_does_not_apply_any_more_is_not_proposed(
    red: Repo, tmp_path: Path, files: dict[str, str | None], since: dict[str, str]
) -> None:
    fix = fixed(red, files)
    red.commit("moved on", since)
    assert candidates(red, tmp_path, fix) == []


def test_files_that_come_go_and_become_executable(red: Repo, tmp_path: Path) -> None:
    red.git("checkout", "--quiet", "--detach")
    (red.path / "b.txt").chmod(0o755)
    red.git("rm", "--quiet", "cases/one")
    commit = red.commit("a fix", {"new/file.txt": "n\n"})
    red.git("checkout", "--quiet", "main")
    red.commit("moved on", {"b.txt": "b\nc\n"})
    (candidate,) = candidates(red, tmp_path, Fix(commit=commit, healer="agent"))
    changes = {change.path: change for change in candidate.patch.changes}
    assert changes["cases/one"].after is None
    assert changes["new/file.txt"].after == b"n\n"
    assert (changes["b.txt"].after, changes["b.txt"].mode_after) == (b"b\nc\n", 0o100755)


def test_a_fix_that_is_not_here_is_passed_over(red: Repo, tmp_path: Path) -> None:
    here = fixed(red, {"a.txt": NUMBERS.replace("10\n", "ten\n")})
    assert len(candidates(red, tmp_path, Fix(commit="1" * 40, healer="agent"), here)) == 1


def test_a_fix_of_another_submodule_is_passed_over(red: Repo, tmp_path: Path) -> None:
    red.git("checkout", "--quiet", "--detach")
    red.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},vendor")
    red.git("commit", "--quiet", "--message", "a fix")
    commit = red.git("rev-parse", "HEAD")
    red.git("checkout", "--quiet", "main")
    assert candidates(red, tmp_path, Fix(commit=commit, healer="agent")) == []


def test_the_ladder_goes_on_where_the_gate_refuses_it(red: Repo, tmp_path: Path) -> None:
    wrong = fixed(red, {"b.txt": "c\n"})
    with opened(red, tmp_path) as site:
        ladder = (Earlier({PRINT: (wrong,)}, site.repository), Known({PRINT: []}))
        (healing,) = heal([reproduced(PRINT, "one")], site, healers=lambda: ladder, new_case=cases_for(site, tmp_path))
    assert [(attempt.healer, attempt.verdict) for attempt in healing.attempts] == [
        ("earlier", "refused"), ("known", "nothing"),
    ]  # fmt: skip
