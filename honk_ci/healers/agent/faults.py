"""What each way of the service to fail means: it passes, the prompt is too long, or somebody must act."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Mapping
from dataclasses import dataclass

PASSING_STATUSES = frozenset({408, 409, 425, 429})
PASSING_TYPES = frozenset({"overloaded_error", "api_error", "rate_limit_error", "timeout_error"})
TOO_LONG = (
    "prompt is too long", "exceed context limit", "exceeds the context", "context window", "input is too long",
    "request_too_large", "too many tokens",
)  # fmt: skip

_KEY_HINT = "check ANTHROPIC_API_KEY (or ANTHROPIC_AUTH_TOKEN)"
HINTS: Mapping[int, str] = {
    400: "the service does not take this request; is the model name right, and does a gateway stand in between?",
    401: f"the key was not accepted: {_KEY_HINT}",
    402: "the account has no credit or has reached its spend limit: see its billing settings",
    403: f"the key may not use this model or workspace: {_KEY_HINT}",
    404: "no such model or address: check agent.model and agent.base_url (or ANTHROPIC_BASE_URL)",
    429: "the account's rate limit is used up: try later, or raise it",
    529: "the service is overloaded: try later, or another model",
}
CLOUD_HINT = "check the region, the project and the credentials of the model's provider"
UNREACHABLE_HINT = "check agent.base_url (or ANTHROPIC_BASE_URL), the proxy settings and the network"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One failed request."""

    words: str  # one line
    passes: bool = False
    too_long: bool = False
    unreachable: bool = False  # no connection came about
    retry_after_s: float | None = None  # what the service asked for
    hint: str = ""


def status_fault(status: int, kind: str, message: str, headers: Mapping[str, str]) -> Fault:
    """The fault that an HTTP status, or an error event inside a stream (status 200), stands for."""
    words = f"{status} {kind}: {message}".strip() if status != 200 else f"{kind}: {message}"
    low = message.lower()
    if status == 413 or (status in {200, 400} and any(sign in low for sign in TOO_LONG)):
        return Fault(words=words, too_long=True)
    if "credit balance" in low or "spend limit" in low:
        return Fault(words=words, hint=HINTS[402])
    passes = status in PASSING_STATUSES or status >= 500 or (status == 200 and kind in PASSING_TYPES)
    if headers.get("x-should-retry") == "false" and status != 529:
        passes = False
    return Fault(words=words, passes=passes, retry_after_s=retry_after(headers), hint=HINTS.get(status, ""))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the service asks to wait, in any of its three notations; None where it does not."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        text = headers.get(name)
        if text is None:
            continue
        try:
            return max(0.0, float(text) / unit)
        except ValueError:
            moment = email.utils.parsedate_tz(text)
            if moment is not None:
                return max(0.0, email.utils.mktime_tz(moment) - time.time())
    return None
