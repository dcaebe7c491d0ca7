"""Statuses of commits.

Source: docs.gitlab.com, "Commits API", "Set commit pipeline status".
"""

from __future__ import annotations

from collections.abc import Mapping

from honk_ci.errors import ForgeError
from honk_ci.forges.gitlab.project import GitLabProject
from honk_ci.forges.interface import Status
from honk_ci.forges.reading import Json, need_number, number, objects, text
from honk_ci.text import one_line

STATUS_TEXT_CHARS = 255


class GitLabStatuses(GitLabProject):
    """Statuses of the role ``Talk``."""

    def set_status(self, status: Status) -> str:
        """A status in the pipeline that ran for the commit, always ``success``: honk adds no red of its own.

        Where no pipeline ran, none is set: GitLab would make a pipeline of that one green status.
        """
        commit = self._judged(status.commit)
        pipeline = self._pipeline_of(commit)
        if not pipeline:
            raise ForgeError(f"no pipeline ran for {commit[:9]}, so GitLab has no place for a status")
        described = {
            "state": "success",
            "name": status.name,
            "description": one_line(status.title, STATUS_TEXT_CHARS),
            "target_url": status.url or text(pipeline, "web_url"),
        }
        pipeline_id = need_number(pipeline, "id")
        if not self._has_status(commit, pipeline_id, described):
            self.api.post(self.path("statuses", commit), {**described, "pipeline_id": pipeline_id})
        return described["target_url"]

    def _judged(self, commit: str) -> str:
        """What the pipeline ran for: of a branch's tip, the merge with its target where GitLab tests that."""
        context = self.context
        return context.commit if context.commit and commit == context.head_commit else commit

    def _pipeline_of(self, commit: str) -> Json:
        """The red pipeline itself where it ran for the commit, else the newest one; empty for none."""
        query: dict[str, str | int] = {"sha": commit, "order_by": "id", "sort": "desc", "per_page": 20}
        found = objects(self.api.get(self.path("pipelines"), query))
        ours = (one for one in found if str(number(one, "id")) == self.context.run_id)
        return next(ours, next(iter(found), {}))

    def _has_status(self, commit: str, pipeline_id: int, described: Mapping[str, str]) -> bool:
        query: dict[str, str | int] = {"name": described["name"], "pipeline_id": pipeline_id, "per_page": 20}
        there = objects(self.api.get(self.path("repository", "commits", commit, "statuses"), query))
        wanted = {"status": "success", **{key: described[key] for key in ("name", "description", "target_url")}}
        return any(all(text(one, key) == value for key, value in wanted.items()) for one in there)
