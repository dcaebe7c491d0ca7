"""What a run says on the forge: a real plug-in, a loopback forge with state, real git.

Variations run with the slow tests, since there are many.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from honk_ci.config import Config, DeliverConfig
from honk_ci.domain import (
    Build,
    Candidate,
    Delivery,
    Frame,
    Healing,
    Outcome,
    Proof,
    ProvenFix,
    Reproduction,
    ReproductionState,
    RunRecord,
    SideOfProof,
    TestCounts,
    Verdict,
)
from honk_ci.errors import ForgeError
from honk_ci.forges import make_forge
from honk_ci.forges.credentials import Token as RunToken
from honk_ci.forges.environment import CiContext
from honk_ci.git import Repository
from honk_ci.patch import FileChange, Patch
from honk_ci.redact import Redactor
from honk_ci.remote import Remote
from honk_ci.stages.announce import announce
from honk_ci.stages.deliver import Dispatch
from honk_ci.stages.marks import Mark, read_mark
from tests.forge import LoopbackForge, Run
from tests.forge.scenes import FILES, Scene
from tests.forge.state import Comment, PullRequest
from tests.stages.site_kit import failure

GREEN = SideOfProof(name="fixed", commit="", targets={"cases::one": "passed"}, counts=TestCounts(passed=3))
RED = SideOfProof(name="broken", commit="b" * 40, targets={"cases::one": "failed"}, counts=TestCounts(failed=1))
PUSHED = Delivery(
    mode="branch", done=True, branch="honk/fix-f1", commit="c" * 40, remote="origin", note="pushed"
)  # fmt: skip
TOLD = Delivery(mode="comment", done=True, branch="honk/fix-f1", commit="c" * 40, kept=("/tmp/f1.patch",))


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A project with a request from ``topic``, whose line 20 is red."""

    scene: Scene
    forge: LoopbackForge
    repository: Repository
    name: str = "github"

    @property
    def request(self) -> PullRequest:
        return self.scene.project.requests[0]

    @property
    def comments(self) -> list[Comment]:
        return self.request.comments

    @property
    def bodies(self) -> list[str]:
        return [comment.body for comment in self.comments]

    def dispatch(
        self, *, mode: str = "branch", token: str = "ghs_app", head: str = "", status: bool = False, **more: Any
    ) -> Dispatch:
        context = CiContext(
            name=self.name, api_url=getattr(self.forge, f"{self.name}_url"), server_url=self.forge.url, project="acme/shop",
            default_branch="main", branch="topic", commit=self.scene.head, head_commit=head, job="test",
            run_url="https://ci.invalid/runs/7", request=1, target_branch="main",
        )  # fmt: skip
        context = replace(context, **{"run_id": "7", **more})
        repository = self.repository
        run_token = RunToken(value=token, source="HONK_TOKEN", user="x-access-token", is_job_token=False)
        return Dispatch(
            build=Build(commit=context.commit, branch="topic", head=head),
            repository=repository,
            remote=Remote(repository=repository, name="origin"),
            config=Config(deliver=DeliverConfig(mode=mode, status=status)),  # type: ignore[arg-type]  # a mode
            mode=mode,  # type: ignore[arg-type]  # likewise
            redactor=Redactor({}),
            keep_folder=repository.git_dir / "honk" / "kept",
            context=context,
            forge=make_forge(context, run_token),
        )

    def fix(self, fingerprint: str = "f1", *, line: int = 20, text: str = "mended\n") -> ProvenFix:
        before = FILES["shop.py"].replace("line 20\n", "line twenty\n").encode()
        lines = before.splitlines(keepends=True)
        lines[line - 1 : line] = [text.encode()]
        patch = Patch.of([FileChange(path="shop.py", before=before, after=b"".join(lines))])
        return ProvenFix(
            failure=replace(failure(fingerprint, "one"), frames=(Frame(path="shop.py", line=line),)),
            candidate=Candidate(healer="search", patch=patch, rationale=f"Mend line {line}"),
            verdict=Verdict(results=()),
        )

    def healed(self, *fixes: ProvenFix, delivery: Delivery | None = PUSHED, **more: Any) -> RunRecord:
        fixes = fixes or (self.fix(),)
        proof = Proof(
            fixes=fixes, patch=fixes[0].candidate.patch, base=None, broken=RED, fixed=GREEN, repeats=5,
            slip_chance=0.005, clean="in full",
        )  # fmt: skip
        healings = tuple(
            Healing(reproduction=state_of(fix.failure.fingerprint), candidate=fix.candidate) for fix in fixes
        )
        record = RunRecord(
            outcome=Outcome.HEALED, summary="Mend line 20", build=Build(commit=self.scene.head), healings=healings,
            proof=proof, delivery=delivery,
        )  # fmt: skip
        return replace(record, **more)

    def left(
        self, *fingerprints: str, state: ReproductionState = ReproductionState.REPRODUCED, why: str = "nobody knew"
    ) -> RunRecord:
        healings = tuple(Healing(reproduction=state_of(print_, state), why=why) for print_ in fingerprints)
        outcome = Outcome.GAVE_UP if fingerprints else Outcome.NOTHING_TO_HEAL
        return RunRecord(outcome=outcome, summary=why, build=Build(commit=self.scene.head), healings=healings)


