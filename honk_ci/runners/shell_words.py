"""Configured commands as words, as far as that is safe without a shell."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

REPORT = "{report}"  # stands for the JUnit file to write

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_EXPANDED = re.compile(r"[$`*?\[\]{}~]")


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
    if not words or "\n" in text.strip() or any(re.fullmatch(r"[();<>|&]+", word) for word in words):
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
