"""What CI systems tell a job of the build, in environment variables and the event's payload."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from honk_ci.forges.reading import Json, names, number, objects, part, text

PAYLOAD_BYTES = 25 * 1024 * 1024  # GitHub's own limit of a webhook payload


@dataclass(frozen=True, kw_only=True, slots=True)
class CiContext:
    """The build as the CI system names it; empty where it does not, as outside CI."""

    name: str = ""  # "github", "gitlab"
    event: str = (
        ""  # what started the run: "push", "pull_request", "workflow_run", "schedule", "merge_request_event", …
    )
    server_url: str = ""  # where people look, without "/" at the end
    api_url: str = ""  # likewise
    project: str = ""  # "owner/name", or GitLab's path with all its groups
    default_branch: str = ""
    commit: str = ""  # the commit that is red, as the CI system names it
    branch: str = ""  # the branch that is red
    head_commit: str = ""  # its tip, where ``commit`` is a merge with the target made by the forge; else ""
    target_branch: str = ""  # what a pull or merge request asks to be merged into
    request: int | None = None  # number of the pull or merge request
    head_project: str = ""  # where ``branch`` lives; "" where the CI system does not say
    author: str = ""  # who opened the request
    actor: str = ""  # who or what started this run
    labels: tuple[str, ...] = ()  # of the request
    run_id: str = ""  # the workflow run or pipeline that is red
    run_url: str = ""
    job: str = ""  # name of this job
    is_detached: bool = False  # the red run is another one than that of this job (workflow_run)

    @property
    def is_pull_request(self) -> bool:
        """Whether people without write access may have written what is checked out."""
        return bool(self.target_branch) or self.is_fork

    @property
    def is_fork(self) -> bool:
        """Whether the branch lives in another project than the one that CI runs for."""
        return bool(self.head_project) and self.head_project.casefold() != self.project.casefold()


def ci_context(environ: Mapping[str, str]) -> CiContext:
    """Read the variables of GitHub Actions and GitLab CI.

    Sources: docs.github.com, "Store information in variables", "Webhook events and payloads";
    docs.gitlab.com, "Predefined CI/CD variables reference".
    """
    if environ.get("GITHUB_ACTIONS") == "true":
        return _github(environ, _payload(environ.get("GITHUB_EVENT_PATH", "")))
    if environ.get("GITLAB_CI") == "true":
        return _gitlab(environ)
    return CiContext()


# --- GitHub --------------------------------------------------------------------------------------


def _payload(path: str) -> Json:
    """The event's payload; empty where it is absent, oversized or no JSON object."""
    file = Path(path)
    try:
        if not path or file.stat().st_size > PAYLOAD_BYTES:
            return {}
        payload = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}


def _github(environ: Mapping[str, str], payload: Json) -> CiContext:
    event = environ.get("GITHUB_EVENT_NAME", "")
    server = environ.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/")
    project = environ.get("GITHUB_REPOSITORY", "")
    run = environ.get("GITHUB_RUN_ID", "")
    branch = environ.get("GITHUB_HEAD_REF", "")
    if not branch and environ.get("GITHUB_REF_TYPE", "branch") == "branch":
        branch = environ.get("GITHUB_REF_NAME", "")
    common = CiContext(
        name="github",
        event=event,
        server_url=server,
        api_url=environ.get("GITHUB_API_URL", "https://api.github.com").rstrip("/"),
        project=project,
        default_branch=text(payload, "repository", "default_branch"),
        commit=environ.get("GITHUB_SHA", ""),
        branch=branch,
        target_branch=environ.get("GITHUB_BASE_REF", ""),
        actor=environ.get("GITHUB_TRIGGERING_ACTOR") or environ.get("GITHUB_ACTOR", ""),
        run_id=run,
        run_url=f"{server}/{project}/actions/runs/{run}" if project and run else "",
        job=environ.get("GITHUB_JOB", ""),
    )
    if event == "workflow_run":
        return _github_workflow_run(common, part(payload, "workflow_run"), number(payload, "repository", "id"))
    if event.startswith("pull_request"):
        return _github_pull_request(common, part(payload, "pull_request"))
    return common


def _github_pull_request(common: CiContext, request: Json) -> CiContext:
    """The checkout is the merge of head and base that GitHub makes, not a commit of any branch."""
    if not request:  # whose branch it is cannot be told, so it is nobody's that is known
        return replace(common, head_project="(unknown)")
    return replace(
        common,
        branch=common.branch or text(request, "head", "ref"),
        target_branch=common.target_branch or text(request, "base", "ref"),
        head_commit=text(request, "head", "sha"),
        # the repository of a head is null once the fork has been deleted: that is a stranger's all the same
        head_project=text(request, "head", "repo", "full_name") or "(deleted)",
        request=number(request, "number"),
        author=text(request, "user", "login"),
        labels=names(request.get("labels")),
    )


def _github_workflow_run(common: CiContext, run: Json, repository: int | None) -> CiContext:
    """The red run is the one that the event tells of; this job runs for the default branch.

    The run of a branch in a fork names the requests to the repository that it was forked from, too.
    """
    requests = objects(run.get("pull_requests"))
    first = next((entry for entry in requests if number(entry, "base", "repo", "id") == repository), {})
    return replace(
        common,
        commit=text(run, "head_sha"),
        branch=text(run, "head_branch"),
        head_project=text(run, "head_repository", "full_name") or "(deleted)",
        target_branch=text(first, "base", "ref"),
        request=number(first, "number"),
        actor=text(run, "triggering_actor", "login") or text(run, "actor", "login") or common.actor,
        run_id=str(number(run, "id") or ""),
        run_url=text(run, "html_url"),
        is_detached=True,
    )


# --- GitLab --------------------------------------------------------------------------------------


def _gitlab(environ: Mapping[str, str]) -> CiContext:
    source = environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "")
    project = environ.get("CI_PROJECT_PATH", "")
    tag = environ.get("CI_COMMIT_TAG", "")
    # a fork's own pipeline is told the number that the request has in the other project
    is_ours = environ.get("CI_MERGE_REQUEST_PROJECT_PATH", project) == project
    number = environ.get("CI_MERGE_REQUEST_IID", "") if is_ours else ""
    server = environ.get("CI_SERVER_URL", "https://gitlab.com").rstrip("/")
    return CiContext(
        name="gitlab",
        event=environ.get("CI_PIPELINE_SOURCE", ""),
        server_url=server,
        api_url=environ.get("CI_API_V4_URL", f"{server}/api/v4").rstrip("/"),
        project=project,
        default_branch=environ.get("CI_DEFAULT_BRANCH", ""),
        commit=environ.get("CI_COMMIT_SHA", ""),
        branch=source or environ.get("CI_COMMIT_BRANCH") or ("" if tag else environ.get("CI_COMMIT_REF_NAME", "")),
        # only pipelines for merged results check out a merge; others stand at the branch's tip
        head_commit=environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", ""),
        target_branch=environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", ""),
        request=int(number) if number.isdecimal() else None,
        head_project=(environ.get("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH") or "(unknown)") if source else "",
        actor=environ.get("GITLAB_USER_LOGIN", ""),
        labels=tuple(name.strip() for name in environ.get("CI_MERGE_REQUEST_LABELS", "").split(",") if name.strip()),
        run_id=environ.get("CI_PIPELINE_ID", ""),
        run_url=environ.get("CI_PIPELINE_URL", ""),
        job=environ.get("CI_JOB_NAME", ""),
    )
