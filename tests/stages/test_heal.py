"""The ladder of healers: who is asked, what counts, and what becomes of the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from honk_ci.domain import Candidate, Healing, Reproduction
from honk_ci.errors import ModelError, WorkspaceError
from honk_ci.healers.interface import HealCase, Healer
from honk_ci.stages.heal import heal
from honk_ci.stages.site import Site
from tests.repos import Repo
from tests.stages.site_kit import Known, candidate, cases_for, opened, project, reproduced
from tests.stages.test_reproduce import counted

FILES = {
    "cases/one": "grep -q 1 a.txt\n",
    "cases/two": "grep -q 1 b.txt\n",
    "cases/three": "grep -q 3 c.txt\n",
    "a.txt": "2\n",
    "b.txt": "2\n",
    "c.txt": "3\n",
}


@pytest.fixture
def red(tmp_path: Path) -> Repo:
    return project(tmp_path / "repo", FILES)


class Broken:
    """A healer that a fault ends."""

    name = "broken"

    def __init__(self, fault: Exception, only: str = "") -> None:
        self._fault = fault
        self._only = only

    def skip_reason(self, case: HealCase) -> str:
        return "not mine" if self._only not in case.failure.fingerprint else ""

    def heal(self, case: HealCase) -> Iterator[Candidate]:
        yield from ()
        raise self._fault


def healed(site: Site, tmp_path: Path, reproductions: list[Reproduction], *healers: Healer) -> tuple[Healing, ...]:
    return heal(reproductions, site, healers=lambda: healers, new_case=cases_for(site, tmp_path))


def test_the_first_patch_that_the_gate_passes_wins(red: Repo, tmp_path: Path) -> None:
    with opened(red, tmp_path) as site:
        good = candidate(site, {"a.txt": "1\n"})
        patches = {"f1": [candidate(site, {"a.txt": "3\n"}), good, candidate(site, {"a.txt": "11\n"})]}
        (healing,) = healed(site, tmp_path, [reproduced("f1", "one")], Known(patches))
    assert healing.candidate == good
    assert [(a.healer, a.candidates, a.verdict) for a in healing.attempts] == [("known", 2, "healed")]
    assert [verdict.results[-1].check for verdict in healing.verdicts] == ["target"]


def test_a_patch_that_breaks_another_test_is_refused(red: Repo, tmp_path: Path) -> None:
    with opened(red, tmp_path) as site:
        patches = {"f1": [candidate(site, {"a.txt": "1\n", "c.txt": "4\n"})]}
        (healing,) = healed(site, tmp_path, [reproduced("f1", "one")], Known(patches))
        assert site.workspace.read("a.txt") == b"2\n"
    assert healing.candidate is None
    assert "cases::three" in healing.why


def test_what_an_earlier_patch_mends_is_not_healed_again(red: Repo, tmp_path: Path) -> None:
    with opened(red, tmp_path) as site:
        known = Known({"f1": [candidate(site, {"a.txt": "1\n", "b.txt": "1\n"})], "f2": []})
        first, second = healed(site, tmp_path, [reproduced("f1", "one"), reproduced("f2", "two")], known)
    assert first.candidate is not None
    assert (second.candidate, second.healed_by) == (None, "f1")
    assert known.asked == ["f1"]


def test_one_pass_by_luck_does_not_count_as_mended(tmp_path: Path) -> None:
    flaky = {"cases/two": counted(tmp_path, "[ $n = 5 ]")}  # passes once: when it is first tried with the patch
    red = project(tmp_path / "repo", FILES | flaky)
    with opened(red, tmp_path) as site:
        site.gate.red.suite()
        patches = {"f1": [candidate(site, {"a.txt": "1\n"})], "f2": []}
        (tmp_path / "times").write_text("3")  # the gate's run of the suite makes it four
        _, second = healed(site, tmp_path, [reproduced("f1", "one"), reproduced("f2", "two")], Known(patches))
        assert int((tmp_path / "times").read_text()) > 5
    assert second.healed_by == ""


def test_a_healer_without_its_service_leaves_the_rest_to_the_next(red: Repo, tmp_path: Path) -> None:
    with opened(red, tmp_path) as site:
        known = Known({"f1": [candidate(site, {"a.txt": "1\n"})]})
        broken = Broken(ModelError("no key", hint="set it"))
        (healing,) = healed(site, tmp_path, [reproduced("f1", "one")], broken, known)
    assert [attempt.verdict for attempt in healing.attempts] == ["failed", "healed"]
    assert healing.attempts[0].why == "no key (set it)"


def test_a_fault_in_one_cause_does_not_lose_the_fix_of_another(red: Repo, tmp_path: Path) -> None:
    with opened(red, tmp_path) as site:
        known = Known({"f1": [candidate(site, {"a.txt": "1\n"})]})
        broken = Broken(WorkspaceError("cannot be read"), only="f2")
        first, second = healed(site, tmp_path, [reproduced("f1", "one"), reproduced("f2", "two")], known, broken)
    assert first.candidate is not None
    assert (second.candidate, second.why) == (None, "a fault ended it: cannot be read")


def test_a_fault_with_nothing_healed_is_told_as_one(red: Repo, tmp_path: Path) -> None:
    with opened(red, tmp_path) as site, pytest.raises(WorkspaceError):
        healed(site, tmp_path, [reproduced("f1", "one")], Broken(WorkspaceError("cannot be read")))


def test_without_time_nobody_is_asked(red: Repo, tmp_path: Path) -> None:
    with opened(red, tmp_path, time_limit_s=0) as site:
        known = Known({"f1": [candidate(site, {"a.txt": "1\n"})]})
        (healing,) = healed(site, tmp_path, [reproduced("f1", "one")], known)
    assert known.asked == []
    assert "the time limit of 0 s is used up" in healing.why


class Learner:
    """A healer that finds nothing and says why."""

    def __init__(self, name: str, *lessons: str) -> None:
        self.name = name
        self._lessons = lessons

    def skip_reason(self, case: HealCase) -> str:
        return ""

    def heal(self, case: HealCase) -> Iterator[Candidate]:
        yield from ()
        case.learned.extend(self._lessons)


def test_each_healer_is_told_of_by_its_own_last_word(red: Repo, tmp_path: Path) -> None:
    healers = Learner("first", "first: line 3 looks odd", "first: 12 edits, none accepted"), Learner("second")
    with opened(red, tmp_path) as site:
        (healing,) = healed(site, tmp_path, [reproduced("f1", "one")], *healers)
    assert healing.why == "first: 12 edits, none accepted; second: found no patch"
