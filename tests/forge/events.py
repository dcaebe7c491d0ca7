"""What GitHub Actions gives to a job: its variables, the payload of the event, the checkout.

Sources: docs.github.com, "Store information in variables", "Events that trigger workflows";
github.com/actions/checkout, src/git-source-provider.ts.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.forge.github import bodies
from tests.forge.github.runs import run_body
from tests.forge.server import LoopbackForge
from tests.forge.state import Job, Project, PullRequest, Run, Token
from tests.forge.wire import Call
from tests.repos import Repo

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """What started a workflow run."""

    name: str  # "push", "pull_request", "pull_request_target", "workflow_run", "issue_comment", "schedule", …
    branch: str = ""  # of a push or a dispatch; "" for the default branch
    tag: str = ""  # of a push
    request: PullRequest | None = None
    run: Run | None = None  # of a workflow_run
    comment: str = ""  # of an issue_comment
    actor: str = ""  # "" for the project's owner
    action: str = ""  # of the payload; "" for the usual one


def github_environ(
    forge: LoopbackForge,
    project: Project,
    event: Event,
    folder: Path,
    *,
    token: Token | None = None,
    job: str = "test",
    run_id: int = 4711,
    attempt: int = 1,
) -> dict[str, str]:
    """The variables of a job; files that they name are in ``folder``.

    A token of the job is GITHUB_TOKEN, another one comes as HONK_TOKEN, as the action passes it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    forge.state.refresh(project)
    actor = event.actor or project.owner
    _start_run(forge, project, event, run_id, job)
    payload = folder / "event.json"
    payload.write_text(json.dumps(payload_of(forge, project, event)))
    tokens = {} if token is None else {"GITHUB_TOKEN" if token.kind == "job" else "HONK_TOKEN": token.value}
    files = {name: folder / name.lower() for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_ENV")}
    for file in files.values():
        file.touch()
    return {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTOR": actor,
        "GITHUB_ACTOR_ID": str(forge.state.user(actor).id),
        "GITHUB_API_URL": forge.github_url,
        "GITHUB_EVENT_NAME": event.name,
        "GITHUB_EVENT_PATH": str(payload),
        "GITHUB_GRAPHQL_URL": f"{forge.url}/api/graphql",
        "GITHUB_JOB": job,
        "GITHUB_REPOSITORY": project.path,
        "GITHUB_REPOSITORY_ID": str(project.id),
        "GITHUB_REPOSITORY_OWNER": project.owner,
        "GITHUB_RETENTION_DAYS": "90",
        "GITHUB_RUN_ATTEMPT": str(attempt),
        "GITHUB_RUN_ID": str(run_id),
        "GITHUB_RUN_NUMBER": "1",
        "GITHUB_SERVER_URL": forge.url,
        "GITHUB_TRIGGERING_ACTOR": actor,
        "GITHUB_WORKFLOW": "CI",
        "GITHUB_WORKFLOW_REF": f"{project.path}/.github/workflows/ci.yml@refs/heads/{project.default_branch}",
        "RUNNER_OS": "Linux",
        "RUNNER_TEMP": str(folder),
        **{name: str(file) for name, file in files.items()},
        **_refs(project, event),
        **tokens,
    }


def _start_run(forge: LoopbackForge, project: Project, event: Event, run_id: int, job: str) -> None:
    """The run that the job belongs to is on the forge, too, and under way."""
    if any(run.id == run_id for run in project.runs):
        return
    refs = _refs(project, event)
    own = Job(id=next(forge.state.ids), name=job, status="in_progress", conclusion=None)
    project.add_run(
        Run(
            id=run_id,
            name="CI",
            commit=event.request.head_commit if event.request else refs["GITHUB_SHA"],
            branch=event.request.head if event.request else refs["GITHUB_REF_NAME"],
            event=event.name,
            status="in_progress",
            conclusion=None,
            actor=event.actor,
            jobs=[own],
            head_project=event.request.head_project if event.request else "",
        )
    )


def _refs(project: Project, event: Event) -> dict[str, str]:
    """What is checked out, and how it is called."""
    request, tips = event.request, project.refs()
    if event.name == "pull_request":
        assert request is not None
        ref, commit = f"refs/pull/{request.number}/merge", request.merge_commit
        short = f"{request.number}/merge"
    elif event.tag:
        ref, short = f"refs/tags/{event.tag}", event.tag
        commit = tips[ref]
    else:
        is_target = event.name == "pull_request_target" and request is not None
        short = request.base if is_target and request else event.branch or project.default_branch
        ref = f"refs/heads/{short}"
        commit = tips[ref]
    named = {"GITHUB_HEAD_REF": "", "GITHUB_BASE_REF": ""}
    if request is not None and event.name.startswith("pull_request"):
        named = {"GITHUB_HEAD_REF": request.head, "GITHUB_BASE_REF": request.base}
    return {
        "GITHUB_REF": ref,
        "GITHUB_REF_NAME": short,
        "GITHUB_REF_PROTECTED": "false",
        "GITHUB_REF_TYPE": "tag" if event.tag else "branch",
        "GITHUB_SHA": commit,
        "GITHUB_WORKFLOW_SHA": commit,
        **named,
    }


def payload_of(forge: LoopbackForge, project: Project, event: Event) -> Json:
    """The event as GitHub tells of it; its fields are those that its API shows."""
    call = _call(forge)
    actor = event.actor or project.owner
    common: Json = {"repository": bodies.repository(call, project), "sender": bodies.user(call, actor)}
    if event.name == "push":
        return {**common, **_push(call, project, event)}
    if event.name == "schedule":
        return {"schedule": "0 5 * * *", "repository": common["repository"]}
    if event.name == "workflow_run":
        assert event.run is not None
        run = run_body(call, project, event.run)
        run["pull_requests"] = [_minimal(call, project, request) for request in _requests_of(project, event.run)]
        workflow = {"id": 1, "name": event.run.name, "path": ".github/workflows/ci.yml", "state": "active"}
        return {**common, "action": event.action or "completed", "workflow_run": run, "workflow": workflow}
    if event.request is None:
        return {**common, "ref": f"refs/heads/{event.branch or project.default_branch}", "inputs": {}}
    shown = bodies.pull(call, project, event.request)
    if event.name == "issue_comment":
        return {**common, **_issue_comment(call, shown, event)}
    action = event.action or "synchronize"
    return {**common, "action": action, "number": event.request.number, "pull_request": shown}


def _call(forge: LoopbackForge) -> Call:
    return Call(
        method="GET",
        path="/",
        query={},
        headers={},
        body=b"",
        url=forge.url,
        api_url=forge.github_url,
        state=forge.state,
        token=None,
    )


def _push(call: Call, project: Project, event: Event) -> Json:
    ref = f"refs/tags/{event.tag}" if event.tag else f"refs/heads/{event.branch or project.default_branch}"
    commit = project.refs()[ref]
    who = {"name": event.actor or project.owner, "email": "pusher@example.invalid"}
    return {
        "ref": ref,
        "before": "0" * 40,
        "after": commit,
        "created": False,
        "deleted": False,
        "forced": False,
        "base_ref": None,
        "compare": f"{call.url}/{project.path}/compare/{commit}",
        "pusher": who,
        "commits": [],
        "head_commit": {"id": commit, "message": "a change", "author": who, "committer": who},
    }


def _issue_comment(call: Call, shown: Json, event: Event) -> Json:
    issue = {name: shown[name] for name in ("number", "title", "user", "labels", "state", "body", "html_url", "id")}
    issue["pull_request"] = {"url": shown["url"], "html_url": shown["html_url"]}
    comment = {"id": 1, "body": event.comment, "user": bodies.user(call, event.actor), "author_association": "NONE"}
    return {"action": event.action or "created", "issue": issue, "comment": comment}


def _requests_of(project: Project, run: Run) -> list[PullRequest]:
    """GitHub names none for a branch of a fork, though there may be one."""
    if run.head_project not in {"", project.path}:
        return []
    return [entry for entry in project.requests if entry.state == "open" and entry.head == run.branch]


def _minimal(call: Call, project: Project, request: PullRequest) -> Json:
    address = bodies.repo_url(call, project)
    repo = {"id": project.id, "url": address, "name": project.name}
    return {
        "id": request.id,
        "number": request.number,
        "url": f"{address}/pulls/{request.number}",
        "head": {"ref": request.head, "sha": request.head_commit, "repo": repo},
        "base": {"ref": request.base, "sha": request.base_commit, "repo": repo},
    }


def checkout(
    forge: LoopbackForge, project: Project, folder: Path, environ: Mapping[str, str], token: Token, *, depth: int = 0
) -> Repo:
    """What actions/checkout leaves: the commit of the run, the token in the checkout's own config.

    ``depth`` 0 brings all branches and their history, as ``fetch-depth: 0`` does.
    """
    header = base64.b64encode(f"x-access-token:{token.value}".encode()).decode()
    repo = Repo.create(folder)
    repo.git("remote", "add", "origin", forge.git_url(project.path))
    repo.git("config", f"http.{forge.url}/.extraheader", f"AUTHORIZATION: basic {header}")
    ref, commit = environ["GITHUB_REF"], environ["GITHUB_SHA"]
    tracking = _tracking(ref)
    if depth:
        repo.git("fetch", "--quiet", "--no-tags", f"--depth={depth}", "origin", f"+{commit}:{tracking}")
    else:
        own = [] if ref.startswith("refs/heads/") else [f"+{commit}:{tracking}"]
        repo.git("fetch", "--quiet", "--prune", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*", *own)
    if ref.startswith("refs/heads/"):
        repo.git("checkout", "--quiet", "--force", "-B", ref.removeprefix("refs/heads/"), tracking)
    else:
        repo.git("checkout", "--quiet", "--force", "--detach", tracking)
    return repo


def _tracking(ref: str) -> str:
    if ref.startswith("refs/heads/"):
        return ref.replace("refs/heads/", "refs/remotes/origin/")
    return ref.replace("refs/pull/", "refs/remotes/pull/")
