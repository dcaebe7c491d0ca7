"""Where a forge sends a request on to, and whether the token may go along."""

from __future__ import annotations

from urllib.parse import SplitResult, urljoin, urlsplit

from honk_ci.errors import ForgeError
from honk_ci.forges.faults import Fault
from honk_ci.text import one_line

REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
_PORTS = {"http": 80, "https": 443}


class Moved(Exception):
    """The answer is a redirect."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


def is_within(base: str, address: str) -> bool:
    """Whether an address is of the API's own server; its plain form may send on to its secure one."""
    ours, theirs = _split(base), _split(address)
    if ours.hostname != theirs.hostname:
        return False
    ports = (ours.port, theirs.port)
    if ours.scheme == theirs.scheme:
        return ports[0] == ports[1] or {*ports} <= {None, _PORTS.get(ours.scheme)}
    return (ours.scheme, theirs.scheme) == ("http", "https") and ports[0] in {None, 80} and ports[1] in {None, 443}


def next_address(base: str, address: str, location: str, method: str) -> str:
    """Where a redirect leads; raises Fault where it is not to be followed.

    To another server only a GET goes, since what is written may be meant for the forge alone.
    """
    here = _split(address)
    try:
        target = urljoin(address, location)
    except ValueError as error:
        raise _no_address(location) from error
    there = _split(target)
    if there.scheme not in _PORTS or (here.scheme == "https" and there.scheme == "http"):
        raise Fault(ForgeError(f"{here.hostname} sends a {method} on to an address that is not safe"))
    if method != "GET" and not is_within(base, target):
        raise Fault(ForgeError(f"{here.hostname} sends a {method} on to {there.hostname}; nothing was sent there"))
    return target


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port  # no number, or beyond 65535
    except ValueError as error:
        raise _no_address(address) from error
    return parts


def _no_address(address: str) -> Fault:
    return Fault(ForgeError(f"{one_line(address.partition('?')[0], 100)} is no address"))
