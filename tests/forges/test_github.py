"""The GitHub plug-in against the loopback forge, which judges each request by GitHub's own description."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from honk_ci.errors import ForgeError
from honk_ci.forges.credentials import Token as OwnToken
from honk_ci.forges.environment import CiContext
from honk_ci.forges.github import GitHub
from honk_ci.forges.http import Patience
from honk_ci.forges.interface import Access, Annotation, Forge, NewRequest, Place, Status, Suggestion
from tests.forge import ALL_RIGHTS, Job, LoopbackForge, Run, Token
from tests.forge.state import Review
from tests.repos import Repo

FILES = {"shop.py": "".join(f"line {number}\n" for number in range(1, 41)), "README": "a shop\n"}
NEW = NewRequest(head="topic", target="main", title="A fix", body="It is **mended**.")
AT_ONCE = Patience(sleep=lambda _: None, read_s=3.0)


class Scene:
    """A repository with a branch, and the plug-in with the token of an App."""

    def __init__(self, forge: LoopbackForge, folder: Path) -> None:
        self.forge = forge
        self.project = forge.add_project("acme/shop")
        self.app = forge.add_token("ghs_app", kind="app")
        self.repo = Repo.create(folder / "work", FILES)
        self.repo.git("remote", "add", "origin", str(self.project.folder))  # quicker than over HTTP
        self.repo.git("checkout", "--quiet", "-b", "topic")
        self.head = self.repo.commit("a change", {"shop.py": FILES["shop.py"].replace("line 20\n", "line twenty\n")})
        self.repo.git("push", "--quiet", "origin", "main", "topic")
        self.github = self.plug_in(self.app)

    def plug_in(self, token: Token | None) -> GitHub:
        context = CiContext(
            name="github", server_url=self.forge.url, api_url=self.forge.github_url, project="acme/shop"
        )
        own = None
        if token is not None:
            is_job_token = token.kind == "job"
            own = OwnToken(value=token.value, source="HONK_TOKEN", user="x-access-token", is_job_token=is_job_token)
        return GitHub(context, own, patience=AT_ONCE)

    def without(self, *rights: str) -> GitHub:
        """The plug-in with a token that lacks rights."""
        left = {name: level for name, level in ALL_RIGHTS.items() if name not in rights}
        return self.plug_in(self.forge.add_token("ghs_weak", kind="job", rights=left))

    def open_for(self, author: str) -> int:
        self.forge.state.open_request(self.project, author=author, head="topic", base="main", title="A change")
        return self.project.requests[-1].number


@pytest.fixture
def scene(forge: LoopbackForge, tmp_path: Path) -> Scene:
    return Scene(forge, tmp_path)


def test_it_is_a_forge(scene: Scene) -> None:
    forge: Forge = scene.github

    assert (forge.name, forge.request_word, forge.comment_chars) == ("github", "pull request", 65_536)
    assert forge.git_url == f"{scene.forge.url}/acme/shop.git"
    assert forge.project == "acme/shop"


@pytest.mark.slow
def test_every_request_is_as_github_describes_it(checked_forge: LoopbackForge, tmp_path: Path) -> None:
    """Each method once under the description's eyes; the fixture sees that nothing broke it."""
    scene = Scene(checked_forge, tmp_path)
    checked_forge.add_user("ada", scene.project)
    github = scene.github
    number = github.open_request(NEW).number
    place, at_commit = Place(request=number), Place(commit=scene.head)
    github.update_request(number, title="Another", body="words")
    github.add_labels(number, ["honk"])
    assert github.ask_for_review(number, ["ada"]) == ["ada"]
    assert github.changed_lines(number)["shop.py"]
    for where in (place, at_commit):
        comment = github.add_comment(where, "hello")
        assert github.edit_comment(where, comment.id, "hello again").body == "hello again"
        assert [found.body for found in github.comments(where)] == ["hello again"]
    github.delete_comment(place, github.comments(place)[0].id)
    assert github.suggest(number, scene.head, [suggestion(20, 21)], "a review")
    remarks = tuple(Annotation(path="shop.py", line=line, message="look", title="honk") for line in range(1, 121))
    assert github.set_status(status(scene.head, annotations=remarks))
    assert github.set_status(status(scene.head, annotations=remarks))
    ada = scene.plug_in(checked_forge.add_token("ghp_ada", kind="pat", login="ada"))
    assert ada.set_status(status(scene.head, url="https://ci.invalid/1")) == "https://ci.invalid/1"
    run = scene.project.add_run(red_run(scene))
    assert [job.state for job in github.jobs(str(run.id))] == ["failed", "passed", "running", "other"]
    assert github.author_of(scene.head) is not None
    assert github.access("ada") is Access.WRITE
    assert github.viewer().login == ""
    assert github.default_branch() == "main"
    scene.project.branch_rules["topic"] = ["creation"]
    assert github.rules_against("topic") == ["creation"]


