"""What goes wrong when a forge is asked, and whether asking again can help."""

from __future__ import annotations

import re

import requests
from urllib3.exceptions import NameResolutionError, NewConnectionError, ProxyError

from honk_ci.errors import ForgeError
from honk_ci.forges.refusals import Refusal
from honk_ci.text import one_line

_QUERY = re.compile(r"\?[^\s)]*")  # of an address: where logs are stored, it is as good as a password


class Fault(Exception):
    """A try that failed: what is told in the end, and what is known for the next try."""

    def __init__(
        self,
        error: ForgeError,
        *,
        is_passing: bool = False,  # it may go well the next time
        nothing_happened: bool = True,  # the forge has certainly done nothing
        wait_s: float | None = None,  # that the forge asks for
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.is_passing = is_passing
        self.nothing_happened = nothing_happened
        self.wait_s = wait_s


def unclear(error: ForgeError, *, is_passing: bool = True) -> Fault:
    """A failure that leaves it open what the forge has done."""
    return Fault(error, is_passing=is_passing, nothing_happened=False)


def fault_of(error: requests.RequestException, *, forge: str, asked: str) -> Fault:
    """A failure below HTTP."""
    problem = f"{forge} cannot be reached ({_QUERY.sub('', asked)}): {_QUERY.sub('', _reason(error))}"
    if isinstance(error, requests.exceptions.SSLError):
        hint = "where a company's own certificate authority signs, name its file in REQUESTS_CA_BUNDLE"
        return Fault(ForgeError(problem, hint=hint))
    if isinstance(
        error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema | requests.exceptions.MissingSchema
    ):
        return Fault(ForgeError(problem, hint="see the API address that the CI system gives"))
    if isinstance(error, requests.ConnectTimeout) or _never_connected(error):
        hint = "see that this machine may reach it; proxies are read from HTTPS_PROXY and NO_PROXY"
        return Fault(ForgeError(problem, hint=hint), is_passing=True)
    return unclear(ForgeError(problem))


def fault_of_refusal(refusal: Refusal, *, wait_s: float | None, hint: str) -> Fault:
    """A failure that the forge has put into an answer."""
    said = f": {refusal.words}" if refusal.words else ""
    problem = f"{refusal.forge} answered {refusal.method} {refusal.path} with {refusal.status}{said}"
    error = ForgeError(problem, hint=hint, status=refusal.status)
    if refusal.is_rate_limit or (refusal.status == 503 and wait_s is not None):
        return Fault(error, is_passing=True, wait_s=wait_s)
    if refusal.status in {408, 500, 502, 503, 504} or refusal.status > 504:
        return unclear(error)
    return Fault(error)


def _never_connected(error: requests.RequestException) -> bool:
    """Whether the request cannot have left this machine."""
    seen: BaseException | None = error
    while seen is not None:
        reason = getattr(seen, "reason", None)
        if isinstance(reason, NewConnectionError | NameResolutionError | ProxyError):
            return True
        seen = next((arg for arg in seen.args if isinstance(arg, BaseException)), None)
    return False


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    # urllib3 wraps the system's words: "…: [Errno 111] Connection refused", with addresses of objects before
    words = re.sub(r"<[^<>]* object at 0x[0-9a-f]+>:?\s*", "", str(error))
    found = re.search(r"\[Errno -?\d+\] ([^'\")]+)", words)
    return one_line(found[1] if found else words, 200)
