"""Workflow runs: their jobs, logs and artifacts. docs.github.com, "REST API endpoints for GitHub Actions"."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from honk_ci.forges.artifacts import ARTIFACT_BYTES, ARTIFACTS, LOG_BYTES, Artifact, save_all
from honk_ci.forges.github.repository import GitHubRepository
from honk_ci.forges.interface import Job
from honk_ci.forges.reading import Json, flag, need_number, number, text

_RED = frozenset({"failure", "timed_out", "startup_failure"})


class GitHubRuns(GitHubRepository):
    """The role ``Runs``."""

    def jobs(self, run_id: str) -> Sequence[Job]:
        path = self.path("actions", "runs", run_id, "jobs")
        return [_job(item) for item in self.api.pages(path, {"filter": "latest"}, key="jobs")]

    def save_log(self, job: Job, file: Path) -> None:
        """GitHub sends on to a plain address that is good for a minute; the token stays here."""
        self.api.download(self.path("actions", "jobs", job.id, "logs"), file, most_bytes=LOG_BYTES)

    def save_artifacts(self, run_id: str, folder: Path) -> Sequence[Path]:
        return save_all(self.api, map(self._archive, self._artifacts(run_id)), folder)

    def _archive(self, item: Json) -> Artifact:
        number = need_number(item, "id")
        return Artifact(name=text(item, "name"), number=number, path=self.path("actions", "artifacts", number, "zip"))

    def _artifacts(self, run_id: str) -> Sequence[Json]:
        """The newest of each name: attempts of a run leave theirs side by side."""
        listed = self.api.pages(self.path("actions", "runs", run_id, "artifacts"), key="artifacts", most_pages=10)
        newest: dict[str, Json] = {}
        for item in listed:
            name, there = text(item, "name"), newest.get(text(item, "name"))
            is_there = not flag(item, "expired") and (number(item, "size_in_bytes") or 0) <= ARTIFACT_BYTES
            if is_there and (there is None or need_number(item, "id") > need_number(there, "id")):
                newest[name] = item
        return list(newest.values())[:ARTIFACTS]


def _job(item: Json) -> Job:
    return Job(id=str(need_number(item, "id")), name=text(item, "name"), state=_state(item), url=text(item, "html_url"))


def _state(item: Json) -> Literal["failed", "running", "passed", "other"]:
    conclusion = text(item, "conclusion")
    if text(item, "status") != "completed":
        return "running"
    if conclusion in _RED:
        return "failed"
    return "passed" if conclusion == "success" else "other"
