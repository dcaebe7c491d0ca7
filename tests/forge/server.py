"""The loopback forge: real git over HTTP, GitHub's API at ``/api/v3`` and GitLab's at ``/api/v4``.

with LoopbackForge(folder) as forge:
    project = forge.add_project("acme/shop")
    token = forge.add_token("ghs_job", kind="job", login="github-actions[bot]")
    …  # forge.git_url("acme/shop", token), forge.github_url, forge.gitlab_url
    forge.fail("POST", "/repos/{owner}/{repo}/pulls", status=502, times=2)
    forge.calls, forge.violations, forge.started_ci
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, Self
from urllib.parse import quote

from honk_ci.testing.loopback import Server
from tests.forge.faults import Fault
from tests.forge.git_http import GitCall, run_backend
from tests.forge.github import GitHubApi
from tests.forge.handler import Handler
from tests.forge.state import ALL_RIGHTS, Permission, Project, State, Token, TokenKind
from tests.forge.wire import Answer, Call, Refused, Seen

_ZERO = "0" * 40


class Api(Protocol):
    """One forge's API."""

    def answer(self, call: Call) -> Answer:
        """Never raises Refused: refusals are answers in the forge's own form."""

    def refusal(self, call: Call, refused: Refused) -> Answer:
        """A refusal in the forge's own form."""

    def token(self, call: Call) -> str:
        """The token that a call shows, "" where there is none."""


