"""Comments and suggestions. docs.github.com, "REST API endpoints for issue comments", "… for commit comments", "… for pull request reviews"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from honk_ci.errors import ForgeError
from honk_ci.forges.github.repository import GitHubRepository
from honk_ci.forges.interface import Comment, Place, Suggestion
from honk_ci.forges.reading import Json, as_object, need_number, number, text


class GitHubTalk(GitHubRepository):
    """Most of the role ``Talk``; statuses are in ``checks``."""

    def comments(self, place: Place) -> Sequence[Comment]:
        return [_comment(item) for item in self.api.pages(self._place(place))]

    def add_comment(self, place: Place, body: str) -> Comment:
        made = self.api.post(self._place(place), {"body": body}, happened=lambda: self._same(self._place(place), body))
        return _comment(as_object(made))

    def edit_comment(self, place: Place, comment_id: str, body: str) -> Comment:
        return _comment(as_object(self.api.patch(self._one(place, comment_id), {"body": body})))

    def delete_comment(self, place: Place, comment_id: str) -> None:
        try:
            self.api.delete(self._one(place, comment_id))
        except ForgeError as error:
            if error.status != 404:
                raise

    def suggest(self, number: int, commit: str, suggestions: Sequence[Suggestion], body: str) -> str:
        """Those that stand there already are not repeated."""
        path = self.path("pulls", number, "reviews")
        drafts = [_review_comment(suggestion) for suggestion in suggestions]
        there = {_key(item): text(item, "html_url") for item in self.api.pages(self.path("pulls", number, "comments"))}
        new = [draft for draft in drafts if _key(draft) not in there]
        if not new:
            return there[_key(drafts[0])] if drafts else ""
        review = {"commit_id": commit, "event": "COMMENT", "body": body, "comments": new}
        return text(as_object(self.api.post(path, review, happened=lambda: self._same(path, body))), "html_url")

    def _place(self, place: Place) -> str:
        if place.request is not None:
            return self.path("issues", place.request, "comments")
        return self.path("commits", place.commit, "comments")

    def _one(self, place: Place, comment_id: str) -> str:
        kind = ("issues", "comments") if place.request is not None else ("comments",)
        return self.path(*kind, comment_id)

    def _same(self, path: str, body: str) -> Json | None:
        """The newest that says the same: what was made by a request whose answer got lost."""
        found = [item for item in self.api.pages(path) if _plain(text(item, "body")) == _plain(body)]
        return found[-1] if found else None


def _comment(item: Json) -> Comment:
    return Comment(
        id=str(need_number(item, "id")),
        body=text(item, "body"),
        author=text(item, "user", "login"),
        url=text(item, "html_url"),
        created_at=text(item, "created_at"),
    )


def _review_comment(suggestion: Suggestion) -> dict[str, Any]:
    """``start_line`` is for comments of several lines alone: it must be above ``line``."""
    place: dict[str, Any] = {"path": suggestion.path, "line": suggestion.last_line, "side": "RIGHT"}
    if suggestion.first_line < suggestion.last_line:
        place |= {"start_line": suggestion.first_line, "start_side": "RIGHT"}
    return {**place, "body": f"{suggestion.body}\n\n{suggestion_block(suggestion.replacement)}".lstrip()}


def _key(item: Json) -> tuple[str, int | None, str]:
    """A comment whose lines are outdated has no ``line``, and so counts as another one."""
    return text(item, "path"), number(item, "line"), _plain(text(item, "body"))


def suggestion_block(replacement: str) -> str:
    """A block that the page turns into a button; its fence is longer than any in the text."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", replacement)), default=0))
    lines = replacement if not replacement or replacement.endswith("\n") else f"{replacement}\n"
    return f"{fence}suggestion\n{lines}{fence}"


def _plain(body: str) -> str:
    """GitHub keeps line ends as they come and drops blanks at the end."""
    return body.replace("\r\n", "\n").strip()
