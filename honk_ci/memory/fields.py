"""Reading fields of documents that nobody vouches for: a wrong type reads as the default."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from honk_ci.text import one_line

TEXT_CHARS = 500
_LAST_SECOND = 253_402_300_799  # of the year 9999
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")

Json = Mapping[str, Any]


def text(body: Json, name: str, limit: int = TEXT_CHARS) -> str:
    """One printable line."""
    found = body.get(name)
    return one_line(found, limit) if isinstance(found, str) else ""


def address(body: Json, name: str) -> str:
    """An address of the web, "" for anything else: it is shown as a link."""
    found = text(body, name)
    return found if re.fullmatch(r"https?://[^\s<>()\[\]\"'`]+", found) else ""


def commit(body: Json, name: str) -> str:
    """A full object id, "" for anything else: it is handed to git."""
    found = body.get(name)
    return found if isinstance(found, str) and _COMMIT.fullmatch(found) else ""


def number(body: Json, name: str) -> int | None:
    found = body.get(name)
    is_number = isinstance(found, int) and not isinstance(found, bool) and 0 <= found < 2**53
    return found if is_number else None


def dollars(body: Json, name: str) -> float:
    found = body.get(name)
    is_amount = isinstance(found, int | float) and not isinstance(found, bool) and 0 <= found < 1e9
    return float(found) if is_amount and found is not None else 0.0


def moment(body: Json, name: str) -> float | None:
    """Seconds since 1970 of an ISO 8601 text with its zone, as far as ``iso`` can write them."""
    found = body.get(name)
    if not isinstance(found, str):
        return None
    try:
        parsed = datetime.fromisoformat(found)
        seconds = parsed.timestamp() if parsed.tzinfo else math.nan
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds <= _LAST_SECOND else None


def parts(body: Json, name: str) -> Sequence[Json]:
    """The objects of a list."""
    found = body.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def iso(seconds: float) -> str:
    """The form that ``moment`` reads."""
    return datetime.fromtimestamp(int(seconds), tz=UTC).isoformat().replace("+00:00", "Z")