# --- pull requests ---------------------------------------------------------------------------------


def test_a_request_is_opened_once_however_often_it_is_asked_for(scene: Scene) -> None:
    first = scene.github.open_request(NEW)
    second = scene.github.open_request(NEW)

    assert first == second
    assert (first.number, first.state, first.head, first.target) == (1, "open", "topic", "main")
    assert (first.head_commit, first.head_project, first.title) == (scene.head, "acme/shop", "A fix")
    assert len(scene.project.requests) == 1


def test_a_draft_is_a_draft(scene: Scene) -> None:
    assert scene.github.open_request(draft()).is_draft
    assert scene.project.requests[0].is_draft


def test_where_a_plan_has_no_drafts_the_title_says_it(scene: Scene) -> None:
    scene.project.has_drafts = False

    opened = scene.github.open_request(draft())

    assert (opened.title, opened.is_draft) == ("Draft: A fix", True)
    assert not scene.project.requests[0].is_draft


@pytest.mark.parametrize("fault", ["drop", "truncate", "status"])
def test_an_answer_that_is_lost_opens_no_second_request(scene: Scene, fault: str) -> None:
    scene.forge.fail(
        "POST",
        "/repos/{owner}/{repo}/pulls",
        after=True,
        status=502 if fault == "status" else 0,
        drop=fault == "drop",
        truncate=fault == "truncate",
    )

    opened = scene.github.open_request(NEW)

    assert opened.number == 1
    assert len(scene.project.requests) == 1


@pytest.mark.slow
def test_a_time_out_in_the_middle_opens_no_second_request(scene: Scene) -> None:
    scene.forge.fail("POST", "/repos/{owner}/{repo}/pulls", after=True, hang_s=5.0)

    assert scene.github.open_request(NEW).number == 1
    assert len(scene.forge.calls_to("POST", "/pulls")) <= 1


def test_somebody_who_was_faster_opened_it_for_us(scene: Scene) -> None:
    """The list does not show it yet, and then GitHub says that it exists."""
    scene.github.open_request(NEW)
    scene.forge.fail("GET", "/repos/{owner}/{repo}/pulls", status=200, body=[])

    assert scene.github.open_request(NEW).number == 1


def test_a_branch_without_commits_of_its_own_is_refused_in_githubs_words(scene: Scene) -> None:
    scene.repo.git("push", "--quiet", "origin", "main:refs/heads/same")

    with pytest.raises(ForgeError, match="No commits between main and same") as caught:
        scene.github.open_request(NewRequest(head="same", target="main", title="t", body="b"))
    assert caught.value.status == 422


def test_where_workflows_may_open_no_requests_the_setting_is_named(scene: Scene) -> None:
    scene.project.jobs_may_open_requests = False
    job = scene.plug_in(scene.forge.add_token("ghs_job", kind="job"))

    with pytest.raises(ForgeError, match="not permitted to create") as caught:
        job.open_request(NEW)
    assert "Settings > Actions > General" in caught.value.hint


def test_requests_of_a_branch_are_told_with_their_end(scene: Scene) -> None:
    first = scene.github.open_request(NEW)
    scene.forge.state.close(scene.project.requests[0])
    second = scene.github.open_request(NEW)
    scene.forge.state.merge(scene.project, scene.project.requests[1])

    found = scene.github.requests_of("topic")

    assert [(request.number, request.state) for request in found] == [
        (second.number, "merged"),
        (first.number, "closed"),
    ]
    assert found[0].merge_commit == scene.project.branches()["main"]
    assert found[1].merge_commit == ""
    assert scene.github.requests_of("nothing/here?&#") == []


