"""HTTP of the forges: patience within bounds, pages, downloads, redirects, refusals."""

from __future__ import annotations

import itertools
import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from honk_ci.errors import ForgeError
from honk_ci.forges.http import ANSWER_BYTES, Api, Patience, path_of

TOKEN = "ghs_0123456789abcdefABCDEF0123456789abcd"
NOW = 1_800_000_000.0


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One scripted answer."""

    status: int = 200
    value: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None  # in place of the value
    lost: int = 0  # bytes of the body that are announced and not sent
    hang_up: bool = False

    @property
    def body(self) -> bytes:
        return json.dumps(self.value).encode() if self.raw is None else self.raw


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]  # lower-case names
    body: Any


class Server:
    """Answers with a script; the last answer stays."""

    def __init__(self, script: Sequence[Reply] | Callable[[Asked], Reply]) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"owner": self}))
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def reply(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        if callable(self.script):
            return self.script(asked)
        return self.script[min(len(self.asked), len(self.script)) - 1]


class _Handler(BaseHTTPRequestHandler):
    owner: Server
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.owner.reply(Asked(method=self.command, path=self.path, headers=headers, body=body))
        self.close_connection = True
        if reply.hang_up:
            return
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body) + reply.lost))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the names that http.server calls


class Clock:
    """Time that passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.at = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds

    def patience(self, **more: Any) -> Patience:
        return Patience(
            sleep=self.sleep, clock=lambda: self.at, now=lambda: NOW + self.at, jitter=lambda: 0.0, read_s=0.5, **more
        )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    running: list[Server] = []

    def start(*script: Reply, by: Callable[[Asked], Reply] | None = None) -> Server:
        server = Server(by or script)
        server.__enter__()
        running.append(server)
        return server

    yield start
    for server in running:
        server.__exit__()


def api(server: Server, clock: Clock, **more: Any) -> Api:
    return Api(server.url, name="GitHub", auth={"Authorization": f"Bearer {TOKEN}"}, patience=clock.patience(), **more)


Serve = Callable[..., Server]


@pytest.mark.parametrize("method", ["get", "patch", "put", "delete"])
@pytest.mark.parametrize(
    "trouble",
    [
        Reply(status=500),
        Reply(status=502, raw=b"<html>Bad Gateway</html>"),
        Reply(status=504),
        Reply(status=429, value={"message": "slow down"}),
        Reply(hang_up=True),
        Reply(value={"ok": 1}, lost=10),
        Reply(raw=b'{"ok": '),
    ],
    ids=["500", "502", "504", "429", "hang-up", "truncated", "half-json"],
)
def test_what_may_be_done_twice_is_tried_again(serve: Serve, clock: Clock, method: str, trouble: Reply) -> None:
    server = serve(trouble, Reply(value={"ok": 1}))

    arguments = ({"a": 1},) if method in {"patch", "put"} else ()
    answer = getattr(api(server, clock), method)("/thing", *arguments)

    assert answer == (None if method == "delete" else {"ok": 1})
    assert len(server.asked) == 2
    assert len(clock.slept) == 1


@pytest.mark.parametrize(
    "trouble", [Reply(status=502), Reply(hang_up=True), Reply(value={"ok": 1}, lost=10), Reply(status=503)]
)
def test_what_could_be_made_twice_is_not_tried_again(serve: Serve, clock: Clock, trouble: Reply) -> None:
    server = serve(trouble, Reply(value={"ok": 1}))

    with pytest.raises(ForgeError):
        api(server, clock).post("/things", {"a": 1})

    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        Reply(status=429),
        Reply(status=403, value={"message": "You have exceeded a secondary rate limit."}),
        Reply(status=403, headers={"Retry-After": "2"}),
        Reply(status=503, headers={"Retry-After": "1"}),
    ],
)
def test_a_refusal_for_now_is_waited_out_also_where_something_is_made(
    serve: Serve, clock: Clock, trouble: Reply
) -> None:
    server = serve(trouble, Reply(status=201, value={"id": 7}))

    assert api(server, clock).post("/things", {"a": 1}) == {"id": 7}
    assert len(server.asked) == 2


def test_what_was_made_before_the_answer_got_lost_is_found_and_not_made_again(serve: Serve, clock: Clock) -> None:
    server = serve(Reply(hang_up=True))

    made = api(server, clock).post("/things", {"a": 1}, happened=lambda: {"id": 7})

    assert made == {"id": 7}
    assert len(server.asked) == 1


def test_what_was_not_made_is_made_on_the_second_try(serve: Serve, clock: Clock) -> None:
    server = serve(Reply(status=502), Reply(status=201, value={"id": 7}))

    assert api(server, clock).post("/things", {"a": 1}, happened=lambda: None) == {"id": 7}
    assert len(server.asked) == 2


