"""Comments and attributes that silence a linter, a type checker or coverage, in any language."""

from __future__ import annotations

import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from honk_ci.checks.integrity.javascript.tokens import tokens

_CODES = r"(?P<codes>[\w./@-]+(?:\s*,\s*[\w./@-]+)*)"

# Each tool with the form of its directive; ``codes`` are what it is limited to.
_DIRECTIVES = tuple(
    (tool, re.compile(pattern, re.IGNORECASE))
    for tool, pattern in (
        ("noqa", r"#\s*(?:ruff\s*:\s*|flake8\s*[:=]\s*)?noqa(?:\s*:\s*(?P<codes>[A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*))?"),
        ("type: ignore", rf"#\s*type:\s*ignore(?:\[{_CODES}\])?"),
        ("pyright", rf"#\s*pyright:\s*(?:ignore(?:\[{_CODES}\])?|basic|off|report\w+\s*=\s*false)"),
        ("mypy", r"#\s*mypy:\s*(?P<codes>ignore-errors|disable-error-code\S*|allow-\S+)"),
        ("pylint", rf"#\s*pylint:\s*(?:disable(?:-next)?\s*=\s*{_CODES}|skip-file)"),
        ("pytype", rf"#\s*pytype:\s*(?:disable\s*=\s*{_CODES}|skip-file)"),
        ("coverage", r"#\s*pragma:\s*no\s*(?:cover|branch)"),
        ("bandit", rf"#\s*nosec\b(?:\s*:?\s*{_CODES})?"),
        ("eslint", rf"eslint-disable(?:-next-line|-line)?\b(?:\s+(?!--){_CODES})?"),
        ("oxlint", rf"oxlint-disable(?:-next-line|-line)?\b(?:\s+{_CODES})?"),
        ("tslint", r"tslint:disable(?:-next-line)?(?::(?P<codes>[\w-]+))?"),
        ("typescript", r"@ts-(?:ignore|expect-error|nocheck)\b"),
        ("biome", rf"biome-ignore(?:-all|-start)?\s+{_CODES}"),
        ("deno", rf"deno-lint-ignore(?:-file)?\b(?:\s+{_CODES})?"),
        ("flow", r"\$FlowFixMe|\$FlowIgnore|@noflow"),
        ("coverage", r"(?:istanbul|c8|v8)\s+ignore\b"),
        ("golangci", rf"//\s*nolint\b(?::{_CODES})?"),
        ("staticcheck", r"//lint:(?:file-)?ignore\s+(?P<codes>\S+)"),
        ("rust", r"#!?\[\s*(?:allow|expect)\s*\((?P<codes>[^)]*)\)|#!?\[\s*coverage\s*\(\s*off"),
        (
            "java",
            r"@SuppressWarnings\s*\(\s*\{?(?P<codes>[^)}]*)|@SuppressFBWarnings|\bNOSONAR\b|\bNOPMD\b|CHECKSTYLE:OFF",
        ),
        ("kotlin", r"@(?:file:)?Suppress\s*\((?P<codes>[^)]*)\)"),
        ("rubocop", r"rubocop:(?:disable|todo)\s+(?P<codes>[\w/]+(?:\s*,\s*[\w/]+)*)"),
        ("coverage", r"#\s*:nocov:|@codeCoverageIgnore|LCOV_EXCL|GCOVR_EXCL|\[ExcludeFromCodeCoverage"),
        ("php", r"phpcs:(?:ignore|disable)|@phpstan-ignore(?:-line|-next-line)?|@psalm-suppress\s+(?P<codes>\w+)"),
        ("dotnet", r"#pragma\s+warning\s+disable(?:\s+(?P<codes>[\w, ]+))?|\[SuppressMessage"),
        ("clang", r"//\s*NOLINT(?:NEXTLINE|BEGIN)?\b(?:\((?P<codes>[^)]*)\))?|#pragma\s+\w+\s+diagnostic\s+ignored"),
        ("swiftlint", r"swiftlint:disable(?::\w+)?\s+(?P<codes>[\w ]+)"),
        ("shellcheck", r"#\s*shellcheck\s+disable=(?P<codes>[\w,]+)"),
        ("yamllint", r"#\s*yamllint\s+disable"),
    )
)
# Any of these words must be in a text that holds a directive: most texts are dismissed by this alone.
_HINT = re.compile(
    r"noqa|ignore|disable|pragma|nosec|nolint|nosonar|nopmd|suppress|skip-file|@ts-|\$Flow|@noflow|nocov|\[\s*(?:allow|expect)|"
    r"coverage|CHECKSTYLE|EXCL|pyright|mypy|diagnostic|rubocop:todo",
    re.IGNORECASE,
)
_PYTHON = (".py", ".pyi")
_JAVASCRIPT = (".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts")
_PROSE = (".md", ".rst", ".txt", ".adoc", ".json", ".lock", ".csv", ".svg", ".html", ".xml", ".snap")


@dataclass(frozen=True, kw_only=True, slots=True)
class Suppression:
    """One directive; without codes it silences all that the tool says there."""

    tool: str
    codes: frozenset[str]
    line: int
    text: str
    path: str

    @property
    def key(self) -> tuple[str, frozenset[str]]:
        return self.tool, self.codes

    def covers(self, other: Suppression) -> bool:
        return self.tool == other.tool and (not self.codes or (bool(other.codes) and self.codes >= other.codes))


@lru_cache(maxsize=64)
def suppressions(path: str, text: str) -> tuple[Suppression, ...]:
    """The directives in a file; words in strings are none."""
    if path.endswith(_PROSE) or not _HINT.search(text):
        return ()
    return tuple(found for line, comment in _comments(path, text) for found in _in_comment(path, line, comment))


def added(before: Iterable[Suppression], after: Iterable[Suppression]) -> list[Suppression]:
    """Directives that are new, leaving out those that only narrow or move one that is gone."""
    was, now = list(before), list(after)
    gone = list((Counter(one.key for one in was) - Counter(one.key for one in now)).elements())
    lost = [next(one for one in was if one.key == key) for key in gone]
    spare = Counter(one.key for one in was)
    new = []
    for one in now:
        if spare[one.key] > 0:
            spare[one.key] -= 1
            continue
        wider = next((old for old in lost if old.covers(one)), None)
        if wider is None:
            new.append(one)
        else:
            lost.remove(wider)
    return new


def _in_comment(path: str, line: int, comment: str) -> Iterator[Suppression]:
    for tool, pattern in _DIRECTIVES:
        for match in pattern.finditer(comment):
            codes = match.groupdict().get("codes") or ""
            yield Suppression(
                tool=tool,
                codes=frozenset(code.strip("\"' ") for code in re.split(r"[,\s]+", codes) if code.strip("\"' ")),
                line=line + comment.count("\n", 0, match.start()),
                text=" ".join(match.group().split()),
                path=path,
            )


def _comments(path: str, text: str) -> Iterator[tuple[int, str]]:
    if path.endswith(_PYTHON):
        yield from _python_comments(text)
    elif path.endswith(_JAVASCRIPT):
        yield from ((token.line, token.text) for token in tokens(text) if token.kind == "comment")
    else:
        # attributes and pragmas are no comments, so whole lines are looked at, without their strings
        for number, line in enumerate(text.split("\n"), start=1):
            yield number, line if "@S" in line else re.sub(r"\"(?:[^\"\\]|\\.)*\"", '""', line)


def _python_comments(text: str) -> Iterator[tuple[int, str]]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string
    except (tokenize.TokenError, SyntaxError):  # what was read until there counts
        return