def test_a_request_of_a_fork_with_the_same_branch_name_is_not_ours(scene: Scene) -> None:
    fork = scene.forge.add_project("mallory/shop", fork_of="acme/shop")
    scene.repo.git("push", "--quiet", str(fork.folder), "topic")
    scene.forge.state.open_request(
        scene.project, author="mallory", head="topic", base="main", title="x", head_project=fork.path
    )

    assert scene.github.requests_of("topic") == []
    assert scene.github.open_request(NEW).number == 2
    assert scene.github.request(1).head_project == "mallory/shop"
    scene.forge.state.delete_project("mallory/shop")
    assert scene.github.request(1).head_project == ""


def test_rules_that_a_new_branch_would_meet_are_named(scene: Scene) -> None:
    scene.project.branch_rules["honk/fix-1"] = ["creation", "deletion", "required_signatures", "non_fast_forward"]

    assert scene.github.rules_against("honk/fix-1") == ["creation", "required signatures"]
    assert scene.github.rules_against("honk/fix-2") == []
    scene.forge.fail("GET", "/repos/{owner}/{repo}/rules/branches/{branch}", status=403)
    assert scene.github.rules_against("honk/fix-1") == []


def test_words_of_any_length_fit_into_a_title(scene: Scene) -> None:
    opened = scene.github.open_request(NewRequest(head="topic", target="main", title="t" * 400, body="b"))
    scene.github.update_request(opened.number, title="u" * 400, body="c")

    assert len(scene.github.request(opened.number).title) == 256


def test_labels_are_added_to_those_that_are_there(scene: Scene) -> None:
    number = scene.github.open_request(NEW).number
    scene.forge.fail("POST", "/repos/{owner}/{repo}/issues/{issue_number}/labels", drop=True, after=True)

    scene.github.add_labels(number, ["honk"])
    scene.github.add_labels(number, ["later"])
    scene.github.add_labels(number, [])

    assert scene.github.request(number).labels == ("honk", "later")


def test_one_bad_reviewer_does_not_lose_the_others(scene: Scene) -> None:
    for login in ("ada", "grace", "author"):
        scene.forge.add_user(login, scene.project)
    scene.forge.state.user("stranger")
    scene.project.teams.add("core")
    number = scene.open_for("author")

    wanted = ["stranger", "Author", "ada", "acme/core", "acme/unknown", "other/core", "grace", "ada", ".."]
    taken = scene.github.ask_for_review(number, wanted)

    assert taken == ["ada", "acme/core", "grace"]
    assert set(scene.project.requests[0].reviewers) == {"ada", "grace"}
    assert scene.project.requests[0].teams == ["core"]


def test_nobody_is_asked_again(scene: Scene) -> None:
    for login in ("ada", "grace", "author"):
        scene.forge.add_user(login, scene.project)
    scene.project.teams.add("core")
    number = scene.open_for("author")
    request = scene.project.requests[0]

    assert scene.github.ask_for_review(number, ["ada", "acme/core"]) == ["ada", "acme/core"]
    assert scene.github.ask_for_review(number, ["Ada", "acme/core"]) == ["Ada", "acme/core"]
    assert len(scene.forge.calls_to("POST", "requested_reviewers")) == 1

    # who has reviewed is no longer waited for
    request.reviewers, request.teams = [], []
    request.reviews.append(Review(id=1, author="ada", body="Why?", state="COMMENTED", commit=request.head_commit))
    assert scene.github.ask_for_review(number, ["ada", "acme/core", "grace"]) == ["grace"]
    assert request.reviewers == ["grace"]


def test_nobody_is_asked_where_only_the_author_is_left(scene: Scene) -> None:
    number = scene.open_for("author")

    assert scene.github.ask_for_review(number, ["author"]) == []
    assert scene.forge.calls_to("POST", "requested_reviewers") == []


def test_a_forge_that_is_down_is_not_taken_for_a_bad_reviewer(scene: Scene) -> None:
    scene.forge.add_user("ada", scene.project)
    number = scene.open_for("author")
    scene.forge.fail("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers", status=500, times=-1)

    with pytest.raises(ForgeError):
        scene.github.ask_for_review(number, ["ada"])


