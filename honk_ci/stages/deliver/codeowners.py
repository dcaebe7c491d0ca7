"""CODEOWNERS files of GitHub and GitLab.

Sources: docs.github.com, "About code owners"; docs.gitlab.com, "Syntax of CODEOWNERS file".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate
from itertools import islice

# Where the file may be; the first that is there counts.
PLACES: Mapping[str, tuple[str, ...]] = {
    "github": (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"),
    "gitlab": ("CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"),
}
MOST_RULES = 3000
PATTERN_CHARS = 500

_WORDS = re.compile(r"(?:\\.|\S)+")
_SECTION = re.compile(r"\^?\[([^\]]+)\](?:\[\d+\])?(.*)")
_TOKEN = re.compile(r"\\.|[*?\[]", re.DOTALL)

Segment = re.Pattern[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rule:
    section: str  # "" outside of any, and on GitHub, which has none
    segments: tuple[Segment | None, ...]
    owners: tuple[str, ...]


def owners(text: str, paths: Sequence[str], *, forge: str) -> Iterator[str]:
    """Users and teams, without "@", who own ``paths``: of each section the last rule that matches.

    Addresses of mail and GitLab's roles ("@@developer") are left out: nobody can be asked by them.
    """
    rules = list(islice(_rules(text, is_gitlab=forge == "gitlab"), MOST_RULES))
    for path in paths:
        last: dict[str, _Rule] = {rule.section: rule for rule in rules if _is_meant(rule.segments, path)}
        for rule in last.values():
            yield from rule.owners


def _rules(text: str, *, is_gitlab: bool) -> Iterator[_Rule]:
    section = ""
    inherited: tuple[str, ...] = ()
    for line in map(str.strip, text.splitlines()):
        if not line or line.startswith("#"):
            continue
        if line.startswith(("[", "^[")):
            if is_gitlab and (found := _SECTION.fullmatch(line)):
                section, inherited = found[1].strip().casefold(), _named(_WORDS.findall(found[2]))
            continue
        pattern, *words = _WORDS.findall(line)
        if len(pattern) <= PATTERN_CHARS:
            named = inherited if not words or words[0].startswith("#") else _named(words)
            yield _Rule(section=section, segments=_segments(pattern, is_gitlab=is_gitlab), owners=named)


def _named(words: Sequence[str]) -> tuple[str, ...]:
    """Owners up to a remark."""
    end = next((number for number, word in enumerate(words) if word.startswith("#")), len(words))
    return tuple(word[1:] for word in words[:end] if re.fullmatch(r"@[^@\s]+", word))


def _segments(pattern: str, *, is_gitlab: bool) -> tuple[Segment | None, ...]:
    """The parts of the paths that the pattern means; None stands for any number of parts.

    GitHub anchors what has a "/" before its end at the top of the repository, as .gitignore does;
    GitLab only what starts with one.
    """
    body = pattern.strip("/")
    is_anchored = pattern.startswith("/") or ("/" in body and not is_gitlab)
    middle = [None if part == "**" else _segment(part) for part in body.split("/")]
    below = [_segment("*"), None] if pattern.endswith("/") else [] if body.endswith("/*") else [None]
    return (*([] if is_anchored else [None]), *middle, *below)


def _segment(glob: str) -> Segment:
    """One part; ``fnmatch`` makes of it an expression that no text can keep busy."""
    plain = _TOKEN.sub(lambda token: token[0] if token[0] in "*?" else f"[{token[0][-1]}]", glob)
    return re.compile(translate(plain))


def _is_meant(segments: Sequence[Segment | None], path: str) -> bool:
    """Whether the parts match, by following all ways to read the pattern at once."""
    states = _with_skips({0}, segments)
    for part in path.split("/"):
        stays = {state for state in states if state < len(segments) and segments[state] is None}
        steps = {state + 1 for state in states - stays if state < len(segments) and _fits(segments[state], part)}
        states = _with_skips(stays | steps, segments)
    return len(segments) in states


def _fits(segment: Segment | None, part: str) -> bool:
    return segment is not None and segment.match(part) is not None


def _with_skips(states: set[int], segments: Sequence[Segment | None]) -> set[int]:
    for state in range(len(segments)):
        if state in states and segments[state] is None:
            states.add(state + 1)
    return states
