"""Markdown that people read on a forge, in which text of the repository is text and nothing else.

Reports, logs, diffs and models write what ends up here. None of it may link, mention, close an
issue, run a command of the forge, end the block that it stands in, or carry a secret out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from honk_ci.domain import Proof, RunRecord, SideOfProof
from honk_ci.patch import Patch
from honk_ci.text import clip, one_line, plural

_GAP = "\u200b"  # nobody sees it, and no forge reads a reference across it
_MARKUP = re.compile(r"([\\`*_\[\]<>|#&~])")
# Forges look for references in the rendered text, where a backslash is gone: "@team", "#12",
# GitLab's "!12", "~label", "%milestone", "$snippet", "&epic"; "GH-12", and keys of issue trackers.
_REFERENCE = re.compile(r"([@#!~%$&<])(?=[\w\"'{\\!])|((?:[A-Z][A-Z0-9]+|gh)-)(?=\d)|(:)(?=//)|(www)(?=\.)")
_AT_START = re.compile(r"\A(\d{0,9})([-+=./)])")  # what would begin a list, a rule, or a command of the forge
_BACKTICKS = re.compile("`+")
_NOT_IN_ADDRESSES = frozenset(" <>()[]\\\"'`|")


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """Puts text of the repository into Markdown; secrets go first, since escaping would hide them."""

    redact: Callable[[str], str]

    def plain(self, text: str, limit: int = 400) -> str:
        return plain(self.redact(text), limit)

    def code(self, text: str, limit: int = 1000) -> str:
        return code(self.redact(text), limit)

    def lines(self, text: str) -> list[str]:
        """The lines of a text that is shown as it is, in a block of its own."""
        return self.redact(text).removesuffix("\n").split("\n")


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """How much of what can be long is shown."""

    diff_lines: int  # a longer diff is cut, or not shown at all
    items: int  # of a list


def fitted(render: Callable[[Room], Iterator[str]], rooms: Sequence[Room], limit: int) -> str:
    """The first text that has at most ``limit`` characters, "" where none has; nothing is cut in the middle."""
    for room in rooms:
        text = "\n".join(render(room)).rstrip() + "\n"
        if len(text) <= limit:
            return text
    return ""


def plain(text: str, limit: int = 400) -> str:
    """One line in which nothing is markup: no links, mentions, tables or HTML of a test's making."""
    escaped = _AT_START.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", one_line(clip(text, 4 * limit), limit)))
    return _REFERENCE.sub(lambda match: f"{match.group()}{_GAP}", escaped)


def code(text: str, limit: int = 1000) -> str:
    """One line as it is, to be copied; forges look for no references in it."""
    line = one_line(text, limit) or "-"
    ticks = "`" * (1 + max(map(len, _BACKTICKS.findall(line)), default=0))
    gap = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{gap}{line}{gap}{ticks}"


def link(text: str, url: str) -> str:
    """``text``, which is Markdown already, as a link; without one where the address is none to open."""
    is_address = url.startswith(("https://", "http://")) and url.isprintable() and not _NOT_IN_ADDRESSES & set(url)
    return f"[{text}]({url})" if is_address else text


def fenced(lines: Sequence[str], language: str = "") -> Iterator[str]:
    """A block that none of its lines can end; what does not print is shown by its number."""
    ticks = max((len(run) for line in lines for run in _BACKTICKS.findall(line)), default=0)
    fence = "`" * max(3, ticks + 1)
    yield f"{fence}{language}"
    yield from (_visible(line) for line in lines)
    yield fence


def diff_lines(patch: Patch, words: Words, *, width: int | None = None) -> list[str]:
    """A patch as lines of a diff; lines longer than ``width`` characters lose their end."""
    lines = words.lines(patch.diff())
    return lines if width is None else [line if len(line) <= width else f"{line[:width]}…" for line in lines]


def _visible(line: str) -> str:
    """Nothing in it turns the reading direction or starts a line (Unicode reports, "Trojan Source")."""
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() or c == "\t" else f"<U+{ord(c):04X}>" for c in line.removesuffix("\r"))


def proof_table(proof: Proof, words: Words, *, keys: frozenset[str] | None = None) -> Iterator[str]:
    """The three points as a table; ``keys`` are the tests that it is about, None for all."""
    yield "| point | commit | the failed tests | whole suite |"
    yield "|---|---|---|---|"
    for name, side in (("base", proof.base), ("broken", proof.broken), ("fixed", proof.fixed)):
        if side is not None:
            yield _row(name, side, words, keys)
    yield ""
    yield f"{plural(proof.repeats, 'green run')} of the failed tests; clean checkout: {words.plain(proof.clean)}."
    yield ""
    if proof.needs_person:
        yield f"**A person must decide:** {words.plain(proof.needs_person)}"
        yield ""


def _row(name: str, side: SideOfProof, words: Words, keys: frozenset[str] | None) -> str:
    states = sorted({state for key, state in side.targets.items() if keys is None or key in keys}) or ["not run"]
    counts = f"{side.counts.passed} passed, {side.counts.failed} failed" if side.counts else "not run"
    commit = words.plain(side.commit[:9]) or "the patch"
    return f"| {name} | {commit} | {words.plain(', '.join(states))} | {counts} |"


def cost_line(record: RunRecord, words: Words) -> str:
    """Time and money of a whole run."""
    usage, timing = record.usage, record.timing
    model = (
        f"model {timing.model_s:.0f} s and {usage.cost_usd:.4f} USD ({words.plain(usage.model)})"
        if usage.requests
        else "no model was asked"
    )
    return f"{timing.total_s:.0f} s: tests {timing.tests_s:.0f} s, {model}"
