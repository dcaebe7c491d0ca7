"""GitHub's own description of its API as a judge of requests and answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.forge.wire import Answer, Call, Route

if TYPE_CHECKING:
    from openapi_core import OpenAPI
    from openapi_core.datatypes import RequestParameters

HOST = "https://api.github.com"

Json = Mapping[str, Any]


class Description:
    """Says in what a request or an answer breaks the description; nothing where it keeps to it."""

    def __init__(self, spec: Path) -> None:
        self._api = _load(spec)

    def problems_of_request(self, call: Call, route: Route) -> list[str]:
        from openapi_core.exceptions import OpenAPIError

        try:
            self._api.validate_request(_Request(call, route))
        except OpenAPIError as error:
            return [f"{call.method} {call.path}: {_words(error)}"]
        return []

    def problems_of_answer(self, call: Call, route: Route, answer: Answer) -> list[str]:
        """Refusals are judged only where the description tells of their status: it leaves many out."""
        from openapi_core.exceptions import OpenAPIError
        from openapi_core.templating.responses.exceptions import ResponseNotFound

        try:
            self._api.validate_response(_Request(call, route), _Response(answer))
        except OpenAPIError as error:
            if answer.status >= 400 and isinstance(error, ResponseNotFound):
                return []
            return [f"answer {answer.status} to {call.method} {call.path}: {_words(error)}"]
        return []


def trim(spec: Json, routes: Iterable[Route]) -> Json:
    """The part of a description that some endpoints use: it loads at once where the whole takes seconds."""
    paths: dict[str, Any] = {}
    for route in routes:
        path = route.pattern.replace(":path}", "}")
        paths.setdefault(path, {})[route.method.lower()] = spec["paths"][path][route.method.lower()]
    components: dict[str, dict[str, Any]] = {}
    waiting = list(_refs(paths))
    while waiting:
        kind, name = waiting.pop()
        if name not in components.setdefault(kind, {}):
            components[kind][name] = _for_judging(spec["components"][kind][name])
            waiting += _refs(components[kind][name])
    for name in ("pull-request", "pull-request-simple"):  # null once the fork has been deleted
        head = components["schemas"][name]["properties"]["head"]["properties"]
        head["repo"] = _or_null(head["repo"])
    return {
        "openapi": spec["openapi"],
        "info": spec["info"],
        "servers": spec["servers"],
        "paths": _for_judging(paths),
        "components": components,
    }


def _refs(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        if isinstance(ref := value.get("$ref"), str):
            _, _, kind, name = ref.split("/", 3)
            yield kind, name
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _refs(item)


def _for_judging(value: Any) -> Any:
    """The same for a judge: "nullable" beside "oneOf" or "enum" is meant to let null in, and would not."""
    if isinstance(value, list):
        return [_for_judging(item) for item in value]
    if not isinstance(value, dict):
        return value
    rest = {name: _for_judging(item) for name, item in value.items() if name not in {"examples", "x-github"}}
    if rest.get("nullable") is True and "type" not in rest and {"oneOf", "anyOf", "allOf"} & set(rest):
        del rest["nullable"]
        return _or_null(rest)
    if rest.get("nullable") is True and None not in rest.get("enum", [None]):
        rest["enum"] = [*rest["enum"], None]
    return rest


def _or_null(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "string", "nullable": True, "enum": [None]}]}


def _load(spec: Path) -> OpenAPI:
    from openapi_core import Config, OpenAPI

    # None: the description itself is not judged, only what is said by it
    return OpenAPI.from_dict(json.loads(spec.read_text()), config=Config(spec_validator_cls=None))


def _words(error: BaseException) -> str:
    """What exactly is wrong: the causes name the place, the error itself only that there is one."""
    cause = error.__cause__ or error.__context__
    schema_errors = getattr(error, "schema_errors", None) or getattr(cause, "schema_errors", None)
    if schema_errors:
        return "; ".join(f"{'/'.join(map(str, one.absolute_path))}: {one.message[:300]}" for one in schema_errors)
    return f"{error}" + (f" ({_words(cause)})" if cause is not None else "")


class _Request:
    """A call as openapi-core wants to see it."""

    def __init__(self, call: Call, route: Route) -> None:
        self._call = call
        self.host_url = HOST
        self.path = re.sub(r"\{(\w+)(?::path)?\}", lambda name: quote(call.params[name[1]], safe=""), route.pattern)
        self.method = call.method.lower()
        self.body = call.body or None
        self.content_type = call.headers.get("content-type", "application/json").lower()
        self.parameters = self._parameters()

    def _parameters(self) -> RequestParameters:
        from openapi_core.datatypes import RequestParameters
        from werkzeug.datastructures import Headers, ImmutableMultiDict

        return RequestParameters(
            query=ImmutableMultiDict(self._call.query), header=Headers(dict(self._call.headers)), path={}
        )


class _Response:
    """An answer as openapi-core wants to see it."""

    def __init__(self, answer: Answer) -> None:
        self.status_code = answer.status
        self.headers = dict(answer.headers)
        self.content_type = answer.content_type.lower()
        self.data = answer.content or None
