"""Which job of which CI run this process is, so that runs can tell each other apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class ThisJob:
    """This process's own job, also where the red run is another one; empty outside CI."""

    run_id: str = ""
    attempt: int = 1  # which start of that run this is, from 1
    name: str = ""  # on GitHub the same for all cells of a matrix, on GitLab one of its own for each
    url: str = ""

    def follows(self, other: ThisJob) -> bool:
        """Whether this is a later start of the other, which must have ended by then."""
        if not self.run_id or self.run_id != other.run_id:
            return False
        return self.attempt > other.attempt


def this_job(environ: Mapping[str, str]) -> ThisJob:
    """Read the variables of GitHub Actions and GitLab CI (sources: see ``honk_ci.forges.environment``).

    A re-run on GitHub keeps GITHUB_RUN_ID and counts GITHUB_RUN_ATTEMPT up, once all jobs have
    ended. A retry on GitLab is a new job of the same name; job ids only ever grow.
    """
    if environ.get("GITHUB_ACTIONS") == "true":
        run, server = environ.get("GITHUB_RUN_ID", ""), environ.get("GITHUB_SERVER_URL", "https://github.com")
        project = environ.get("GITHUB_REPOSITORY", "")
        return ThisJob(
            run_id=run,
            attempt=_number(environ.get("GITHUB_RUN_ATTEMPT", "")),
            name=environ.get("GITHUB_JOB", ""),
            url=f"{server.rstrip('/')}/{project}/actions/runs/{run}" if run and project else "",
        )
    if environ.get("GITLAB_CI") == "true":
        name = environ.get("CI_JOB_NAME", "")
        return ThisJob(
            run_id=f"{environ.get('CI_PIPELINE_ID', '')}/{name}",
            attempt=_number(environ.get("CI_JOB_ID", "")),
            name=name,
            url=environ.get("CI_JOB_URL", ""),
        )
    return ThisJob()


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 1