def state_of(fingerprint: str, state: ReproductionState = ReproductionState.REPRODUCED) -> Reproduction:
    placed = replace(failure(fingerprint, "one"), frames=(Frame(path="shop.py", line=20),))
    return Reproduction(failure=placed, state=state, runs=2, failed_runs=2)


@pytest.fixture
def stage(forge: LoopbackForge, tmp_path: Path) -> Stage:
    scene = Scene(forge, tmp_path)
    forge.state.open_request(scene.project, author="ada", head="topic", base="main", title="A change")
    return Stage(scene=scene, forge=forge, repository=Repository(scene.repo.path, environ=os.environ))


def mark_of(body: str) -> Mark:
    mark = read_mark(body)
    assert mark is not None
    return mark


# --- the sticky comment ----------------------------------------------------------------------------


def test_a_delivered_fix_gets_one_comment_with_its_mark(stage: Stage) -> None:
    told = announce(stage.healed(), stage.dispatch())

    (comment,) = stage.comments
    assert comment.body.startswith("<!-- honk-ci:failure=f1 -->\n<!-- honk-ci:run=7 job=test ")
    assert "git fetch origin honk/fix-f1 && git merge FETCH_HEAD" in comment.body
    assert told.delivery is not None
    assert told.delivery.comment_url.endswith(f"#issuecomment-{comment.id}")
    assert told.notes == ()


def test_a_second_run_replaces_the_comment(stage: Stage) -> None:
    announce(stage.healed(), stage.dispatch())
    announce(stage.healed(stage.fix(text="mended better\n")), stage.dispatch(run_id="8"))

    (body,) = stage.bodies
    assert mark_of(body).run == "8"
    assert "+mended better" in body


def test_each_failure_has_a_comment_of_its_own(stage: Stage) -> None:
    announce(stage.healed(stage.fix("f1"), stage.fix("f2", line=21)), stage.dispatch())

    assert [mark_of(body).fingerprint for body in stage.bodies] == ["f1", "f2"]
    assert "Mend line 21" in stage.bodies[1]
    assert "Mend line 21" not in stage.bodies[0]


@pytest.mark.slow
def test_many_failures_do_not_make_many_comments(stage: Stage) -> None:
    fixes = [stage.fix(f"f{number}", line=number + 1) for number in range(8)]

    told = announce(stage.healed(*fixes), stage.dispatch())

    assert len(stage.comments) == 5
    assert len([note for note in told.notes if "5 are enough" in note]) == 3


@pytest.mark.parametrize(
    "state",
    [
        ReproductionState.FLAKY,
        ReproductionState.INFRASTRUCTURE,
        ReproductionState.ALREADY_RED,
        ReproductionState.NOT_REPRODUCED,
        ReproductionState.REPRODUCED,
    ],
)
def test_where_there_is_nothing_to_say_there_is_no_comment(stage: Stage, state: ReproductionState) -> None:
    announce(stage.left("f1", state=state), stage.dispatch())
    announce(stage.left(), stage.dispatch())

    assert stage.comments == []


def test_a_hand_over_is_told_with_what_was_tried(stage: Stage) -> None:
    why = "handed over to people: tried 3 times: search; agent; `honk memory --lift f1` lets it be tried again"
    announce(stage.left("f1", why=why), stage.dispatch())

    (body,) = stage.bodies
    assert "### honk-ci: handed over to you\n\n**Broke:** f1 is broken (code)\n\n" in body
    assert (
        "- tried 3 times: search\n- agent\n\n"
        "**Next:** it is yours. `/honk retry` in a comment, or `honk memory --lift f1` in a checkout, lets honk try again."
    ) in body


