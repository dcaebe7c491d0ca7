"""Configured commands as words, as far as that is safe without a shell."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

REPORT = "{report}"  # stands for the JUnit file to write

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_EXPANDED = re.compile(r"[$`*?\[\]{}~]")
_OPERATORS = re.compile(r"[();<>|&]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """What is known of a program's options, so that they can be told from the paths among them."""

    with_value: frozenset[str]  # take the next word, where it does not follow an "="
    flags: frozenset[str]  # take none
    short: re.Pattern[str]  # short options complete in one word
    dropped: re.Pattern[str] = re.compile(r"(?!)")  # names of those that must not stay beside chosen paths


def put_report(text: str, report: Path) -> str:
    """The command with ``{report}`` replaced, quoted for the shell."""
    return text.replace(REPORT, shlex.quote(str(report)))


def simple_words(text: str) -> list[str] | None:
    """The words of one simple command; None for pipes, lists, redirections and whatever else a shell reads."""
    lexer = shlex.shlex(text.strip(), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        words = list(lexer)
    except ValueError:
        return None
    if not words or "\n" in text.strip() or any(_OPERATORS.fullmatch(word) for word in words):
        return None
    return words


def has_expansions(text: str) -> bool:
    """Whether a shell would replace parts of the text by something else (variables, globs)."""
    return bool(_EXPANDED.search(text.replace(REPORT, "")))


def split_assignments(words: Sequence[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Leading ``NAME=value`` words as an environment, and the rest."""
    count = next((at for at, word in enumerate(words) if not _ASSIGNMENT.fullmatch(word)), len(words))
    env = dict(word.split("=", 1) for word in words[:count])
    return env, tuple(words[count:])


def options_only(words: Sequence[str], options: Options) -> tuple[str, ...] | None:
    """The words without paths; None where an unknown option may or may not take the word after it."""
    kept: list[str] = []
    rest = iter(words)
    is_unknown = False
    for word in rest:
        if word == "--":
            break
        if not _is_option(word):
            if is_unknown:
                return None
            continue
        kept.extend(_with_value(word, rest, options))
        is_unknown = _is_unknown(word, options)
    return tuple(kept)


def _is_option(word: str) -> bool:
    return word.startswith("-") and word != "-"


def _with_value(word: str, rest: Iterator[str], options: Options) -> tuple[str, ...]:
    """The option with the word that it takes; nothing where it is to be dropped."""
    value = next(rest, None) if word in options.with_value else None
    if options.dropped.fullmatch(word.partition("=")[0]):
        return ()
    return (word,) if value is None else (word, value)


def _is_unknown(option: str, options: Options) -> bool:
    if "=" in option or option in options.with_value | options.flags or options.dropped.fullmatch(option):
        return False
    return options.short.fullmatch(option) is None
