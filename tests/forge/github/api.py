"""GitHub's REST API over the state: finding the endpoint, rights, refusals, pages, the check by its description."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.forge.github import checks, pulls, repos, runs, talk
from tests.forge.openapi import Description
from tests.forge.wire import Answer, Call, Refused, Route, Routes

DOCS = "https://docs.github.com/rest"


class GitHubApi:
    """Answers every call; what breaks GitHub's description is refused and noted in ``violations``."""

    def __init__(self, violations: list[str], spec: Path | None) -> None:
        self.violations = violations
        self.description = Description(spec) if spec else None
        self.routes = all_routes()

    def token(self, call: Call) -> str:
        kind, _, value = call.headers.get("authorization", "").partition(" ")
        return value.strip() if kind.lower() in {"bearer", "token"} else ""

    def refusal(self, call: Call, refused: Refused) -> Answer:
        body: dict[str, Any] = {"message": refused.words, "documentation_url": DOCS, "status": str(refused.status)}
        if refused.errors is not None:
            body["errors"] = refused.errors
        return Answer(status=refused.status, value=body, headers={**_rate_headers(), **refused.headers})

    def answer(self, call: Call) -> Answer:
        found = self.routes.find(call.method, call.path)
        if found is None:
            self.violations.append(f"{call.method} {call.path}: the loopback forge has no such endpoint")
            return self.refusal(call, Refused(404, "Not Found"))
        route, params = found
        call = replace(call, params=params)
        if problems := self._problems(call, route):
            self.violations += problems
            return self.refusal(call, Refused(422, "; ".join(problems)))
        try:
            answer = route.handler(call)
        except Refused as refused:
            answer = self.refusal(call, refused)
        answer = replace(answer, headers={**_rate_headers(), **_scopes(call), **answer.headers})
        return self._checked(call, route, answer)

    def _problems(self, call: Call, route: Route) -> list[str]:
        if "user-agent" not in call.headers:  # GitHub refuses such requests with 403
            return [f"{call.method} {call.path}: no User-Agent"]
        return self.description.problems_of_request(call, route) if self.description else []

    def _checked(self, call: Call, route: Route, answer: Answer) -> Answer:
        problems = self.description.problems_of_answer(call, route, answer) if self.description else []
        if not problems:
            return answer
        self.violations += problems
        return self.refusal(call, Refused(500, "; ".join(problems)))


def all_routes() -> Routes:
    """Every endpoint there is."""
    routes = Routes()
    for module in (repos, pulls, talk, checks, runs):
        routes.all += module.ROUTES.all
    return routes


def _rate_headers() -> dict[str, str]:
    return {
        "X-GitHub-Request-Id": "LOOP:BACK",
        "X-RateLimit-Limit": "5000",
        "X-RateLimit-Remaining": "4999",
        "X-RateLimit-Used": "1",
        "X-RateLimit-Reset": "4102444800",
        "X-RateLimit-Resource": "core",
    }


def _scopes(call: Call) -> dict[str, str]:
    if call.token is None or call.token.kind != "pat" or not call.token.scopes:
        return {}
    return {"X-OAuth-Scopes": ", ".join(call.token.scopes)}
