"""What people tell honk in comments: ``/honk off``, ``/honk on``, ``/honk retry``, each on a line of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from honk_ci.forges.interface import Access, Comment

_COMMAND = re.compile(r"/honk[ \t]+(off|on|retry)(?:[ \t]+([0-9a-f]{12}))?[ \t]*", re.IGNORECASE)
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})(.*)")
_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
OURS = "<!-- honk-ci:"  # how comments of honk's own begin


@dataclass(frozen=True, kw_only=True, slots=True)
class Retry:
    """Somebody wants honk to try again, whatever it remembers."""

    by: str  # login
    at: str  # when it was asked, ISO 8601
    fingerprint: str = ""  # of the failure that it is about; "" for all


@dataclass(frozen=True, kw_only=True, slots=True)
class Orders:
    """What the comments of one place come to."""

    off_by: str = ""  # who turned honk off here; "" when it is on
    off_url: str = ""  # of the comment that did
    retries: tuple[Retry, ...] = ()  # oldest first

    @property
    def is_off(self) -> bool:
        return bool(self.off_by)


def read_orders(comments: Sequence[Comment], access: Callable[[str], Access], *, author: str = "") -> Orders:
    """Follow the commands of ``comments``, which are oldest first.

    Those of people with write access count. The request's ``author`` may also turn honk off, and on
    again where nobody else turned it off. ``access`` is asked once for each writer of a command;
    what it raises is raised.
    """
    orders, known = Orders(), cache(access)
    for comment in comments:
        for command, fingerprint in _commands(comment.body):
            may_write = known(comment.author) >= Access.WRITE
            if command == "retry" and may_write:
                retry = Retry(by=comment.author, at=comment.created_at, fingerprint=fingerprint)
                orders = replace(orders, retries=(*orders.retries, retry))
            elif command == "off" and (may_write or _is(comment, author)):
                orders = replace(orders, off_by=comment.author, off_url=comment.url)
            elif command == "on" and (may_write or (_is(comment, author) and orders.off_by == comment.author)):
                orders = replace(orders, off_by="", off_url="")
    return orders


def _is(comment: Comment, author: str) -> bool:
    return bool(author) and comment.author == author


def _commands(body: str) -> Iterator[tuple[str, str]]:
    """Commands and their fingerprints; those that are quoted, or shown as code, are none."""
    if body.startswith(OURS):
        return
    fence = ""
    for line in _HIDDEN.sub("", body).splitlines():
        opened = _FENCE.match(line)
        if fence:
            fence = "" if opened and opened[1].startswith(fence) and not opened[2].strip() else fence
        elif opened:
            fence = opened[1]
        elif found := _COMMAND.fullmatch(line):
            yield found[1].lower(), (found[2] or "").lower()