def test_what_was_made_is_found_even_when_no_time_is_left(serve: Serve, clock: Clock) -> None:
    server = serve(Reply(status=502))
    asking = Api(server.url, name="GitHub", patience=clock.patience(tries=1))

    assert asking.post("/things", {"a": 1}, happened=lambda: {"id": 7}) == {"id": 7}


def test_tries_and_waits_are_bounded(serve: Serve, clock: Clock) -> None:
    server = serve(Reply(status=500, value={"message": "Server Error"}))

    with pytest.raises(ForgeError, match="GitHub answered GET /thing with 500: Server Error") as caught:
        api(server, clock).get("/thing")

    assert caught.value.status == 500
    assert len(server.asked) == 6
    assert sum(clock.slept) < 65


def test_refusals_for_good_are_not_tried_again(serve: Serve, clock: Clock) -> None:
    server = serve(Reply(status=404, value={"message": "Not Found"}))

    with pytest.raises(ForgeError) as caught:
        api(server, clock, advise=lambda refusal: f"look at {refusal.path}").get("/thing")

    assert (caught.value.status, caught.value.hint) == (404, "look at /thing")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": formatdate(NOW + 9, usegmt=True)}, 9),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW) + 12)}, 12),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": str(int(NOW) + 13)}, 13),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW) - 100)}, 0),
        ({"Retry-After": "-5"}, 0),
        ({"Retry-After": "soon"}, 0.5),
        ({"Retry-After": "nan"}, 0.5),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "tomorrow"}, 0.5),
    ],
)
def test_the_wait_that_is_asked_for_is_kept(
    serve: Serve, clock: Clock, headers: Mapping[str, str], seconds: float
) -> None:
    server = serve(Reply(status=429, headers=headers), Reply(value={}))

    api(server, clock).get("/thing")

    assert clock.slept == [pytest.approx(seconds)]


def test_a_wait_that_is_too_long_is_not_begun_and_its_end_is_told(serve: Serve, clock: Clock) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW) + 1800)}
    server = serve(Reply(status=403, value={"message": "API rate limit exceeded"}, headers=headers))

    with pytest.raises(ForgeError, match="takes requests again at 2027-01-15 08:30 UTC") as caught:
        api(server, clock).get("/thing")

    assert caught.value.status == 403
    assert clock.slept == []


def test_a_secondary_limit_without_a_word_about_time_is_waited_out_for_a_minute(serve: Serve, clock: Clock) -> None:
    words = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}
    server = serve(Reply(status=403, value=words), Reply(value={"ok": 1}))

    assert api(server, clock).get("/thing") == {"ok": 1}
    assert clock.slept == [60.0]


def test_nobody_at_home_is_told_with_the_systems_words(clock: Clock) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    asking = Api(url, name="GitHub", patience=clock.patience())

    with pytest.raises(ForgeError, match=r"GitHub cannot be reached .*: Connection refused") as caught:
        asking.post("/things", {})  # nothing can have happened, so it is tried again

    assert caught.value.status is None
    assert len(clock.slept) == 5


def test_a_server_that_never_answers_is_left_in_time(clock: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        asking = Api(url, name="GitHub", patience=clock.patience(tries=2))

        with pytest.raises(ForgeError, match="no answer in time"):
            asking.get("/thing")


def test_an_answer_that_drips_is_left_in_time(serve: Serve, clock: Clock, tmp_path: Path) -> None:
    server = serve(Reply(raw=b"[" + b"1," * 500_000 + b"1]"))
    hours = itertools.count(0.0, 3600.0)  # pass with each look at the clock
    patience = replace(clock.patience(), clock=lambda: next(hours))

    asking = Api(server.url, name="GitHub", patience=patience)
    with pytest.raises(ForgeError, match="took more than"):
        asking.get("/thing")
    with pytest.raises(ForgeError, match="took more than"):
        asking.download("/thing", tmp_path / "file", most_bytes=10_000_000)


def test_an_answer_without_end_is_left(serve: Serve, clock: Clock) -> None:
    server = serve(Reply(raw=b" " * (ANSWER_BYTES + 100_000)))

    with pytest.raises(ForgeError, match="more than 33554432 bytes"):
        api(server, clock).get("/thing")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "url",
    ["https://", "nonsense", "http://127.0.0.1:99999", "http://[::1", "ftp://127.0.0.1", "http://exa mple.invalid"],
)
def test_an_address_that_is_none_is_told_as_such(clock: Clock, url: str) -> None:
    with pytest.raises(ForgeError):
        Api(url, name="GitHub", patience=clock.patience()).get("/thing")


