"""Pipelines, their jobs, logs and artifacts.

Sources: docs.gitlab.com, "Jobs API", "Job artifacts API".
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from honk_ci.errors import ForgeError
from honk_ci.forges.archives import Caps, folder_name, unpack_zip
from honk_ci.forges.gitlab.project import GitLabProject
from honk_ci.forges.interface import Job
from honk_ci.forges.reading import Json, flag, need_number, part, text

LOG_BYTES = 128 * 1024 * 1024
ARTIFACT_BYTES = 256 * 1024 * 1024  # of one archive
ARTIFACTS = 100  # most that are looked at


class GitLabRuns(GitLabProject):
    """The role ``Runs``."""

    def jobs(self, run_id: str) -> Sequence[Job]:
        return [_job(item) for item in self._jobs_of(run_id)]

    def save_log(self, job: Job, file: Path) -> None:
        self.api.download(self.path("jobs", job.id, "trace"), file, most_bytes=LOG_BYTES)

    def save_artifacts(self, run_id: str, folder: Path) -> Sequence[Path]:
        """One folder a job; artifacts that are gone, too large or no archive are left out."""
        caps, found = Caps(), list[Path]()
        for item in [job for job in self._jobs_of(run_id) if part(job, "artifacts_file")][:ARTIFACTS]:
            with tempfile.TemporaryDirectory(prefix="honk-artifact-") as scratch:
                archive = Path(scratch) / "artifact.zip"
                if self._save(item, archive):
                    target = folder / folder_name(text(item, "name"), need_number(item, "id"), taken=folder)
                    files, caps = unpack_zip(archive, target, caps)
                    found += files
        return found

    def _jobs_of(self, run_id: str) -> Iterator[Json]:
        """The newest attempt of each: jobs that were retried are left out by default."""
        return self.api.pages(self.path("pipelines", run_id, "jobs"))

    def _save(self, item: Json, archive: Path) -> bool:
        path = self.path("jobs", need_number(item, "id"), "artifacts")
        try:
            return self.api.download(path, archive, most_bytes=ARTIFACT_BYTES)
        except ForgeError as error:
            if error.status in {404, 410}:
                return False
            raise


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
