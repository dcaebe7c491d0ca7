"""What a forge knows: users, projects, requests, comments, checks, runs. Branches are git's, never kept here.

One state serves both APIs: GitHub's pull requests are GitLab's merge requests.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from tests.forge import diffs
from tests.forge.git_http import Push, allow_all, create_bare, protect, pushes, refuse
from tests.repos import Repo

TokenKind = Literal["job", "app", "pat", "project"]
Permission = Literal["none", "read", "triage", "write", "maintain", "admin"]
RequestState = Literal["open", "closed", "merged"]

ALL_RIGHTS: Mapping[str, str] = {
    "contents": "write",
    "pull_requests": "write",
    "issues": "write",
    "checks": "write",
    "statuses": "write",
    "actions": "read",
}


def now() -> str:
    """The time as both forges write it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """A token, and what it may do."""

    value: str
    login: str  # whose it is; Apps and jobs speak as "NAME[bot]"
    kind: TokenKind
    rights: Mapping[str, str] = field(default_factory=lambda: dict(ALL_RIGHTS))  # right -> "read", "write"
    scopes: tuple[str, ...] = ()  # of a classic personal access token: sent as X-OAuth-Scopes
    projects: tuple[str, ...] | None = None  # None: all
    is_expired: bool = False
    starts_ci: bool | None = None  # None: as its kind does

    @property
    def pushes_start_ci(self) -> bool:
        return self.kind != "job" if self.starts_ci is None else self.starts_ci

    def may(self, right: str, level: str = "write") -> bool:
        given = self.rights.get(right, "")
        return given == "write" or (given == level == "read")


@dataclass(kw_only=True, slots=True)
class User:
    """A person or a bot."""

    id: int
    login: str
    name: str = ""
    email: str = ""

    @property
    def is_bot(self) -> bool:
        return self.login.endswith("[bot]")


@dataclass(kw_only=True, slots=True)
class Comment:
    """A comment at a request, a commit, or lines of a diff."""

    id: int
    author: str
    body: str
    created_at: str = field(default_factory=now)
    updated_at: str = field(default_factory=now)
    commit: str = ""
    path: str = ""
    line: int | None = None  # the last one
    start_line: int | None = None
    side: str = "RIGHT"
    review: int | None = None
    thread: str = ""  # GitLab: id of the discussion


@dataclass(kw_only=True, slots=True)
class Review:
    """A review of a pull request with its comments."""

    id: int
    author: str
    body: str
    state: str  # "COMMENTED", "APPROVED", "CHANGES_REQUESTED", "PENDING"
    commit: str
    submitted_at: str = field(default_factory=now)
    comments: list[Comment] = field(default_factory=list)


@dataclass(kw_only=True, slots=True)
class PullRequest:
    """A pull or merge request. Heads and diffs are read from git."""

    id: int
    number: int
    author: str
    title: str
    body: str
    head_project: str  # "" once it has been deleted
    head: str  # branch
    base: str  # branch
    is_draft: bool = False
    state: RequestState = "open"
    head_commit: str = ""  # the branch's tip when it was last there
    base_commit: str = ""
    merge_commit: str = ""  # what GitHub would check out; once merged, what the base branch got
    merged_by: str = ""
    labels: list[str] = field(default_factory=list)
    reviewers: list[str] = field(default_factory=list)
    teams: list[str] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    created_at: str = field(default_factory=now)
    updated_at: str = field(default_factory=now)
    closed_at: str | None = None


@dataclass(kw_only=True, slots=True)
class CheckRun:
    """A check run of a commit, with GitHub's own words for its fields."""

    id: int
    app: str
    name: str
    commit: str
    status: str = "queued"
    conclusion: str | None = None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    external_id: str | None = None
    details_url: str | None = None
    annotations: list[dict[str, object]] = field(default_factory=list)
    started_at: str | None = field(default_factory=now)
    completed_at: str | None = None


@dataclass(kw_only=True, slots=True)
class CommitStatus:
    """A commit status; each report is one, the newest of a context counts."""

    id: int
    author: str
    commit: str
    state: str
    context: str
    description: str | None = None
    target_url: str | None = None
    created_at: str = field(default_factory=now)