def test_a_failure_that_is_red_again_changes_its_comment(stage: Stage) -> None:
    announce(stage.healed(), stage.dispatch())
    announce(stage.left("f1"), stage.dispatch(commit="d" * 40))

    (body,) = stage.bodies
    assert body.splitlines()[2] == (
        "**honk-ci:** red again at ddddddddd, and not healed: nobody knew · [run](https://ci.invalid/runs/7)"
    )


def test_another_run_of_the_same_commit_takes_no_good_news_back(stage: Stage) -> None:
    announce(stage.healed(), stage.dispatch())
    before = stage.bodies
    announce(stage.left("f1", why="another run is at it"), stage.dispatch(run_id="8"))

    assert stage.bodies == before


def test_a_failure_that_another_run_is_at_is_left_to_it(stage: Stage) -> None:
    announce(stage.healed(), stage.dispatch())
    before = stage.bodies
    record = stage.left("f1", why="another run is at it")
    elsewhere = tuple(replace(healing, left_to="https://ci.invalid/9") for healing in record.healings)
    announce(replace(record, healings=elsewhere), stage.dispatch(commit="d" * 40))

    assert stage.bodies == before


def test_a_failure_that_is_gone_changes_its_comment_once(stage: Stage) -> None:
    announce(stage.healed(), stage.dispatch())
    announce(stage.left(), stage.dispatch(commit="d" * 40))
    gone = stage.bodies
    announce(stage.left(), stage.dispatch(commit="e" * 40))

    assert "**honk-ci:** no longer red at ddddddddd" in gone[0]
    assert stage.bodies == gone


@pytest.mark.slow
def test_a_failure_of_another_job_is_not_called_gone(stage: Stage) -> None:
    announce(stage.healed(), stage.dispatch())
    before = stage.bodies
    announce(stage.left(), stage.dispatch(commit="d" * 40, job="lint"))

    assert stage.bodies == before


@pytest.mark.slow
def test_a_failure_that_is_not_seen_since_others_hide_it_is_not_called_gone(stage: Stage) -> None:
    announce(stage.healed(), stage.dispatch())
    before = stage.bodies
    announce(stage.left("f2"), stage.dispatch(commit="d" * 40))

    assert stage.bodies == before


@pytest.mark.slow
def test_nothing_is_told_of_a_fix_that_the_branch_has_already(stage: Stage) -> None:
    needless = replace(PUSHED, mode="none", note="mended meanwhile: topic is green")
    announce(stage.healed(delivery=needless), stage.dispatch())
    assert stage.comments == []

    announce(stage.healed(), stage.dispatch())
    before = stage.bodies
    announce(stage.healed(delivery=needless), stage.dispatch())
    assert stage.bodies == before

    announce(stage.healed(delivery=needless), stage.dispatch(commit="d" * 40))
    assert "**honk-ci:** mended meanwhile: topic is green" in stage.bodies[0]


# --- whose comment it is ---------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("token", ["app", "pat"])
def test_a_mark_that_a_stranger_has_copied_is_not_touched(stage: Stage, token: str) -> None:
    stage.scene.project.members["octocat"] = "write"
    value = stage.forge.add_token("t0ken", kind="pat").value if token == "pat" else "ghs_app"
    copied = "<!-- honk-ci:failure=f1 -->\nmine"
    stage.comments.append(Comment(id=1, author="eve", body=copied))

    announce(stage.healed(), stage.dispatch(token=value))
    announce(stage.healed(), stage.dispatch(token=value))

    assert stage.bodies[0] == copied
    assert len(stage.comments) == 2


def test_a_mark_within_a_comment_is_none(stage: Stage) -> None:
    stage.comments.append(Comment(id=1, author="honk[bot]", body="> <!-- honk-ci:failure=f1 -->\nquoted"))

    announce(stage.healed(), stage.dispatch())

    assert len(stage.comments) == 2


def test_a_comment_that_may_not_be_edited_is_left_and_another_one_made(stage: Stage) -> None:
    stage.comments.append(Comment(id=1, author="other[bot]", body="<!-- honk-ci:failure=f1 -->\nanother app's"))
    stage.forge.fail("PATCH", "/repos/{owner}/{repo}/issues/comments/{comment_id}", status=403)

    told = announce(stage.healed(), stage.dispatch())

    assert stage.bodies[0].endswith("another app's")
    assert mark_of(stage.bodies[1]).fingerprint == "f1"
    assert told.notes == ()


