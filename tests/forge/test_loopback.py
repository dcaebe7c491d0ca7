"""The loopback forge does what GitHub does, as far as honk and its tests rely on it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.forge import Job, LoopbackForge, Run
from tests.forge.scenes import FILES, Client, Scene

pytestmark = pytest.mark.slow

PULL = "/repos/acme/shop/pulls/1"
ISSUE = "/repos/acme/shop/issues/1"


@pytest.fixture
def scene(checked_forge: LoopbackForge, tmp_path: Path) -> Iterator[Scene]:
    made = Scene(checked_forge, tmp_path)
    yield made
    made.client.close()


def words(answer: requests.Response) -> str:
    return f"{answer.status_code} {answer.text}"


# --- pull requests -----------------------------------------------------------------------------------


def test_a_pull_request_shows_what_git_says(scene: Scene) -> None:
    opened = scene.open_pull()
    assert opened.status_code == 201, opened.text
    shown = scene.client("GET", PULL).json()
    assert (shown["head"]["sha"], shown["mergeable"], shown["changed_files"]) == (scene.head, True, 1)
    assert (shown["additions"], shown["deletions"]) == (1, 1)
    files = scene.client("GET", f"{PULL}/files").json()
    assert files[0]["patch"].startswith("@@ -17,7 +17,7 @@")
    listed = scene.client("GET", "/repos/acme/shop/pulls?head=acme:topic&state=all").json()
    assert [entry["number"] for entry in listed] == [1]


def test_a_pull_request_follows_its_branch(scene: Scene) -> None:
    scene.open_pull()
    second = scene.repo.commit("more", {"shop.py": FILES["shop.py"]})
    assert scene.push("topic").returncode == 0
    assert scene.client("GET", PULL).json()["head"]["sha"] == second


def test_the_merge_that_ci_checks_out_is_a_ref(scene: Scene) -> None:
    scene.open_pull()
    scene.repo.git("fetch", "--quiet", "origin", "refs/pull/1/merge")
    parents = scene.repo.git("rev-list", "--parents", "-n", "1", "FETCH_HEAD").split()[1:]
    assert parents == [scene.repo.git("rev-parse", "main"), scene.head]


def test_one_branch_has_one_open_pull_request(scene: Scene) -> None:
    scene.open_pull()
    again = scene.open_pull()
    assert again.status_code == 422
    assert "A pull request already exists for acme:topic." in again.text


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"head": "main"}, "No commits between main and main"),
        ({"head": "gone"}, '"field": "head"'),
        ({"base": "gone"}, '"field": "base"'),
        ({"title": " "}, "missing_field"),
        ({"title": "t" * 257}, "title is too long"),
        ({"body": "b" * 65537}, "body is too long"),
    ],
)
def test_a_pull_request_that_github_would_not_open(scene: Scene, fields: dict[str, object], complaint: str) -> None:
    refused = scene.open_pull(**fields)
    assert (refused.status_code, complaint in refused.text) == (422, True), words(refused)


def test_a_repository_without_drafts_refuses_them(scene: Scene) -> None:
    scene.project.has_drafts = False
    refused = scene.open_pull(draft=True)
    assert (refused.status_code, refused.json()["message"]) == (
        422,
        "Draft pull requests are not supported in this repository.",
    )


def test_jobs_open_pull_requests_only_where_the_setting_allows_it(scene: Scene) -> None:
    job = Client(scene.forge, scene.forge.add_token("ghs_job", kind="job"))
    scene.project.jobs_may_open_requests = False
    fields = {"title": "A change", "head": "topic", "base": "main"}
    refused = job("POST", "/repos/acme/shop/pulls", **fields)
    assert refused.status_code == 403
    assert "not permitted to create or approve pull requests" in refused.text
    scene.project.jobs_may_open_requests = True
    assert job("POST", "/repos/acme/shop/pulls", **fields).status_code == 201
    job.close()


def test_merged_by_its_button_or_by_a_push(scene: Scene) -> None:
    scene.open_pull()
    commit = scene.forge.state.merge(scene.project, scene.project.requests[0])
    shown = scene.client("GET", PULL).json()
    assert (shown["merged"], shown["state"], shown["merge_commit_sha"]) == (True, "closed", commit)
    scene.repo.commit("more", {"new.py": "n = 1\n"})
    scene.push("topic")
    assert scene.open_pull().status_code == 201
    scene.repo.git("fetch", "--quiet", "origin", "main")
    scene.repo.git("checkout", "--quiet", "-B", "main", "FETCH_HEAD")
    scene.repo.git("merge", "--quiet", "topic")
    assert scene.push("main").returncode == 0
    assert scene.client("GET", "/repos/acme/shop/pulls/2").json()["merged"] is True


def test_a_pull_request_ends_with_its_branch(scene: Scene) -> None:
    scene.open_pull()
    scene.forge.state.delete_branch(scene.project, "topic")
    shown = scene.client("GET", PULL).json()
    assert (shown["state"], shown["merged"], shown["head"]["sha"]) == ("closed", False, scene.head)


def test_a_conflict_is_seen(scene: Scene) -> None:
    scene.open_pull()
    scene.repo.git("checkout", "--quiet", "main")
    scene.repo.commit("otherwise", {"shop.py": FILES["shop.py"].replace("line 20\n", "line XX\n")})
    scene.push("main")
    shown = scene.client("GET", PULL).json()
    assert (shown["mergeable"], shown["mergeable_state"]) == (False, "dirty")


def test_a_fork_s_branch_is_fetched_and_outlives_the_fork(scene: Scene) -> None:
    fork = scene.forge.add_project("stranger/shop", fork_of="acme/shop", is_public=True)
    scene.repo.git("push", "--quiet", str(fork.folder), "topic:patch-1")
    opened = scene.open_pull(head="stranger:patch-1")
    assert opened.json()["head"]["repo"]["full_name"] == "stranger/shop"
    scene.forge.state.delete_project("stranger/shop")
    shown = scene.client("GET", PULL).json()
    assert (shown["head"]["repo"], shown["head"]["sha"]) == (None, scene.head)


def test_labels_are_made_when_first_used(scene: Scene) -> None:
    scene.open_pull()
    scene.client("POST", f"{ISSUE}/labels", labels=["honk", "honk"])
    assert [label["name"] for label in scene.client("GET", PULL).json()["labels"]] == ["honk"]
    assert scene.client("DELETE", f"{ISSUE}/labels/honk").json() == []


def test_reviewers_are_collaborators_and_not_the_author(scene: Scene) -> None:
    scene.open_pull()
    scene.forge.add_user("colleague", scene.project)
    scene.forge.add_user("passer-by")
    path = f"{PULL}/requested_reviewers"
    assert scene.client("POST", path, reviewers=["colleague"]).status_code == 201
    assert "not a collaborator" in scene.client("POST", path, reviewers=["passer-by", "colleague"]).text
    assert "from pull request author" in scene.client("POST", path, reviewers=["honk[bot]"]).text
    assert scene.project.requests[0].reviewers == ["colleague"]


# --- comments and reviews ----------------------------------------------------------------------------


def test_comments_are_kept_and_edited(scene: Scene) -> None:
    scene.open_pull()
    made = scene.client("POST", f"{ISSUE}/comments", body="first").json()
    scene.client("PATCH", f"/repos/acme/shop/issues/comments/{made['id']}", body="second")
    assert [entry["body"] for entry in scene.client("GET", f"{ISSUE}/comments").json()] == ["second"]


@pytest.mark.parametrize(("body", "status"), [("", 422), ("x" * 65537, 422), ("x" * 65536, 201)])
def test_comments_have_a_length(scene: Scene, body: str, status: int) -> None:
    scene.open_pull()
    assert scene.client("POST", f"{ISSUE}/comments", body=body).status_code == status


@pytest.mark.parametrize(
    ("comment", "status"),
    [
        ({"line": 20}, 200),
        ({"start_line": 18, "line": 22}, 200),
        ({"line": 17, "side": "LEFT"}, 200),
        ({"line": 30}, 422),
        ({"start_line": 10, "line": 20}, 422),
        ({"start_line": 20, "line": 20}, 422),
        ({"path": "other.py", "line": 1}, 422),
    ],
)
def test_review_comments_stand_on_lines_of_the_diff(scene: Scene, comment: dict[str, object], status: int) -> None:
    scene.open_pull()
    entry = {"path": "shop.py", "body": "```suggestion\nline 20\n```", "side": "RIGHT", **comment}
    review = scene.client("POST", f"{PULL}/reviews", commit_id=scene.head, event="COMMENT", comments=[entry])
    assert review.status_code == status, review.text
    assert len(scene.client("GET", f"{PULL}/comments").json()) == (status == 200)


def test_comments_of_a_commit(scene: Scene) -> None:
    path = f"/repos/acme/shop/commits/{scene.head}/comments"
    made = scene.client("POST", path, body="first").json()
    scene.client("PATCH", f"/repos/acme/shop/comments/{made['id']}", body="second")
    assert [entry["body"] for entry in scene.client("GET", path).json()] == ["second"]
    assert scene.client("POST", path.replace(scene.head, "0" * 40), body="x").status_code == 422


def test_lists_come_in_pages(scene: Scene) -> None:
    scene.open_pull()
    scene.forge.state.page_size = 2
    for number in range(5):
        scene.client("POST", f"{ISSUE}/comments", body=f"comment {number}")
    address, bodies = f"{ISSUE}/comments?per_page=100", []
    while address:
        answer = scene.client("GET", address)
        bodies += [entry["body"] for entry in answer.json()]
        address = answer.links.get("next", {}).get("url", "")
    assert bodies == [f"comment {number}" for number in range(5)]


# --- checks, statuses, runs --------------------------------------------------------------------------

ANNOTATION = {"path": "shop.py", "start_line": 20, "end_line": 20, "annotation_level": "failure", "message": "broke"}


def check(scene: Scene, client: Client | None = None, **more: object) -> requests.Response:
    fields: dict[str, object] = {"name": "honk", "head_sha": scene.head, **more}
    return (client or scene.client)("POST", "/repos/acme/shop/check-runs", **fields)


def test_annotations_of_a_check_add_up(scene: Scene) -> None:
    output = {"title": "Healed", "summary": "All of it", "annotations": [ANNOTATION] * 50}
    made = check(scene, conclusion="neutral", output=output).json()
    path = f"/repos/acme/shop/check-runs/{made['id']}"
    scene.client("PATCH", path, output={**output, "annotations": [ANNOTATION]})
    shown = scene.client("GET", f"/repos/acme/shop/commits/{scene.head}/check-runs?check_name=honk").json()
    assert shown["check_runs"][0]["output"]["annotations_count"] == 51
    assert len(scene.client("GET", f"{path}/annotations").json()) == 30


def test_a_check_that_is_done_has_a_conclusion(scene: Scene) -> None:
    assert check(scene, status="completed").status_code == 422


def test_personal_tokens_make_no_checks_but_statuses(scene: Scene) -> None:
    scene.forge.add_user("octocat", scene.project)
    person = Client(scene.forge, scene.forge.add_token("ghp_x", kind="pat", scopes=["repo"]))
    refused = check(scene, person)
    assert (refused.status_code, refused.json()["message"]) == (403, "You must authenticate via a GitHub App.")
    made = person("POST", f"/repos/acme/shop/statuses/{scene.head}", state="success", context="honk")
    assert made.status_code == 201
    assert made.headers["X-OAuth-Scopes"] == "repo"
    listed = person("GET", f"/repos/acme/shop/commits/{scene.head}/statuses").json()
    assert [entry["context"] for entry in listed] == ["honk"]
    person.close()


def test_logs_and_artifacts_are_stored_elsewhere(scene: Scene) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("junit.xml", "<testsuites/>")
    job = Job(id=7, name="test (3.12)", log="it broke\n")
    waiting = Job(id=8, name="lint", status="in_progress", conclusion=None)
    run = Run(id=5, name="CI", commit=scene.head, branch="topic", jobs=[job, waiting])
    run.artifacts["reports"] = archive.getvalue()
    scene.project.add_run(run)

    jobs = scene.client("GET", "/repos/acme/shop/actions/runs/5/jobs").json()["jobs"]
    assert [(entry["name"], entry["status"], entry["conclusion"]) for entry in jobs] == [
        ("test (3.12)", "completed", "failure"),
        ("lint", "in_progress", None),
    ]
    assert scene.client("GET", "/repos/acme/shop/actions/jobs/7/logs").text == "it broke\n"
    artifact = scene.client("GET", "/repos/acme/shop/actions/runs/5/artifacts").json()["artifacts"][0]
    answer = scene.client("GET", f"/repos/acme/shop/actions/artifacts/{artifact['id']}/zip")
    assert zipfile.ZipFile(io.BytesIO(answer.content)).namelist() == ["junit.xml"]
    with_token = {"Authorization": "Bearer ghs_app"}
    assert requests.get(answer.url, headers=with_token, timeout=10).status_code == 403


# --- people and rights -------------------------------------------------------------------------------


def test_permissions_of_people(scene: Scene) -> None:
    scene.forge.add_user("keeper", scene.project, "maintain")
    scene.forge.add_user("passer-by")

    def permission(login: str) -> tuple[str, str]:
        body = scene.client("GET", f"/repos/acme/shop/collaborators/{login}/permission").json()
        return body["permission"], body["role_name"]

    assert permission("keeper") == ("write", "maintain")
    assert permission("passer-by") == ("none", "none")
    assert scene.client("GET", "/repos/acme/shop/collaborators/nobody/permission").status_code == 404


def test_who_a_token_is(scene: Scene) -> None:
    assert scene.client("GET", "/user").json()["message"] == "Resource not accessible by integration"
    listed = scene.client("GET", "/installation/repositories").json()
    assert [entry["full_name"] for entry in listed["repositories"]] == ["acme/shop"]
    scene.forge.add_user("octocat", scene.project)
    person = Client(scene.forge, scene.forge.add_token("ghp_x", kind="pat", scopes=["repo", "workflow"]))
    assert person("GET", "/user").json()["login"] == "octocat"
    assert person("GET", "/repos/acme/shop").json()["permissions"]["push"] is True
    person.close()


def test_a_missing_right_is_named(scene: Scene) -> None:
    scene.open_pull()
    reader = Client(scene.forge, scene.forge.add_token("ghs_r", kind="job", rights={"contents": "read"}))
    refused = reader("POST", f"{ISSUE}/comments", body="x")
    assert (refused.status_code, refused.json()["message"]) == (403, "Resource not accessible by integration")
    assert refused.headers["X-Accepted-GitHub-Permissions"] == "issues=write; pull_requests=write"
    reader.close()


def test_strangers_see_nothing_and_expired_tokens_are_refused(scene: Scene) -> None:
    scene.forge.add_user("passer-by")
    stranger = Client(scene.forge, scene.forge.add_token("ghp_s", kind="pat", login="passer-by"))
    assert stranger("GET", "/repos/acme/shop").status_code == 404
    expired = Client(scene.forge, scene.forge.add_token("ghs_old", kind="app", is_expired=True))
    assert words(expired("GET", "/repos/acme/shop")).startswith("401")
    stranger.close()
    expired.close()


def test_authors_are_found_by_their_address(scene: Scene) -> None:
    scene.forge.state.user("ada").email = "test@example.invalid"
    assert scene.client("GET", f"/repos/acme/shop/commits/{scene.head}").json()["author"]["login"] == "ada"
    scene.forge.state.user("ada").email = "elsewhere@example.invalid"
    assert scene.client("GET", "/repos/acme/shop/commits/topic").json()["author"] is None
