"""A Messages API on loopback with scripted answers, for tests and for trying honk-ci without a key.

    with MessagesAPI([call("read", path="a.py"), Reply(text="done")]) as api:
        …  # ANTHROPIC_BASE_URL=api.url, any ANTHROPIC_API_KEY
    api.requests  # every request's body, in order

    python -m honk_ci.testing.messages_api SCRIPT.json [--port N]

It streams as the real service does, refuses what the real service refuses, and reports usage with
a prompt cache. Past the end of its script it answers 400, so that a loop cannot run away.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, ClassVar, Self

from honk_ci.testing.loopback import Server
from honk_ci.testing.messages_cache import CHARS_PER_TOKEN, Cache
from honk_ci.testing.messages_rules import complaint, signature
from honk_ci.testing.messages_script import Event, Reply, blocks_of, error, error_body, events_of

Script = Sequence[Reply] | Callable[[Mapping[str, Any]], Reply]


class MessagesAPI:
    """The server; a context manager that serves for as long as its block lasts."""

    def __init__(self, script: Script, *, port: int = 0, key: str = "") -> None:
        """``key``: the only key that is let in; "" lets in any, but not none."""
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.usages: list[dict[str, int]] = []  # of the answers that were messages
        self.complaints: list[str] = []  # what requests were refused for, beyond the script
        self._script = script
        self._key = key
        self._cache = Cache()
        self._lock = threading.Lock()
        self._calls = 0
        self._answered = 0
        self._server = Server(("127.0.0.1", port), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.hang_up()
        self._server.server_close()  # waits for the threads of the connections
        self._thread.join()

    def wait(self, seconds: float | None = None) -> None:
        """Serve until interrupted, or for ``seconds``."""
        self._thread.join(seconds)

    def reply_to(self, body: dict[str, Any], headers: Mapping[str, str]) -> tuple[Reply, dict[str, Any]]:
        """The next answer, and the message or error body that states it."""
        with self._lock:
            reply = self._refusal(body, headers) or self._next(body)
            self.requests.append(body)
            self.headers.append({name.lower(): value for name, value in headers.items()})
            return reply, error_body(reply) if reply.status != 200 else self._message(reply, body)

    def _refusal(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> Reply | None:
        given = headers.get("authorization", "").removeprefix("Bearer ") or headers.get("x-api-key", "")
        if not given or (self._key and given != self._key):
            return error(401, "invalid x-api-key")
        if words := complaint(body):
            self.complaints.append(words)
            return error(400, words)
        return None

    def _next(self, body: Mapping[str, Any]) -> Reply:
        if callable(self._script):
            return self._script(body)
        if self._answered >= len(self._script):
            self.complaints.append("the script has no more answers")
            return error(400, "the script has no more answers")
        self._answered += 1
        return self._script[self._answered - 1]

    def _message(self, reply: Reply, body: Mapping[str, Any]) -> dict[str, Any]:
        blocks = blocks_of(reply, self._calls + 1, signature=signature(body, len(body["messages"])))
        self._calls += len(reply.calls)
        usage = dict(reply.usage or self._cache.usage(body, len(json.dumps(blocks))))
        self.usages.append(usage)
        return {
            "id": f"msg_{len(self.requests):06d}",
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "content": blocks,
            "stop_reason": reply.final_stop_reason,
            "stop_sequence": None,
            "stop_details": reply.stop_details,
            "usage": usage,
        }


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    api: ClassVar[MessagesAPI]

    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_message(self, *_: object) -> None:
        """Keep the test's output to the test."""

    def do_GET(self) -> None:
        name = self.path.removeprefix("/v1/models/")
        self._send_json({"type": "model", "id": name, "display_name": name}, 200, {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path.startswith("/v1/messages/count_tokens"):
            self._send_json({"input_tokens": len(json.dumps(body)) // CHARS_PER_TOKEN}, 200, {})
            return
        reply, answer = self.api.reply_to(body, {name.lower(): value for name, value in self.headers.items()})
        assert isinstance(self.server, Server)
        if self.server.stopping.wait(reply.delay_s):
            return
        if reply.status != 200 or not body.get("stream"):
            self._send_json(answer, reply.status, reply.headers)
        else:
            self._send_stream(reply, events_of(answer, reply))

    def _send_json(self, value: Mapping[str, Any], status: int, headers: Mapping[str, str]) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"content-type": "application/json", **headers}.items():
            self.send_header(name, text)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _send_stream(self, reply: Reply, events: list[Event]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        for name, text in reply.headers.items():
            self.send_header(name, text)
        self.end_headers()
        sent = events if reply.break_after is None else events[: reply.break_after]
        if reply.break_after is not None and reply.break_how == "error":
            fault = {"type": "error", "error": {"type": reply.error_type or "overloaded_error", "message": "busy"}}
            sent = [*sent, ("error", fault)]
        for name, data in sent:
            self._send_chunk(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode())
        if reply.break_after is None or reply.break_how != "cut":
            self._send_chunk(b"")
        else:
            self.close_connection = True

    def _send_chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))


def _handler(api: MessagesAPI) -> type[BaseHTTPRequestHandler]:
    """A handler that answers for ``api``: the server makes one a connection, and gives it no argument of ours."""
    return type("Handler", (_Handler,), {"api": api})


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve a script from a file; prints the address to give as ``ANTHROPIC_BASE_URL``."""
    parser = argparse.ArgumentParser(prog="python -m honk_ci.testing.messages_api", description=main.__doc__)
    parser.add_argument("script", type=Path, help="JSON list of answers")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--seconds", type=float, default=None, help="stop after this time; default: when interrupted")
    options = parser.parse_args(arguments)
    replies = [Reply.from_json(entry) for entry in json.loads(options.script.read_text())]
    with MessagesAPI(replies, port=options.port) as api:
        print(api.url, flush=True)
        try:
            api.wait(options.seconds)
        except KeyboardInterrupt:
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