def test_lines_that_the_diff_shows_are_where_comments_can_stand(scene: Scene) -> None:
    scene.repo.commit("more", {"new file.txt": "one\ntwo\n", "image.png": "\0\1\2", "README": ""})
    scene.repo.git("push", "--quiet", "origin", "topic")
    number = scene.open_for("author")
    scene.forge.state.page_size = 1

    lines = scene.github.changed_lines(number)

    assert lines["shop.py"] == frozenset(range(17, 24))
    assert lines["new file.txt"] == {1, 2}
    assert lines["image.png"] == frozenset()
    assert lines["README"] == frozenset()


# --- talk ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["request", "commit"])
def test_comments_are_added_changed_and_listed_in_order(scene: Scene, kind: str) -> None:
    place = Place(request=scene.open_for("author")) if kind == "request" else Place(commit=scene.head)
    scene.forge.state.page_size = 2

    made = [scene.github.add_comment(place, f"comment {number}") for number in range(5)]
    scene.github.edit_comment(place, made[1].id, "another")

    listed = scene.github.comments(place)
    assert [comment.body for comment in listed] == ["comment 0", "another", "comment 2", "comment 3", "comment 4"]
    assert listed[0] == made[0]
    assert listed[0].author == "honk[bot]"
    assert listed[0].url.startswith("http")


@pytest.mark.parametrize("kind", ["request", "commit"])
def test_a_comment_whose_answer_is_lost_is_not_made_twice(scene: Scene, kind: str) -> None:
    place = Place(request=scene.open_for("author")) if kind == "request" else Place(commit=scene.head)
    scene.forge.fail("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments", drop=True, after=True)
    scene.forge.fail("POST", "/repos/{owner}/{repo}/commits/{commit_sha}/comments", drop=True, after=True)

    scene.github.add_comment(place, "<!-- mark -->\nhello \r\n")

    assert len(scene.github.comments(place)) == 1


def test_a_comment_that_is_too_long_is_refused_with_422(scene: Scene) -> None:
    with pytest.raises(ForgeError, match="too long") as caught:
        scene.github.add_comment(Place(request=scene.open_for("author")), "x" * 65_537)
    assert caught.value.status == 422


def test_a_comment_that_is_gone_is_told_by_404_and_may_be_deleted_again(scene: Scene) -> None:
    place = Place(request=scene.open_for("author"))

    with pytest.raises(ForgeError) as caught:
        scene.github.edit_comment(place, "424242", "x")
    assert caught.value.status == 404
    scene.github.delete_comment(place, "424242")


def suggestion(first: int, last: int, replacement: str = "better\n") -> Suggestion:
    return Suggestion(path="shop.py", first_line=first, last_line=last, replacement=replacement, body="Say it better.")


def test_suggestions_stand_in_one_review_at_their_lines(scene: Scene) -> None:
    number = scene.open_for("author")

    url = scene.github.suggest(
        number, scene.head, [suggestion(20, 20), suggestion(18, 21, "a\n```\nb")], "Two of them."
    )

    review = scene.project.requests[0].reviews[0]
    assert url.endswith(str(review.id))
    assert (review.body, review.state, review.commit) == ("Two of them.", "COMMENTED", scene.head)
    one, two = review.comments
    assert (one.line, one.start_line, one.body) == (20, None, "Say it better.\n\n```suggestion\nbetter\n```")
    assert (two.line, two.start_line, two.body) == (21, 18, "Say it better.\n\n````suggestion\na\n```\nb\n````")


def test_suggestions_that_stand_there_are_not_repeated(scene: Scene) -> None:
    number = scene.open_for("author")
    scene.github.suggest(number, scene.head, [suggestion(20, 20)], "One.")

    scene.github.suggest(number, scene.head, [suggestion(20, 20)], "The same.")
    scene.github.suggest(number, scene.head, [suggestion(20, 20), suggestion(21, 21)], "One more.")

    reviews = scene.project.requests[0].reviews
    assert [[comment.line for comment in review.comments] for review in reviews] == [[20], [21]]


def test_a_suggestion_can_delete_lines_or_empty_them(scene: Scene) -> None:
    number = scene.open_for("author")

    scene.github.suggest(number, scene.head, [suggestion(20, 20, ""), suggestion(21, 21, "\n")], "x")

    bodies = [comment.body.partition("\n\n")[2] for comment in scene.project.requests[0].reviews[0].comments]
    assert bodies == ["```suggestion\n```", "```suggestion\n\n```"]


