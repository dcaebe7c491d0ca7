"""What goes over the wire: a call, its answer, the routes that lead from one to the other."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

if TYPE_CHECKING:
    from tests.forge.state import State, Token


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request to an API."""

    method: str
    path: str  # without the API's prefix and the query, still percent-encoded
    query: Mapping[str, str]  # the first value of each
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    url: str  # address of the server, without "/" at the end
    api_url: str  # with the API's prefix
    state: State
    token: Token | None  # who asks; None for nobody
    params: Mapping[str, str] = field(default_factory=dict)  # the names in the route's pattern, decoded

    @property
    def json(self) -> Any:
        """The body; raises Refused (400) where it is no JSON."""
        try:
            return json.loads(self.body or b"{}")
        except ValueError:
            raise Refused(400, "Problems parsing JSON") from None

    @property
    def fields(self) -> dict[str, Any]:
        """The body, which is an object."""
        value = self.json
        if not isinstance(value, dict):
            raise Refused(400, "Body should be a JSON object")
        return cast("dict[str, Any]", value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What an API answers."""

    status: int = 200
    value: Any = None  # sent as JSON, unless ``data`` is given
    data: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        if self.data is not None:
            return self.data
        return b"" if self.status in {204, 302, 304} else json.dumps(self.value).encode()

    @property
    def content_type(self) -> str:
        given = next((value for name, value in self.headers.items() if name.lower() == "content-type"), "")
        return given or "application/json; charset=utf-8"


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


class Refused(Exception):
    """An API says no; which API it is decides how the body looks."""

    def __init__(self, status: int, words: str, *, errors: Any = None, headers: Mapping[str, str] | None = None):
        super().__init__(words)
        self.status = status
        self.words = words
        self.errors = errors
        self.headers = headers or {}


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One endpoint; ``{name}`` in the pattern stands for one part of the path, ``{name:path}`` for several."""

    method: str
    pattern: str
    handler: Handler


class Routes:
    """The endpoints of one API."""

    def __init__(self) -> None:
        self.all: list[Route] = []

    def on(self, method: str, pattern: str) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            self.all.append(Route(method=method, pattern=pattern, handler=handler))
            return handler

        return register

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        for route in sorted(self.all, key=lambda route: ":path}" in route.pattern):  # the narrower ones first
            if route.method == method and (params := match(route.pattern, path)) is not None:
                return route, params
        return None


def match(pattern: str, path: str) -> dict[str, str] | None:
    """The names of a pattern and what stands for them in a path, None where it does not fit."""
    found = _compile(pattern).fullmatch(path)
    return None if found is None else {name: unquote(text) for name, text in found.groupdict().items()}


def _compile(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\{\w+(?::path)?\})", pattern)
    return re.compile("".join(_part(part) for part in parts))


def _part(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    name = part[1:-1]
    return f"(?P<{name.removesuffix(':path')}>.+)" if name.endswith(":path") else f"(?P<{name}>[^/]+)"