def test_of_two_runs_at_once_one_comment_stays(stage: Stage) -> None:
    """The other run's comment appears between the look and the post."""
    first, second = stage.dispatch(), stage.dispatch(run_id="8")
    assert first.forge is not None
    place_of = first.forge.comments

    class Late:
        """The forge, on which another run speaks right after the first look."""

        def __init__(self) -> None:
            self.looks = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(first.forge, name)

        def comments(self, place: Any) -> Sequence[Any]:
            seen = place_of(place)
            self.looks += 1
            if self.looks == 1:
                announce(stage.healed(), second)
            return seen

    told = announce(stage.healed(), replace(first, forge=Late()))

    (body,) = stage.bodies
    assert mark_of(body).run == "8"
    assert told.delivery is not None
    assert told.delivery.comment_url


def test_a_comment_that_was_made_counts_though_nobody_can_look_for_another(stage: Stage) -> None:
    dispatch = stage.dispatch()
    assert dispatch.forge is not None
    whole = dispatch.forge

    class Deaf:
        """The forge, which answers the first look and no other."""

        def __init__(self) -> None:
            self.looks = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(whole, name)

        def comments(self, place: Any) -> Sequence[Any]:
            self.looks += 1
            if self.looks > 1:
                raise ForgeError("GitHub is away", status=502)
            return whole.comments(place)

    told = announce(stage.healed(), replace(dispatch, forge=Deaf()))

    assert len(stage.comments) == 1
    assert told.notes == ()
    assert told.delivery is not None
    assert told.delivery.comment_url


# --- where it stands ---------------------------------------------------------------------------------


def test_without_a_request_number_the_open_request_of_the_branch_is_found(stage: Stage) -> None:
    announce(stage.healed(), stage.dispatch(request=None, target_branch=""))

    assert len(stage.comments) == 1


def test_without_a_request_the_comment_stands_at_the_commit(stage: Stage) -> None:
    stage.forge.state.close(stage.request)
    for run in ("7", "8"):
        announce(stage.healed(), stage.dispatch(request=None, target_branch="", run_id=run))

    (comment,) = stage.scene.project.commit_comments
    assert comment.commit == stage.scene.head
    assert mark_of(comment.body).run == "8"


# --- what fails ----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("status", [401, 403, 404, 422])
def test_a_comment_that_is_refused_is_a_note_and_the_fix_stays_delivered(stage: Stage, status: int) -> None:
    stage.forge.fail("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments", status=status, times=-1)

    told = announce(stage.healed(stage.fix("f1"), stage.fix("f2", line=21)), stage.dispatch())

    assert told.delivery == PUSHED
    assert [note for note in told.notes if note.startswith("the comment could not be posted: ")]
    posts = stage.forge.calls_to("POST", "/comments")
    assert len(posts) == (2 if status == 422 else 1)


def test_comments_that_cannot_be_read_are_a_note(stage: Stage) -> None:
    stage.forge.fail("GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments", status=403, times=-1)

    told = announce(stage.healed(), stage.dispatch())

    assert [note for note in told.notes if note.startswith("the comments could not be read: ")]
    assert stage.comments == []


def test_nothing_is_said_where_nothing_may_be(stage: Stage) -> None:
    dispatch = stage.dispatch()
    quiet = replace(dispatch, config=Config(deliver=DeliverConfig(comment=False, status=False)))

    for one in (quiet, replace(dispatch, mode="none"), replace(dispatch, forge=None)):
        assert announce(stage.healed(), one) == stage.healed()

    assert stage.forge.calls == []


# --- the comment as delivery ---------------------------------------------------------------------------


def test_a_comment_carries_the_whole_diff_where_it_is_the_delivery(stage: Stage) -> None:
    long = "".join(f"mended {number}\n" for number in range(200))

    told = announce(stage.healed(stage.fix(text=long), delivery=TOLD), stage.dispatch(mode="comment"))

    (body,) = stage.bodies
    assert "+mended 0\n" in body
    assert "+mended 199\n" in body
    assert "git apply" in body
    assert told.delivery is not None
    assert (told.delivery.done, told.delivery.note) == (True, "told in a comment with the diff")


def test_a_comment_that_was_the_delivery_and_is_refused_is_no_delivery(stage: Stage) -> None:
    stage.forge.fail("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments", status=403, times=-1)

    told = announce(stage.healed(delivery=TOLD), stage.dispatch(mode="comment"))

    assert told.delivery is not None
    assert (told.delivery.done, told.delivery.forge_refused) == (False, True)
    assert told.delivery.note.startswith("the comment could not be posted: ")
    assert told.delivery.kept == TOLD.kept


