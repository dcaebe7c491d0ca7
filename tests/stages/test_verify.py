"""From patches that the gate passed to one proof in a clean checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from honk_ci.config import Config, TestConfig
from honk_ci.domain import Healing, Proof, Reproduction
from honk_ci.stages.site import Site
from honk_ci.stages.verify import Refusal, verify
from tests.repos import Repo
from tests.stages.site_kit import candidate, opened, project, reproduced

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


def passed(site: Site, reproduction: Reproduction, changes: dict[str, str | None]) -> Healing:
    """A healing by a patch that the gate has passed."""
    proposed = candidate(site, changes)
    verdict = site.gate.judge(proposed, reproduction)
    assert verdict.passed, verdict.why
    return Healing(reproduction=reproduction, candidate=proposed, verdict=verdict)


def test_nothing_to_prove(red: Repo, tmp_path: Path) -> None:
    with opened(red, tmp_path) as site:
        assert verify([Healing(reproduction=reproduced("f1", "one"), why="no patch")], site) is None


def test_the_proof_has_its_points_and_the_patch_only_what_it_needs(red: Repo, tmp_path: Path) -> None:
    with opened(red, tmp_path) as site:
        proof = verify([passed(site, reproduced("f1", "one"), {"a.txt": "1\n", "c.txt": "33\n"})], site)
    assert isinstance(proof, Proof)
    assert proof.patch.paths == ("a.txt",)
    assert (dict(proof.broken.targets), dict(proof.fixed.targets)) == (
        {"cases::one": "failed"},
        {"cases::one": "passed"},
    )
    assert proof.fixed.counts is not None
    assert (proof.fixed.counts.passed, proof.fixed.counts.failed) == (2, 1)
    assert proof.repeats == 5
    assert proof.slip_chance < 0.01


def test_what_a_patch_mends_besides_its_own_failure_is_not_cut_away(red: Repo, tmp_path: Path) -> None:
    with opened(red, tmp_path) as site:
        first = passed(site, reproduced("f1", "one"), {"a.txt": "1\n", "b.txt": "1\n"})
        second = Healing(reproduction=reproduced("f2", "two"), why="mended by the same patch", healed_by="f1")
        proof = verify([first, second], site)
    assert isinstance(proof, Proof), proof
    assert proof.patch.paths == ("a.txt", "b.txt")
    assert set(proof.fixed.targets.values()) == {"passed"}


def test_several_fixes_are_proven_together(red: Repo, tmp_path: Path) -> None:
    with opened(red, tmp_path) as site:
        healings = [
            passed(site, reproduced("f1", "one"), {"a.txt": "1\n"}),
            passed(site, reproduced("f2", "two"), {"b.txt": "1\n"}),
        ]
        proof = verify(healings, site)
    assert isinstance(proof, Proof)
    assert [fix.failure.fingerprint for fix in proof.fixes] == ["f1", "f2"]
    assert proof.fixed.counts is not None
    assert proof.fixed.counts.failed == 0


def test_fixes_of_the_same_line_are_not_put_together(red: Repo, tmp_path: Path) -> None:
    red.commit("both", {"cases/two": "grep -q -e 7 -e 8 a.txt\n", "cases/one": "grep -q -e 7 -e 9 a.txt\n"})
    with opened(red, tmp_path) as site:
        healings = [
            passed(site, reproduced("f1", "one"), {"a.txt": "9\n"}),
            passed(site, reproduced("f2", "two"), {"a.txt": "8\n"}),
        ]
        proof = verify(healings, site)
    assert isinstance(proof, Proof)
    assert [fix.failure.fingerprint for fix in proof.fixes] == ["f1"]
    assert "same lines" in proof.notes[0]


def test_a_fix_that_leans_on_an_untracked_file_is_not_proven(red: Repo, tmp_path: Path) -> None:
    red.commit("leans", {"cases/one": "grep -q 1 a.txt && cat helper.txt\n"})
    red.write({"helper.txt": "not in git\n"})
    with opened(red, tmp_path) as site:
        refusal = verify([passed(site, reproduced("f1", "one"), {"a.txt": "1\n"})], site)
    assert isinstance(refusal, Refusal)
    assert (red.path / "helper.txt").read_text() == "not in git\n"


def test_the_set_up_command_prepares_the_clean_checkout(red: Repo, tmp_path: Path) -> None:
    red.commit("needs a file", {"cases/one": "grep -q 1 a.txt && cat made.count\n"})
    config = Config(test=TestConfig(setup="touch made.count"))
    (red.path / "made.count").touch()
    with opened(red, tmp_path, config=config) as site:
        proof = verify([passed(site, reproduced("f1", "one"), {"a.txt": "1\n"})], site)
    assert isinstance(proof, Proof)
    assert "set-up command" in proof.clean


@pytest.mark.slow
def test_a_set_up_command_that_hangs_ends_with_the_time_limit(red: Repo, tmp_path: Path) -> None:
    config = Config(test=TestConfig(setup="sleep 60"))
    with opened(red, tmp_path, config=config, time_limit_s=1) as site:
        refusal = verify([passed(site, reproduced("f1", "one"), {"a.txt": "1\n"})], site)
        assert site.meter.elapsed_s < 20
    assert isinstance(refusal, Refusal)
    assert "set-up" in refusal.why