def test_a_token_that_no_header_can_hold_is_told_as_such(serve: Serve, clock: Clock) -> None:
    for token in ("t\u20acken", "line\nbreak"):
        asking = Api(serve(Reply()).url, name="GitHub", auth={"X-Token": token}, patience=clock.patience())
        with pytest.raises(ForgeError) as caught:
            asking.get("/thing")
        assert token not in str(caught.value)


# --- words of refusals -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            {"message": "Validation Failed", "errors": [{"code": "custom", "message": "A pull request already exists"}]},
            "Validation Failed; A pull request already exists",
        ),
        (
            {"message": "Validation Failed", "errors": [{"resource": "PullRequest", "code": "missing_field", "field": "head"}]},
            "Validation Failed; resource: PullRequest; code: missing_field; field: head",
        ),
        ({"message": "Unprocessable", "errors": ["Line could not be resolved"]}, "Unprocessable; Line could not be resolved"),
        ({"message": {"title": ["is too long"]}}, "title: is too long"),
        ({"error": "insufficient_scope", "error_description": "The request needs more"}, "insufficient_scope; The request needs more"),
        ({"message": f"token {TOKEN} is bad"}, "token [redacted:TOKEN] is bad"),
        ({"message": "two\nlines\x1b[31m"}, "two lines [31m"),
        (["a", 1, None, {"message": 3}], "a"),
        (7, ""),
    ],
)  # fmt: skip
def test_a_refusal_is_told_in_the_forges_words(serve: Serve, clock: Clock, body: object, words: str) -> None:
    with pytest.raises(ForgeError) as caught:
        api(serve(Reply(status=422, value=body)), clock).get("/thing")

    said = str(caught.value).removeprefix("GitHub answered GET /thing with 422")
    assert said == (f": {words}" if words else "")


def test_a_refusal_of_any_length_is_one_short_line(serve: Serve, clock: Clock) -> None:
    with pytest.raises(ForgeError) as caught:
        api(serve(Reply(status=422, value={"message": "long " * 100_000})), clock).get("/thing")

    assert len(str(caught.value)) < 500


def test_a_page_of_html_is_no_answer(serve: Serve, clock: Clock) -> None:
    server = serve(Reply(raw=b"<html>sign in</html>", headers={"Content-Type": "text/html"}))

    with pytest.raises(ForgeError, match=r"something that is no JSON \(text/html\)"):
        api(server, clock).get("/thing")
    assert len(server.asked) == 1


# --- pages -----------------------------------------------------------------------------------------


def test_pages_are_read_to_their_end_on_our_own_address(serve: Serve, clock: Clock) -> None:
    def page(asked: Asked) -> Reply:
        at = 1 if "page=" not in asked.path.replace("per_page=", "") else int(asked.path.rpartition("page=")[2])
        link = f'<https://elsewhere.invalid/api/things?per_page=100&state=all&page={at + 1}>; rel="next"'
        return Reply(value=[{"id": at}], headers={"Link": link} if at < 3 else {})

    server = serve(by=page)

    found = list(api(server, clock).pages("/things", {"state": "all"}))

    assert found == [{"id": 1}, {"id": 2}, {"id": 3}]
    assert [asked.path for asked in server.asked][1:] == [
        "/things?per_page=100&state=all&page=2",
        "/things?per_page=100&state=all&page=3",
    ]


def test_pages_without_end_are_left_after_a_number_of_them(serve: Serve, clock: Clock) -> None:
    server = serve(Reply(value={"jobs": [{"id": 1}, "no job"]}, headers={"Link": '<?page=2>; rel="next"'}))

    assert len(list(api(server, clock).pages("/jobs", key="jobs", most_pages=4))) == 4
    assert len(server.asked) == 4


@pytest.mark.parametrize("value", [None, "text", 7, {"jobs": 1}, {"message": "no list"}])
def test_a_list_that_is_none_has_no_items(serve: Serve, clock: Clock, value: object) -> None:
    assert list(api(serve(Reply(value=value)), clock).pages("/jobs")) == []


# --- redirects and downloads -----------------------------------------------------------------------