@dataclass(kw_only=True, slots=True)
class Job:
    """One job of a run; states are GitHub's words."""

    id: int
    name: str
    status: str = "completed"
    conclusion: str | None = "failure"
    log: str | None = ""  # None: past the time that logs are kept
    attempt: int = 1


@dataclass(kw_only=True, slots=True)
class Run:
    """A workflow run or pipeline."""

    id: int
    name: str
    commit: str
    branch: str
    event: str = "push"
    status: str = "completed"
    conclusion: str | None = "failure"
    attempt: int = 1
    actor: str = ""
    jobs: list[Job] = field(default_factory=list)
    artifacts: dict[str, bytes] = field(default_factory=dict)  # name -> zip archive
    artifact_ids: dict[str, int] = field(default_factory=dict)
    expired_artifacts: set[str] = field(default_factory=set)
    head_project: str = ""  # "" for the project itself
    created_at: str = field(default_factory=now)


@dataclass(kw_only=True, slots=True)
class Project:
    """A repository and everything around it."""

    id: int
    path: str  # "owner/name"
    bare: Repo
    ids: itertools.count[int]
    default_branch: str = "main"
    is_public: bool = False
    fork_of: str = ""
    has_drafts: bool = True  # GitHub: not in private repositories of the free plan
    branch_rules: dict[str, list[str]] = field(default_factory=dict)  # GitHub: branch -> types of rules
    push_levels: dict[str, int] = field(default_factory=dict)  # GitLab: protected branch, with "*" -> least role
    jobs_may_open_requests: bool = True  # GitHub: "Allow GitHub Actions to create and approve pull requests"
    members: dict[str, Permission] = field(default_factory=dict)
    teams: set[str] = field(default_factory=set)  # slugs of the owner's teams that may see it
    requests: list[PullRequest] = field(default_factory=list)
    labels: dict[str, int] = field(default_factory=dict)  # name -> id
    commit_comments: list[Comment] = field(default_factory=list)
    checks: list[CheckRun] = field(default_factory=list)
    statuses: list[CommitStatus] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    created_at: str = field(default_factory=now)

    @property
    def owner(self) -> str:
        return self.path.rsplit("/", 1)[0]

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[1]

    @property
    def folder(self) -> Path:
        return self.bare.path

    def refs(self) -> dict[str, str]:
        return diffs.refs(self.folder)

    def branches(self) -> dict[str, str]:
        """Branches and their tips."""
        heads = "refs/heads/"
        return {ref.removeprefix(heads): tip for ref, tip in self.refs().items() if ref.startswith(heads)}

    def has_commit(self, commit: str) -> bool:
        return len(commit) == 40 and diffs.git(self.folder, "cat-file", "-t", commit, check=False) == "commit"

    def request(self, number: int) -> PullRequest | None:
        return next((request for request in self.requests if request.number == number), None)

    def permission(self, login: str) -> Permission:
        return "admin" if login == self.owner else self.members.get(login, "read" if self.is_public else "none")

    def next_number(self) -> int:
        return 1 + max((request.number for request in self.requests), default=0)

    def label(self, name: str) -> int:
        """The id of a label, which is made if there is none yet."""
        return self.labels.setdefault(name, next(self.ids))

    def add_run(self, run: Run) -> Run:
        self.runs.append(run)
        for name in run.artifacts:
            run.artifact_ids.setdefault(name, next(self.ids))
        return run

    def protect(self, pattern: str) -> None:
        """Refuse pushes to refs like ``refs/heads/main``, with GitHub's words for a protected branch."""
        protect(self.folder, pattern)

    def refuse(self, pattern: str, words: str) -> None:
        """Refuse pushes to refs that match, as a hook of the owner's would."""
        refuse(self.folder, pattern, words)

    def allow_all(self) -> None:
        allow_all(self.folder)

    @property
    def pushes(self) -> list[Push]:
        """What was pushed over HTTP, in order."""
        return pushes(self.folder)


