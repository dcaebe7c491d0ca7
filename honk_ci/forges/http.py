"""HTTP as the forges' plug-ins speak it: JSON, pages, downloads, time-outs and patience.

A call is repeated where nothing can have happened or where doing it twice is the same as doing it
once; all its tries and waits together are bounded, so that a CI job does not hang on a forge. The
token goes to the API's own address only, and never into an error.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import parse_qsl, quote, urlencode

import requests
from requests.auth import AuthBase

from honk_ci import __version__
from honk_ci.errors import ForgeError
from honk_ci.forges.faults import Fault, fault_of, fault_of_refusal, unclear
from honk_ci.forges.reading import Json, as_object, objects, words_of
from honk_ci.forges.redirects import REDIRECT_STATUSES, Moved, is_within, next_address
from honk_ci.forges.refusals import Refusal, wait_asked_for, when
from honk_ci.redact import Redactor
from honk_ci.text import one_line

T = TypeVar("T")
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Advise = Callable[[Refusal], str]

ANSWER_BYTES = 32 * 1024 * 1024  # more than any page of JSON that is asked for here
REDIRECTS = 5
PAGE_ITEMS = 100  # the most that both forges give
_CHUNK = 64 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long a call may take; the clock and its kin are arguments so that tests need not wait."""

    connect_s: float = 10.0
    read_s: float = 30.0  # between two packets
    answer_s: float = 90.0  # one whole answer
    download_s: float = 600.0  # one whole file
    call_s: float = 65.0  # from the first try to the start of the last: a limit that asks for a minute is waited out
    tries: int = 6
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time  # seconds since 1970
    jitter: Callable[[], float] = random.random  # 0 to 1; ten red jobs must not come back all at once


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A forge's answer to one request."""

    status: int
    content: Any  # parsed JSON, None where there is none
    headers: Mapping[str, str]  # names in any case
    next_query: str = ""  # of the next page


