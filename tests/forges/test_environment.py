"""What the variables of CI and the event's payload say of a build."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from honk_ci.forges.environment import PAYLOAD_BYTES, CiContext, ci_context
from tests.forge import Event, LoopbackForge, Run, github_environ
from tests.forge.events import payload_of
from tests.forge.scenes import Scene
from tests.npm import Install

Json = dict[str, Any]
Examples = Callable[[str], list[Json]]

EXAMPLES = "@octokit/webhooks-examples@7.6.1"

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_SERVER_URL": "https://github.example.com",
    "GITHUB_API_URL": "https://github.example.com/api/v3",
    "GITHUB_SHA": "c" * 40,
    "GITHUB_ACTOR": "ada",
    "GITHUB_RUN_ID": "17",
    "GITHUB_JOB": "test",
}


@pytest.fixture
def scene(forge: LoopbackForge, tmp_path: Path) -> Scene:
    return Scene(forge, tmp_path)


def github(event: str, payload: object, folder: Path, **more: str) -> CiContext:
    """The context of an event; a text or bytes as payload is written as it is."""
    file = folder / "event.json"
    if isinstance(payload, bytes | str):
        file.write_bytes(payload if isinstance(payload, bytes) else payload.encode())
    else:
        file.write_text(json.dumps(payload))
    return ci_context({**GITHUB, "GITHUB_EVENT_NAME": event, "GITHUB_EVENT_PATH": str(file), **more})


def test_outside_ci_nothing_is_known() -> None:
    assert ci_context({"HOME": "/root", "CI": "true"}) == CiContext()


# --- GitHub ------------------------------------------------------------------------------------------


def test_a_push(scene: Scene, tmp_path: Path) -> None:
    context = ci_context(
        github_environ(scene.forge, scene.project, Event(name="push", branch="topic", actor="ada"), tmp_path / "ci")
    )
    assert context == CiContext(
        name="github",
        event="push",
        server_url=scene.forge.url,
        api_url=scene.forge.github_url,
        project="acme/shop",
        default_branch="main",
        commit=scene.head,
        branch="topic",
        actor="ada",
        run_id="4711",
        run_url=f"{scene.forge.url}/acme/shop/actions/runs/4711",
        job="test",
    )
    assert not context.is_pull_request


def test_a_pull_request_is_built_as_a_merge(scene: Scene, tmp_path: Path) -> None:
    request = scene.forge.state.open_request(scene.project, author="ada", head="topic", base="main", title="A change")
    request.labels = ["bug", "honk:off"]
    environ = github_environ(
        scene.forge, scene.project, Event(name="pull_request", request=request, actor="bob"), tmp_path / "ci"
    )
    context = ci_context(environ)
    assert (context.commit, context.head_commit) == (request.merge_commit, scene.head)
    assert (context.branch, context.target_branch, context.request) == ("topic", "main", request.number)
    assert (context.author, context.actor, context.labels) == ("ada", "bob", ("bug", "honk:off"))
    assert (context.is_pull_request, context.is_fork) == (True, False)


def test_a_fork_s_pull_request(scene: Scene, tmp_path: Path) -> None:
    fork = scene.forge.add_project("stranger/shop", fork_of="acme/shop")
    scene.repo.git("push", "--quiet", str(fork.folder), "topic:main")
    state = scene.forge.state
    request = state.open_request(
        scene.project, author="stranger", head="main", base="main", title="Mine", head_project="stranger/shop"
    )
    event = Event(name="pull_request", request=request)
    context = ci_context(github_environ(scene.forge, scene.project, event, tmp_path / "ci"))
    assert (context.head_project, context.is_fork) == ("stranger/shop", True)
    state.delete_project("stranger/shop")
    context = ci_context(github_environ(scene.forge, scene.project, event, tmp_path / "ci"))
    assert context.is_fork


@pytest.mark.parametrize("payload", ["", "{", "[]", "null", b"\xff\xfe", "[" * 100_000, '{"pull_request": 7}'])
def test_a_pull_request_whose_payload_cannot_be_read_may_be_anybody_s(payload: str | bytes, tmp_path: Path) -> None:
    context = github("pull_request", payload, tmp_path, GITHUB_HEAD_REF="topic", GITHUB_BASE_REF="main")
    assert (context.branch, context.target_branch, context.is_fork) == ("topic", "main", True)


def test_an_oversized_payload_is_not_read(tmp_path: Path) -> None:
    payload = b'{"repository": {"default_branch": "trunk"}, "x": "' + b"x" * PAYLOAD_BYTES + b'"}'
    assert github("push", payload, tmp_path).default_branch == ""


@pytest.mark.parametrize("path", ["", "/nowhere/event.json", "/"])
def test_a_payload_that_is_not_there(path: str) -> None:
    context = ci_context({**GITHUB, "GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": path, "GITHUB_REF_NAME": "main"})
    assert (context.branch, context.commit, context.default_branch) == ("main", "c" * 40, "")


def test_fields_of_another_type_count_as_absent(tmp_path: Path) -> None:
    request = {
        "number": True,
        "head": {"ref": ["x"], "sha": 1, "repo": "acme/shop"},
        "base": None,
        "user": "ada",
        "labels": [{"name": 1}, None, "bug", {"name": "ok"}],
    }
    context = github("pull_request", {"pull_request": request, "repository": []}, tmp_path)
    assert (context.request, context.head_commit, context.author, context.labels) == (None, "", "", ("bug", "ok"))
    assert context.is_fork


def test_a_tag_is_no_branch(scene: Scene, tmp_path: Path) -> None:
    scene.repo.git("push", "--quiet", str(scene.project.folder), "topic:refs/tags/v1")
    context = ci_context(github_environ(scene.forge, scene.project, Event(name="push", tag="v1"), tmp_path / "ci"))
    assert (context.branch, context.commit) == ("", scene.head)


@pytest.mark.parametrize("event", ["schedule", "workflow_dispatch", "repository_dispatch"])
def test_what_nobody_pushed_builds_the_default_branch(scene: Scene, tmp_path: Path, event: str) -> None:
    context = ci_context(github_environ(scene.forge, scene.project, Event(name=event), tmp_path / "ci"))
    assert (context.branch, context.default_branch, context.event) == ("main", "main", event)
    assert not context.is_pull_request


def test_who_runs_a_build_again_is_the_actor(tmp_path: Path) -> None:
    assert github("push", {}, tmp_path, GITHUB_TRIGGERING_ACTOR="bob").actor == "bob"
    assert github("push", {}, tmp_path, GITHUB_TRIGGERING_ACTOR="").actor == "ada"


def test_addresses_of_github_itself_and_of_an_enterprise(tmp_path: Path) -> None:
    bare = {name: value for name, value in GITHUB.items() if not name.endswith("_URL")}
    assert ci_context(bare).api_url == "https://api.github.com"
    context = ci_context({**GITHUB, "GITHUB_API_URL": "https://github.example.com/api/v3/"})
    assert context.api_url == "https://github.example.com/api/v3"
    assert context.run_url == "https://github.example.com/acme/shop/actions/runs/17"


# --- GitHub: a workflow that runs for another one ----------------------------------------------------


def workflow_run(scene: Scene, folder: Path, run: Run) -> CiContext:
    scene.project.add_run(run)
    return ci_context(
        github_environ(scene.forge, scene.project, Event(name="workflow_run", run=run, actor="bob"), folder)
    )


def test_a_workflow_run_tells_of_another_run(scene: Scene, tmp_path: Path) -> None:
    request = scene.forge.state.open_request(scene.project, author="ada", head="topic", base="main", title="A change")
    run = Run(id=5, name="CI", commit=scene.head, branch="topic", event="pull_request", actor="ada")
    context = workflow_run(scene, tmp_path / "ci", run)
    assert (context.run_id, context.is_detached, context.actor) == ("5", True, "ada")
    assert (context.commit, context.branch, context.head_commit) == (scene.head, "topic", "")
    assert (context.request, context.target_branch, context.is_fork) == (request.number, "main", False)
    assert context.run_url == f"{scene.forge.url}/acme/shop/actions/runs/5"


def test_a_workflow_run_of_a_fork_names_no_request(scene: Scene, tmp_path: Path) -> None:
    fork = scene.forge.add_project("stranger/shop", fork_of="acme/shop")
    scene.repo.git("push", "--quiet", str(fork.folder), "topic:main")
    scene.forge.state.open_request(
        scene.project, author="stranger", head="main", base="main", title="Mine", head_project="stranger/shop"
    )
    run = Run(
        id=5, name="CI", commit=scene.head, branch="main", event="pull_request", actor="s", head_project="stranger/shop"
    )
    context = workflow_run(scene, tmp_path / "ci", run)
    assert (context.request, context.head_project) == (None, "stranger/shop")
    assert (context.is_fork, context.is_pull_request) == (True, True)


def test_a_workflow_run_of_a_push_is_no_request_s(scene: Scene, tmp_path: Path) -> None:
    run = Run(id=5, name="CI", commit=scene.head, branch="topic", actor="ada")
    context = workflow_run(scene, tmp_path / "ci", run)
    assert (context.request, context.target_branch, context.is_pull_request) == (None, "", False)


def test_a_request_to_another_repository_is_not_this_one_s(tmp_path: Path) -> None:
    """A run in a fork names the request at the repository that it was forked from."""
    upstream = {"number": 2, "base": {"ref": "trunk", "repo": {"id": 1}}}
    own = {"number": 9, "base": {"ref": "main", "repo": {"id": 2}}}
    run: Json = {"head_branch": "topic", "head_repository": {"full_name": "acme/shop"}, "pull_requests": [upstream]}
    repository = {"id": 2, "default_branch": "main"}
    context = github("workflow_run", {"workflow_run": run, "repository": repository}, tmp_path)
    assert (context.request, context.target_branch) == (None, "")
    run["pull_requests"].append(own)
    context = github("workflow_run", {"workflow_run": run, "repository": repository}, tmp_path)
    assert (context.request, context.target_branch) == (9, "main")


@pytest.mark.parametrize("payload", [{}, {"workflow_run": []}, {"workflow_run": {"pull_requests": [1, None, {}]}}])
def test_a_workflow_run_whose_payload_cannot_be_read_may_be_anybody_s(payload: Json, tmp_path: Path) -> None:
    context = github("workflow_run", payload, tmp_path)
    assert (context.is_fork, context.is_detached, context.commit, context.run_id) == (True, True, "", "")


# --- GitHub's own examples of payloads ---------------------------------------------------------------


@pytest.fixture(scope="session")
def examples(node_modules: Install) -> Examples:
    file = node_modules(EXAMPLES) / "@octokit/webhooks-examples/api.github.com/index.json"
    kinds: dict[str, list[Json]] = {kind["name"]: kind["examples"] for kind in json.loads(file.read_text())}

    def of(event: str) -> list[Json]:
        return copy.deepcopy(kinds[event])

    return of


@pytest.mark.slow
def test_real_pull_requests(examples: Examples, tmp_path: Path) -> None:
    for payload in examples("pull_request"):
        request = payload["pull_request"]
        context = github("pull_request", payload, tmp_path, GITHUB_REPOSITORY=payload["repository"]["full_name"])
        assert (context.branch, context.target_branch) == (request["head"]["ref"], request["base"]["ref"])
        assert (context.head_commit, context.request) == (request["head"]["sha"], request["number"])
        assert (context.author, context.is_fork) == (request["user"]["login"], False)
        assert context.labels == tuple(label["name"] for label in request["labels"])
        assert context.default_branch == payload["repository"]["default_branch"]


@pytest.mark.slow
def test_real_pull_requests_from_forks(examples: Examples, tmp_path: Path) -> None:
    for payload in examples("pull_request"):
        name = payload["repository"]["full_name"]
        payload["pull_request"]["head"]["repo"]["full_name"] = "stranger/Hello-World"
        assert github("pull_request", payload, tmp_path, GITHUB_REPOSITORY=name).is_fork
        payload["pull_request"]["head"]["repo"] = None
        assert github("pull_request", payload, tmp_path, GITHUB_REPOSITORY=name).is_fork


@pytest.mark.slow
def test_real_workflow_runs(examples: Examples, tmp_path: Path) -> None:
    for payload in examples("workflow_run"):
        run, repository = payload["workflow_run"], payload["repository"]
        context = github("workflow_run", payload, tmp_path, GITHUB_REPOSITORY=repository["full_name"])
        assert (context.commit, context.run_id) == (run["head_sha"], str(run["id"]))
        assert (context.branch, context.run_url) == (run["head_branch"] or "", run["html_url"])
        assert context.is_fork == (run["head_repository"]["full_name"] != repository["full_name"])
        own = [entry for entry in run["pull_requests"] if entry["base"]["repo"]["id"] == repository["id"]]
        assert context.request == (own[0]["number"] if own else None)


@pytest.mark.slow
@pytest.mark.parametrize("event", ["push", "issue_comment", "workflow_dispatch", "merge_group", "check_run"])
def test_other_real_payloads(examples: Examples, tmp_path: Path, event: str) -> None:
    for payload in examples(event):
        repository = payload["repository"]
        context = github(event, payload, tmp_path, GITHUB_REPOSITORY=repository["full_name"], GITHUB_REF_NAME="b")
        assert (context.default_branch, context.branch) == (repository["default_branch"], "b")
        assert not context.is_pull_request


def _paths(value: Any, before: str = "") -> set[str]:
    if not isinstance(value, dict):
        return set()
    return {f"{before}{name}" for name in value}.union(*(_paths(value[name], f"{before}{name}.") for name in value))


@pytest.mark.slow
def test_payloads_of_the_loopback_forge_look_like_the_real_ones(examples: Examples, scene: Scene) -> None:
    """Every field that this forge's payloads have is in GitHub's examples of the same event."""
    request = scene.forge.state.open_request(scene.project, author="ada", head="topic", base="main", title="A change")
    run = scene.project.add_run(Run(id=5, name="CI", commit=scene.head, branch="topic"))
    events = [
        Event(name="pull_request", request=request),
        Event(name="workflow_run", run=run),
        Event(name="push", branch="topic"),
        Event(name="issue_comment", request=request, comment="/honk off", actor="ada"),
    ]
    newer = {"has_discussions", "network_count", "subscribers_count", "notification_setting", "organization_id"}
    for event in events:
        known = set().union(*(_paths(payload) for payload in examples(event.name)))
        ours = _paths(payload_of(scene.forge, scene.project, event))
        # none of the examples is of a comment at a pull request
        strange = {path for path in ours - known if not path.startswith("issue.pull_request")}
        strange = {path for path in strange if path.rsplit(".", 1)[-1] not in newer}
        assert strange == set(), event.name


# --- GitLab ------------------------------------------------------------------------------------------

GITLAB = {
    "GITLAB_CI": "true",
    "CI_PIPELINE_SOURCE": "push",
    "CI_SERVER_URL": "https://gitlab.example.com",
    "CI_API_V4_URL": "https://gitlab.example.com/api/v4",
    "CI_PROJECT_PATH": "group/sub/shop",
    "CI_DEFAULT_BRANCH": "main",
    "CI_COMMIT_SHA": "c" * 40,
    "CI_COMMIT_REF_NAME": "topic",
    "CI_COMMIT_BRANCH": "topic",
    "CI_PIPELINE_ID": "31",
    "CI_PIPELINE_URL": "https://gitlab.example.com/group/sub/shop/-/pipelines/31",
    "CI_JOB_NAME": "test",
    "GITLAB_USER_LOGIN": "ada",
}
MERGE_REQUEST = {
    **{name: value for name, value in GITLAB.items() if name != "CI_COMMIT_BRANCH"},
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_COMMIT_REF_NAME": "refs/merge-requests/4/merge",
    "CI_MERGE_REQUEST_IID": "4",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "topic",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": "group/sub/shop",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": "d" * 40,
    "CI_MERGE_REQUEST_LABELS": "bug, honk:off,",
}


def without(environ: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name not in names}


def test_a_branch_pipeline() -> None:
    assert ci_context(GITLAB) == CiContext(
        name="gitlab",
        event="push",
        server_url="https://gitlab.example.com",
        api_url="https://gitlab.example.com/api/v4",
        project="group/sub/shop",
        default_branch="main",
        commit="c" * 40,
        branch="topic",
        actor="ada",
        run_id="31",
        run_url="https://gitlab.example.com/group/sub/shop/-/pipelines/31",
        job="test",
    )


def test_a_pipeline_for_merged_results() -> None:
    context = ci_context(MERGE_REQUEST)
    assert (context.branch, context.target_branch, context.request) == ("topic", "main", 4)
    assert (context.commit, context.head_commit) == ("c" * 40, "d" * 40)
    assert (context.labels, context.is_fork, context.is_pull_request) == (("bug", "honk:off"), False, True)


def test_a_detached_merge_request_pipeline_stands_at_the_tip() -> None:
    assert ci_context({**MERGE_REQUEST, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": ""}).head_commit == ""


@pytest.mark.parametrize("source", ["stranger/shop", ""])
def test_a_fork_s_merge_request(source: str) -> None:
    """The source project is empty where it has been deleted or may not be seen."""
    assert ci_context({**MERGE_REQUEST, "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": source}).is_fork


def test_a_tag_pipeline_has_no_branch() -> None:
    environ = {**without(GITLAB, "CI_COMMIT_BRANCH"), "CI_COMMIT_TAG": "v1", "CI_COMMIT_REF_NAME": "v1"}
    assert ci_context(environ).branch == ""


def test_a_scheduled_pipeline() -> None:
    environ = {**GITLAB, "CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main", "CI_COMMIT_REF_NAME": "main"}
    context = ci_context(environ)
    assert (context.event, context.branch, context.is_pull_request) == ("schedule", "main", False)


def test_a_self_managed_gitlab_below_a_folder() -> None:
    environ = {**without(GITLAB, "CI_API_V4_URL"), "CI_SERVER_URL": "https://example.com/gitlab/"}
    assert ci_context(environ).api_url == "https://example.com/gitlab/api/v4"


@pytest.mark.parametrize("number", ["", "x", "-1", "٤"])
def test_a_request_s_number_that_is_none(number: str) -> None:
    assert ci_context({**MERGE_REQUEST, "CI_MERGE_REQUEST_IID": number}).request in {None, 4}


def test_the_same_project_in_other_letters_is_no_fork() -> None:
    context = replace(ci_context(MERGE_REQUEST), head_project="Group/Sub/Shop")
    assert not context.is_fork
