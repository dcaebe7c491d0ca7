"""Comments and suggestions.

Sources: docs.gitlab.com, "Notes API", "Discussions API", "Suggest changes".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from honk_ci.errors import ForgeError
from honk_ci.forges.gitlab.diffs import FileDiff
from honk_ci.forges.gitlab.merge_requests import GitLabRequests
from honk_ci.forges.gitlab.suggestions import note_of, position_of
from honk_ci.forges.gitlab.words import NOTE_CHARS, harmless
from honk_ci.forges.interface import Comment, Place, Suggestion
from honk_ci.forges.reading import Json, as_object, flag, need_number, need_text, number, objects, part, text


class GitLabTalk(GitLabRequests):
    """Most of the role ``Talk``; statuses are in ``statuses``."""

    def comments(self, place: Place) -> Sequence[Comment]:
        if place.request is not None:
            query = {"sort": "asc", "order_by": "created_at"}
            notes = self.api.pages(self.path("merge_requests", place.request, "notes"), query)
            return [self._comment(place, note) for note in notes if not flag(note, "system")]
        threads = self.api.pages(self._commit_threads(place))
        pairs = [(thread, note) for thread in threads for note in objects(thread.get("notes"))]
        pairs.sort(key=lambda pair: text(pair[1], "created_at"))
        return [self._comment(place, note, thread=need_text(thread, "id")) for thread, note in pairs]

    def add_comment(self, place: Place, body: str) -> Comment:
        words = {"body": harmless(body)}

        def said() -> Comment | None:
            return next((c for c in reversed(self.comments(place)) if c.body.strip() == words["body"].strip()), None)

        if place.request is not None:
            made = self.api.post(self.path("merge_requests", place.request, "notes"), words, happened=said)
            return made if isinstance(made, Comment) else self._comment(place, as_object(made))
        made = self.api.post(self._commit_threads(place), words, happened=said)
        if isinstance(made, Comment):
            return made
        thread = as_object(made)
        return self._comment(place, next(iter(objects(thread.get("notes"))), {}), thread=need_text(thread, "id"))

    def edit_comment(self, place: Place, comment_id: str, body: str) -> Comment:
        edited = as_object(self.api.put(self._note(place, comment_id), {"body": harmless(body)}))
        return self._comment(place, edited, thread=comment_id.partition("/")[0] if place.request is None else "")

    def delete_comment(self, place: Place, comment_id: str) -> None:
        try:
            self.api.delete(self._note(place, comment_id))
        except ForgeError as error:
            if error.status != 404:
                raise

    def suggest(
        self,
        number: int,
        commit: str,
        suggestions: Sequence[Suggestion],
        body: str,  # noqa: ARG002 (the interface's; see below)
    ) -> str:
        """One thread each; those that stand there already are not repeated.

        GitLab's reviews have no text of their own, so ``body`` is not shown. Raises ForgeError
        with status 422 before anything is said where a suggestion is not within the diff.
        """
        version = self._newest_version(number, commit)
        files = {file.path: file for file in self.diffs_of(number)}
        drafts = [_draft(suggestion, files, version) for suggestion in suggestions]
        there = self._suggested(number)
        links = [
            there.get(_key_of(draft)) or self._start_thread(number, draft, need_text(version, "head_commit_sha"))
            for draft in drafts
        ]
        return links[0] if links else ""

    # --- comments ------------------------------------------------------------------------------------

    def _commit_threads(self, place: Place) -> str:
        return self.path("repository", "commits", place.commit, "discussions")

    def _note(self, place: Place, comment_id: str) -> str:
        if place.request is not None:
            return self.path("merge_requests", place.request, "notes", comment_id)
        thread, _, note = comment_id.partition("/")
        return f"{self._commit_threads(place)}{self.root_path(thread, 'notes', note)}"

    def _comment(self, place: Place, note: Json, *, thread: str = "") -> Comment:
        note_id = need_number(note, "id")
        page = ("merge_requests", place.request) if place.request is not None else ("commit", place.commit)
        return Comment(
            id=f"{thread}/{note_id}" if thread else str(note_id),
            body=text(note, "body"),
            author=text(note, "author", "username"),
            url=f"{self.web_url(*page)}#note_{note_id}",
            created_at=text(note, "created_at"),
        )

    # --- suggestions ---------------------------------------------------------------------------------

    def _newest_version(self, number: int, commit: str) -> Json:
        versions = objects(self.api.get(self.path("merge_requests", number, "versions")))
        newest = max(versions, key=lambda version: need_number(version, "id"), default=None)
        if newest is None or text(newest, "head_commit_sha") != commit:
            raise ForgeError(f"merge request !{number} is not at {commit[:9]} any more", status=409)
        return newest

    def _suggested(self, number: int) -> Mapping[tuple[str, int | None, str], str]:
        """Where the suggestions of a request stand: address by file, line and text."""
        place = Place(request=number)
        threads = self.api.pages(self.path("merge_requests", number, "discussions"))
        notes = (note for thread in threads for note in objects(thread.get("notes")) if part(note, "position"))
        return {_key_of(note): self._comment(place, note).url for note in notes}

    def _start_thread(self, number: int, draft: Json, head: str) -> str:
        def said() -> Json | None:
            link = self._suggested(number).get(_key_of(draft))
            return {"link": link} if link else None

        made = as_object(self.api.post(self.path("merge_requests", number, "discussions"), dict(draft), happened=said))
        if link := text(made, "link"):
            return link
        first = next(iter(objects(made.get("notes"))), {})
        return self._comment(Place(request=number, commit=head), first).url


def _draft(suggestion: Suggestion, files: Mapping[str, FileDiff], version: Json) -> Json:
    return {
        "body": note_of(suggestion)[:NOTE_CHARS],
        "position": {
            "position_type": "text",
            "base_sha": need_text(version, "base_commit_sha"),
            "head_sha": need_text(version, "head_commit_sha"),
            "start_sha": need_text(version, "start_commit_sha"),
            **position_of(suggestion, files.get(suggestion.path)),
        },
    }


def _key_of(note: Json) -> tuple[str, int | None, str]:
    return text(note, "position", "new_path"), number(note, "position", "new_line"), text(note, "body").strip()