class Api:
    """One forge's API."""

    def __init__(
        self,
        base: str,
        *,
        name: str,
        auth: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        advise: Advise = lambda _: "",
        patience: Patience | None = None,
    ) -> None:
        """``base``: address that paths are put behind; ``name``: as people call the forge.

        ``auth``: headers with the token, sent to ``base`` alone; ``advise``: gives the hint for a refusal.
        """
        self.base = base.rstrip("/")
        self.name = name
        self._secrets = Redactor({"TOKEN": " ".join(value.split()[-1] for value in (auth or {}).values() if value)})
        self._auth, self._nobody = _Headers(auth or {}), _Headers({})
        self._advise = advise
        self._patience = patience or Patience()
        self._session = _Session()
        self._session.headers.update({"User-Agent": f"honk-ci/{__version__}", **(headers or {})})

    def get(self, path: str, query: Mapping[str, str | int] | None = None) -> Any:
        return self.ask("GET", path, query=query).content

    def post(self, path: str, body: Json, *, happened: Callable[[], Any] | None = None) -> Any:
        """Make something.

        ``happened`` is asked after a failure that leaves it open whether it was made: it gives
        what was made, or None. Without it such a failure is final, since a second request could
        make a second one.
        """
        return self.ask("POST", path, body=body, happened=happened).content

    def patch(self, path: str, body: Json, *, happened: Callable[[], Any] | None = None) -> Any:
        """Change something; ``happened`` as in ``post``, where doing it twice is not doing it once."""
        return self.ask("PATCH", path, body=body, happened=happened).content

    def put(self, path: str, body: Json) -> Any:
        return self.ask("PUT", path, body=body).content

    def delete(self, path: str) -> None:
        self.ask("DELETE", path)

    def pages(
        self, path: str, query: Mapping[str, str | int] | None = None, *, key: str = "", most_pages: int = 30
    ) -> Iterator[Json]:
        """The objects of a list, page after page, up to a number of pages.

        ``key``: where the list is an object's member. Only the query of the link to the next page
        is used: a forge behind a proxy names itself by another address.
        """
        asked: Mapping[str, str | int] = {"per_page": PAGE_ITEMS, **(query or {})}
        for _ in range(most_pages):
            answer = self.ask("GET", path, query=asked)
            yield from objects(as_object(answer.content).get(key) if key else answer.content)
            if not answer.next_query:
                return
            asked = dict(parse_qsl(answer.next_query))

    def download(self, path: str, file: Path, *, most_bytes: int) -> bool:
        """Write what is at ``path``; False where it is longer than ``most_bytes`` and was cut there."""

        def once(address: str, auth: AuthBase) -> bool:
            with self._send("GET", address, auth) as response:
                self._check(response, "GET", path)
                return self._save(response, file, most_bytes)

        return self._with_patience("GET", lambda: self._follow(once, self.base + path, "GET", path))

    def ask(
        self,
        method: Method,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        body: Json | None = None,
        happened: Callable[[], Any] | None = None,
    ) -> Answer:
        """One request; raises ForgeError, with the status where there was an answer."""
        address = self.base + path + (f"?{urlencode(query)}" if query else "")

        def once(at: str, auth: AuthBase) -> Answer:
            with self._send(method, at, auth, body) as response:
                self._check(response, method, path)
                return self._parse(response, method, path)

        def made() -> Answer | None:
            content = happened() if happened is not None else None
            return None if content is None else Answer(status=200, content=content, headers={})

        return self._with_patience(
            method, lambda: self._follow(once, address, method, path), made if happened is not None else None
        )

    # --- patience ----------------------------------------------------------------------------------

    def _with_patience(
        self, method: Method, once: Callable[[], T], happened: Callable[[], T | None] | None = None
    ) -> T:
        patience = self._patience
        started = patience.clock()
        for tried in range(1, patience.tries + 1):
            try:
                return once()
            except Fault as fault:
                may_repeat = method != "POST" or fault.nothing_happened or happened is not None
                wait_s = self._wait_s(fault, tried, started) if may_repeat else None
                if wait_s is not None:
                    patience.sleep(wait_s)
                if happened is not None and not fault.nothing_happened and (made := happened()) is not None:
                    return made
                if wait_s is None:
                    raise self._final(fault) from fault.__cause__
        raise AssertionError("there is no wait after the last try")

    def _wait_s(self, fault: Fault, tried: int, started: float) -> float | None:
        """How long to wait before the next try, None where there is none."""
        patience = self._patience
        if not fault.is_passing or tried >= patience.tries:
            return None
        wait_s = fault.wait_s
        if wait_s is None:
            wait_s = min(8.0, 0.5 * 2.0**tried) * (0.5 + patience.jitter() / 2)
        elif wait_s > 0:
            wait_s += patience.jitter()
        return wait_s if patience.clock() - started + wait_s <= patience.call_s else None

    def _final(self, fault: Fault) -> ForgeError:
        """What is told in the end: also when it is worth coming back, where the forge has said so."""
        if not fault.wait_s:
            return fault.error
        ends = when(self._patience.now() + fault.wait_s)
        return ForgeError(
            f"{fault.error}; {self.name} takes requests again at {ends}",
            hint=fault.error.hint or "run it again then; a token of an App or of a project has a limit of its own",
            status=fault.error.status,
        )

    # --- one request -------------------------------------------------------------------------------

    def _send(self, method: Method, address: str, auth: AuthBase, body: Json | None = None) -> requests.Response:
        patience = self._patience
        try:
            return self._session.request(
                method,
                address,
                json=body,
                auth=auth,  # always given: without it requests sends what ~/.netrc holds for the host
                stream=True,
                allow_redirects=False,
                timeout=(patience.connect_s, patience.read_s),
            )
        except requests.RequestException as error:
            raise self._fault(error, method, address) from error
        except ValueError:  # of http.client; its words show the token
            raise Fault(ForgeError(f"the token for {self.name} holds characters that no token has")) from None

    def _follow(self, once: Callable[[str, AuthBase], T], address: str, method: Method, path: str) -> T:
        """Do it, at the address that a redirect names where there is one; elsewhere without the token."""
        for _ in range(REDIRECTS):
            auth = self._auth if is_within(self.base, address) else self._nobody
            try:
                return once(address, auth)
            except Moved as moved:
                address = next_address(self.base, address, moved.location, method)
        raise Fault(ForgeError(f"{self.name} answered {method} {path} with more than {REDIRECTS} redirects"))

    def _check(self, response: requests.Response, method: Method, path: str) -> None:
        """Raises where the answer is a redirect or a refusal."""
        if response.status_code in REDIRECT_STATUSES and response.headers.get("location"):
            raise Moved(response.headers["location"])
        if response.status_code < 300:
            return
        refusal = Refusal(
            forge=self.name,
            method=method,
            path=path,
            status=response.status_code,
            words=_words_in(self._secrets.redact(self._body(response, method, path).decode("utf-8", "replace"))),
            headers=response.headers,
        )
        wait_s = wait_asked_for(refusal, self._patience.now())
        raise fault_of_refusal(refusal, wait_s=wait_s, hint=self._advise(refusal))

    def _parse(self, response: requests.Response, method: Method, path: str) -> Answer:
        body = self._body(response, method, path)
        try:
            content = json.loads(body) if body.strip() else None
        except (ValueError, RecursionError) as error:
            kind = response.headers.get("content-type", "")
            words = f"{self.name} answered {method} {path} with something that is no JSON ({one_line(kind, 60)})"
            raise unclear(ForgeError(words), is_passing="json" in kind) from error
        query = response.links.get("next", {}).get("url", "").partition("?")[2]
        return Answer(status=response.status_code, content=content, headers=response.headers, next_query=query)

    def _body(self, response: requests.Response, method: Method, path: str) -> bytes:
        body = bytearray()
        for chunk in self._chunks(response, self._patience.answer_s, f"{method} {path}"):
            body += chunk
            if len(body) > ANSWER_BYTES:
                raise Fault(ForgeError(f"{self.name} answered {method} {path} with more than {ANSWER_BYTES} bytes"))
        return bytes(body)

    def _save(self, response: requests.Response, file: Path, most_bytes: int) -> bool:
        left = most_bytes
        try:
            with file.open("wb") as out:
                for chunk in self._chunks(response, self._patience.download_s, "a download"):
                    out.write(chunk[: max(left, 0)])
                    left -= len(chunk)
                    if left < 0:
                        return False
        except OSError as error:
            raise Fault(ForgeError(f"{file} cannot be written: {error.strerror}")) from error
        return True

    def _chunks(self, response: requests.Response, limit_s: float, what: str) -> Iterator[bytes]:
        """The body, for so long: a server that sends a byte now and then never runs into a read time-out."""
        ends = self._patience.clock() + limit_s
        try:
            for chunk in response.iter_content(_CHUNK):
                yield chunk
                if self._patience.clock() > ends:
                    raise unclear(ForgeError(f"{self.name} took more than {limit_s:.0f} s to answer {what}"))
        except requests.RequestException as error:
            raise self._fault(error, "", what) from error

    def _fault(self, error: requests.RequestException, method: str, what: str) -> Fault:
        return fault_of(error, forge=self.name, asked=self._secrets.redact(f"{method} {what}".strip()))


def path_of(*parts: str | int) -> str:
    """A path of these parts, each of them quoted; raises ForgeError for what would climb out of it."""
    if any(str(p) in {"", ".", ".."} for p in parts):
        raise ForgeError(f"{parts!r} names nothing on the forge", status=404)
    return "".join(f"/{quote(str(p), safe='')}" for p in parts)


@dataclass(frozen=True, slots=True)
class _Headers(AuthBase):
    """Puts headers on a request; empty, it keeps requests from looking for credentials by itself."""

    headers: Mapping[str, str] = field(repr=False)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self.headers)
        return request


class _Session(requests.Session):
    """Leaves redirects to ``Api``: by itself it reads their bodies whole, and takes any address apart."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - named so by requests
        return None


def _words_in(body: str) -> str:
    try:
        return words_of(json.loads(body))
    except (ValueError, RecursionError):
        return "" if body.lstrip().startswith("<") else one_line(body[:2000])  # a page for people, or a store's XML