class LoopbackForge:
    """The server; a context manager that serves for as long as its block lasts."""

    def __init__(self, folder: Path, *, spec: Path | None = None) -> None:
        """``spec``: GitHub's description of its API, which then judges each request and each answer."""
        folder.mkdir(parents=True, exist_ok=True)
        self.state = State(folder)
        self.calls: list[Seen] = []
        self.violations: list[str] = []  # of GitHub's description, by the client or by this forge
        self.faults: list[Fault] = []
        self.is_checked = spec is not None
        self.apis: dict[str, Api] = {"/api/v3": GitHubApi(self.violations, spec), **_gitlab(self.violations)}
        self._server = Server(("127.0.0.1", 0), type("Handler", (Handler,), {"forge": self}))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.hang_up()
        self._server.server_close()
        self._thread.join(timeout=5)

    # --- addresses -----------------------------------------------------------------------------

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def github_url(self) -> str:
        return f"{self.url}/api/v3"

    @property
    def gitlab_url(self) -> str:
        return f"{self.url}/api/v4"

    def git_url(self, path: str, token: Token | None = None) -> str:
        """Address of a project's repository, with a token in it if one is given."""
        user = f"x-access-token:{quote(token.value, safe='')}@" if token else ""
        return f"http://{user}127.0.0.1:{self.port}/{path}.git"

    # --- setting the scene ---------------------------------------------------------------------

    def add_project(self, path: str, *, fork_of: str = "", is_public: bool = False) -> Project:
        """A project with an empty bare repository; its owner is its admin."""
        return self.state.add_project(path, fork_of=fork_of, is_public=is_public)

    def add_user(self, login: str, project: Project | None = None, permission: Permission = "write") -> str:
        """A user, who may do something in a project if one is given; the login."""
        self.state.user(login)
        if project is not None:
            project.members[login] = permission
        return login

    def add_token(
        self,
        value: str,
        *,
        kind: TokenKind,
        login: str = "",
        rights: Mapping[str, str] | None = None,
        scopes: Sequence[str] = (),
        projects: Sequence[str] | None = None,
        is_expired: bool = False,
        starts_ci: bool | None = None,
    ) -> Token:
        """A token; a personal one may do what its user may, the others what ``rights`` (default: all) says."""
        default_login = {"job": "github-actions[bot]", "app": "honk[bot]", "pat": "octocat", "project": "project_bot"}
        token = Token(
            value=value,
            login=self.state.user(login or default_login[kind]).login,
            kind=kind,
            rights=dict(ALL_RIGHTS if rights is None else rights),
            scopes=tuple(scopes),
            projects=None if projects is None else tuple(projects),
            is_expired=is_expired,
            starts_ci=starts_ci,
        )
        self.state.tokens[value] = token
        return token

    def fail(
        self,
        method: str,
        pattern: str,
        *,
        status: int = 0,
        times: int = 1,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        hang_s: float = 0.0,
        truncate: bool = False,
        drop: bool = False,
        after: bool = False,
    ) -> Fault:
        """Let the next calls of a route fail (``times=-1``: all).

        ``pattern`` as in the routes, without the API's prefix; git's own are ``/{path:path}.git/git-receive-pack``.
        ``hang_s``: wait that long before the answer; ``truncate``: half a body; ``drop``: hang up without an
        answer; ``after``: do the work first, then fail.
        """
        fault = Fault(
            method=method,
            pattern=pattern,
            times=times,
            status=status,
            body=body,
            headers=headers or {},
            hang_s=hang_s,
            is_truncated=truncate,
            is_after=after,
            is_dropped=drop,
        )
        self.faults.append(fault)
        return fault

    # --- looking back --------------------------------------------------------------------------

    @property
    def started_ci(self) -> list[tuple[str, str]]:
        """Branches and tags, as (ref, commit), whose push started CI."""
        return [
            (push.ref, push.new)
            for project in self.state.projects.values()
            for push in project.pushes
            if push.starts_ci and push.new != _ZERO and push.ref.startswith(("refs/heads/", "refs/tags/"))
        ]

    def calls_to(self, method: str, part: str) -> list[Seen]:
        """The calls of a method whose path contains a text."""
        return [seen for seen in list(self.calls) if seen.method == method and part in seen.path]

    # --- serving -------------------------------------------------------------------------------

    def fault_of(self, method: str, path: str) -> Fault | None:
        with self.state.lock:
            return next((fault for fault in self.faults if fault.takes(method, path)), None)

    def serve_api(self, prefix: str, call: Call, fault: Fault | None) -> Answer:
        """One call of an API, with a scripted fault in it."""
        api = self.apis[prefix]
        with self.state.lock:
            call = replace(call, token=self.state.tokens.get(api.token(call)))
            answer = None if fault and fault.status and not fault.is_after else self._answer(api, call)
        if not fault or not fault.status:
            assert answer is not None
            return answer
        if fault.body is not None:
            return Answer(status=fault.status, value=fault.body, headers=fault.headers)
        return api.refusal(call, Refused(fault.status, f"scripted fault {fault.status}", headers=fault.headers))

    def _answer(self, api: Api, call: Call) -> Answer:
        if api.token(call) and (call.token is None or call.token.is_expired):
            return api.refusal(call, Refused(401, "Bad credentials"))
        return api.answer(call)

    def serve_git(self, call: GitCall, user: str, password: str) -> tuple[int, dict[str, str], bytes]:
        """One request of git's, if the token lets it in."""
        project = self.state.project(call.path.split(".git/")[0].strip("/"))
        token = self.state.tokens.get(password) or self.state.tokens.get(user)
        refused = {"WWW-Authenticate": 'Basic realm="git"'}
        if token is not None and token.is_expired:
            token = None
        if token is None and (call.is_push or password or project is None or not project.is_public):
            return 401, refused, b"Invalid username or token."
        if project is None or (token is not None and not _may_see(token, project)):
            return 404, {}, b"Repository not found."
        if call.is_push and token is not None and not may_push(token, project):
            return 403, {}, f"Permission to {project.path}.git denied to {token.login}.".encode()
        return run_backend(self.state.folder, call, _hook_environ(token))


def _gitlab(violations: list[str]) -> dict[str, Api]:
    if find_spec("tests.forge.gitlab") is None:
        return {}
    return {"/api/v4": import_module("tests.forge.gitlab").GitLabApi(violations)}


def _may_see(token: Token, project: Project) -> bool:
    if token.projects is not None and project.path not in token.projects:
        return project.is_public
    return token.kind != "pat" or project.permission(token.login) != "none"


def may_push(token: Token, project: Project) -> bool:
    """Whether a token may push to branches that are not protected."""
    mine = token.projects is None or project.path in token.projects
    if token.kind == "pat" and project.permission(token.login) not in {"write", "maintain", "admin"}:
        return False
    return mine and token.may("contents")


def _hook_environ(token: Token | None) -> dict[str, str]:
    if token is None:
        return {}
    environ = {"REMOTE_USER": token.login, "FORGE_STARTS_CI": "yes" if token.pushes_start_ci else "no"}
    if token.kind == "pat" and "workflow" not in token.scopes and not token.may("workflows"):
        name, words = "a Personal Access Token", "`workflow` scope"
    elif token.kind in {"job", "app"} and not token.may("workflows"):
        name, words = "a GitHub App", "`workflows` permission"
    else:
        return environ
    return {**environ, "FORGE_NO_WORKFLOWS": f"{name} to create or update workflow without {words}"}
