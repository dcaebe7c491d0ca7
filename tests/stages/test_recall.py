"""Recall and remember: what one run leaves, and what the next one makes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from honk_ci.config import Config, LimitsConfig
from honk_ci.domain import Attempt, Build, Healing, Outcome, RunRecord
from honk_ci.forges import make_forge
from honk_ci.forges.credentials import Token
from honk_ci.forges.environment import CiContext
from honk_ci.memory import attempts
from honk_ci.memory.attempts import Fix, History, PastRun, Tried
from honk_ci.memory.changes import lift
from honk_ci.memory.fields import iso
from honk_ci.memory.tombstones import Tombstone
from honk_ci.stages.admission.commands import Retry
from honk_ci.stages.deliver.commits import branch_beside
from honk_ci.stages.recall import Recollection, Remembering, recall, remember
from tests.forge import Job, LoopbackForge, Run
from tests.memory.kit import NOON, PRINT, memory, store
from tests.repos import Repo
from tests.stages.site_kit import reproduced

FIX = f"Right again\n\nFix: Right again\n\nHonk-Fingerprint: {PRINT}\nHonk-Healer: search\nHonk-Kind: name"
RED = reproduced(PRINT, "one")


@dataclass(kw_only=True)
class Shop:
    """A repository whose branch ``main`` is red."""

    repo: Repo
    remote: Repo
    now: float = NOON

    def asked(
        self,
        run: str = "1",
        *,
        retries: tuple[Retry, ...] = (),
        limit: int = 3,
        can_write: bool = True,
        good: str | None = None,
    ) -> Remembering:
        self.now += 60
        return Remembering(
            memory=memory(self.repo, run, now=self.now, can_write=can_write),
            build=Build(commit=self.repo.git("rev-parse", "main"), branch="main", base=good),
            config=Config(limits=LimitsConfig(attempts=limit)),
            forge=None,
            default_branch="main",
            healers=("search",),
            retries=retries,
        )

    def recalled(self, run: str = "1", **fields: object) -> Recollection:
        """What a run would remember; its claim is given back."""
        asked = self.asked(run, **fields)  # type: ignore[arg-type] # one test's fields
        with asked.memory:
            return recall([replace(RED, base_state="passed" if asked.build.base else "")], asked)[PRINT]

    def tried(self, run: str, verdict: str = "nothing") -> None:
        """A run that found no fix."""
        asked = self.asked(run)
        with asked.memory:
            recall([RED], asked)
            one = Attempt(healer="search", fingerprint=PRINT, candidates=0, verdict=verdict, why="found no patch")
            healing = Healing(reproduction=RED, attempts=(one,), why="search: found no patch")
            remember(RunRecord(outcome=Outcome.GAVE_UP, summary="", build=asked.build, healings=(healing,)), asked)

    def fixed(self, *, branch: str = f"honk/fix-{PRINT}") -> str:
        """A fix that an earlier run pushed and remembered; its commit."""
        self.repo.git("checkout", "--quiet", "--detach", "main")
        commit = self.repo.commit(FIX, {"a.txt": "right\n"})
        self.repo.git("push", "--quiet", "origin", f"{commit}:refs/heads/{branch}")
        self.repo.git("checkout", "--quiet", "main")
        self.now += 60
        fix = Fix(commit=commit, healer="search", branch=branch, mode="branch", rationale="Right again", kind="name")
        red = self.repo.git("rev-parse", "main")
        run = PastRun(run="0", url="", commit=red, branch="main", at=self.now, outcome="healed", fix=fix)
        asked = self.asked("0")
        asked.memory.look([PRINT])
        asked.memory.add_run(PRINT, run)
        return commit

    def delete(self, branch: str = f"honk/fix-{PRINT}") -> None:
        self.remote.git("update-ref", "-d", f"refs/heads/{branch}")


@pytest.fixture
def shop(repo: Repo, tmp_path: Path) -> Shop:
    repo.commit("first", {"a.txt": "wrong\n"})
    remote = repo.add_bare_remote(tmp_path / "remote.git")
    return Shop(repo=repo, remote=remote)


def test_of_a_failure_that_nobody_met_nothing_is_known(shop: Shop) -> None:
    assert shop.recalled() == Recollection()


def test_the_other_run_is_named(shop: Shop) -> None:
    asked = shop.asked("1")
    with asked.memory:
        recall([RED], asked)
        other = shop.recalled("2")
    assert other.stop == "another run is at it: https://ci.example/runs/1"
    assert other.left_to == "https://ci.example/runs/1"
    assert shop.recalled("3").stop == ""


def test_of_a_run_on_another_branch_it_is_told_how_this_one_gets_the_fix(shop: Shop) -> None:
    asked = shop.asked("1")
    with asked.memory:
        recall([RED], asked)
        here = shop.asked("2")
        here = replace(here, build=replace(here.build, branch="topic"))
        stop = recall([RED], here)[PRINT].stop
    assert stop.startswith("another run is at it, on main: https://ci.example/runs/1; start this run again")
    assert stop.endswith("brings the fix to topic")


@pytest.mark.parametrize(("status", "is_free"), [("completed", True), ("in_progress", False), ("queued", False)])
def test_a_claim_ends_with_its_run_where_the_forge_tells(
    shop: Shop, forge: LoopbackForge, status: str, *, is_free: bool
) -> None:
    project = forge.add_project("acme/shop")
    forge.add_token("ghs_app", kind="app")
    job = Job(id=5, name="heal", status=status, conclusion="cancelled" if status == "completed" else None)
    project.add_run(Run(id=71, name="CI", commit="1" * 40, branch="main", status=status, jobs=[job]))
    context = CiContext(
        name="github", project="acme/shop", server_url=forge.url, api_url=forge.github_url, default_branch="main"
    )
    plug_in = make_forge(context, Token(value="ghs_app", source="HONK_TOKEN", user="x", is_job_token=False))
    recall([RED], shop.asked("71"))  # and then it is killed
    asked = replace(shop.asked("72"), forge=plug_in)
    assert (recall([RED], asked)[PRINT].left_to == "") == is_free
    # without a word of the forge it holds for its time
    asked = replace(shop.asked("73"), forge=None)
    assert recall([RED], asked)[PRINT].left_to


# --- attempts ----------------------------------------------------------------------------------------


def test_after_so_many_attempts_people_take_over(shop: Shop) -> None:
    for run in "12":
        shop.tried(run)
    assert shop.recalled(limit=3).stop == ""
    shop.tried("3")
    stop = shop.recalled(limit=3).stop
    assert stop.startswith("handed over to people: tried 3 times: search: found no patch (https://ci.example/runs/1)")
    assert f"honk memory --lift {PRINT}" in stop
    assert shop.recalled(limit=4).stop == ""


def test_faults_of_a_service_do_not_count(shop: Shop) -> None:
    shop.tried("1", verdict="failed")
    shop.tried("2")
    assert shop.recalled(limit=2).stop == ""


@pytest.mark.parametrize("has_model", [True, False])
def test_runs_without_a_model_do_not_count_once_there_is_one(shop: Shop, *, has_model: bool) -> None:
    tried = (
        Tried(healer="search", verdict="nothing", why="found no patch"),
        Tried(healer="agent", verdict="skipped", why="no model key: set ANTHROPIC_API_KEY"),
    )
    run = PastRun(run="1", url="", commit="", branch="main", at=shop.now, outcome="gave_up", tried=tried)
    asked = replace(shop.asked("2"), healers=("search", "agent"), has_model=has_model)
    asked = replace(asked, config=Config(limits=LimitsConfig(attempts=1)))
    asked.memory.look([PRINT])
    asked.memory.add_run(PRINT, run)
    assert bool(recall([RED], asked)[PRINT].stop) is not has_model


def test_a_fix_that_is_in_and_did_not_hold_counts(shop: Shop) -> None:
    commit = shop.fixed()
    shop.repo.git("merge", "--quiet", "--ff-only", commit)
    shop.repo.commit("and on", {"b.txt": "b\n"})
    shop.repo.git("push", "--quiet", "origin", "main")
    recalled = shop.recalled(limit=1)
    assert "tried 1 times" in recalled.stop
    assert "fixed by search" in recalled.stop
    assert shop.recalled(limit=2).fixes == ()


def test_a_fix_that_held_until_the_code_broke_again_neither_counts_nor_is_barred(shop: Shop) -> None:
    commit = shop.fixed()
    shop.repo.git("merge", "--quiet", "--ff-only", commit)
    good = shop.repo.commit("green", {"b.txt": "b\n"})
    shop.repo.commit("broken anew", {"a.txt": "wrong\n"})
    shop.repo.git("push", "--quiet", "origin", "main")
    recalled = shop.recalled(limit=1, good=good)
    assert (recalled.stop, dict(recalled.barred)) == ("", {})
    assert [fix.commit for fix in recalled.fixes] == [commit]


def test_runs_before_people_mended_it_do_not_count(shop: Shop) -> None:
    shop.tried("1")
    red = shop.repo.git("rev-parse", "main")
    good = shop.repo.commit("mended by people", {"a.txt": "right\n"})
    shop.repo.commit("broken anew", {"a.txt": "wrong\n"})
    shop.repo.git("push", "--quiet", "origin", "main")
    assert shop.recalled(limit=1, good=red).stop
    assert shop.recalled(limit=1, good=good).stop == ""


def test_a_fix_that_waits_does_not_count(shop: Shop) -> None:
    commit = shop.fixed()
    recalled = shop.recalled(limit=1)
    assert recalled.stop == ""
    assert [fix.commit for fix in recalled.fixes] == [commit]


def test_lifting_starts_the_count_anew(shop: Shop) -> None:
    shop.tried("1")
    assert shop.recalled(limit=1).stop
    said = list(lift(store(shop.repo, clock=lambda: shop.now), PRINT))
    assert said == ["1 earlier runs no longer count against it"]
    assert shop.recalled(limit=1).stop == ""
    shop.tried("2")
    assert shop.recalled(limit=1).stop


def test_a_wish_in_a_comment_does_so_too_and_lasts(shop: Shop) -> None:
    shop.tried("1")
    wish = Retry(by="ada", at=iso(shop.now + 1))
    assert shop.recalled(limit=1, retries=(wish,)).stop == ""
    assert shop.recalled(limit=1, retries=(replace(wish, fingerprint="f" * 12),)).stop
    shop.tried("2")
    assert shop.recalled(limit=1, retries=(wish,)).stop


def test_runs_that_did_nothing_leave_no_trace(shop: Shop) -> None:
    asked = shop.asked()
    with asked.memory:
        recall([RED], asked)
        healing = Healing(reproduction=RED, why="another run is at it", left_to="x")
        remember(RunRecord(outcome=Outcome.GAVE_UP, summary="", build=asked.build, healings=(healing,)), asked)
    assert shop.remote.git("for-each-ref", "refs/honk") == ""


# --- refusals ----------------------------------------------------------------------------------------


def test_a_no_bars_the_healer_until_it_is_lifted(shop: Shop) -> None:
    shop.fixed()
    shop.delete()
    recalled = shop.recalled()
    assert recalled.stop.startswith("people said no: people deleted its branch")
    assert list(recalled.barred) == ["search"]
    # it is not read a second time once it was lifted
    lifted = list(lift(store(shop.repo, clock=lambda: shop.now), PRINT, "search"))
    assert lifted[0].startswith("search may heal it again")
    assert shop.recalled().barred == {}
    assert shop.recalled().stop == ""


def test_a_no_lasts_without_its_evidence(shop: Shop) -> None:
    commit = shop.fixed()
    shop.delete()
    assert shop.recalled().barred
    shop.repo.git("push", "--quiet", "origin", f"{commit}:refs/heads/honk/fix-{PRINT}")
    recalled = shop.recalled()
    assert recalled.barred
    assert recalled.fixes == ()


def test_other_healers_go_on(shop: Shop) -> None:
    shop.fixed()
    shop.delete()
    asked = replace(shop.asked(), healers=("search", "agent"))
    with asked.memory:
        recalled = recall([RED], asked)[PRINT]
    assert recalled.stop == ""
    assert list(recalled.barred) == ["search"]


def test_a_wish_that_came_after_the_fix_lifts_its_refusal(shop: Shop) -> None:
    shop.fixed()
    shop.delete()
    wish = Retry(by="ada", at=iso(shop.now + 1))
    assert shop.recalled(retries=(wish,)).barred == {}
    assert shop.recalled().barred == {}


def test_a_wish_that_came_before_the_fix_does_not(shop: Shop) -> None:
    wish = Retry(by="ada", at=iso(shop.now - 1))
    shop.fixed()
    shop.delete()
    assert shop.recalled(retries=(wish,)).barred


def test_a_run_that_may_not_write_reads_a_no_all_the_same(shop: Shop) -> None:
    shop.fixed()
    shop.delete()
    assert shop.recalled(can_write=False).barred
    assert "tombstones" not in shop.remote.git("for-each-ref", "refs/honk")


# --- fixes that wait ---------------------------------------------------------------------------------


def test_a_fix_that_was_pushed_and_not_remembered_is_found_by_its_branch(shop: Shop) -> None:
    commit = shop.fixed()
    for ref in shop.remote.git("for-each-ref", "--format=%(refname)", "refs/honk").split():
        shop.remote.git("update-ref", "-d", ref)
    (fix,) = shop.recalled().fixes
    assert (fix.commit, fix.healer, fix.rationale, fix.kind) == (commit, "search", "Right again", "name")


@pytest.mark.slow
def test_so_is_one_beside_the_request_of_another_branch(shop: Shop) -> None:
    commit = shop.fixed(branch=branch_beside(f"honk/fix-{PRINT}", "main"))
    shop.remote.git("update-ref", "-d", attempts.ref_of(PRINT))
    shop.remote.git("update-ref", "-d", attempts.fix_ref(PRINT, commit))
    assert [fix.commit for fix in shop.recalled().fixes] == [commit]


def test_what_people_put_on_the_fix_branch_is_not_taken_for_honk_s(shop: Shop) -> None:
    commit = shop.fixed()
    shop.repo.git("checkout", "--quiet", "--detach", commit)
    shop.repo.commit("my touch", {"a.txt": "better\n"})
    shop.repo.git("push", "--quiet", "origin", f"HEAD:refs/heads/honk/fix-{PRINT}")
    shop.repo.git("checkout", "--quiet", "main")
    assert [fix.commit for fix in shop.recalled().fixes] == [commit]


def test_two_runs_that_end_at_once_are_both_remembered(shop: Shop) -> None:
    first, second = shop.asked("1"), shop.asked("2")
    first.memory.look([PRINT])
    second.memory.look([PRINT])
    for asked in (first, second):
        run = PastRun(run=asked.memory.job.run_id, url="", commit="", branch="", at=shop.now, outcome="gave_up")
        asked.memory.add_run(PRINT, run)
    third = shop.asked("3")
    third.memory.look([PRINT])
    assert [run.run for run in third.memory.of(PRINT).history.runs] == ["1", "2"]


# --- documents that nobody vouches for -----------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "runs",
    [
        None,
        "runs",
        [None, 7, "x", {}],
        [{"at": "2027-01-15T08:00:00Z", "fix": {"commit": "--upload-pack=evil", "healer": "x"}}],
        [{"at": "2027-01-15T08:00:00Z", "fix": {"commit": "1" * 40, "healer": "../../heads/main", "branch": "-x"}}],
        [{"at": "2027-01-15T08:00:00Z", "fix": {"commit": "1" * 40, "healer": "search", "branch": "a b\n*?["}}],
        [{"at": "0001-01-01T00:00:00+23:59"}],
        [{"at": "9999-12-31T23:59:59-23:59"}],
        [{"at": "2027-01-15T08:00:00Z", "cost_usd": 1e999, "tried": {"a": 1}, "why": ["x"], "branch": 5}],
    ],
)
def test_hostile_attempts_end_no_run(shop: Shop, runs: object) -> None:
    body = {"schema": attempts.SCHEMA, "runs": runs, "lifted_at": {"x": 1}}
    store(shop.repo).write(attempts.ref_of(PRINT), body, expected=None)
    recalled = shop.recalled()
    assert recalled.stop == ""
    shop.tried("1")
    assert shop.recalled().stop == ""


def test_a_history_keeps_its_size() -> None:
    tried = tuple(Tried(healer="agent", verdict="nothing", why="w" * 5000) for _ in range(50))
    run = PastRun(run="1", url="", commit="", branch="", at=NOON, outcome="gave_up", why="x" * 9999, tried=tried)
    body = attempts.to_body(PRINT, History(runs=(run,) * 100))
    assert len(str(body)) < 200_000


def test_a_tombstone_of_an_odd_healer_writes_no_odd_ref(shop: Shop) -> None:
    asked = shop.asked()
    asked.memory.look([PRINT])
    asked.memory.bury(
        Tombstone(fingerprint=PRINT, healer="../../../heads/main", why="", evidence="", by="", at=NOON, fix="1" * 40)
    )
    assert asked.memory.notes == []
    assert shop.remote.git("for-each-ref", "refs/honk") == ""
