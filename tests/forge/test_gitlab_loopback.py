"""An independent client understands the GitLab side of the loopback forge; it refuses what GitLab refuses."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gitlab
import pytest
import requests

from tests.forge import Job, LoopbackForge, Run, Token
from tests.forge.gitlab.scene import LINES, Seed
from tests.forge.gitlab.scene import Scene as Grown


class Scene(Grown):
    """And an independent client with the project access token."""

    def __init__(self, forge: LoopbackForge, folder: Path, seed: Seed) -> None:
        super().__init__(forge, folder, seed)
        self.client = client(forge, self.token)

    @property
    def shop(self) -> Any:  # python-gitlab gives its objects their fields as they come
        return self.client.projects.get("group/sub/shop")

    def open_request(self, **more: object) -> Any:
        return self.shop.mergerequests.create(
            {"source_branch": "topic", "target_branch": "main", "title": "A change", **more}
        )


def client(forge: LoopbackForge, token: Token) -> gitlab.Gitlab:
    if token.kind == "job":
        return gitlab.Gitlab(forge.url, job_token=token.value, retry_transient_errors=False)
    return gitlab.Gitlab(forge.url, private_token=token.value, retry_transient_errors=False)


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Seed:
    return Seed.grow(tmp_path_factory.mktemp("seed"))


@pytest.fixture
def scene(forge: LoopbackForge, tmp_path: Path, seed: Seed) -> Iterator[Scene]:
    made = Scene(forge, tmp_path, seed)
    yield made
    made.client.session.close()


def test_a_project_is_found_by_path_and_by_number(scene: Scene) -> None:
    shop = scene.shop

    assert (shop.path_with_namespace, shop.default_branch) == ("group/sub/shop", "main")
    assert scene.client.projects.get(shop.id).path_with_namespace == "group/sub/shop"
    scene.client.auth()
    assert scene.client.user is not None
    assert scene.client.user.username == "project_1_bot_a"
    assert scene.client.personal_access_tokens.get("self").scopes == ["api"]


def test_a_merge_request_follows_git(scene: Scene) -> None:
    opened = scene.open_request(description="why")

    assert (opened.state, opened.sha, opened.draft, opened.iid) == ("opened", scene.head, False, 1)
    assert opened.changes()["changes"][0]["diff"].startswith("@@ -17,7 +17,7 @@")
    second = scene.repo.commit("more", {"shop.py": LINES})
    scene.repo.git("push", "--quiet", "origin", "topic")
    assert scene.shop.mergerequests.get(1).sha == second
    scene.forge.state.delete_branch(scene.project, "topic")
    assert scene.shop.mergerequests.get(1).state == "closed"


def test_one_branch_has_one_open_request_to_a_target(scene: Scene) -> None:
    scene.open_request()

    with pytest.raises(gitlab.GitlabCreateError, match="already exists for this source branch: !1") as refused:
        scene.open_request()
    assert refused.value.response_code == 409


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"source_branch": "absent"}, 'Source branch "absent" does not exist'),
        ({"target_branch": "absent"}, 'Target branch "absent" does not exist'),
        ({"target_branch": "topic"}, "can't use same project/branch"),
        ({"title": ""}, "title is missing"),
        ({"title": "x" * 256}, "too long"),
    ],
)
def test_a_request_that_cannot_be_is_refused(scene: Scene, fields: dict[str, str], words: str) -> None:
    with pytest.raises(gitlab.GitlabCreateError, match=words):
        scene.open_request(**fields)


def test_words_labels_drafts_and_reviewers_can_be_changed(scene: Scene) -> None:
    scene.forge.add_user("ann", scene.project)
    scene.forge.add_user("stranger")
    request = scene.open_request()
    ids = [user.id for login in ("ann", "stranger") for user in scene.client.users.list(username=login)]

    scene.client.http_put(
        f"/projects/{scene.project.id}/merge_requests/1",
        post_data={"title": "Draft: later", "add_labels": "honk,bug", "reviewer_ids": ids},
    )

    changed = scene.shop.mergerequests.get(request.iid)
    assert (changed.draft, changed.labels) == (True, ["honk", "bug"])
    assert [reviewer["username"] for reviewer in changed.reviewers] == ["ann"]


def test_notes_and_threads_are_kept_and_edited(scene: Scene) -> None:
    request = scene.open_request()
    note = request.notes.create({"body": "first"})
    note.body = "second"
    note.save()

    assert [kept.body for kept in request.notes.list(get_all=True)] == ["second"]
    note.delete()
    assert request.notes.list(get_all=True) == []

    commit = scene.shop.commits.get(scene.head)
    thread = commit.discussions.create({"body": "at the commit"})
    assert [found.id for found in commit.discussions.list(get_all=True)] == [thread.id]


def position(scene: Scene, **more: object) -> dict[str, object]:
    version = scene.shop.mergerequests.get(1).diffs.list(get_all=True)[0]
    return {
        "position_type": "text",
        "base_sha": version.base_commit_sha,
        "head_sha": version.head_commit_sha,
        "start_sha": version.start_commit_sha,
        "old_path": "shop.py",
        "new_path": "shop.py",
        **more,
    }


def test_a_suggestion_stands_at_a_line_of_the_diff(scene: Scene) -> None:
    request = scene.open_request()
    body = "Better:\n\n```suggestion:-1+0\nline 19!\nline 20!\n```"

    thread = request.discussions.create({"body": body, "position": position(scene, new_line=20)})

    suggestion = thread.attributes["notes"][0]["suggestions"][0]
    assert (suggestion["from_line"], suggestion["to_line"]) == (19, 20)
    assert suggestion["to_content"] == "line 19!\nline 20!\n"


@pytest.mark.parametrize("place", [{"new_line": 3}, {"new_line": 19}, {"new_line": 20, "old_line": 20}, {}])
@pytest.mark.slow
def test_a_note_off_the_diff_is_refused(scene: Scene, place: dict[str, int]) -> None:
    request = scene.open_request()

    with pytest.raises(gitlab.GitlabCreateError, match="must be a valid line code"):
        request.discussions.create({"body": "here", "position": position(scene, **place)})


def test_the_job_token_can_neither_read_requests_nor_comment(scene: Scene, forge: LoopbackForge) -> None:
    scene.open_request()
    with client(forge, forge.add_token("glcbt-1", kind="job", login="ann")) as job:
        with pytest.raises(gitlab.GitlabAuthenticationError):
            job.projects.get("group/sub/shop")
        with pytest.raises(gitlab.GitlabAuthenticationError):
            job.http_post(f"/projects/{scene.project.id}/merge_requests/1/notes", post_data={"body": "x"})
        assert job.http_get("/job")["user"]["username"] == "ann"  # type: ignore[index]  # JSON


def test_a_token_without_the_scope_may_only_read(scene: Scene, forge: LoopbackForge) -> None:
    scene.open_request()
    token = forge.add_token("glpat-read", kind="project", scopes=("read_api",))
    with client(forge, token) as reader:
        assert reader.projects.get("group/sub/shop", lazy=True).mergerequests.get(1).iid == 1
        with pytest.raises(gitlab.GitlabError, match="insufficient_scope"):
            reader.http_post(f"/projects/{scene.project.id}/merge_requests/1/notes", post_data={"body": "x"})


def test_pages_lead_to_each_other(scene: Scene, forge: LoopbackForge) -> None:
    request = scene.open_request()
    for number in range(5):
        request.notes.create({"body": f"note {number}"})
    forge.state.page_size = 2

    notes = request.notes.list(iterator=True, sort="asc")

    assert [note.body for note in notes] == [f"note {number}" for number in range(5)]
    assert len(forge.calls_to("GET", "/merge_requests/1/notes")) == 3


def test_jobs_have_traces_and_artifacts(scene: Scene) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("report.xml", "<testsuite/>")
    jobs = [Job(id=7, name="test", log="it is red\n"), Job(id=8, name="build", conclusion="success")]
    scene.project.add_run(
        Run(id=5, name="", commit=scene.head, branch="topic", jobs=jobs, artifacts={"test": packed.getvalue()})
    )

    pipeline = scene.shop.pipelines.get(5)

    assert [job.name for job in pipeline.jobs.list(scope="failed", get_all=True)] == ["test"]
    job = scene.shop.jobs.get(7)
    assert job.trace() == b"it is red\n"
    assert zipfile.ZipFile(io.BytesIO(job.artifacts())).namelist() == ["report.xml"]


def test_a_status_belongs_to_a_pipeline_which_is_made_where_there_is_none(scene: Scene) -> None:
    commit = scene.shop.commits.get(scene.head)

    commit.statuses.create({"state": "success", "name": "honk"})

    assert [pipeline.source for pipeline in scene.shop.pipelines.list(get_all=True)] == ["external"]
    assert [status.status for status in commit.statuses.list(get_all=True)] == ["success"]


@pytest.mark.parametrize(
    ("path", "body"),
    [("notes", {"body": "/close"}), ("notes", {"body": "hello", "colour": "red"}), ("nothing", {"body": "hello"})],
)
def test_what_no_client_should_send_is_noted(tmp_path: Path, seed: Seed, path: str, body: dict[str, str]) -> None:
    with LoopbackForge(tmp_path / "forge") as forge:
        scene = Scene(forge, tmp_path, seed)
        scene.open_request()
        address = f"{forge.gitlab_url}/projects/{scene.project.id}/merge_requests/1/{path}"
        answer = requests.post(address, json=body, headers={"PRIVATE-TOKEN": scene.token.value}, timeout=10)
        scene.client.session.close()

    assert answer.status_code in {404, 422}
    assert len(forge.violations) == 1