class State:
    """Everything the forge knows. Take ``lock`` to change or read more than one thing at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lock = threading.RLock()
        self.ids = itertools.count(1001)
        self.users: dict[str, User] = {}
        self.projects: dict[str, Project] = {}
        self.tokens: dict[str, Token] = {}
        self.files: dict[str, bytes] = {}  # what is served as it is, by path: where logs and archives are stored
        self.page_size = 100  # the most that a page holds, whatever the client asks for

    def user(self, login: str) -> User:
        """A user, who is made if there is none yet."""
        if login not in self.users:
            words = login.replace("[bot]", "")
            self.users[login] = User(id=next(self.ids), login=login, name=words, email=f"{words}@example.invalid")
        return self.users[login]

    def project(self, path: str) -> Project | None:
        return next((project for name, project in self.projects.items() if name.casefold() == path.casefold()), None)

    def add_project(self, path: str, *, fork_of: str = "", is_public: bool = False) -> Project:
        bare = create_bare(self.folder / f"{path}.git")
        number = next(self.ids)
        project = Project(id=number, path=path, bare=bare, ids=self.ids, fork_of=fork_of, is_public=is_public)
        self.projects[path] = project
        self.user(project.owner)
        return project

    def delete_project(self, path: str) -> None:
        """The project is gone; requests from it stay, with a head that belongs to nobody."""
        gone = self.projects.pop(path)
        for project in self.projects.values():
            for request in project.requests:
                if request.head_project == gone.path:
                    request.head_project = ""

    def open_request(
        self, project: Project, *, author: str, head: str, base: str, title: str, body: str = "", head_project: str = ""
    ) -> PullRequest:
        """Open one without asking whether it may be."""
        request = PullRequest(
            id=next(self.ids),
            number=project.next_number(),
            author=self.user(author).login,
            title=title,
            body=body,
            head_project=head_project or project.path,
            head=head,
            base=base,
        )
        project.requests.append(request)
        self.refresh(project)
        return request

    def merge(self, project: Project, request: PullRequest, *, by: str = "") -> str:
        """Merge a request with a merge commit, as its button does; the commit."""
        self.refresh(project)
        assert request.merge_commit, "the request conflicts"
        diffs.git(project.folder, "update-ref", f"refs/heads/{request.base}", request.merge_commit)
        request.state, request.merged_by, request.closed_at = "merged", by or project.owner, now()
        return request.merge_commit

    def close(self, request: PullRequest) -> None:
        request.state, request.closed_at, request.updated_at = "closed", now(), now()

    def delete_branch(self, project: Project, branch: str) -> None:
        diffs.git(project.folder, "update-ref", "-d", f"refs/heads/{branch}")
        self.refresh(project)

    def refresh(self, project: Project) -> None:
        """Bring open requests to where their branches are now, as a forge does after each push."""
        tips = project.refs()
        for request in project.requests:
            if request.state == "open":
                self._refresh_request(project, request, tips)

    def _refresh_request(self, project: Project, request: PullRequest, tips: Mapping[str, str]) -> None:
        source = self.projects.get(request.head_project)
        is_own = source is project
        theirs = tips if is_own or source is None else source.refs()
        head = theirs.get(f"refs/heads/{request.head}") if source else request.head_commit
        base = tips.get(f"refs/heads/{request.base}", "")
        if not head or not base:  # both forges close a request whose branch is deleted
            self.close(request)
            return
        if (head, base) == (request.head_commit, request.base_commit):
            return
        if source is not None and not is_own:
            diffs.git(project.folder, "fetch", "--quiet", str(source.folder), head)
        if request.head_commit and diffs.is_ancestor(project.folder, head, base):
            request.state, request.merge_commit, request.closed_at = "merged", base, now()
            return
        merged = diffs.merge_commit(project.folder, base, head, f"Merge {head} into {base}")
        request.head_commit, request.base_commit, request.merge_commit = head, base, merged
        diffs.git(project.folder, "update-ref", f"refs/pull/{request.number}/head", head)
        if merged:
            diffs.git(project.folder, "update-ref", f"refs/pull/{request.number}/merge", merged)