def test_a_download_follows_to_another_host_without_the_token(serve: Serve, clock: Clock, tmp_path: Path) -> None:
    store = serve(Reply(raw=b"the log"))
    server = serve(Reply(status=302, headers={"Location": f"{store.url}/blob?sig=1"}))
    file = tmp_path / "log"

    is_whole = api(server, clock).download("/logs", file, most_bytes=100)

    assert (is_whole, file.read_bytes()) == (True, b"the log")
    assert server.asked[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert "authorization" not in store.asked[0].headers
    assert store.asked[0].path == "/blob?sig=1"


def test_the_signature_of_a_stores_address_is_in_no_error(serve: Serve, clock: Clock, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{taken.getsockname()[1]}/blob?sig=s1gnature"
    for location in (gone, "http://127.0.0.1:99999/blob?sig=s1gnature", "ftp://x/blob?sig=s1gnature"):
        server = serve(Reply(status=302, headers={"Location": location}))
        with pytest.raises(ForgeError) as caught:
            api(server, clock).download("/logs", tmp_path / "log", most_bytes=100)
        assert "s1gnature" not in str(caught.value)


def test_credentials_of_netrc_are_never_sent(
    serve: Serve, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(netrc))
    store = serve(Reply(raw=b"the log"))
    server = serve(Reply(status=302, headers={"Location": store.url}))

    Api(server.url, name="GitHub", patience=clock.patience()).download("/logs", tmp_path / "log", most_bytes=100)

    assert "authorization" not in server.asked[0].headers
    assert "authorization" not in store.asked[0].headers


def test_a_proxy_of_the_environment_is_used(serve: Serve, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = serve(Reply(value={"by": "proxy"}))
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    answer = Api("http://forge.invalid/api/v3", name="GitHub", patience=clock.patience()).get("/thing")

    assert answer == {"by": "proxy"}
    assert proxy.asked[0].path == "http://forge.invalid/api/v3/thing"


def test_a_download_stops_at_its_limit(serve: Serve, clock: Clock, tmp_path: Path) -> None:
    server = serve(Reply(raw=b"x" * 300_000))
    file = tmp_path / "log"

    assert api(server, clock).download("/logs", file, most_bytes=200_000) is False
    assert file.stat().st_size == 200_000
    assert api(server, clock).download("/logs", file, most_bytes=300_000) is True


def test_a_download_that_breaks_off_begins_again(serve: Serve, clock: Clock, tmp_path: Path) -> None:
    server = serve(Reply(raw=b"the l", lost=2), Reply(raw=b"the log"))
    file = tmp_path / "log"

    assert api(server, clock).download("/logs", file, most_bytes=100) is True
    assert file.read_bytes() == b"the log"


def test_a_download_into_nowhere_is_told(serve: Serve, clock: Clock, tmp_path: Path) -> None:
    with pytest.raises(ForgeError, match="cannot be written: No such file or directory"):
        api(serve(Reply(raw=b"x")), clock).download("/logs", tmp_path / "no" / "log", most_bytes=100)


def test_a_repository_that_was_renamed_is_followed_with_the_same_method(serve: Serve, clock: Clock) -> None:
    def moved(asked: Asked) -> Reply:
        if asked.path == "/old":
            return Reply(status=307, headers={"Location": "/new"})
        return Reply(value={"method": asked.method, "body": asked.body})

    server = serve(by=moved)

    assert api(server, clock).post("/old", {"a": 1}) == {"method": "POST", "body": {"a": 1}}
    assert server.asked[1].headers["authorization"] == f"Bearer {TOKEN}"


def test_words_are_never_sent_on_to_another_host(serve: Serve, clock: Clock) -> None:
    other = serve(Reply(value={}))
    server = serve(Reply(status=307, headers={"Location": f"{other.url}/things"}))

    with pytest.raises(ForgeError, match="nothing was sent there"):
        api(server, clock).post("/things", {"secret": 1})
    assert other.asked == []


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://[", "gopher://127.0.0.1/"])
def test_a_redirect_to_what_is_no_web_address_is_refused(serve: Serve, clock: Clock, location: str) -> None:
    with pytest.raises(ForgeError):
        api(serve(Reply(status=302, headers={"Location": location})), clock).get("/thing")


def test_a_redirect_in_a_circle_ends(serve: Serve, clock: Clock) -> None:
    with pytest.raises(ForgeError, match="more than 5 redirects"):
        api(serve(Reply(status=302, headers={"Location": "/thing"})), clock).get("/thing")


# --- start-up ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["github", "gitlab"])
def test_a_forge_that_is_not_asked_costs_no_import_of_requests(name: str) -> None:
    script = (
        "import sys\n"
        "from honk_ci.forges import make_forge\n"
        "from honk_ci.forges.environment import CiContext\n"
        f"made = make_forge(CiContext(name={name!r}, server_url='x', api_url='y', project='a/b'), None)\n"
        "print(made.name, 'requests' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.split() == [name, "False"]


# --- paths -----------------------------------------------------------------------------------------


def test_a_path_cannot_climb() -> None:
    assert path_of("repos", "a/b", "x?y#z", 3) == "/repos/a%2Fb/x%3Fy%23z/3"
    for part in ("..", ".", ""):
        with pytest.raises(ForgeError):
            path_of("repos", part)
