"""Check runs and commit statuses. docs.github.com, "REST API endpoints for check runs", "… for commit statuses"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from honk_ci.errors import ForgeError
from honk_ci.forges.github.repository import GitHubRepository
from honk_ci.forges.interface import Annotation, Status
from honk_ci.forges.reading import Json, as_object, need_number, number, objects, part, text
from honk_ci.text import clip

BATCH = 50  # annotations of one request
SUMMARY_CHARS = 65_535
MESSAGE_CHARS = 16_000  # of an annotation; GitHub takes 64 kB
TITLE_CHARS = 255  # of an annotation
DESCRIPTION_CHARS = 140  # of a commit status
# Commit statuses know no neutral: only what is wrong is red.
_STATES = {"success": "success", "neutral": "success", "failure": "failure"}


class Checks(GitHubRepository):
    """Statuses of the role ``Talk``."""

    def set_status(self, status: Status) -> str:
        """A check run; a commit status for tokens that may make none, which are those of people."""
        try:
            return self._check_run(status)
        except ForgeError as error:
            if error.status != 403:
                raise
            try:
                return self._commit_status(status)
            except ForgeError as second:
                raise second from error

    def _check_run(self, status: Status) -> str:
        there = self._find(status)
        if there is not None:
            try:
                return self._write(status, there)
            except ForgeError as error:
                if (
                    error.status != 403
                ):  # it is another App's: "Invalid app_id `15368` - check run can only be modified …"
                    raise
        return self._write(status, None)

    def _write(self, status: Status, there: Json | None) -> str:
        """Annotations of an update are added to those that are there, so only new ones are sent."""
        known = set(self._annotations_of(there)) if there else set()
        new = [form for item in status.annotations if _key(form := _annotation(item)) not in known]
        batches = [new[at : at + BATCH] for at in range(0, len(new), BATCH)] or [[]]
        first = _body(status, batches[0])
        run = self._update(there, first) if there else self._create(status, first)
        for batch in batches[1:]:
            self._update(run, _body(status, batch))
        return text(run, "html_url")

    def _create(self, status: Status, body: Json) -> Json:
        made = self.api.post(
            self.path("check-runs"), {**body, "head_sha": status.commit}, happened=lambda: self._find(status)
        )
        return as_object(made)

    def _update(self, run: Json, body: Json) -> Json:
        path = self.path("check-runs", need_number(run, "id"))
        return as_object(self.api.patch(path, body, happened=lambda: self._taken(run, body)))

    def _taken(self, run: Json, body: Json) -> Json | None:
        """The run, if it has the annotations of an update whose answer was lost: a second one would double them."""
        sent = {_key(item) for item in objects(part(body, "output").get("annotations"))}
        return run if sent and sent <= set(self._annotations_of(run)) else None

    def _find(self, status: Status) -> Json | None:
        """The one that a run before this made, for the same commit and by the same name."""
        query = {"check_name": status.name, "filter": "latest"}
        found = self.api.pages(self.path("commits", status.commit, "check-runs"), query, key="check_runs", most_pages=3)
        return next((run for run in found if text(run, "external_id") == _external_id(status)), None)

    def _annotations_of(self, run: Json) -> Iterator[tuple[Any, ...]]:
        path = self.path("check-runs", need_number(run, "id"), "annotations")
        yield from (_key(item) for item in self.api.pages(path))

    def _commit_status(self, status: Status) -> str:
        body = {
            "state": _STATES[status.conclusion],
            "context": status.name,
            "description": status.title[:DESCRIPTION_CHARS],
            **({"target_url": status.url} if status.url else {}),
        }
        # the newest status of a context is the one that counts: setting it twice is setting it once
        self.api.post(self.path("statuses", status.commit), body, happened=lambda: None)
        return status.url


def _body(status: Status, annotations: Sequence[Json]) -> dict[str, Any]:
    return {
        "name": status.name,
        "external_id": _external_id(status),
        "status": "completed",
        "conclusion": status.conclusion,
        **({"details_url": status.url} if status.url else {}),
        "output": {
            "title": status.title,
            "summary": (status.summary or status.title)[:SUMMARY_CHARS],
            "annotations": list(annotations),
        },
    }


def _external_id(status: Status) -> str:
    return f"honk-ci:{status.name}"


def _annotation(item: Annotation) -> Json:
    return {
        "path": item.path,
        "start_line": item.line,
        "end_line": item.line,
        "annotation_level": item.level,
        "message": clip(item.message or item.title or item.path, MESSAGE_CHARS),
        **({"title": item.title[:TITLE_CHARS]} if item.title else {}),
    }


def _key(item: Json) -> tuple[Any, ...]:
    return text(item, "path"), number(item, "start_line"), text(item, "title"), text(item, "message")
