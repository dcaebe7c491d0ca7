"""Workflow runs: their jobs, logs and artifacts.

Logs and archives are stored on another host, as on GitHub, which refuses whoever shows it a token.
"""

from __future__ import annotations

import io
import zipfile

from tests.forge.github import bodies
from tests.forge.github.access import need, number, page, project_of
from tests.forge.state import Job, Project, Run
from tests.forge.wire import Answer, Call, Refused, Routes

ROUTES = Routes()


@ROUTES.on("GET", "/repos/{owner}/{repo}/actions/runs")
def list_runs(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "actions", level="read")
    commit, branch, event = (call.query.get(name, "") for name in ("head_sha", "branch", "event"))
    found = [
        run
        for run in reversed(project.runs)
        if commit in {"", run.commit} and branch in {"", run.branch} and event in {"", run.event}
    ]
    return page(call, found, lambda run: run_body(call, project, run), within="workflow_runs")


@ROUTES.on("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}")
def get_run(call: Call) -> Answer:
    project, run = _run(call)
    return Answer(value=run_body(call, project, run))


@ROUTES.on("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}/jobs")
def list_jobs(call: Call) -> Answer:
    project, run = _run(call)
    is_all = call.query.get("filter", "latest") == "all"
    jobs = [job for job in run.jobs if is_all or job.attempt == run.attempt]
    return page(call, jobs, lambda job: _job_body(call, project, run, job), within="jobs")


@ROUTES.on("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}/jobs")
def list_jobs_of_attempt(call: Call) -> Answer:
    project, run = _run(call)
    attempt = number(call, "attempt_number")
    jobs = [job for job in run.jobs if job.attempt == attempt]
    return page(call, jobs, lambda job: _job_body(call, project, run, job), within="jobs")


@ROUTES.on("GET", "/repos/{owner}/{repo}/actions/jobs/{job_id}/logs")
def get_job_log(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "actions", level="read")
    wanted = number(call, "job_id")
    job = next((job for run in project.runs for job in run.jobs if job.id == wanted), None)
    if job is None or job.status != "completed":
        raise Refused(404, "Not Found")
    if job.log is None:
        raise Refused(410, "Server Error")  # what GitHub says of logs that are past their time
    return _stored(call, f"/stored/logs/{job.id}", job.log.encode())


@ROUTES.on("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}/logs")
def get_run_log(call: Call) -> Answer:
    _, run = _run(call)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for position, job in enumerate(run.jobs):
            file.writestr(f"{position}_{job.name}.txt", job.log or "")
    return _stored(call, f"/stored/runs/{run.id}", archive.getvalue())


@ROUTES.on("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}/artifacts")
def list_artifacts(call: Call) -> Answer:
    project, run = _run(call)
    wanted = call.query.get("name", "")
    names = [name for name in run.artifacts if wanted in {"", name}]
    return page(call, names, lambda name: _artifact_body(call, project, run, name), within="artifacts")


@ROUTES.on("GET", "/repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}")
def get_artifact(call: Call) -> Answer:
    project = project_of(call)
    need(call, project, "actions", level="read")
    wanted = number(call, "artifact_id")
    for run in project.runs:
        for name, found in run.artifact_ids.items():
            if found == wanted and name in run.expired_artifacts:
                raise Refused(410, "Artifact has expired")
            if found == wanted:
                return _stored(call, f"/stored/artifacts/{found}", run.artifacts[name])
    raise Refused(404, "Not Found")


def _run(call: Call) -> tuple[Project, Run]:
    project = project_of(call)
    need(call, project, "actions", level="read")
    wanted = number(call, "run_id")
    run = next((run for run in project.runs if run.id == wanted), None)
    if run is None:
        raise Refused(404, "Not Found")
    return project, run


def _stored(call: Call, path: str, content: bytes) -> Answer:
    call.state.files[path] = content
    elsewhere = call.url.replace("127.0.0.1", "localhost")
    return Answer(status=302, headers={"Location": f"{elsewhere}{path}?sig=of-the-store"})


def run_body(call: Call, project: Project, run: Run) -> bodies.Json:
    address = f"{bodies.repo_url(call, project)}/actions/runs/{run.id}"
    urls = ("jobs", "logs", "cancel", "rerun", "artifacts")
    source = call.state.project(run.head_project) or project
    return {
        "id": run.id,
        "name": run.name,
        "node_id": f"WFR_{run.id}",
        "head_branch": run.branch,
        "head_sha": run.commit,
        "path": ".github/workflows/ci.yml",
        "display_title": run.name,
        "run_number": 1,
        "run_attempt": run.attempt,
        "event": run.event,
        "status": run.status,
        "conclusion": run.conclusion,
        "workflow_id": 1,
        "url": address,
        "html_url": f"{call.url}/{project.path}/actions/runs/{run.id}",
        "pull_requests": [],
        "created_at": run.created_at,
        "updated_at": run.created_at,
        "run_started_at": run.created_at,
        "actor": bodies.user(call, run.actor or project.owner),
        "triggering_actor": bodies.user(call, run.actor or project.owner),
        **{f"{name}_url": f"{address}/{name}" for name in urls},
        "check_suite_url": f"{bodies.repo_url(call, project)}/check-suites/1",
        "workflow_url": f"{bodies.repo_url(call, project)}/actions/workflows/1",
        "head_commit": None,
        "repository": bodies.minimal_repository(call, project),
        "head_repository": bodies.minimal_repository(call, source),
    }


def _job_body(call: Call, project: Project, run: Run, job: Job) -> bodies.Json:
    address = bodies.repo_url(call, project)
    is_done = job.status == "completed"
    return {
        "id": job.id,
        "run_id": run.id,
        "workflow_name": run.name,
        "head_branch": run.branch,
        "run_url": f"{address}/actions/runs/{run.id}",
        "run_attempt": job.attempt,
        "node_id": f"CR_{job.id}",
        "head_sha": run.commit,
        "url": f"{address}/actions/jobs/{job.id}",
        "html_url": f"{call.url}/{project.path}/actions/runs/{run.id}/job/{job.id}",
        "status": job.status,
        "conclusion": job.conclusion if is_done else None,
        "created_at": run.created_at,
        "started_at": run.created_at,
        "completed_at": run.created_at if is_done else None,
        "name": job.name,
        "steps": [],
        "check_run_url": f"{address}/check-runs/{job.id}",
        "labels": ["ubuntu-latest"],
        "runner_id": 1,
        "runner_name": "runner",
        "runner_group_id": 1,
        "runner_group_name": "Default",
    }


def _artifact_body(call: Call, project: Project, run: Run, name: str) -> bodies.Json:
    number_ = run.artifact_ids[name]
    address = f"{bodies.repo_url(call, project)}/actions/artifacts/{number_}"
    return {
        "id": number_,
        "node_id": f"MDg6_{number_}",
        "name": name,
        "size_in_bytes": len(run.artifacts[name]),
        "url": address,
        "archive_download_url": f"{address}/zip",
        "expired": name in run.expired_artifacts,
        "created_at": run.created_at,
        "expires_at": run.created_at,
        "updated_at": run.created_at,
    }
