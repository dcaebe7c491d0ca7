"""Where a run speaks, and the comments of honk's own that stand there already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from honk_ci.errors import ForgeError
from honk_ci.forges.interface import Comment, Forge, Place
from honk_ci.stages.deliver import Dispatch
from honk_ci.stages.marks import Mark, read_mark


def find_place(dispatch: Dispatch, forge: Forge) -> Place:
    """The request of the build, else an open request of the red branch, else the red commit."""
    number = dispatch.context.request
    if number is None and dispatch.red_branch:
        requests = forge.requests_of(dispatch.red_branch)
        number = next((request.number for request in requests if request.state == "open"), None)
    return Place(commit=red_commit(dispatch)) if number is None else Place(request=number)


def red_commit(dispatch: Dispatch) -> str:
    """The red commit as people know it: the branch's tip, not what the forge has merged it with."""
    return dispatch.head or dispatch.build.commit


@dataclass(kw_only=True, slots=True)
class Board:
    """The place's comments of honk's own; of each failure the oldest counts."""

    forge: Forge
    place: Place
    _login: str | None = None  # of the token's owner; None before it was asked for
    _ours: list[tuple[Comment, Mark]] = field(default_factory=list)
    _others: set[str] = field(default_factory=set)  # ids of comments that the forge says are somebody else's

    def read(self) -> None:
        """Ask the forge; raises ForgeError."""
        self._ours = list(self._read())

    def standing(self, fingerprint: str) -> tuple[Comment, Mark] | None:
        found = (pair for pair in self._ours if pair[1].fingerprint == fingerprint)
        return next((pair for pair in found if pair[0].id not in self._others), None)

    def marks(self) -> Mapping[str, Mark]:
        """By fingerprint."""
        return {mark.fingerprint: mark for comment, mark in reversed(self._ours) if comment.id not in self._others}

    def post(self, mark: Mark, body: str) -> Comment:
        """Replace the comment of a failure, or add one; raises ForgeError."""
        while (standing := self.standing(mark.fingerprint)) is not None:
            try:
                return self.forge.edit_comment(self.place, standing[0].id, body)
            except ForgeError as error:
                if error.status not in {403, 404}:
                    raise
                self._others.add(standing[0].id)
        return self._alone(mark, self.forge.add_comment(self.place, body))

    def _alone(self, mark: Mark, added: Comment) -> Comment:
        """Two runs at once may both add a comment: the older stays, and who wrote the newer takes it away."""
        try:
            self.read()
            first = self.standing(mark.fingerprint)
            if first is None or first[0].id == added.id:
                return added
            self.forge.delete_comment(self.place, added.id)
        except ForgeError:  # it has been said, if twice
            return added
        return first[0]

    def _read(self) -> Iterator[tuple[Comment, Mark]]:
        """Comments with a mark that nobody else has written: a stranger may copy a mark."""
        for comment in self.forge.comments(self.place):
            mark = read_mark(comment.body)
            if mark is not None and self._is_ours(comment):
                yield comment, mark

    def _is_ours(self, comment: Comment) -> bool:
        if self._login is None:
            self._login = self.forge.viewer().login.casefold()
        if self._login:
            return comment.author.casefold() == self._login
        return comment.author.endswith("[bot]")  # Apps are not told their name; people cannot have brackets in theirs
