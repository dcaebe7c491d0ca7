"""CODEOWNERS files of GitHub and GitLab.

Sources: docs.github.com, "About code owners"; docs.gitlab.com, "Syntax of CODEOWNERS file".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

# Where the file may be; the first that is there counts.
PLACES: Mapping[str, tuple[str, ...]] = {
    "github": (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"),
    "gitlab": ("CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"),
}
MOST_RULES = 5000
PATTERN_CHARS = 500

_WORDS = re.compile(r"(?:\\.|[^\s\\])+")
_SECTION = re.compile(r"\^?\[([^\]]+)\](?:\[\d+\])?(.*)")
_GLOB = re.compile(r"(?:\*\*/)+|\*\*|\*|\?|\\.|.", re.DOTALL)
_GLOB_REGEX = {"**": ".*", "*": "[^/]*", "?": "[^/]"}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rule:
    section: str  # "" outside of any, and on GitHub, which has none
    pattern: re.Pattern[str]
    owners: tuple[str, ...]


def owners(text: str, paths: Sequence[str], *, forge: str) -> Iterator[str]:
    """Users and teams, without "@", who own ``paths``: of each section the last rule that matches.

    Addresses of mail and GitLab's roles ("@@developer") are left out: nobody can be asked by them.
    """
    rules = list(_rules(text, is_gitlab=forge == "gitlab"))[:MOST_RULES]
    for path in paths:
        last: dict[str, _Rule] = {rule.section: rule for rule in rules if rule.pattern.fullmatch(path)}
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
            yield _Rule(section=section, pattern=_regex(pattern, is_gitlab=is_gitlab), owners=named)


def _named(words: Sequence[str]) -> tuple[str, ...]:
    """Owners up to a remark."""
    end = next((number for number, word in enumerate(words) if word.startswith("#")), len(words))
    return tuple(word[1:] for word in words[:end] if re.fullmatch(r"@[^@\s]+", word))


def _regex(pattern: str, *, is_gitlab: bool) -> re.Pattern[str]:
    """A path of the repository, without "/" at its start, that the pattern means.

    GitHub anchors what has a "/" before its end at the top of the repository, as .gitignore does;
    GitLab only what starts with one.
    """
    body = pattern.strip("/")
    is_anchored = pattern.startswith("/") or ("/" in body and not is_gitlab)
    below = "/.*" if pattern.endswith("/") else "" if body.endswith("/*") else "(?:/.*)?"
    middle = "".join(_translated(token) for token in _GLOB.findall(body))
    return re.compile(("" if is_anchored else "(?:.*/)?") + middle + below, re.DOTALL)


def _translated(token: str) -> str:
    if token.startswith("**/"):
        return "(?:.*/)?"
    return _GLOB_REGEX.get(token) or re.escape(token[-1])
