"""The connections of the loopback forge: what comes in is told to the forge, what it answers goes out."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qsl, urlsplit

from honk_ci.testing.loopback import Server
from tests.forge.faults import Fault
from tests.forge.git_http import GitCall
from tests.forge.wire import Call, Seen

if TYPE_CHECKING:
    from tests.forge.server import LoopbackForge


class Handler(BaseHTTPRequestHandler):
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
        assert isinstance(self.server, Server)
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
