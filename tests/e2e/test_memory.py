"""What a repository remembers from run to run: one fix, no second asking, and a no that lasts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.honk import Ended, honk
from tests.e2e.projects import PYTHON
from tests.e2e.red_request import RedRequest, red_request
from tests.forge import Event, LoopbackForge
from tests.repos import Repo

pytestmark = pytest.mark.slow

ASK = ("--deliver", "pull-request")


@pytest.fixture
def red(forge: LoopbackForge, tmp_path: Path) -> RedRequest:
    return red_request(forge, tmp_path)


def memory_refs(red: RedRequest) -> list[str]:
    """Kinds of the refs that are left."""
    names = Repo(red.project.folder).git("for-each-ref", "--format=%(refname)", "refs/honk").split()
    return sorted({name.split("/")[2] for name in names})


def fingerprint(ended: Ended) -> str:
    return str(ended.record["failures"][0]["fingerprint"])


def healers(ended: Ended) -> dict[str, str]:
    return {attempt["healer"]: attempt["verdict"] for attempt in ended.record["attempts"]}


def test_a_second_run_finds_the_first_one_s_fix_and_adds_nothing(red: RedRequest) -> None:
    first = red.job("one").heal(*ASK)
    assert first.status == 0, first.err
    assert memory_refs(red) == ["attempts", "fixes"]
    second = red.job("two").heal(*ASK)
    assert second.status == 0, second.err
    assert healers(second) == {"earlier": "healed"}
    assert second.record["delivery"]["commit"] == first.record["delivery"]["commit"]
    assert len(red.fix_branches()) == len(red.fix_requests()) == 1


def test_a_run_that_was_killed_before_it_remembered_is_completed(red: RedRequest) -> None:
    first = red.job("one").heal("--deliver", "branch")
    for ref in Repo(red.project.folder).git("for-each-ref", "--format=%(refname)", "refs/honk").split():
        Repo(red.project.folder).git("update-ref", "-d", ref)
    second = red.job("two").heal(*ASK)
    assert healers(second) == {"earlier": "healed"}
    assert second.outcome == first.outcome == "healed"
    assert second.record["patch"]["diff"] == first.record["patch"]["diff"]
    assert second.record["patch"]["fixes"][0]["notes"] == [
        f"made by an earlier run as {first.record['delivery']['commit'][:9]}"
    ]
    assert len(red.fix_requests()) == 1


def test_the_fix_moves_on_with_the_red_branch(red: RedRequest) -> None:
    first = red.job("one").heal(*ASK)
    red.origin.commit("more", {"README.md": "more\n", "shop/cart.py": _on_top(red)})
    red.origin.git("push", "--quiet", "origin", "topic")
    second = red.job("two").heal(*ASK)
    assert second.status == 0, second.err
    assert healers(second) == {"earlier": "healed"}
    assert second.record["delivery"]["commit"] != first.record["delivery"]["commit"]
    assert len(red.fix_branches()) == len(red.fix_requests()) == 1


def _on_top(red: RedRequest) -> str:
    file = red.origin.path / "shop/cart.py"
    return file.read_text() + "\n\nEXTRA = 1\n"


def test_runs_at_once_make_one_fix(red: RedRequest) -> None:
    jobs = [red.job(f"cell{number}") for number in range(3)]
    started = [job.start("heal", "--report", "junit.xml", "--healers", "search", *ASK) for job in jobs]
    ended = [run.end() for run in started]
    assert sorted({run.status for run in ended}) in ([0], [0, 3]), [run.err for run in ended]
    for run in ended:
        if run.status == 3:
            assert run.outcome == "gave_up"
            assert "another run is at it: " in run.record["summary"]
            assert "/actions/runs/" in run.record["summary"]
    assert len(red.fix_branches()) == len(red.fix_requests()) == 1
    assert len(red.comments()) <= 1
    assert memory_refs(red) == ["attempts", "fixes"]


def test_a_closed_request_is_a_no_until_it_is_lifted(red: RedRequest) -> None:
    first = red.job("one").heal(*ASK)
    (closed,) = red.fix_requests()
    closed.state = "closed"
    second = red.job("two").heal(*ASK)
    assert second.status == 3, second.err
    assert f"people closed pull request {closed.number} unmerged" in second.record["summary"]
    assert f"honk memory --lift {fingerprint(first)}" in second.record["summary"]
    assert "tombstones" in memory_refs(red)
    assert len(red.fix_requests()) == 1
    # it lasts, even where the forge forgets the request
    red.project.requests.remove(closed)
    assert red.job("three").heal(*ASK).status == 3

    listed = honk("memory", repo=red.job("four").folder)
    assert listed.status == 0, listed.err
    assert fingerprint(first) in listed.out
    lifted = honk("memory", "--lift", fingerprint(first), repo=red.job("five").folder)
    assert lifted.status == 0, lifted.err
    again = red.job("six").heal(*ASK)
    assert again.status == 0, again.err


def test_a_deleted_branch_is_a_no(red: RedRequest) -> None:
    red.job("one").heal("--deliver", "branch")
    (branch,) = red.fix_branches()
    Repo(red.project.folder).git("update-ref", "-d", f"refs/heads/{branch}")
    red.origin.commit("more", {"README.md": "more\n"})
    red.origin.git("push", "--quiet", "origin", "topic")
    second = red.job("two").heal("--deliver", "branch")
    assert second.status == 3, second.err
    assert "people deleted its branch" in second.record["summary"]
    assert red.fix_branches() == []


def test_a_merged_fix_whose_branch_is_gone_is_no_no(red: RedRequest) -> None:
    red.job("one").heal("--deliver", "branch")
    (branch,) = red.fix_branches()
    red.origin.git("fetch", "--quiet", "origin", branch)
    red.origin.git("merge", "--quiet", "--squash", "FETCH_HEAD")
    red.origin.commit("squashed by people")
    red.origin.commit(
        "broken anew", {"shop/cart.py": (PYTHON["shop/cart.py"]).replace("100 - discount", "100 + discount")}
    )
    red.origin.git("push", "--quiet", "origin", "topic", f":{branch}")
    second = red.job("two").heal("--deliver", "branch")
    assert "deleted its branch" not in second.record["summary"], second.err


def test_after_so_many_attempts_it_is_handed_over(red: RedRequest) -> None:
    limited = ("heal", "--report", "junit.xml", "--healers", "autofix", *ASK)
    for number in range(3):
        ended = red.job(f"try{number}").start(*limited).end()
        assert ended.status == 3, ended.err
        assert "handed over" not in ended.record["summary"], number
    ended = red.job("last").start(*limited).end()
    assert ended.status == 3
    assert "handed over to people: tried 3 times" in ended.record["summary"]
    assert ended.record["attempts"] == []


def test_by_hand_nothing_is_remembered(red: RedRequest) -> None:
    job = red.job("one")
    job.heal("--deliver", "branch")
    before = Repo(red.project.folder).git("for-each-ref")
    ended = honk("heal", "--report", "junit.xml", "--healers", "search", "--deliver", "none", repo=job.folder)
    assert ended.status == 0, ended.err
    assert healers(ended) == {"search": "healed"}
    assert Repo(red.project.folder).git("for-each-ref") == before


def test_a_push_of_the_branch_knows_what_the_request_knew(red: RedRequest) -> None:
    red.job("one").heal(*ASK)
    event = Event(name="push", branch="topic", actor="ada")
    second = red.job("two", event=event).heal(*ASK)
    assert second.status == 0, second.err
    assert healers(second) == {"earlier": "healed"}
    assert len(red.fix_requests()) == 1
