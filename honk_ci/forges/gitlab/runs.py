"""Pipelines, their jobs, logs and artifacts.

Sources: docs.gitlab.com, "Jobs API", "Job artifacts API".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from honk_ci.forges.artifacts import ARTIFACTS, LOG_BYTES, Artifact, save_all
from honk_ci.forges.gitlab.project import GitLabProject
from honk_ci.forges.interface import Job
from honk_ci.forges.reading import Json, flag, need_number, part, text


class GitLabRuns(GitLabProject):
    """The role ``Runs``."""

    def jobs(self, run_id: str) -> Sequence[Job]:
        return [_job(item) for item in self._jobs_of(run_id)]

    def save_log(self, job: Job, file: Path) -> None:
        self.api.download(self.path("jobs", job.id, "trace"), file, most_bytes=LOG_BYTES)

    def save_artifacts(self, run_id: str, folder: Path) -> Sequence[Path]:
        """One folder a job."""
        with_files = [job for job in self._jobs_of(run_id) if part(job, "artifacts_file")]
        return save_all(self.api, map(self._archive, with_files[:ARTIFACTS]), folder)

    def _archive(self, job: Json) -> Artifact:
        number = need_number(job, "id")
        return Artifact(name=text(job, "name"), number=number, path=self.path("jobs", number, "artifacts"))

    def _jobs_of(self, run_id: str) -> Iterator[Json]:
        """The newest attempt of each: jobs that were retried are left out by default."""
        return self.api.pages(self.path("pipelines", run_id, "jobs"))


def _job(item: Json) -> Job:
    return Job(id=str(need_number(item, "id")), name=text(item, "name"), state=_state(item), url=text(item, "web_url"))


def _state(item: Json) -> Literal["failed", "running", "passed", "other"]:
    """What may fail makes no pipeline red; what waits for a person may wait for ever."""
    match text(item, "status"):
        case "success":
            return "passed"
        case "failed":
            return "other" if flag(item, "allow_failure") else "failed"
        case "canceled" | "skipped" | "manual":
            return "other"
        case _:
            return "running"
