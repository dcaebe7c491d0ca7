"""Finding the endpoint, refusals in GitLab's form, its rate limit headers."""

from __future__ import annotations

from dataclasses import replace

from tests.forge.gitlab import merge_requests, notes, pipelines, projects
from tests.forge.wire import Answer, Call, Refused, Routes


class GitLabApi:
    """Answers every call; what no client should ask is noted in ``violations``."""

    def __init__(self, violations: list[str]) -> None:
        self.violations = violations
        self.routes = all_routes()

    def token(self, call: Call) -> str:
        kind, _, value = call.headers.get("authorization", "").partition(" ")
        bearer = value.strip() if kind.lower() == "bearer" else ""
        return call.headers.get("private-token") or call.headers.get("job-token") or bearer

    def refusal(self, call: Call, refused: Refused) -> Answer:
        words = "401 Unauthorized" if refused.status == 401 else refused.words
        body = {"message": words}
        if words == "insufficient_scope":
            said = "The request requires higher privileges than provided by the access token."
            body = {"error": words, "error_description": said, "scope": "api"}
        elif refused.errors == "error":
            body = {"error": words}
        return Answer(status=refused.status, value=body, headers={**_rate_headers(), **refused.headers})

    def answer(self, call: Call) -> Answer:
        found = self.routes.find(call.method, call.path)
        if found is None:
            self.violations.append(f"{call.method} {call.path}: the loopback forge has no such endpoint")
            return self.refusal(call, Refused(404, "404 Not Found"))
        route, params = found
        if call.token is not None and (call.token.kind == "job") != ("job-token" in call.headers):
            return self.refusal(call, Refused(401, "401 Unauthorized"))
        try:
            answer = route.handler(replace(call, params=params))
        except Refused as refused:
            if refused.status == 422:  # our own word for what GitLab would take, and no client should send
                self.violations.append(f"{call.method} {call.path}: {refused.words}")
            answer = self.refusal(call, refused)
        return replace(answer, headers={**_rate_headers(), **answer.headers})


def all_routes() -> Routes:
    """Every endpoint there is."""
    routes = Routes()
    for module in (merge_requests, notes, pipelines, projects):
        routes.all += module.ROUTES.all
    return routes


def _rate_headers() -> dict[str, str]:
    return {
        "RateLimit-Limit": "2000",
        "RateLimit-Name": "throttle_authenticated_api",
        "RateLimit-Observed": "1",
        "RateLimit-Remaining": "1999",
        "RateLimit-Reset": "4102444800",
    }