def test_a_fix_that_was_not_pushed_is_in_the_comment(stage: Stage) -> None:
    refused = replace(PUSHED, done=False, rejected=True, note="origin did not take the branch", kept=("/tmp/x",))

    announce(stage.healed(delivery=refused), stage.dispatch())

    (body,) = stage.bodies
    assert "could not be delivered" in body
    assert "origin did not take the branch" in body
    assert "+mended" in body
    assert "/tmp/x" not in body


# --- suggestions ---------------------------------------------------------------------------------------

LINES = Delivery(mode="suggest", done=True, branch="honk/fix-f1", commit="c" * 40, kept=("/tmp/f1.patch",))


def test_a_fix_on_lines_of_the_request_is_suggested_there(stage: Stage) -> None:
    told = announce(stage.healed(delivery=LINES), stage.dispatch(mode="suggest"))

    (review,) = stage.request.reviews
    (comment,) = review.comments
    assert (comment.path, comment.line, comment.start_line) == ("shop.py", 20, None)
    assert comment.body.startswith("**honk-ci:** Mend line 20\n")
    assert "```suggestion\nmended\n```" in comment.body
    (body,) = stage.bodies
    assert "commit the suggested change, here in the pull request" in body
    assert "```diff" not in body
    assert told.delivery is not None
    assert (told.delivery.done, told.delivery.note) == (True, "suggested on 1 place of the pull request")


@pytest.mark.slow
def test_the_same_suggestion_is_made_once(stage: Stage) -> None:
    for run in ("7", "8"):
        announce(stage.healed(delivery=LINES), stage.dispatch(mode="suggest", run_id=run))
    assert len(stage.request.reviews) == 1

    announce(stage.healed(stage.fix(text="better\n"), delivery=LINES), stage.dispatch(mode="suggest", run_id="9"))
    assert len(stage.request.reviews) == 2
    assert len(stage.comments) == 1


def test_a_fix_elsewhere_is_told_with_its_diff(stage: Stage) -> None:
    told = announce(stage.healed(stage.fix(line=35), delivery=LINES), stage.dispatch(mode="suggest"))

    assert stage.request.reviews == []
    assert "+mended" in stage.bodies[0]
    assert told.delivery is not None
    assert told.delivery.done
    assert told.delivery.note.endswith("since it does not fit on lines that the pull request shows")


@pytest.mark.slow
def test_a_review_that_is_refused_becomes_a_comment(stage: Stage) -> None:
    stage.forge.fail("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", status=422, times=-1)

    told = announce(stage.healed(delivery=LINES), stage.dispatch(mode="suggest"))

    assert "+mended" in stage.bodies[0]
    assert [note for note in told.notes if note.startswith("the lines could not be suggested: ")]
    assert told.delivery is not None
    assert told.delivery.done


@pytest.mark.slow
def test_a_fix_of_the_forges_merge_is_suggested_on_the_head(stage: Stage) -> None:
    """The red commit is the merge; main has two more lines at the top, so the numbers differ."""
    repo, head = stage.scene.repo, stage.scene.head
    repo.git("checkout", "--quiet", "main")
    lines = (repo.path / "shop.py").read_text()
    repo.commit("main moves", {"shop.py": f"zero\nzero\n{lines}"})
    repo.git("merge", "--quiet", "--no-edit", "topic")
    merged = repo.git("rev-parse", "HEAD")
    before = (repo.path / "shop.py").read_bytes()
    patch = Patch.of(
        [FileChange(path="shop.py", before=before, after=before.replace(b"line twenty\n", b"line 20 again\n"))]
    )
    fix = replace(stage.fix(), candidate=replace(stage.fix().candidate, patch=patch))
    dispatch = stage.dispatch(mode="suggest", head=head, commit=merged, status=True)

    announce(stage.healed(fix, delivery=LINES), dispatch)

    (review,) = stage.request.reviews
    assert (review.commit, review.comments[0].line) == (head, 20)
    (check,) = stage.scene.project.checks
    assert (check.commit, check.annotations[0]["start_line"]) == (head, 20)


# --- the status ------------------------------------------------------------------------------------------


