"""Proven fixes on branches that have moved on: real repositories, a suite of shell scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from honk_ci.config import Config, TestConfig
from honk_ci.domain import (
    Cause,
    Failure,
    FindingKind,
    Healing,
    LogFinding,
    Proof,
    ProvenFix,
    SideOfProof,
    Verdict,
)
from honk_ci.errors import RunnerError
from honk_ci.patch import Patch
from honk_ci.process import Command
from honk_ci.stages.moved import holds_on, is_mended
from honk_ci.stages.site import Site
from honk_ci.stages.verify import verify
from tests.repos import Repo
from tests.stages.site_kit import candidate, opened, project, reproduced

BASE = {"cases/one": "grep -q 1 a.txt\n", "cases/two": "grep -q 1 b.txt\n", "b.txt": "1\n"}


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A fix of ``a.txt``, proven at the red commit, and the branch as it goes on."""

    site: Site
    repo: Repo
    proof: Proof

    def to(self, files: Mapping[str, str]) -> tuple[Patch, Patch]:
        """What the branch got, and that with the fix."""
        repository, red = self.site.repository, self.site.build.commit
        patch = candidate(self.site, dict(files)).patch
        moved = repository.commit_patch(red, patch, "moved on", author="ann <ann@example.invalid>")
        fix = candidate(self.site, {"a.txt": "1\n"}).patch
        fixed = repository.commit_patch(moved, fix, "the fix", author="honk <honk@example.invalid>")
        return repository.patch_between(red, moved), repository.patch_between(red, fixed)

    def holds(self, files: Mapping[str, str]) -> str:
        return holds_on(self.proof, *self.to(files), self.site)

    def mended(self, files: Mapping[str, str]) -> bool:
        return is_mended(self.proof, self.to(files)[0], self.site)


@pytest.fixture
def moved(tmp_path: Path) -> Iterator[Moved]:
    with started(tmp_path) as moved:
        yield moved


@contextmanager
def started(tmp_path: Path, *, timeout_s: float = 60.0) -> Iterator[Moved]:
    repo = project(tmp_path / "repo", {**BASE, "a.txt": "2\n"})
    with opened(repo, tmp_path, config=Config(test=TestConfig(timeout_s=timeout_s))) as site:
        one = candidate(site, {"a.txt": "1\n"})
        reproduction = reproduced("f1", "one")
        verdict = site.gate.judge(one, reproduction)
        proof = verify([Healing(reproduction=reproduction, candidate=one, verdict=verdict)], site)
        assert isinstance(proof, Proof)
        yield Moved(site=site, repo=repo, proof=proof)
        assert not site.workspace.changes()


def test_a_fix_holds_where_unrelated_work_has_been_pushed(moved: Moved) -> None:
    assert moved.holds({"c.txt": "new\n"}) == ""


def test_a_fix_does_not_hold_where_its_test_asks_for_more_by_now(moved: Moved) -> None:
    assert (
        moved.holds({"cases/one": "grep -q 1 a.txt && grep -q 3 a.txt\n"}) == "1 test still failing there: cases::one"
    )


def test_a_fix_does_not_hold_where_its_test_is_gone(moved: Moved) -> None:
    assert "still failing there" in holds_on(moved.proof, *without_test(moved), moved.site)


def without_test(moved: Moved) -> tuple[Patch, Patch]:
    gone = candidate(moved.site, {"cases/one": None}).patch
    both = candidate(moved.site, {"cases/one": None, "a.txt": "1\n"}).patch
    return gone, both


def test_what_fails_there_without_the_fix_too_does_not_count_against_it(moved: Moved) -> None:
    assert moved.holds({"b.txt": "2\n"}) == ""
    assert moved.holds({"cases/three": "false\n"}) == ""


def test_a_test_that_the_fix_breaks_there_counts_against_it(moved: Moved) -> None:
    assert "cases::three" in moved.holds({"cases/three": "grep -q 2 a.txt\n", "b.txt": "2\n"})


def test_a_branch_whose_target_passes_by_now_is_mended(moved: Moved) -> None:
    assert moved.mended({"a.txt": "1 and 2\n"})
    assert not moved.mended({"c.txt": "new\n"})