def test_a_review_whose_answer_is_lost_is_not_made_twice(scene: Scene) -> None:
    number = scene.open_for("author")
    scene.forge.fail("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", status=502, after=True)

    assert scene.github.suggest(number, scene.head, [suggestion(20, 20)], "Once.")
    assert len(scene.project.requests[0].reviews) == 1


def test_a_suggestion_off_the_diff_is_refused(scene: Scene) -> None:
    with pytest.raises(ForgeError, match="Line could not be resolved") as caught:
        scene.github.suggest(scene.open_for("author"), scene.head, [suggestion(1, 1)], "x")
    assert caught.value.status == 422


# --- statuses --------------------------------------------------------------------------------------


def status(commit: str, **more: object) -> Status:
    fields = {"name": "honk-ci", "conclusion": "neutral", "title": "One fix", "summary": "*All* of it.", **more}
    return Status(commit=commit, **fields)  # type: ignore[arg-type]  # one shape of call


def remarks(count: int) -> tuple[Annotation, ...]:
    return tuple(Annotation(path="shop.py", line=line + 1, message=f"remark {line}") for line in range(count))


def test_a_check_run_takes_any_number_of_annotations(scene: Scene) -> None:
    url = scene.github.set_status(status(scene.head, annotations=remarks(120)))

    (check,) = scene.project.checks
    assert len(check.annotations) == 120
    assert (check.status, check.conclusion, check.title, check.summary) == (
        "completed",
        "neutral",
        "One fix",
        "*All* of it.",
    )
    assert url


def test_a_check_run_is_updated_and_nothing_in_it_is_said_twice(scene: Scene) -> None:
    scene.github.set_status(status(scene.head, annotations=remarks(60)))
    scene.github.set_status(status(scene.head, annotations=remarks(61), conclusion="success", title="Two fixes"))

    (check,) = scene.project.checks
    assert (len(check.annotations), check.conclusion, check.title) == (61, "success", "Two fixes")


def test_a_check_run_of_another_app_is_left_alone(scene: Scene) -> None:
    other = scene.plug_in(scene.forge.add_token("ghs_other", kind="app", login="other[bot]"))
    other.set_status(status(scene.head, title="Theirs"))

    scene.github.set_status(status(scene.head, title="Ours"))

    assert sorted(str(check.title) for check in scene.project.checks) == ["Ours", "Theirs"]


def test_a_person_sets_a_commit_status_instead(scene: Scene) -> None:
    scene.forge.add_user("ada", scene.project)
    ada = scene.plug_in(scene.forge.add_token("ghp_ada", kind="pat", login="ada", scopes=["repo"]))

    url = ada.set_status(status(scene.head, title="t" * 140, url="https://ci.invalid/1"))

    assert url == "https://ci.invalid/1"
    (made,) = scene.project.statuses
    assert (made.state, made.context, made.description) == ("success", "honk-ci", "t" * 140)
    assert scene.project.checks == []


def test_without_the_right_to_either_the_second_refusal_is_told(scene: Scene) -> None:
    with pytest.raises(ForgeError) as caught:
        scene.without("checks", "statuses").set_status(status(scene.head))
    assert caught.value.status == 403
    assert "statuses: write" in caught.value.hint


