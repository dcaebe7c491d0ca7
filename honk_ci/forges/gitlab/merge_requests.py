"""Merge requests.

Source: docs.gitlab.com, "Merge requests API".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from honk_ci.errors import ForgeError
from honk_ci.forges.gitlab.diffs import FileDiff, read_diffs
from honk_ci.forges.gitlab.project import GitLabProject
from honk_ci.forges.gitlab.words import DESCRIPTION_CHARS, TITLE_CHARS, harmless
from honk_ci.forges.interface import NewRequest, Request, RequestState
from honk_ci.forges.reading import Json, as_object, flag, names, need_number, need_text, number, objects, text
from honk_ci.text import one_line

# GitLab keeps the draft state in the title alone; "[Draft]" and "(Draft)" count as well.
_DRAFT = re.compile(r"\s*(?:\[draft\]|\(draft\)|draft:)\s*", re.IGNORECASE)
_STATES: Mapping[str, RequestState] = {"opened": "open", "locked": "open", "closed": "closed", "merged": "merged"}


class GitLabRequests(GitLabProject):
    """The Requests of a project on GitLab."""

    def default_branch(self) -> str:
        return self.context.default_branch or need_text(self.facts, "default_branch")

    def request(self, number: int) -> Request:
        return self._read(self.merge_request(number))

    def requests_of(self, head: str) -> Sequence[Request]:
        return [self._read(found) for found in self._all_of(head)]

    def open_request(self, new: NewRequest) -> Request:
        body = {
            "source_branch": new.head,
            "target_branch": new.target,
            "title": _title(new.title, is_draft=new.is_draft),
            "description": harmless(new.body)[:DESCRIPTION_CHARS],
        }

        def opened() -> Json | None:
            return self._opened(new.head, new.target)

        if (found := opened()) is not None:
            return self._read(found)
        try:
            made = self.api.post(self.path("merge_requests"), body, happened=opened)
        except ForgeError as error:
            # the words are "Another open merge request already exists for this source branch: !5"
            if error.status != 409 or (made := opened()) is None:
                raise
        return self._read(as_object(made))

    def update_request(self, number: int, *, title: str, body: str) -> None:
        """Replace its words; it stays the draft that it is, or is not."""
        is_draft = _is_draft(self.merge_request(number))
        words = {"title": _title(title, is_draft=is_draft), "description": harmless(body)[:DESCRIPTION_CHARS]}
        self.api.put(self.path("merge_requests", number), words)

    def add_labels(self, number: int, labels: Sequence[str]) -> None:
        """GitLab makes those that are not there yet."""
        if labels:
            self.api.put(self.path("merge_requests", number), {"add_labels": ",".join(labels)})

    def ask_for_review(self, number: int, logins: Sequence[str]) -> Sequence[str]:
        """Users alone: a group cannot be a reviewer. Editions without several reviewers take the first."""
        described = self.merge_request(number)
        there = _people(described, "reviewers")
        wanted = self._user_ids(logins, but=text(described, "author", "username"))
        new = [user for user in wanted.values() if user not in there.values()]
        if new:
            asked = {"reviewer_ids": [*there.values(), *new]}
            there = _people(as_object(self.api.put(self.path("merge_requests", number), asked)), "reviewers")
        return [login for login, user in wanted.items() if user in there.values()]

    def changed_lines(self, number: int) -> Mapping[str, frozenset[int]]:
        return {file.path: frozenset(file.lines) for file in self.diffs_of(number)}

    def merge_request(self, number: int) -> Json:
        return as_object(self.api.get(self.path("merge_requests", number)))

    def diffs_of(self, number: int) -> Sequence[FileDiff]:
        """The files of a request's diff; GitLab leaves out the lines of very large ones."""
        try:
            return read_diffs(list(self.api.pages(self.path("merge_requests", number, "diffs"))))
        except ForgeError as error:
            if error.status != 404:
                raise
        # before GitLab 15.7
        changes = as_object(self.api.get(self.path("merge_requests", number, "changes")))
        return read_diffs(objects(changes.get("changes")))

    def _all_of(self, head: str) -> Sequence[Json]:
        query = {"source_branch": head, "state": "all", "order_by": "created_at", "sort": "desc"}
        found = self.api.pages(self.path("merge_requests"), query, most_pages=3)
        # branches of forks may have the same name
        return [one for one in found if one.get("source_project_id") == one.get("target_project_id")]

    def _opened(self, head: str, target: str) -> Json | None:
        same = (one for one in self._all_of(head) if text(one, "target_branch") == target)
        return next((one for one in same if _STATES.get(text(one, "state")) == "open"), None)

    def _user_ids(self, logins: Sequence[str], *, but: str) -> Mapping[str, int]:
        found = {}
        for login in dict.fromkeys(name.removeprefix("@") for name in logins):
            if "/" in login or not login or login.casefold() == but.casefold():
                continue
            user = self.user_named(login)
            if user is not None and (user_id := number(user, "id")) is not None:
                found[login] = user_id
        return found

    def _read(self, described: Json) -> Request:
        state = _STATES.get(need_text(described, "state"), "closed")
        is_own = described.get("source_project_id") == described.get("target_project_id")
        merged = text(described, "merge_commit_sha") or text(described, "squash_commit_sha") or text(described, "sha")
        return Request(
            number=need_number(described, "iid"),
            url=text(described, "web_url"),
            state=state,
            head=need_text(described, "source_branch"),
            head_commit=text(described, "sha"),
            head_project=self.project if is_own else self.project_path(number(described, "source_project_id")),
            target=need_text(described, "target_branch"),
            title=_DRAFT.sub("", text(described, "title"), count=1)
            if _is_draft(described)
            else text(described, "title"),
            body=text(described, "description"),
            author=text(described, "author", "username"),
            is_draft=_is_draft(described),
            labels=names(described.get("labels")),
            merge_commit=merged if state == "merged" else "",
        )


def _is_draft(described: Json) -> bool:
    return flag(described, "draft") or flag(described, "work_in_progress")


def _title(title: str, *, is_draft: bool) -> str:
    prefix = "Draft: " if is_draft else ""
    return prefix + one_line(title, TITLE_CHARS - len(prefix))


def _people(described: Json, role: str) -> dict[str, int]:
    return {text(user, "username"): user["id"] for user in objects(described.get(role)) if number(user, "id")}
