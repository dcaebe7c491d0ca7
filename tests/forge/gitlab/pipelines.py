"""Pipelines, jobs, traces, artifacts, statuses of commits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.forge.gitlab.access import DEVELOPER, fields_of, page, project_of, token_of
from tests.forge.gitlab.projects import commit_of, user_body
from tests.forge.state import CommitStatus, Job, Project, Run
from tests.forge.wire import Answer, Call, Refused, Routes

ROUTES = Routes()
Json = dict[str, Any]

STATUSES = {"success": "success", "failure": "failed", "cancelled": "canceled", "skipped": "skipped"}


@dataclass(kw_only=True, slots=True)
class PipelineStatus(CommitStatus):
    """A status, which on GitLab is a job of a pipeline."""

    pipeline: int


def _status(status: str, conclusion: str | None) -> str:
    return STATUSES.get(conclusion or "", "failed") if status == "completed" else "running"


def _pipeline(call: Call, project: Project, run: Run) -> Json:
    return {
        "id": run.id,
        "project_id": project.id,
        "sha": run.commit,
        "ref": run.branch,
        "status": _status(run.status, run.conclusion),
        "source": run.event,
        "web_url": f"{call.url}/{project.path}/-/pipelines/{run.id}",
    }


def _job(call: Call, project: Project, run: Run, job: Job) -> Json:
    body: Json = {
        "id": job.id,
        "name": job.name,
        "stage": "test",
        "status": _status(job.status, job.conclusion),
        "allow_failure": False,
        "ref": run.branch,
        "pipeline": _pipeline(call, project, run),
        "user": user_body(call, run.actor or project.owner),
        "artifacts": [],
        "web_url": f"{call.url}/{project.path}/-/jobs/{job.id}",
    }
    if job.name in run.artifacts:
        body["artifacts_file"] = {"filename": "artifacts.zip", "size": len(run.artifacts[job.name])}
    return body


def _run(call: Call, project: Project) -> Run:
    found = next((run for run in project.runs if str(run.id) == call.params["pipeline"]), None)
    if found is None:
        raise Refused(404, "404 Not found")
    return found


@ROUTES.on("GET", "/projects/{project}/pipelines")
def list_pipelines(call: Call) -> Answer:
    project = project_of(call)
    commit = call.query.get("sha")
    found = sorted((run for run in project.runs if commit in {None, run.commit}), key=lambda run: -run.id)
    return page(call, found, lambda run: _pipeline(call, project, run))


@ROUTES.on("GET", "/projects/{project}/pipelines/{pipeline}")
def get_pipeline(call: Call) -> Answer:
    project = project_of(call)
    return Answer(value=_pipeline(call, project, _run(call, project)))


@ROUTES.on("GET", "/projects/{project}/pipelines/{pipeline}/jobs")
def list_jobs(call: Call) -> Answer:
    project = project_of(call)
    run = _run(call, project)
    scope = call.query.get("scope") or call.query.get("scope[]", "")
    newest = {job.name: job for job in sorted(run.jobs, key=lambda job: job.id)}
    found = [job for job in newest.values() if scope in {"", _status(job.status, job.conclusion)}]
    return page(call, found, lambda job: _job(call, project, run, job))


def _found_job(call: Call) -> tuple[Project, Run, Job]:
    project = project_of(call)
    for run in project.runs:
        for job in run.jobs:
            if str(job.id) == call.params["job"]:
                return project, run, job
    raise Refused(404, "404 Not found")


@ROUTES.on("GET", "/projects/{project}/jobs/{job}")
def get_job(call: Call) -> Answer:
    return Answer(value=_job(call, *_found_job(call)))


@ROUTES.on("GET", "/projects/{project}/jobs/{job}/trace")
def get_trace(call: Call) -> Answer:
    _, _, job = _found_job(call)
    return Answer(data=(job.log or "").encode(), headers={"Content-Type": "text/plain"})


@ROUTES.on("GET", "/projects/{project}/jobs/{job}/artifacts")
def get_artifacts(call: Call) -> Answer:
    _, run, job = _found_job(call)
    if job.name not in run.artifacts:
        raise Refused(404, "404 Not Found")
    name = f"/archives/{job.id}.zip"
    call.state.files[name] = run.artifacts[job.name]
    return Answer(status=302, headers={"Location": f"{call.url}{name}"})


# --- statuses --------------------------------------------------------------------------------------


@ROUTES.on("POST", "/projects/{project}/statuses/{commit}")
def set_status(call: Call) -> Answer:
    project, commit = commit_of(call, level=DEVELOPER)
    taken = ("ref", "name", "context", "target_url", "description", "coverage", "pipeline_id")
    fields = fields_of(call, needed=("state",), taken=taken)
    if fields["state"] not in {"pending", "running", "success", "failed", "canceled", "skipped"}:
        raise Refused(400, "state does not have a valid value", errors="error")
    if len(str(fields.get("description") or "")) > 255:
        raise Refused(400, '{:description=>["is too long (maximum is 255 characters)"]}')
    status = PipelineStatus(
        id=next(call.state.ids),
        author=token_of(call).login,
        commit=commit,
        state=str(fields["state"]),
        context=str(fields.get("name") or fields.get("context") or "default"),
        description=fields.get("description"),
        target_url=fields.get("target_url"),
        pipeline=_pipeline_for(call, project, commit, fields.get("pipeline_id")).id,
    )
    project.statuses.append(status)
    return Answer(status=201, value=_status_body(call, status))


def _pipeline_for(call: Call, project: Project, commit: str, wanted: int | None) -> Run:
    """Where there is none GitLab makes one, which is then as green as this status."""
    runs = [run for run in project.runs if run.commit == commit and wanted in {None, run.id}]
    if wanted is not None and not runs:
        raise Refused(404, "404 Pipeline for pipeline_id, sha and ref Not Found")
    if runs:
        return max(runs, key=lambda run: run.id)
    branch = next((name for name, tip in project.branches().items() if tip == commit), "")
    number = next(call.state.ids)
    return project.add_run(Run(id=number, name="", commit=commit, branch=branch, event="external"))


@ROUTES.on("GET", "/projects/{project}/repository/commits/{commit}/statuses")
def list_statuses(call: Call) -> Answer:
    project, commit = commit_of(call)
    name, pipeline = call.query.get("name"), call.query.get("pipeline_id")
    found = [
        status
        for status in project.statuses
        if isinstance(status, PipelineStatus)
        and status.commit == commit
        and name in {None, status.context}
        and pipeline in {None, str(status.pipeline)}
    ]
    return page(call, found, lambda status: _status_body(call, status))


def _status_body(call: Call, status: PipelineStatus) -> Json:
    return {
        "id": status.id,
        "sha": status.commit,
        "status": status.state,
        "name": status.context,
        "description": status.description,
        "target_url": status.target_url,
        "pipeline_id": status.pipeline,
        "author": user_body(call, status.author),
    }
