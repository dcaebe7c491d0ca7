"""Answers of a forge that say no, and when it is worth asking again."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# "You have exceeded a secondary rate limit", "API rate limit exceeded", "abuse detection mechanism"
_RATE_LIMIT = re.compile(r"rate limit|abuse detection|too many requests", re.IGNORECASE)
# GitHub, "Best practices for using the REST API": without other word, "wait for at least one minute".
SECONDARY_LIMIT_WAIT_S = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """An answer that says no."""

    forge: str
    method: str
    path: str
    status: int
    words: str  # the forge's own, one line
    headers: Mapping[str, str]

    @property
    def is_rate_limit(self) -> bool:
        if self.status == 429:
            return True
        return self.status == 403 and (
            "retry-after" in self.headers
            or self.headers.get("x-ratelimit-remaining") == "0"
            or bool(_RATE_LIMIT.search(self.words))
        )


def wait_asked_for(refusal: Refusal, now: float) -> float | None:
    """Seconds until the forge takes requests again, None where it does not say.

    Sources: docs.github.com, "Rate limits for the REST API"; docs.gitlab.com, "Rate limits", "Headers
    returned for all requests".
    """
    if not (refusal.is_rate_limit or refusal.status == 503):
        return None
    headers = refusal.headers
    if asked := headers.get("retry-after", "").strip():
        return _seconds(asked, now)
    for prefix in ("x-ratelimit", "ratelimit"):
        if headers.get(f"{prefix}-remaining") == "0" and (reset := headers.get(f"{prefix}-reset", "")):
            seconds = _number(reset)
            return None if seconds is None else max(0.0, seconds - now)
    return SECONDARY_LIMIT_WAIT_S if refusal.status == 403 else None


def when(seconds: float) -> str:
    """A point in time as people read it."""
    return datetime.fromtimestamp(min(seconds, 4e9), UTC).strftime("%Y-%m-%d %H:%M UTC")


def _seconds(asked: str, now: float) -> float | None:
    if (seconds := _number(asked)) is not None:
        return max(0.0, seconds)
    try:
        return max(0.0, parsedate_to_datetime(asked).timestamp() - now)
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
