"""Git over HTTP on loopback: the real ``git http-backend`` behind a token check."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from tests.repos import Repo

BACKEND_TIMEOUT_S = 60


class GitServer:
    """Serves the bare repositories of one folder to whoever has the token; a context manager."""

    def __init__(self, folder: Path, *, token: str) -> None:
        self.folder = folder
        self.token = token
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(folder, token))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def url(self, name: str, *, token: str | None = None) -> str:
        port = self._server.server_address[1]
        return f"http://x-access-token:{self.token if token is None else token}@127.0.0.1:{port}/{name}"

    def create(self, name: str) -> Repo:
        """A new bare repository that takes pushes."""
        path = self.folder / name
        subprocess.run(["git", "init", "--quiet", "--bare", str(path)], check=True, timeout=30)
        bare = Repo(path)
        bare.git("config", "http.receivepack", "true")
        return bare

    @staticmethod
    def protect(bare: Repo, pattern: str) -> None:
        """Refuse pushes to branches that match a shell pattern, with GitHub's words."""
        hook = bare.path / "hooks" / "update"
        hook.write_text(
            f'#!/bin/sh\ncase "$1" in {pattern}) echo "GH006: Protected branch update failed" >&2; exit 1;; esac\n'
        )
        hook.chmod(0o755)


def _handler(folder: Path, token: str) -> type[BaseHTTPRequestHandler]:
    wanted = "Basic " + base64.b64encode(f"x-access-token:{token}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None: ...

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            body = self._body()
            if self.headers.get("Authorization") != wanted:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self._send(_run_backend(self._environ(len(body)), body))

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
                chunks = []
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    chunks.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(chunks)
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _environ(self, length: int) -> dict[str, str]:
            parts = urlsplit(self.path)
            return {
                **{k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
                "GIT_PROJECT_ROOT": str(folder),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "PATH_INFO": parts.path,
                "QUERY_STRING": parts.query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(length),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "REMOTE_USER": "ci",
                "REMOTE_ADDR": "127.0.0.1",
            }

        def _send(self, output: bytes) -> None:
            head, _, body = output.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
            self.send_response(int(headers.pop("Status", "200 OK").split()[0]))
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


def _run_backend(environ: dict[str, str], body: bytes) -> bytes:
    done = subprocess.run(
        ["git", "http-backend"], env=environ, input=body, capture_output=True, timeout=BACKEND_TIMEOUT_S, check=True
    )
    return done.stdout