def test_a_delivered_fix_is_a_successful_check_with_a_remark_at_the_line(stage: Stage) -> None:
    announce(stage.healed(), stage.dispatch(status=True))

    (check,) = stage.scene.project.checks
    assert (check.name, check.conclusion, check.commit) == ("honk-ci", "success", stage.scene.head)
    assert check.title == "Healed: Mend line 20"
    (annotation,) = check.annotations
    assert (annotation["path"], annotation["start_line"], annotation["annotation_level"]) == ("shop.py", 20, "notice")


@pytest.mark.slow
@pytest.mark.parametrize("state", [ReproductionState.REPRODUCED, ReproductionState.FLAKY])
def test_whatever_is_left_is_neutral_and_never_a_failure(stage: Stage, state: ReproductionState) -> None:
    announce(stage.left("f1", state=state), stage.dispatch(status=True))

    (check,) = stage.scene.project.checks
    assert check.conclusion == "neutral"


@pytest.mark.slow
def test_a_run_of_its_own_remarks_where_the_red_code_is(stage: Stage) -> None:
    announce(stage.left("f1"), stage.dispatch(status=True, is_detached=True))

    (check,) = stage.scene.project.checks
    assert [(item["start_line"], item["message"]) for item in check.annotations] == [(20, "f1 is broken: nobody knew")]


def test_a_run_that_did_nothing_sets_no_status(stage: Stage) -> None:
    announce(stage.left(), stage.dispatch(status=True))

    assert stage.scene.project.checks == []


@pytest.mark.slow
def test_a_status_that_is_refused_is_a_note(stage: Stage) -> None:
    stage.forge.fail("POST", "/repos/{owner}/{repo}/check-runs", status=403, times=-1)
    stage.forge.fail("POST", "/repos/{owner}/{repo}/statuses/{sha}", status=403, times=-1)

    told = announce(stage.healed(), stage.dispatch(status=True))

    assert len(stage.comments) == 1
    assert [note for note in told.notes if "could not be set" in note]
    assert told.delivery is not None
    assert told.delivery.done


# --- GitLab ----------------------------------------------------------------------------------------------


@pytest.fixture
def gitlab(stage: Stage) -> Stage:
    stage.forge.add_token("glpat-project", kind="project", login="project_1_bot_a")
    stage.scene.project.members["project_1_bot_a"] = "write"
    stage.scene.project.add_run(Run(id=7, name="pipeline", commit=stage.scene.head, branch="topic"))
    return replace(stage, name="gitlab")


def test_a_merge_request_gets_one_comment_that_is_replaced(gitlab: Stage) -> None:
    gitlab.comments.append(Comment(id=1, author="eve", body="<!-- honk-ci:failure=f1 -->\nmine"))
    for run in ("7", "8"):
        told = announce(gitlab.healed(), gitlab.dispatch(token="glpat-project", run_id=run, status=True))
        assert told.notes == ()

    theirs, ours = gitlab.bodies
    assert theirs.endswith("mine")
    assert mark_of(ours).run == "8"
    assert "git fetch origin honk/fix-f1" in ours


@pytest.mark.slow
def test_lines_are_suggested_on_a_merge_request(gitlab: Stage) -> None:
    for run in ("7", "8"):
        dispatch = gitlab.dispatch(mode="suggest", token="glpat-project", run_id=run)
        told = announce(gitlab.healed(delivery=LINES), dispatch)

    (review,) = gitlab.request.reviews
    assert "```suggestion:-0+0\nmended\n```" in review.comments[0].body
    assert [mark_of(body).run for body in gitlab.bodies if read_mark(body)] == ["8"]
    assert told.delivery is not None
    assert told.delivery.done


@pytest.mark.slow
def test_without_a_merge_request_a_comment_of_the_commit_is_replaced(gitlab: Stage) -> None:
    gitlab.forge.state.close(gitlab.request)
    for run in ("7", "8"):
        dispatch = gitlab.dispatch(token="glpat-project", request=None, target_branch="", run_id=run)
        assert announce(gitlab.healed(), dispatch).notes == ()

    (comment,) = gitlab.scene.project.commit_comments
    assert mark_of(comment.body).run == "8"


@pytest.mark.slow
def test_a_job_token_cannot_comment_and_the_fix_stays_delivered(gitlab: Stage) -> None:
    gitlab.forge.add_token("job-token", kind="job", login="ada")
    dispatch = gitlab.dispatch(token="job-token", status=True)

    told = announce(gitlab.healed(), dispatch)

    assert told.delivery == PUSHED
    assert gitlab.comments == []
    assert [note for note in told.notes if note.startswith("the comments could not be read: ")]
