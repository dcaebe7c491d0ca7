"""The loopback forge: real git over HTTP, GitHub's API at ``/api/v3`` and GitLab's at ``/api/v4``.

with LoopbackForge(folder) as forge:
    project = forge.add_project("acme/shop")
    token = forge.add_token("ghs_job", kind="job", login="github-actions[bot]")
    …  # forge.git_url("acme/shop", token), forge.github_url, forge.gitlab_url
    forge.fail("POST", "/repos/{owner}/{repo}/pulls", status=502, times=2)
    forge.calls, forge.violations, forge.started_ci
"""

from __future__ import annotations

import base64
import json
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self
from urllib.parse import parse_qsl, quote, urlsplit

from tests.forge.faults import Fault
from tests.forge.git_http import GitCall, run_backend
from tests.forge.github import GitHubApi
from tests.forge.state import ALL_RIGHTS, Permission, Project, State, Token, TokenKind
from tests.forge.wire import Answer, Call, Refused

_ZERO = "0" * 40


class Api(Protocol):
    """One forge's API."""

    def answer(self, call: Call) -> Answer:
        """Never raises Refused: refusals are answers in the forge's own form."""

    def refusal(self, call: Call, refused: Refused) -> Answer:
        """A refusal in the forge's own form."""

    def token(self, call: Call) -> str:
        """The token that a call shows, "" where there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """One call that was made, and what it got."""

    method: str
    path: str  # with the API's prefix, without the query
    query: str
    token: str
    headers: Mapping[str, str]
    body: bytes
    status: int  # 0 where nothing was answered

    @property
    def json(self) -> Any:
        return json.loads(self.body)


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
        self._server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"forge": self}))
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


class _Server(ThreadingHTTPServer):
    """Leaves no connection and no thread behind."""

    daemon_threads = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End what waits: answers that hang, and connections kept alive by their clients."""
        self.stopping.set()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no fault of the server's; anything else is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    forge: ClassVar[LoopbackForge]

    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_message(self, *_: object) -> None:
        """Keep the test's output to the test."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self._body()
        prefix = next((name for name in self.forge.apis if parts.path.startswith(f"{name}/")), "")
        path = parts.path.removeprefix(prefix)
        fault = self.forge.fault_of(self.command, path)
        assert isinstance(self.server, _Server)
        if fault and fault.hang_s and not fault.is_after and self.server.stopping.wait(fault.hang_s):
            return
        status, headers, content = self._answer(prefix, path, parts.query, body, fault)
        if fault and fault.hang_s and fault.is_after and self.server.stopping.wait(fault.hang_s):
            return
        self._note(parts.path, parts.query, body, 0 if fault and fault.is_dropped else status)
        self._send(status, headers, content, fault)

    def _answer(
        self, prefix: str, path: str, query: str, body: bytes, fault: Fault | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        headers = {name.lower(): value for name, value in self.headers.items()}
        if fault and fault.is_dropped and not fault.is_after:
            return 0, {}, b""
        if prefix:
            call = Call(
                method=self.command,
                path=path,
                query=dict(reversed(parse_qsl(query, keep_blank_values=True))),
                headers=headers,
                body=body,
                url=self.forge.url,
                api_url=f"{self.forge.url}{prefix}",
                state=self.forge.state,
                token=None,
            )
            answer = self.forge.serve_api(prefix, call, fault)
            return answer.status, {"Content-Type": answer.content_type, **answer.headers}, answer.content
        if ".git/" in path:
            return self._git(path, query, headers, body, fault)
        if (found := self.forge.state.files.get(path)) is not None:
            if "authorization" in headers:  # as the stores of GitHub and GitLab do, which sign their addresses
                return 403, {"Content-Type": "application/xml"}, b"<Code>AuthenticationFailed</Code>"
            return 200, {"Content-Type": "application/octet-stream"}, found
        return 404, {"Content-Type": "text/plain"}, b"Not Found"

    def _git(
        self, path: str, query: str, headers: Mapping[str, str], body: bytes, fault: Fault | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        if len(self.headers.get_all("authorization") or ()) > 1:  # GitHub: "Duplicate header: Authorization"
            return 400, {}, b"Duplicate header: Authorization"
        call = GitCall(method=self.command, path=path, query=query, headers=headers, body=body)
        user, _, password = _basic(headers.get("authorization", "")).partition(":")
        if not (fault and fault.status):
            return self.forge.serve_git(call, user, password)
        if fault.is_after:
            self.forge.serve_git(call, user, password)
        return fault.status, fault.headers, b"scripted fault"

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            chunks = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(chunks)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _note(self, path: str, query: str, body: bytes, status: int) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        shown = headers.get("authorization", "") or headers.get("private-token", "") or headers.get("job-token", "")
        seen = Seen(method=self.command, path=path, query=query, token=shown, headers=headers, body=body, status=status)
        self.forge.calls.append(seen)

    def _send(self, status: int, headers: Mapping[str, str], content: bytes, fault: Fault | None) -> None:
        if fault and fault.is_dropped:
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if not any(name.lower() == "content-length" for name in headers):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault and fault.is_truncated:
            content = content[: len(content) // 2]
            self.close_connection = True
        self.wfile.write(content)


def _basic(header: str) -> str:
    kind, _, value = header.partition(" ")
    try:
        return base64.b64decode(value).decode() if kind.lower() == "basic" else ""
    except ValueError:
        return ""
