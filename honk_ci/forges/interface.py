"""One forge: where a project's branches are reviewed and its CI runs are kept.

Every method asks the forge over HTTP and raises ForgeError when it refuses or cannot be reached;
``ForgeError.status`` is the HTTP status, where there was an answer. Callers degrade on purpose: a
run that may not comment says so in its record and goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Literal, Protocol


class Access(IntEnum):
    """What a user may do in a project, least first."""

    NONE = 0
    READ = 1
    WRITE = 2  # push to branches that are not protected
    ADMIN = 3


RequestState = Literal["open", "closed", "merged"]
Conclusion = Literal["success", "neutral", "failure"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Viewer:
    """Whose token it is, as far as the forge tells."""

    login: str = ""  # "" where the forge does not say (GitHub does not to Apps)
    access: Access | None = None  # in the project; None where it cannot be known
    scopes: tuple[str, ...] = ()  # of the token, where the forge tells
    missing: tuple[
        str, ...
    ] = ()  # rights that delivery needs and that the forge says are absent, in the forge's own words


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A pull request or merge request."""

    number: int
    url: str
    state: RequestState
    head: str  # branch
    head_commit: str
    head_project: str  # "" where it has been deleted
    target: str  # branch
    title: str = ""
    body: str = ""
    author: str = ""
    is_draft: bool = False
    labels: tuple[str, ...] = ()
    merge_commit: str = ""  # where it is merged: the commit that the target branch got


@dataclass(frozen=True, kw_only=True, slots=True)
class NewRequest:
    """A request that is to be opened."""

    head: str
    target: str
    title: str
    body: str
    is_draft: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where comments stand: at a request, or at a commit where there is none."""

    request: int | None = None
    commit: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comment:
    """One comment of a place."""

    id: str
    body: str
    author: str
    url: str = ""
    created_at: str = ""  # ISO 8601


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestion:
    """Lines of a request's head that another text should stand in place of; 1-based, both ends included."""

    path: str
    first_line: int
    last_line: int
    replacement: str  # with its line ends; "" deletes the lines
    body: str  # what is said above it, Markdown


@dataclass(frozen=True, kw_only=True, slots=True)
class Annotation:
    """One remark at a line, shown beside the code."""

    path: str
    line: int
    message: str
    title: str = ""
    level: Literal["notice", "warning", "failure"] = "notice"


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """What is shown beside a commit."""

    commit: str
    name: str
    conclusion: Conclusion
    title: str  # one line, at most 140 characters
    summary: str  # Markdown
    url: str = ""
    annotations: tuple[Annotation, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One job of a CI run."""

    id: str
    name: str
    state: Literal["failed", "running", "passed", "other"]  # running: also queued
    url: str = ""


class People(Protocol):
    """Who may do what, and who wrote what."""

    def viewer(self) -> Viewer:
        """Whose token it is and what it may do; asks for reading only, changes nothing."""

    def access(self, login: str) -> Access:
        """What a user may do here; ``Access.NONE`` for whoever the forge does not know."""

    def author_of(self, commit: str) -> str:
        """Login of a commit's author, "" where the forge knows none."""


class Requests(Protocol):
    """Pull and merge requests."""

    def default_branch(self) -> str: ...

    def rules_against(self, branch: str) -> Sequence[str]:
        """What may stand in the way of pushing a new branch of that name, a few words each.

        Empty where the forge names nothing, or does not tell this token.
        """

    def request(self, number: int) -> Request:
        """Raises ForgeError with status 404 where there is none."""

    def requests_of(self, head: str) -> Sequence[Request]:
        """All requests from a branch of this project, open, closed and merged; newest first."""

    def open_request(self, new: NewRequest) -> Request:
        """Open it, or give the open one that the branch has already."""

    def update_request(self, number: int, *, title: str, body: str) -> None:
        """Replace its words."""

    def add_labels(self, number: int, labels: Sequence[str]) -> None: ...

    def ask_for_review(self, number: int, logins: Sequence[str]) -> Sequence[str]:
        """Ask users, or teams as ``org/team``; gives those that the forge took. The author is never among them."""

    def changed_lines(self, number: int) -> Mapping[str, frozenset[int]]:
        """Lines of the head that a request's diff shows, by path: where a review comment can stand."""


class Talk(Protocol):
    """Comments, suggestions, statuses."""

    def comments(self, place: Place) -> Sequence[Comment]:
        """All of them, oldest first."""

    def add_comment(self, place: Place, body: str) -> Comment: ...

    def edit_comment(self, place: Place, comment_id: str, body: str) -> Comment: ...

    def delete_comment(self, place: Place, comment_id: str) -> None:
        """Take a comment away; it is no fault where it is gone already."""

    def suggest(self, number: int, commit: str, suggestions: Sequence[Suggestion], body: str) -> str:
        """One review with those suggestions that do not stand there yet, at the request's head ``commit``; its address."""

    def set_status(self, status: Status) -> str:
        """A check run, or a commit status where the token may make none; gives its address, "" where it has none."""


class Runs(Protocol):
    """CI runs: workflow runs, pipelines."""

    def jobs(self, run_id: str) -> Sequence[Job]:
        """All jobs of the newest attempt."""

    def save_log(self, job: Job, file: Path) -> None:
        """Write a job's console log; streams, and stops at a limit of the plug-in's own."""

    def save_artifacts(self, run_id: str, folder: Path) -> Sequence[Path]:
        """Unpack the run's artifacts, one folder each; gives the files.

        Hostile archives (paths that leave, links, too large when unpacked) lose those entries.
        """


class Forge(People, Requests, Talk, Runs, Protocol):
    """A project on one forge."""

    name: str  # "github", "gitlab"
    project: str
    comment_chars: int  # longest comment that it takes
    request_word: str  # "pull request", "merge request"
    git_url: str  # address of the project's repository, without credentials
