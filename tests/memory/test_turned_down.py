"""What became of a fix: merged in any way, turned down in any way, or neither."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from honk_ci.git import Repository
from honk_ci.memory.attempts import Fix, PastRun
from honk_ci.memory.turned_down import Fate, Judge, Judgement
from honk_ci.remote import Remote
from tests.memory.kit import PRINT, clone
from tests.repos import Repo

pytestmark = pytest.mark.slow  # dozens of real histories

FILE = "".join(f"line {number}\n" for number in range(1, 21))
RED = FILE.replace("line 10\n", "line ten\n")
MESSAGE = f"Line 10 is right again\n\nFix: Line 10 is right again\n\nHonk-Fingerprint: {PRINT}\nHonk-Healer: search"
BRANCH = f"honk/fix-{PRINT}"


@dataclass(kw_only=True)
class Case:
    """Branch ``topic`` is red, and ``honk/fix-…`` has a fix for it; people work in ``people``."""

    people: Repo
    remote: Repo
    red: str
    fix: str
    mode: str = "branch"
    folder: Path

    def push(self, *refs: str) -> None:
        self.people.git("push", "--quiet", "--force", "origin", *refs)

    def judge(self, head: str = "topic", *, depth: int = 0, **changes: object) -> Judgement:
        """As seen by a new run that is red at a branch of the remote."""
        checkout = self.folder / f"ci{len(list(self.folder.iterdir()))}"
        if depth:
            url = self.remote.path.as_uri()
            self.people.git("clone", "--quiet", f"--depth={depth}", f"--branch={head}", url, str(checkout))
        else:
            clone(self.remote, checkout)
        repository = Repository(checkout, environ=os.environ)
        remote = Remote(repository=repository, name="origin")
        remote.fetch(f"refs/honk/fixes/{PRINT}/{self.fix[:12]}")
        judge = Judge(
            fingerprint=PRINT,
            head=self.remote.git("rev-parse", head),
            tips=remote.tips("refs/heads/*"),
            remote=remote,
            forge=None,
            default_branch="main",
        )
        fix = Fix(commit=self.fix, healer="search", mode=self.mode, branch=BRANCH, target="topic")
        past = PastRun(run="1", url="", commit=self.red, branch="topic", at=1.0e9, outcome="healed", fix=fix)
        return judge.judge(replace(fix, **changes), past)  # type: ignore[arg-type] # one test's fields


@pytest.fixture
def case(repo: Repo, tmp_path: Path) -> Case:
    repo.commit("first", {"a.txt": FILE, "b.txt": "b\n"})
    remote = repo.add_bare_remote(tmp_path / "remote.git")
    remote.git("symbolic-ref", "HEAD", "refs/heads/main")
    repo.git("checkout", "--quiet", "-b", "topic")
    red = repo.commit("a change", {"a.txt": RED})
    repo.git("checkout", "--quiet", "-b", BRANCH)
    fix = repo.commit(MESSAGE, {"a.txt": FILE})
    repo.git("checkout", "--quiet", "topic")
    folder = tmp_path / "ci"
    folder.mkdir()
    case = Case(people=repo, remote=remote, red=red, fix=fix, folder=folder)
    case.push("topic", BRANCH, f"{fix}:refs/honk/fixes/{PRINT}/{fix[:12]}")
    return case


def no(judgement: Judgement) -> str:
    """Why it counts as turned down; "" when it does not."""
    assert bool(judgement.why) == (judgement.fate is Fate.REFUSED)
    return judgement.why


# --- not a no --------------------------------------------------------------------------------------


def test_a_branch_that_waits_is_open(case: Case) -> None:
    assert case.judge().fate is Fate.OPEN


def test_a_red_branch_that_goes_on_leaves_it_open(case: Case) -> None:
    case.people.commit("more", {"b.txt": "c\n"})
    case.push("topic")
    assert case.judge().fate is Fate.OPEN


def merge(case: Case) -> None:
    case.people.git("merge", "--quiet", "--no-ff", "-m", "Merge the fix", BRANCH)


def fast_forward(case: Case) -> None:
    case.people.git("merge", "--quiet", "--ff-only", BRANCH)


def squash(case: Case) -> None:
    case.people.git("merge", "--quiet", "--squash", BRANCH)
    case.people.commit(f"Line 10 (#7)\n\n* {MESSAGE}")


def squash_in_other_words(case: Case) -> None:
    case.people.git("merge", "--quiet", "--squash", BRANCH)
    case.people.commit("Line 10 (#7)")


def rebase(case: Case) -> None:
    case.people.commit("meanwhile", {"b.txt": "c\n"})
    case.people.git("cherry-pick", BRANCH)


def by_hand(case: Case) -> None:
    case.people.commit("the same by hand, and more", {"a.txt": FILE, "b.txt": "c\n"})


MERGES = [merge, fast_forward, squash, squash_in_other_words, rebase, by_hand]


@pytest.mark.parametrize("how", MERGES, ids=lambda how: how.__name__)
def test_a_branch_that_goes_after_its_merge_is_no_no(case: Case, how: object) -> None:
    assert callable(how)
    how(case)
    case.push("topic", f":{BRANCH}")
    assert case.judge().fate in {Fate.LANDED, Fate.OPEN}


@pytest.mark.parametrize("how", MERGES, ids=lambda how: how.__name__)
def test_nor_where_the_red_branch_has_been_merged_since(case: Case, how: object) -> None:
    assert callable(how)
    how(case)
    case.people.git("checkout", "--quiet", "main")
    case.people.git("merge", "--quiet", "--squash", "topic")
    case.people.commit("The topic (#8)")
    case.push("main", ":topic", f":{BRANCH}")
    assert not no(case.judge("main"))


def test_a_fix_that_was_merged_and_is_red_again_has_landed(case: Case) -> None:
    merge(case)
    case.people.commit("broken anew", {"a.txt": RED.replace("line 11", "line eleven")})
    case.push("topic", f":{BRANCH}")
    assert case.judge().fate is Fate.LANDED


def test_a_fix_merged_into_another_branch_is_no_no(case: Case) -> None:
    case.people.git("checkout", "--quiet", "main")
    case.people.git("cherry-pick", BRANCH, "--strategy-option=theirs", "--allow-empty", "--keep-redundant-commits")
    case.push("main", f":{BRANCH}")
    assert not no(case.judge())


def test_who_tidies_up_both_branches_says_no_no(case: Case) -> None:
    case.push(f":{BRANCH}", ":topic")
    assert not no(case.judge("main"))


def test_a_shallow_clone_does_not_take_a_missing_branch_for_a_no(case: Case) -> None:
    for number in range(3):
        case.people.commit(f"more {number}", {"b.txt": f"{number}\n"})
    case.push("topic", f":{BRANCH}")
    assert not no(case.judge(depth=1))


def test_a_fix_that_nobody_has_any_more_is_not_judged(case: Case) -> None:
    case.push(f":{BRANCH}")
    assert not no(case.judge(commit="1" * 40))


def test_a_fix_without_a_branch_is_not_judged(case: Case) -> None:
    case.push(f":{BRANCH}")
    assert not no(case.judge(branch=""))


# --- a no ------------------------------------------------------------------------------------------


def test_a_branch_that_people_deleted(case: Case) -> None:
    case.push(f":{BRANCH}")
    assert "deleted its branch" in no(case.judge())


def test_a_branch_that_people_deleted_while_the_red_one_went_on(case: Case) -> None:
    case.people.commit("more", {"a.txt": RED.replace("line 20", "line twenty"), "b.txt": "c\n"})
    case.push("topic", f":{BRANCH}")
    assert "deleted its branch" in no(case.judge())


@pytest.mark.parametrize("how", MERGES[:5], ids=lambda how: how.__name__)
def test_a_fix_that_was_merged_and_reverted(case: Case, how: object) -> None:
    assert callable(how)
    how(case)
    arguments = ["-m", "1"] if how is merge else []
    case.people.git("revert", "--no-edit", *arguments, "HEAD")
    reverted = case.people.git("rev-parse", "HEAD")
    case.push("topic", f":{BRANCH}")
    judgement = case.judge()
    assert no(judgement) == "people reverted it"
    assert judgement.evidence == reverted


def test_a_revert_of_the_revert_lifts_it(case: Case) -> None:
    fast_forward(case)
    case.people.git("revert", "--no-edit", "HEAD")
    case.people.git("revert", "--no-edit", "HEAD")
    case.push("topic")
    assert case.judge().fate is Fate.LANDED
    case.people.git("revert", "--no-edit", "HEAD")
    case.push("topic")
    assert no(case.judge()) == "people reverted it"


@pytest.mark.parametrize(
    ("words", "is_no"),
    [
        ("Reverts acme/shop#7", True),
        ("Reverts #7", True),
        ("This reverts merge request !7", True),
        ("This reverts merge request acme/shop!7", True),
        ("Reverts acme/shop#77", False),
        ("It never reverts #7", False),
    ],
)
def test_the_words_of_the_forges_revert_buttons(case: Case, words: str, *, is_no: bool) -> None:
    fast_forward(case)
    case.people.commit(f'Revert "Line 10"\n\n{words}', {"b.txt": "c\n"})
    case.push("topic")
    assert bool(no(case.judge(request=7))) == is_no


def test_a_change_that_people_took_back_by_hand(case: Case) -> None:
    fast_forward(case)
    case.people.commit("I prefer it as it was", {"a.txt": RED.replace("line 1\n", "line one\n")})
    case.push("topic")
    judgement = case.judge()
    assert no(judgement) == "people took its change back"
    assert judgement.evidence == case.people.git("rev-parse", "HEAD")


def test_a_commit_on_the_branch_that_a_forced_push_took_off(case: Case) -> None:
    case.mode = "commit"
    fast_forward(case)
    case.push("topic")
    assert case.judge(branch="topic").fate is Fate.LANDED
    case.people.git("reset", "--quiet", "--hard", "HEAD^")
    case.people.commit("my own way", {"b.txt": "c\n"})
    case.push("topic")
    assert "forced push" in no(case.judge(branch="topic"))


def test_a_commit_on_the_branch_that_a_rebase_moved_is_there(case: Case) -> None:
    case.people.git("reset", "--quiet", "--hard", "main")
    case.people.commit("my own way", {"b.txt": "c\n", "a.txt": RED})
    case.people.git("cherry-pick", case.fix)
    case.push("topic")
    assert not no(case.judge(branch="topic"))


def test_a_revert_elsewhere_in_history_is_not_of_this_fix(case: Case) -> None:
    other = case.people.commit("something else", {"b.txt": "c\n"})
    case.people.git("revert", "--no-edit", other)
    fast_forward_after(case)
    case.push("topic")
    assert case.judge().fate is Fate.LANDED


def fast_forward_after(case: Case) -> None:
    case.people.git("cherry-pick", case.fix)