def test_a_branch_whose_target_is_gone_is_not_mended(moved: Moved) -> None:
    assert not is_mended(moved.proof, without_test(moved)[0], moved.site)


def test_a_branch_that_is_green_by_chance_is_not_mended(moved: Moved) -> None:
    flaky = "echo x >> runs.count; [ $(wc -l < runs.count) -lt 3 ] || grep -q 1 a.txt\n"
    assert not moved.mended({"cases/one": flaky})


def test_a_target_that_passes_alone_and_fails_in_the_suite_is_not_mended(moved: Moved) -> None:
    after_another = "if [ -f ran.count ]; then rm ran.count; grep -q 1 a.txt; fi\n"
    assert not moved.mended({"cases/another": "touch ran.count\n", "cases/one": after_another})


def test_a_proof_of_nothing_that_can_be_run_is_never_mended(moved: Moved) -> None:
    nothing = Proof(
        fixes=(), patch=moved.proof.patch, base=None, broken=moved.proof.broken, fixed=moved.proof.fixed,
        repeats=1, slip_chance=0.0, clean="",
    )  # fmt: skip
    assert not is_mended(nothing, Patch(), moved.site)


def test_where_other_packages_are_asked_for_nothing_can_be_tried(moved: Moved) -> None:
    with pytest.raises(RunnerError, match=r"requirements\.txt is another one there"):
        moved.holds({"requirements.txt": "requests==2\n"})
    with pytest.raises(RunnerError, match=r"poetry\.lock"):
        moved.mended({"poetry.lock": "x\n"})
    assert moved.holds({"requirements.txt": "# nothing\n"}) == ""


@pytest.mark.slow
def test_a_run_that_is_cut_off_says_nothing_of_the_fix(tmp_path: Path) -> None:
    with started(tmp_path, timeout_s=1.0) as moved, pytest.raises(RunnerError, match="ran out of time"):
        moved.holds({"cases/one": "sleep 20\n"})


# --- linters ------------------------------------------------------------------------------------------


class NoTabs:
    """A linter that is a shell script."""

    name = "no-tabs"
    check = Command(shell="! grep -Hn 'tab' *.txt")
    fix = None
    is_formatter = False

    def findings(self, output: str) -> Sequence[LogFinding]:
        rows = [line.split(":", 2) for line in output.splitlines()]
        return [LogFinding(kind=FindingKind.LINT, tool=self.name, message=row[2], file=row[0]) for row in rows]

    def fix_files(self, paths: Sequence[str]) -> Command | None:
        return None

    def concerns(self, path: str) -> bool:
        return path.endswith(".txt")


@pytest.fixture
def linted(tmp_path: Path) -> Iterator[Moved]:
    repo = project(tmp_path / "repo", {**BASE, "a.txt": "tab\n"})
    with opened(repo, tmp_path) as bare:
        site = replace(bare, verifiers=(NoTabs(),))
        failure = Failure(fingerprint="f1", cause=Cause.LINT, summary="a tab", verifier="no-tabs")
        one = candidate(site, {"a.txt": "1\n"})
        side = SideOfProof(name="broken", commit="", targets={})
        proof = Proof(
            fixes=(ProvenFix(failure=failure, candidate=one, verdict=Verdict(results=())),), patch=one.patch,
            base=None, broken=side, fixed=side, repeats=0, slip_chance=0.0, clean="",
        )  # fmt: skip
        yield Moved(site=site, repo=repo, proof=proof)


def test_a_linter_that_is_greener_with_the_fix_holds(linted: Moved) -> None:
    assert linted.holds({"c.txt": "another tab\n"}) == ""


def test_a_linter_that_the_fix_makes_no_greener_does_not_hold(linted: Moved) -> None:
    moved, _ = linted.to({"a.txt": "1\n"})
    assert holds_on(linted.proof, moved, moved, linted.site) == "no-tabs is no greener with the fix there"


def test_a_linter_is_mended_where_it_complains_of_other_things_alone(linted: Moved) -> None:
    assert linted.mended({"a.txt": "spaces\n", "c.txt": "another tab\n"})
    assert not linted.mended({"c.txt": "another tab\n"})
