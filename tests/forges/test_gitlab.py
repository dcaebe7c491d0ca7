"""The GitLab plug-in against the loopback forge."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from honk_ci.errors import ForgeError
from honk_ci.forges import make_forge
from honk_ci.forges.credentials import Token as OwnToken
from honk_ci.forges.environment import CiContext, ci_context
from honk_ci.forges.gitlab import GitLab
from honk_ci.forges.gitlab.diffs import shown_lines
from honk_ci.forges.gitlab.words import harmless
from honk_ci.forges.http import Patience
from honk_ci.forges.interface import Access, Forge, NewRequest, Place, Status, Suggestion
from tests.forge import Job, LoopbackForge, Run, Token
from tests.forge.gitlab.notes import suggestions_of
from tests.forge.gitlab.scene import Scene as Grown
from tests.forge.gitlab.scene import Seed

NEW = NewRequest(head="topic", target="main", title="A fix", body="It is **mended**.")
AT_ONCE = Patience(sleep=lambda _: None, read_s=10.0)


class Scene(Grown):
    """And the plug-in with the project access token."""

    def __init__(self, forge: LoopbackForge, folder: Path, seed: Seed) -> None:
        super().__init__(forge, folder, seed)
        self.gitlab = self.plug_in(self.token)

    def plug_in(self, token: Token | None, *, run_id: str = "") -> GitLab:
        context = CiContext(
            name="gitlab",
            server_url=self.forge.url,
            api_url=self.forge.gitlab_url,
            project="group/sub/shop",
            run_id=run_id,
        )
        own = None
        if token is not None:
            is_job = token.kind == "job"
            own = OwnToken(value=token.value, source="HONK_TOKEN", user="oauth2", is_job_token=is_job)
        return GitLab(context, own, patience=AT_ONCE)

    def push(self, message: str, files: dict[str, str]) -> str:
        commit = self.repo.commit(message, files)
        self.repo.git("push", "--quiet", "origin", "HEAD:topic")
        return commit


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Seed:
    return Seed.grow(tmp_path_factory.mktemp("seed"))


@pytest.fixture
def scene(forge: LoopbackForge, tmp_path: Path, seed: Seed) -> Scene:
    return Scene(forge, tmp_path, seed)


def test_it_is_a_forge(scene: Scene) -> None:
    forge: Forge = scene.gitlab

    assert (forge.name, forge.request_word, forge.comment_chars) == ("gitlab", "merge request", 1_000_000)
    assert forge.git_url == f"{scene.forge.url}/group/sub/shop.git"
    assert isinstance(make_forge(scene.gitlab.context, scene.gitlab.token), GitLab)


@pytest.mark.parametrize(("project", "number"), [("group/sub/shop", 7), ("stranger/shop", None)])
def test_the_number_of_a_request_counts_in_its_own_project_alone(project: str, number: int | None) -> None:
    environ = {
        "GITLAB_CI": "true",
        "CI_PROJECT_PATH": project,
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_PROJECT_PATH": "group/sub/shop",
    }

    assert ci_context(environ).request == number


# --- merge requests --------------------------------------------------------------------------------


def test_a_request_is_opened_once(scene: Scene) -> None:
    opened = scene.gitlab.open_request(NEW)
    again = scene.gitlab.open_request(NEW)

    assert opened == again
    assert (opened.number, opened.state, opened.head, opened.target) == (1, "open", "topic", "main")
    assert (opened.head_commit, opened.head_project) == (scene.head, "group/sub/shop")
    assert (opened.title, opened.body, opened.author) == ("A fix", "It is **mended**.", "project_1_bot_a")
    assert opened.url == f"{scene.forge.url}/group/sub/shop/-/merge_requests/1"
    assert scene.gitlab.request(1) == opened
    assert len(scene.forge.calls_to("POST", "/merge_requests")) == 1


def test_a_request_to_another_target_is_another_one(scene: Scene) -> None:
    scene.repo.git("push", "--quiet", "origin", "main:release")

    first = scene.gitlab.open_request(NEW)
    second = scene.gitlab.open_request(NewRequest(head="topic", target="release", title="A fix", body=""))

    assert [first.target, second.target] == ["main", "release"]


def test_a_request_that_another_run_opened_meanwhile_is_taken(scene: Scene) -> None:
    scene.forge.state.open_request(scene.project, author="other", head="topic", base="main", title="First")
    # the first question is answered as it was a moment before
    scene.forge.fail("GET", "/projects/{project}/merge_requests", status=200, body=[])

    assert scene.gitlab.open_request(NEW).author == "other"


def test_a_request_that_was_made_though_the_answer_got_lost_is_found(scene: Scene) -> None:
    scene.forge.fail("POST", "/projects/{project}/merge_requests", after=True, drop=True)

    assert scene.gitlab.open_request(NEW).number == 1
    assert len(scene.project.requests) == 1


def test_closed_and_merged_requests_are_told_apart(scene: Scene) -> None:
    scene.gitlab.open_request(NEW)
    scene.forge.state.close(scene.project.requests[0])
    scene.gitlab.open_request(NEW)
    merged = scene.forge.state.merge(scene.project, scene.project.requests[1])

    found = scene.gitlab.requests_of("topic")

    assert [(request.number, request.state, request.merge_commit) for request in found] == [
        (2, "merged", merged),
        (1, "closed", ""),
    ]


def test_a_fast_forward_merge_names_the_commit_that_the_target_got(scene: Scene) -> None:
    scene.gitlab.open_request(NEW)
    body = {
        "iid": 1,
        "state": "merged",
        "source_branch": "topic",
        "target_branch": "main",
        "source_project_id": 1,
        "target_project_id": 1,
        "merge_commit_sha": None,
        "squash_commit_sha": None,
        "sha": scene.head,
    }
    scene.forge.fail("GET", "/projects/{project}/merge_requests/{iid}", status=200, body=body)

    assert scene.gitlab.request(1).merge_commit == scene.head


def test_requests_of_forks_are_not_taken_for_our_own(scene: Scene) -> None:
    fork = scene.forge.add_project("stranger/shop", fork_of="group/sub/shop")
    scene.repo.git("push", "--quiet", str(fork.folder), "main", "topic")
    scene.forge.state.open_request(
        scene.project, author="stranger", head="topic", base="main", title="Theirs", head_project="stranger/shop"
    )

    assert scene.gitlab.requests_of("topic") == []
    assert scene.gitlab.request(1).head_project == "stranger/shop"
    scene.forge.state.delete_project("stranger/shop")
    assert scene.gitlab.request(1).head_project == ""


def test_a_fork_that_may_not_be_seen_is_still_another_project(scene: Scene) -> None:
    fork = scene.forge.add_project("stranger/shop", fork_of="group/sub/shop")
    scene.repo.git("push", "--quiet", str(fork.folder), "main", "topic")
    scene.forge.state.open_request(
        scene.project, author="stranger", head="topic", base="main", title="Theirs", head_project="stranger/shop"
    )
    narrow = scene.forge.add_token("glpat-narrow", kind="project", projects=("group/sub/shop",))

    assert scene.plug_in(narrow).request(1).head_project == f"project {fork.id}"


def test_a_draft_stays_a_draft_and_its_title_is_given_without_the_mark(scene: Scene) -> None:
    draft = scene.gitlab.open_request(NewRequest(head="topic", target="main", title="A fix", body="", is_draft=True))
    scene.gitlab.update_request(1, title="A better fix", body="/close\nnew words")

    kept = scene.project.requests[0]
    assert (draft.is_draft, draft.title) == (True, "A fix")
    assert (kept.title, kept.body) == ("Draft: A better fix", " /close\nnew words")
    kept.title = "A better fix"  # a person marks it as ready
    scene.gitlab.update_request(1, title="Last words", body="")
    assert kept.title == "Last words"


def test_long_titles_are_cut_to_one_line(scene: Scene) -> None:
    opened = scene.gitlab.open_request(
        NewRequest(head="topic", target="main", title="long\n" * 100, body="", is_draft=True)
    )

    assert len(scene.project.requests[0].title) == 255
    assert opened.title.startswith("long long")


def test_a_request_that_is_not_there_has_status_404(scene: Scene) -> None:
    with pytest.raises(ForgeError) as refused:
        scene.gitlab.request(99)

    assert refused.value.status == 404


def test_labels_are_added_to_those_that_people_gave(scene: Scene) -> None:
    scene.gitlab.open_request(NEW)
    scene.project.requests[0].labels.append("people's")

    scene.gitlab.add_labels(1, ["honk", "bug"])
    scene.gitlab.add_labels(1, [])

    assert scene.gitlab.request(1).labels == ("people's", "honk", "bug")


def test_reviewers_are_added_to_those_that_people_asked(scene: Scene) -> None:
    for login in ("ann", "ben", "carl"):
        scene.forge.add_user(login, scene.project)
    scene.forge.add_user("stranger")
    scene.gitlab.open_request(NEW)
    scene.project.requests[0].reviewers.append("carl")

    asked = scene.gitlab.ask_for_review(
        1, ["ann", "@Ben", "group/team", "stranger", "nobody", "project_1_bot_a", "carl"]
    )

    assert list(asked) == ["ann", "Ben", "carl"]
    assert scene.project.requests[0].reviewers == ["ann", "ben", "carl"]
    assert list(scene.gitlab.ask_for_review(1, ["group/team"])) == []


def test_an_edition_that_takes_one_reviewer_is_believed(scene: Scene) -> None:
    for login in ("ann", "ben"):
        scene.forge.add_user(login, scene.project)
    scene.gitlab.open_request(NEW)
    ann = {"id": scene.forge.state.user("ann").id, "username": "ann"}
    scene.forge.fail("PUT", "/projects/{project}/merge_requests/{iid}", status=200, body={"reviewers": [ann]})

    assert list(scene.gitlab.ask_for_review(1, ["ann", "ben"])) == ["ann"]


def test_the_diff_shows_which_lines_can_be_spoken_of(scene: Scene) -> None:
    scene.push("more files", {"new.py": "a\nb\n", "with blank.py": "c\n"})
    scene.gitlab.open_request(NEW)
    scene.forge.state.page_size = 1

    lines = scene.gitlab.changed_lines(1)

    assert lines == {
        "shop.py": frozenset(range(17, 24)),
        "new.py": frozenset({1, 2}),
        "with blank.py": frozenset({1}),
    }


def test_servers_without_pages_of_diffs_are_asked_the_old_way(scene: Scene) -> None:
    scene.gitlab.open_request(NEW)
    scene.forge.fail("GET", "/projects/{project}/merge_requests/{iid}/diffs", status=404)

    assert scene.gitlab.changed_lines(1) == {"shop.py": frozenset(range(17, 24))}


def test_hunks_give_new_lines_their_old_numbers() -> None:
    diff = "@@ -1,3 +1,3 @@ def f():\n a\n-b\n+B\n c\n\\ No newline at end of file\n@@ -10 +10,2 @@\n j\n+k\n"

    assert shown_lines(diff) == {1: 1, 2: None, 3: 3, 10: 10, 11: None}


def test_a_diff_that_is_left_out_has_no_lines() -> None:
    assert shown_lines("") == {}


# --- talk ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["request", "commit"])
def test_comments_are_kept_edited_and_taken_away(scene: Scene, where: str) -> None:
    scene.gitlab.open_request(NEW)
    place = Place(request=1) if where == "request" else Place(commit=scene.head)
    first = scene.gitlab.add_comment(place, "first <!-- mark -->")
    scene.gitlab.add_comment(place, "second")

    edited = scene.gitlab.edit_comment(place, first.id, "changed <!-- mark -->")

    assert edited.id == first.id
    assert [comment.body for comment in scene.gitlab.comments(place)] == ["changed <!-- mark -->", "second"]
    assert {comment.author for comment in scene.gitlab.comments(place)} == {"project_1_bot_a"}
    assert edited.url.startswith(
        f"{scene.forge.url}/group/sub/shop/-/{'merge_requests/1' if where == 'request' else 'commit/'}"
    )
    scene.gitlab.delete_comment(place, first.id)
    scene.gitlab.delete_comment(place, first.id)
    assert [comment.body for comment in scene.gitlab.comments(place)] == ["second"]


@pytest.mark.parametrize("where", ["request", "commit"])
def test_a_comment_whose_answer_got_lost_is_not_said_twice(scene: Scene, where: str) -> None:
    scene.gitlab.open_request(NEW)
    place = Place(request=1) if where == "request" else Place(commit=scene.head)
    path = "merge_requests/{iid}/notes" if where == "request" else "repository/commits/{commit}/discussions"
    scene.forge.fail("POST", f"/projects/{{project}}/{path}", status=502, after=True)

    said = scene.gitlab.add_comment(place, "only once")

    assert [comment.id for comment in scene.gitlab.comments(place)] == [said.id]


def test_comments_come_oldest_first_over_all_pages(scene: Scene) -> None:
    scene.gitlab.open_request(NEW)
    for number in range(5):
        scene.gitlab.add_comment(Place(request=1), f"note {number}")
    scene.forge.state.page_size = 2

    bodies = [comment.body for comment in scene.gitlab.comments(Place(request=1))]

    assert bodies == [f"note {number}" for number in range(5)]


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ("/close", " /close"),
        ("fine\n/merge now", "fine\n /merge now"),
        ("fine\r\n/Approve", "fine\n /Approve"),
        ("a/close b", "a/close b"),
        (" /close", " /close"),
        ("// no action", "// no action"),
    ],
)
def test_text_of_the_repository_is_no_quick_action(body: str, sent: str) -> None:
    assert harmless(body) == sent


def suggestion(first: int, last: int, replacement: str, body: str = "Better:", path: str = "shop.py") -> Suggestion:
    return Suggestion(path=path, first_line=first, last_line=last, replacement=replacement, body=body)


def test_a_suggestion_replaces_its_lines(scene: Scene) -> None:
    scene.gitlab.open_request(NEW)
    wanted = [suggestion(20, 20, "line 20\n"), suggestion(18, 22, "a\nb\n"), suggestion(21, 21, "")]

    link = scene.gitlab.suggest(1, scene.head, wanted, "the words of a review")

    notes = [review.comments[0] for review in scene.project.requests[0].reviews]
    offered = [suggestions_of(note)[0] for note in notes]
    assert [(one["from_line"], one["to_line"], one["to_content"]) for one in offered] == [
        (20, 20, "line 20\n"),
        (18, 22, "a\nb\n"),
        (21, 21, ""),
    ]
    assert link == f"{scene.forge.url}/group/sub/shop/-/merge_requests/1#note_{notes[0].id}"
    assert scene.project.requests[0].comments == []


def test_suggestions_are_not_repeated_and_a_part_is_completed(scene: Scene) -> None:
    scene.gitlab.open_request(NEW)
    wanted = [suggestion(20, 20, "line 20\n"), suggestion(21, 21, "line!\n")]
    first = scene.gitlab.suggest(1, scene.head, wanted[:1], "")

    second = scene.gitlab.suggest(1, scene.head, wanted, "")

    assert first == second
    assert len(scene.project.requests[0].reviews) == 2


def test_a_suggestion_whose_answer_got_lost_is_not_made_twice(scene: Scene) -> None:
    scene.gitlab.open_request(NEW)
    scene.forge.fail("POST", "/projects/{project}/merge_requests/{iid}/discussions", after=True, drop=True)

    assert "#note_" in scene.gitlab.suggest(1, scene.head, [suggestion(20, 20, "line 20\n")], "")
    assert len(scene.project.requests[0].reviews) == 1


def test_a_suggestion_in_a_file_that_moved_names_both_paths(scene: Scene) -> None:
    scene.repo.git("mv", "shop.py", "store.py")
    head = scene.push("move it", {})
    scene.gitlab.open_request(NEW)

    scene.gitlab.suggest(1, head, [suggestion(20, 20, "line 20\n", path="store.py")], "")

    assert len(scene.project.requests[0].reviews) == 1


@pytest.mark.parametrize(
    "bad",
    [
        suggestion(3, 3, "x\n"),
        suggestion(15, 20, "x\n"),
        suggestion(20, 20, "x\n", path="absent.py"),
        suggestion(20, 20, "```\n/close\n```\n"),
    ],
    ids=["off the diff", "half off the diff", "another file", "a quick action between fences"],
)
def test_nothing_is_said_where_one_suggestion_cannot_be(scene: Scene, bad: Suggestion) -> None:
    scene.gitlab.open_request(NEW)

    with pytest.raises(ForgeError) as refused:
        scene.gitlab.suggest(1, scene.head, [suggestion(20, 20, "line 20\n"), bad], "")

    assert refused.value.status == 422
    assert scene.project.requests[0].reviews == []


def test_a_suggestion_for_a_head_that_moved_on_is_refused(scene: Scene) -> None:
    scene.gitlab.open_request(NEW)
    scene.push("more", {"other.py": "x\n"})

    with pytest.raises(ForgeError, match=r"is not at \w+ any more"):
        scene.gitlab.suggest(1, scene.head, [suggestion(20, 20, "line 20\n")], "")


def test_a_fence_in_the_lines_does_not_end_the_suggestion(scene: Scene) -> None:
    scene.gitlab.open_request(NEW)
    text = "```sh\nmake\n```\n"

    scene.gitlab.suggest(1, scene.head, [suggestion(20, 20, text)], "")

    assert suggestions_of(scene.project.requests[0].reviews[0].comments[0])[0]["to_content"] == text


# --- statuses --------------------------------------------------------------------------------------


def status(scene: Scene, title: str = "gave up") -> Status:
    return Status(commit=scene.head, name="honk", conclusion="failure", title=title, summary="", url="")


def test_a_status_joins_the_red_pipeline_and_is_never_red(scene: Scene) -> None:
    for number in (5, 6):
        scene.project.add_run(Run(id=number, name="", commit=scene.head, branch="topic"))
    gitlab = scene.plug_in(scene.token, run_id="5")

    link = gitlab.set_status(status(scene))
    gitlab.set_status(status(scene))
    gitlab.set_status(status(scene, "healed"))

    assert link == f"{scene.forge.url}/group/sub/shop/-/pipelines/5"
    kept = [(one.state, one.description, getattr(one, "pipeline", 0)) for one in scene.project.statuses]
    assert kept == [("success", "gave up", 5), ("success", "healed", 5)]


def test_a_status_of_the_tip_joins_the_pipeline_for_the_merged_result(scene: Scene) -> None:
    scene.gitlab.open_request(NEW)
    merged = scene.project.requests[0].merge_commit
    scene.project.add_run(Run(id=5, name="", commit=merged, branch="refs/merge-requests/1/merge"))
    context = replace(scene.gitlab.context, commit=merged, head_commit=scene.head, run_id="5")

    GitLab(context, scene.gitlab.token, patience=AT_ONCE).set_status(status(scene))

    assert [(one.commit, one.description) for one in scene.project.statuses] == [(merged, "gave up")]


def test_a_status_makes_no_pipeline_of_its_own(scene: Scene) -> None:
    with pytest.raises(ForgeError, match="no pipeline ran"):
        scene.gitlab.set_status(status(scene))

    assert scene.project.runs == []


# --- people ----------------------------------------------------------------------------------------


def test_roles_are_told(scene: Scene) -> None:
    for login, role in (("reader", "read"), ("writer", "write"), ("keeper", "maintain"), ("boss", "admin")):
        scene.forge.add_user(login, scene.project, role)  # type: ignore[arg-type]  # the literals above
    scene.forge.add_user("stranger")

    access = {
        login: scene.gitlab.access(login) for login in ("reader", "Writer", "keeper", "boss", "stranger", "", "x")
    }

    assert list(access.values()) == [
        Access.READ,
        Access.WRITE,
        Access.ADMIN,
        Access.ADMIN,
        Access.NONE,
        Access.NONE,
        Access.NONE,
    ]


def test_everybody_may_read_what_is_public(scene: Scene) -> None:
    scene.project.is_public = True
    scene.forge.add_user("stranger")

    assert scene.gitlab.access("stranger") is Access.READ
    assert scene.gitlab.access("nobody") is Access.NONE


def test_who_is_blocked_may_nothing(scene: Scene) -> None:
    scene.forge.add_user("ann", scene.project)
    blocked = {"id": 1, "username": "ann", "state": "blocked"}
    scene.forge.fail("GET", "/users", status=200, body=[blocked])

    assert scene.gitlab.access("ann") is Access.NONE


@pytest.mark.parametrize(
    ("author", "login"),
    [
        ("Ann <ann@example.invalid>", "ann"),
        ("Somebody <17-ann@users.noreply.gitlab.example.com>", "ann"),
        ("ann <private@example.com>", "ann"),
        ("Nobody <nobody@example.com>", ""),
        ("an <private@example.com>", ""),
        ("Somebody <17-gone@users.noreply.gitlab.com>", ""),
    ],
)
@pytest.mark.slow
def test_the_author_of_a_commit_is_found_by_address_or_name(scene: Scene, author: str, login: str) -> None:
    scene.forge.add_user("ann", scene.project)
    (scene.repo.path / "more").write_text("x")
    scene.repo.git("add", "more")
    scene.repo.git("commit", "--quiet", "--message", "x", "--author", author)
    commit = scene.repo.git("rev-parse", "HEAD")
    scene.repo.git("push", "--quiet", "origin", "HEAD:topic")

    assert scene.gitlab.author_of(commit) == login


def test_a_name_that_two_members_have_leads_to_nobody(scene: Scene) -> None:
    for login in ("ann", "ann2"):
        scene.forge.add_user(login, scene.project)
        scene.forge.state.user(login).name = "Ann"
    (scene.repo.path / "more").write_text("x")
    scene.repo.git("add", "more")
    scene.repo.git("commit", "--quiet", "--message", "x", "--author", "Ann <private@example.com>")
    scene.repo.git("push", "--quiet", "origin", "HEAD:topic")

    assert scene.gitlab.author_of(scene.repo.git("rev-parse", "HEAD")) == ""


def test_a_project_token_tells_what_it_may(scene: Scene) -> None:
    viewer = scene.gitlab.viewer()

    assert (viewer.login, viewer.access, viewer.scopes) == ("project_1_bot_a", Access.ADMIN, ("api",))
    assert viewer.missing == ()


def test_what_a_token_lacks_is_named(scene: Scene) -> None:
    weak = scene.forge.add_token("glpat-weak", kind="project", scopes=("read_api",), rights={"contents": "read"})

    viewer = scene.plug_in(weak).viewer()

    assert viewer.access is Access.READ
    assert viewer.missing == ("the scope api", "the role Developer")


def test_the_job_token_is_told_what_it_cannot(scene: Scene) -> None:
    scene.gitlab.open_request(NEW)
    job = scene.plug_in(scene.forge.add_token("glcbt-1", kind="job", login="ann"))

    viewer = job.viewer()

    assert viewer.login == "ann"
    assert len(viewer.missing) == 2
    with pytest.raises(ForgeError) as refused:
        job.add_comment(Place(request=1), "hello")
    assert refused.value.status == 401
    assert "HONK_TOKEN" in refused.value.hint


def test_an_expired_token_is_named_as_one(scene: Scene) -> None:
    old = scene.plug_in(scene.forge.add_token("glpat-old", kind="project", is_expired=True))

    with pytest.raises(ForgeError) as refused:
        old.viewer()

    assert refused.value.status == 401
    assert "expired" in refused.value.hint
    assert "glpat-old" not in f"{refused.value} {refused.value.hint}"


# --- runs ------------------------------------------------------------------------------------------


def packed(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/"), text)
    return buffer.getvalue()


def test_jobs_logs_and_artifacts_of_a_pipeline(scene: Scene, tmp_path: Path) -> None:
    jobs = [
        Job(id=7, name="test: [3.11]", log="it is red\n"),
        Job(id=8, name="lint", conclusion="success"),
        Job(id=9, name="honk:heal", status="in_progress", conclusion=None),
        Job(id=10, name="old", conclusion="skipped"),
    ]
    artifacts = {"test: [3.11]": packed(reports__junit="<testsuite/>"), "lint": b"this is no archive"}
    scene.project.add_run(Run(id=5, name="", commit=scene.head, branch="topic", jobs=jobs, artifacts=artifacts))

    found = scene.gitlab.jobs("5")
    scene.gitlab.save_log(found[0], tmp_path / "log")
    files = scene.gitlab.save_artifacts("5", tmp_path / "artifacts")

    assert [(job.name, job.state) for job in found] == [
        ("test: [3.11]", "failed"),
        ("lint", "passed"),
        ("honk:heal", "running"),
        ("old", "other"),
    ]
    assert (tmp_path / "log").read_text() == "it is red\n"
    assert [file.read_text() for file in files] == ["<testsuite/>"]
    assert files[0].parent.parent.parent == tmp_path / "artifacts"


def test_what_may_fail_has_not_made_the_pipeline_red(scene: Scene) -> None:
    scene.project.add_run(Run(id=5, name="", commit=scene.head, branch="topic"))
    body = [{"id": 7, "name": "flaky", "status": "failed", "allow_failure": True}]
    scene.forge.fail("GET", "/projects/{project}/pipelines/{pipeline}/jobs", status=200, body=body)

    assert [job.state for job in scene.gitlab.jobs("5")] == ["other"]


# --- answers that are none -------------------------------------------------------------------------


@pytest.mark.parametrize("body", [[], "text", {"iid": "1"}, {"iid": 1, "state": None}, 7])
def test_answers_of_another_form_are_faults_of_the_forge(scene: Scene, body: object) -> None:
    scene.gitlab.open_request(NEW)
    scene.forge.fail("GET", "/projects/{project}/merge_requests/{iid}", status=200, body=body)

    with pytest.raises(ForgeError):
        scene.gitlab.request(1)


@pytest.mark.parametrize("fault", ["truncate", "status 500", "status 429", "drop"])
def test_passing_faults_are_waited_out(scene: Scene, fault: str) -> None:
    scene.gitlab.open_request(NEW)
    path = "/projects/{project}/merge_requests/{iid}"
    if fault.startswith("status"):
        scene.forge.fail("GET", path, status=int(fault.split()[1]), times=2, headers={"Retry-After": "1"})
    else:
        scene.forge.fail("GET", path, times=2, truncate=fault == "truncate", drop=fault == "drop")

    assert scene.gitlab.request(1).number == 1