LOST: dict[str, dict[str, Any]] = {
    "hung up before": {"drop": True},
    "hung up after": {"drop": True, "after": True},
    "truncated": {"truncate": True},
    "500": {"status": 500},
    "502 after": {"status": 502, "after": True},
    "429": {"status": 429},
    "secondary limit": {"status": 403, "body": {"message": "You have exceeded a secondary rate limit"}},
    "503 with a time": {"status": 503, "headers": {"Retry-After": "1"}},
    "time-out": {"hang_s": 2.0, "after": True},
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", LOST)
def test_whatever_happens_in_the_middle_everything_is_there_once(scene: Scene, fault: str) -> None:
    repository = "/repos/{owner}/{repo}"
    for method, path in (
        ("POST", "/pulls"),
        ("POST", "/issues/{issue_number}/comments"),
        ("POST", "/issues/{issue_number}/labels"),
        ("POST", "/commits/{commit_sha}/comments"),
        ("POST", "/pulls/{pull_number}/reviews"),
        ("POST", "/check-runs"),
        ("PATCH", "/check-runs/{check_run_id}"),
    ):
        scene.forge.fail(method, f"{repository}{path}", **LOST[fault])

    number = scene.github.open_request(NEW).number
    scene.github.add_labels(number, ["honk"])
    scene.github.add_comment(Place(request=number), "hello")
    scene.github.add_comment(Place(commit=scene.head), "hello")
    scene.github.suggest(number, scene.head, [suggestion(20, 20)], "a review")
    scene.github.set_status(status(scene.head, annotations=remarks(60)))

    (request,) = scene.project.requests
    (check,) = scene.project.checks
    assert (request.labels, len(request.comments), len(request.reviews)) == (["honk"], 1, 1)
    assert len(scene.project.commit_comments) == 1
    assert len(check.annotations) == 60


# --- people ----------------------------------------------------------------------------------------


def test_access_is_what_the_collaborators_permission_says(scene: Scene) -> None:
    for login, permission in (("r", "read"), ("t", "triage"), ("w", "write"), ("m", "maintain"), ("a", "admin")):
        scene.forge.add_user(login, scene.project, permission)  # type: ignore[arg-type]  # one of the words
    levels = {login: scene.github.access(login) for login in ("r", "t", "w", "m", "a", "nobody", "x[bot]")}

    assert levels == {
        "r": Access.READ,
        "t": Access.READ,
        "w": Access.WRITE,
        "m": Access.WRITE,
        "a": Access.ADMIN,
        "nobody": Access.NONE,
        "x[bot]": Access.NONE,
    }


def test_a_login_that_is_a_path_is_nobody(scene: Scene) -> None:
    assert scene.github.access("..") is Access.NONE
    assert scene.forge.calls == []
    assert scene.github.access("a/../../../x") is Access.NONE


def test_the_author_of_a_commit_is_whom_github_knows(scene: Scene) -> None:
    scene.forge.state.user("ada").email = "ada@example.invalid"
    scene.repo.git(
        "-c", "user.email=ada@example.invalid", "-c", "user.name=Ada", "commit", "-q", "--allow-empty", "-mx"
    )
    scene.repo.git("push", "--quiet", "origin", "topic")

    assert scene.github.author_of(scene.repo.git("rev-parse", "HEAD")) == "ada"
    assert scene.github.author_of(scene.head) == ""
    assert scene.github.author_of("0" * 40) == ""


def test_the_viewer_of_a_personal_token_is_told_with_scopes_and_access(scene: Scene) -> None:
    scene.forge.add_user("ada", scene.project)
    viewer = scene.plug_in(scene.forge.add_token("ghp_ada", kind="pat", login="ada", scopes=["repo", "gist"])).viewer()

    assert (viewer.login, viewer.access, viewer.scopes, viewer.missing) == (
        "ada",
        Access.WRITE,
        ("repo", "gist"),
        (),
    )


def test_the_viewer_of_a_token_that_can_only_read_is_told_what_is_missing(scene: Scene) -> None:
    scene.forge.add_user("ada", scene.project, "read")
    viewer = scene.plug_in(scene.forge.add_token("ghp_ada", kind="pat", login="ada", scopes=["gist"])).viewer()

    assert viewer.access is Access.READ
    assert viewer.missing == ("scope repo",)


def test_the_viewer_of_an_app_is_nobody_by_name(scene: Scene) -> None:
    viewer = scene.github.viewer()

    assert (viewer.login, viewer.access, viewer.missing) == ("", None, ())


def test_the_viewer_of_a_job_is_githubs_own_bot(scene: Scene) -> None:
    job = scene.plug_in(scene.forge.add_token("ghs_job", kind="job"))

    said = job.add_comment(Place(request=scene.open_for("author")), "x")

    assert job.viewer().login == said.author == "github-actions[bot]"


def test_an_expired_token_is_told_with_its_variable(scene: Scene) -> None:
    expired = scene.plug_in(scene.forge.add_token("ghp_old", kind="pat", is_expired=True))

    with pytest.raises(ForgeError, match="Bad credentials") as caught:
        expired.viewer()
    assert caught.value.status == 401
    assert "HONK_TOKEN is expired" in caught.value.hint


@pytest.mark.parametrize(
    ("right", "call", "hint"),
    [
        ("pull_requests", lambda github: github.open_request(NEW), "pull-requests: write"),
        ("checks", lambda github: github.api.get(github.path("commits", "main", "check-runs")), "checks: write"),
        ("actions", lambda github: github.jobs("1"), "actions: read"),
    ],
)
def test_a_right_that_is_missing_is_named_as_workflows_spell_it(
    scene: Scene, right: str, call: Callable[[GitHub], object], hint: str
) -> None:
    weak = scene.without(right)

    with pytest.raises(ForgeError, match="Resource not accessible by integration") as caught:
        call(weak)
    assert hint in caught.value.hint


def test_a_fork_is_not_told_to_ask_for_permissions(scene: Scene) -> None:
    weak = scene.without("pull_requests")
    fork = GitHub(replace(weak.context, head_project="mallory/shop"), weak.token, patience=AT_ONCE)

    with pytest.raises(ForgeError) as caught:
        fork.open_request(NEW)
    assert caught.value.hint == "GitHub gives builds of forks a token that can only read"


def test_of_several_permissions_that_serve_the_usual_one_is_named(scene: Scene) -> None:
    number = scene.open_for("author")

    with pytest.raises(ForgeError) as caught:
        scene.without("pull_requests", "issues").add_comment(Place(request=number), "x")
    assert "{pull-requests: write}" in caught.value.hint


def test_without_a_token_a_refusal_says_where_to_give_one(scene: Scene) -> None:
    with pytest.raises(ForgeError) as caught:
        scene.plug_in(None).request(1)
    assert "HONK_TOKEN" in caught.value.hint


# --- runs ------------------------------------------------------------------------------------------


def zipped(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def red_run(scene: Scene) -> Run:
    return Run(
        id=77,
        name="CI",
        commit=scene.head,
        branch="topic",
        jobs=[
            Job(id=1, name="test (3.11)", log="2026-01-01T00:00:00.0000000Z E   assert 1 == 2\n"),
            Job(id=2, name="lint", conclusion="success"),
            Job(id=3, name="slow", status="in_progress", conclusion=None),
            Job(id=4, name="other", conclusion="cancelled"),
        ],
        artifacts={
            "reports-3.11": zipped({"out/junit.xml": "<testsuite/>"}),
            "reports/../3.12": zipped({"junit.xml": "<a/>", "../evil": "x"}),
            "broken": b"no archive",
        },
    )


def test_logs_come_from_where_github_keeps_them_and_the_token_does_not_go_there(scene: Scene, tmp_path: Path) -> None:
    run = scene.project.add_run(red_run(scene))
    failed = next(job for job in scene.github.jobs(str(run.id)) if job.state == "failed")

    scene.github.save_log(failed, tmp_path / "log")

    assert "assert 1 == 2" in (tmp_path / "log").read_text()
    followed = [seen for seen in scene.forge.calls if seen.status == 200][-1]
    assert "/logs" not in followed.path or followed.token == ""


def test_artifacts_get_a_folder_each_and_broken_ones_are_left_out(scene: Scene, tmp_path: Path) -> None:
    run = scene.project.add_run(red_run(scene))

    files = scene.github.save_artifacts(str(run.id), tmp_path / "artifacts")

    names = [str(file.relative_to(tmp_path / "artifacts")) for file in files]
    assert sorted(names) == ["reports-..-3.12/junit.xml", "reports-3.11/out/junit.xml"]
    assert not (tmp_path / "evil").exists()


def test_a_run_that_is_not_there_is_told(scene: Scene, tmp_path: Path) -> None:
    with pytest.raises(ForgeError) as caught:
        scene.github.jobs("4711")
    assert caught.value.status == 404


def draft() -> NewRequest:
    return NewRequest(head="topic", target="main", title="A fix", body="b", is_draft=True)


# --- answers that nobody vouches for ---------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [None, [], {}, "text", 7, {"number": "1"}, {"number": 1, "html_url": 3}, [None], {"number": 1, "head": []}],
    ids=repr,
)
def test_an_answer_of_another_shape_is_a_forge_error(scene: Scene, answer: object) -> None:
    for method, pattern in (("GET", "/repos/{owner}/{repo}/pulls/{pull_number}"), ("GET", "/repos/{owner}/{repo}")):
        scene.forge.fail(method, pattern, status=200, body=answer, times=-1)

    for call in (lambda: scene.github.request(1), scene.github.default_branch):
        with pytest.raises(ForgeError):
            call()
