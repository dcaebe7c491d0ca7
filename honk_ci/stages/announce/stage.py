"""Announce: every way of speaking may fail; what could not be said is in the record, and a pushed fix stays pushed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

from honk_ci.domain import Delivery, ProvenFix, RunRecord
from honk_ci.errors import ForgeError
from honk_ci.forges.interface import Comment, Forge, Place, Suggestion
from honk_ci.stages.announce.place import Board, find_place, red_commit
from honk_ci.stages.announce.sayings import Saying, sayings
from honk_ci.stages.announce.status import patch_at_head, status_of
from honk_ci.stages.announce.suggestions import as_suggestions, hash_of
from honk_ci.stages.comment import Telling, rationale
from honk_ci.stages.deliver import Dispatch
from honk_ci.stages.deliver.request import said
from honk_ci.stages.markdown import Words
from honk_ci.stages.marks import Mark, safe
from honk_ci.text import one_line, plural

NEW_COMMENTS = 5  # of one run; more would be noise
_FINAL = frozenset({401, 403, 404})  # what the forge answers once, it answers to every comment


def tell(record: RunRecord, dispatch: Dispatch, forge: Forge) -> RunRecord:
    """Say on the forge what came of the run; the record, with what could not be said among its notes."""
    if dispatch.config.deliver.comment or _is_delivery(record):
        record = _Speaker(record, dispatch, forge).speak()
    return _set_status(record, dispatch, forge) if dispatch.config.deliver.status else record


def _is_delivery(record: RunRecord) -> bool:
    """Whether what is said is what was asked for, and not word of it."""
    return record.delivery is not None and record.delivery.mode in {"comment", "suggest"}


def _set_status(record: RunRecord, dispatch: Dispatch, forge: Forge) -> RunRecord:
    status = status_of(record, dispatch)
    if status is None:
        return record
    try:
        forge.set_status(status)
    except ForgeError as error:
        return _noted(record, [f"the status of {status.commit[:9]} could not be set: {said(error)}"])
    return record


def _noted(record: RunRecord, notes: Sequence[str]) -> RunRecord:
    return replace(record, notes=(*record.notes, *(one_line(note, 400) for note in notes)))


class _Speaker:
    """Suggestions and comments of one run."""

    def __init__(self, record: RunRecord, dispatch: Dispatch, forge: Forge) -> None:
        self._record = record
        self._dispatch = dispatch
        self._forge = forge
        self._words = Words(redact=dispatch.redactor.redact)
        self._notes: list[str] = []
        self._fix_comment: Comment | None = None  # the first that tells of a fix
        self._is_silenced = False  # a fix could not be told of
        self._suggestions: tuple[Suggestion, ...] = ()  # that stand at the request
        self._suggested = ""  # their hash

    def speak(self) -> RunRecord:
        """Suggest, post and replace; the record with what came of it."""
        try:
            board = Board(forge=self._forge, place=find_place(self._dispatch, self._forge))
            board.read()
        except ForgeError as error:
            self._missed(f"the comments could not be read: {said(error)}", is_fix=True)
            return self._ended()
        if self._record.delivery is not None and self._record.delivery.mode == "suggest":
            self._suggest(board)
        self._post_all(board)
        return self._ended()

    # --- suggestions -------------------------------------------------------------------------------

    def _suggest(self, board: Board) -> None:
        """Lines of the request, where all of the fix can be said that way; else the comment carries it."""
        made = self._expressed(board.place)
        if not made:
            return
        head = red_commit(self._dispatch)
        mark = hash_of(made, head)
        if all(earlier.suggested != mark for earlier in board.marks().values()):
            try:
                self._forge.suggest(board.place.request or 0, head, made, self._words.plain(self._record.summary))
            except ForgeError as error:
                self._notes.append(f"the lines could not be suggested: {said(error)}")
                return
        self._suggestions, self._suggested = made, mark

    def _expressed(self, place: Place) -> tuple[Suggestion, ...]:
        proof = self._record.proof
        patch = patch_at_head(proof.patch, self._dispatch) if proof is not None else None
        if proof is None or patch is None or place.request is None:
            return ()
        above = f"**honk-ci:** {self._words.plain('; '.join(rationale(fix) for fix in proof.fixes))}"
        try:
            return as_suggestions(patch, self._forge.changed_lines(place.request), above) or ()
        except ForgeError as error:
            self._notes.append(f"the lines of the {self._forge.request_word} could not be read: {said(error)}")
            return ()

    # --- comments ----------------------------------------------------------------------------------

    def _post_all(self, board: Board) -> None:
        carries_fixes = _is_delivery(self._record)
        left = sys.maxsize if carries_fixes else NEW_COMMENTS
        for saying in list(sayings(self._telling(), self._mark(), board.marks(), self._shown_fixes())):
            is_new = board.standing(saying.mark.fingerprint) is None
            if is_new and (not saying.is_worth_a_comment or left == 0):
                if saying.is_worth_a_comment:
                    self._notes.append(f"no comment on {saying.mark.fingerprint}: {NEW_COMMENTS} are enough for a run")
                continue
            left -= is_new
            if not self._post(board, saying):
                return

    def _post(self, board: Board, saying: Saying) -> bool:
        """False where the forge takes no comment at all."""
        try:
            comment = board.post(saying.mark, saying.body)
        except ForgeError as error:
            self._missed(f"the comment could not be posted: {said(error)}", is_fix=saying.is_fix)
            return error.status is not None and error.status not in _FINAL
        if saying.is_fix and self._fix_comment is None:
            self._fix_comment = comment
        return True

    def _missed(self, note: str, *, is_fix: bool) -> None:
        self._notes.append(note)
        self._is_silenced = self._is_silenced or is_fix

    def _telling(self) -> Telling:
        return Telling(
            record=self._record,
            words=self._words,
            limit=self._forge.comment_chars,
            run_url=self._dispatch.context.run_url,
            request_word=self._forge.request_word,
            suggestions=len(self._suggestions),
            carries_diff=self._carries_diff(),
        )

    def _carries_diff(self) -> bool:
        """Whether people can get at the fix through the comment alone: what CI keeps is gone with its machine."""
        delivery = self._record.delivery
        if _is_delivery(self._record):
            return not self._suggestions
        return delivery is not None and not delivery.done and bool(delivery.kept)

    def _mark(self) -> Mark:
        context = self._dispatch.context
        return Mark(
            fingerprint="",
            run=safe(context.run_id),
            job=safe(context.job),
            commit=safe(red_commit(self._dispatch)),
            suggested=self._suggested,
        )

    def _shown_fixes(self) -> tuple[ProvenFix, ...]:
        """On the branch's tip, where they fit there: that is what people have in front of them."""
        fixes = self._record.proof.fixes if self._record.proof is not None else ()
        return tuple(
            replace(fix, candidate=replace(fix.candidate, patch=patch))
            if (patch := patch_at_head(fix.candidate.patch, self._dispatch))
            else fix
            for fix in fixes
        )

    # --- what came of it ---------------------------------------------------------------------------

    def _ended(self) -> RunRecord:
        record = _noted(self._record, self._notes)
        delivery = record.delivery
        if delivery is None:
            return record
        if self._fix_comment is not None:
            delivery = replace(delivery, comment_url=self._fix_comment.url)
        if _is_delivery(record):
            delivery = self._delivered(delivery)
        return replace(record, delivery=delivery)

    def _delivered(self, delivery: Delivery) -> Delivery:
        """For the modes in which speaking is delivering: done when it was said, refused when it was not."""
        if self._suggestions:
            word = self._forge.request_word
            return replace(
                delivery, done=True, note=f"suggested on {plural(len(self._suggestions), 'place')} of the {word}"
            )
        if self._fix_comment is None or self._is_silenced:
            why = self._notes[-1] if self._notes else "there was nowhere to say it"
            return replace(delivery, done=False, forge_refused=True, note=one_line(why, 400))
        note = "told in a comment with the diff"
        if delivery.mode == "suggest":
            note += f", since it does not fit on lines that the {self._forge.request_word} shows"
        return replace(delivery, done=True, note=note)
