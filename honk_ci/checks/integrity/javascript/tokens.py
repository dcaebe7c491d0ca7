"""JavaScript and TypeScript cut into tokens, well enough to tell code from strings and comments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Kind = Literal["name", "number", "string", "template", "regex", "punctuation", "comment"]

_BLANK = re.compile(r"\s+")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)|#![^\n]*", re.DOTALL)
# A string ends with its line at the latest: an apostrophe in JSX text opens none.
_STRING = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"", re.DOTALL)
_REGEX = re.compile(r"/(?![*/])(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_NUMBER = re.compile(r"0[xXbBoO][\da-fA-F_]+n?|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?n?")
_NAME = re.compile(r"[#@]?[A-Za-z_$\u0080-\uffff][\w$]*")
_PUNCTUATION = re.compile(r"===|!==|=>|\?\.|\?\?|&&|\|\||[=!<>]=|\.\.\.|.", re.DOTALL)

# After these words a slash opens a regular expression, after any other word it divides.
_BEFORE_REGEX = frozenset({"return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "else", "do",
                           "await", "yield"})  # fmt: skip
_PAIRS = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Token:
    """One token as it stands in the source."""

    kind: Kind
    text: str
    line: int  # 1-based


@lru_cache(maxsize=16)
def tokens(source: str) -> tuple[Token, ...]:
    """The tokens of a file, comments included; never fails, whatever the file holds."""
    return tuple(_scan(source))


def code(source: str) -> list[Token]:
    """The tokens of a file without its comments."""
    return [token for token in tokens(source) if token.kind != "comment"]


def _scan(source: str) -> Iterator[Token]:
    position, line, previous = 0, 1, Token("punctuation", ";", 0)
    while position < len(source):
        blank = _BLANK.match(source, position)
        if blank:
            line += blank.group().count("\n")
            position = blank.end()
            continue
        kind, end = _next(source, position, previous)
        token = Token(kind, source[position:end], line)
        yield token
        line += token.text.count("\n")
        position = end
        if kind != "comment":
            previous = token


def _next(source: str, position: int, previous: Token) -> tuple[Kind, int]:
    character = source[position]
    if character == "`":
        return "template", _template_end(source, position)
    for kind, pattern in _candidates(character, previous):
        match = pattern.match(source, position)
        if match:
            return kind, match.end()
    match = _PUNCTUATION.match(source, position)
    return "punctuation", match.end() if match else position + 1


def _candidates(character: str, previous: Token) -> Iterator[tuple[Kind, re.Pattern[str]]]:
    if character in "/#":
        yield "comment", _COMMENT
    if character == "/" and _opens_regex(previous):
        yield "regex", _REGEX
    if character in "'\"":
        yield "string", _STRING
    if character.isdigit() or character == ".":
        yield "number", _NUMBER
    yield "name", _NAME


def _opens_regex(previous: Token) -> bool:
    if previous.kind == "name":
        return previous.text in _BEFORE_REGEX
    return previous.kind == "punctuation" and previous.text not in {")", "]", "}"}


def _template_end(source: str, start: int) -> int:
    """The end of a template literal, past the templates inside its placeholders."""
    position, inside = start + 1, ["`"]  # what is open: templates, and braces within placeholders
    while position < len(source) and inside:
        character = source[position]
        string = _STRING.match(source, position) if inside[-1] == "{" else None
        if string or (character == "\\" and inside[-1] == "`"):
            position = string.end() if string else position + 2
            continue
        opens_placeholder = inside[-1] == "`" and source.startswith("${", position)
        if character == inside[-1] == "`" or (character == "}" and inside[-1] == "{"):
            inside.pop()
        elif opens_placeholder or (inside[-1] == "{" and character in "`{"):
            inside.append("{" if opens_placeholder else character)
        position += 2 if opens_placeholder else 1
    return min(position, len(source))


def closing(some: Sequence[Token], opening: int) -> int:
    """The index of the bracket that closes the one at ``opening``; the last index where none does."""
    depth = 0
    for index in range(opening, len(some)):
        token = some[index]
        if token.kind == "punctuation":
            depth += (token.text in _PAIRS) - (token.text in {")", "]", "}"})
            if depth == 0:
                return index
    return len(some) - 1


def joined(some: Sequence[Token]) -> str:
    """Tokens as readable text, the same for any spacing and kind of quotes."""
    words, last = [], ""
    for token in some:
        word = _quoted(token)
        if _is_word(last) and _is_word(word[0]):
            words.append(" ")
        words.append(word)
        last = word[-1]
    return "".join(words).replace(",", ", ").replace(", )", ")").replace(", ]", "]").replace(", }", "}")


def formatted(some: Sequence[Token]) -> str:
    """Tokens as text that is equal for any choice of a formatter: semicolons and ``(x) =>`` too."""
    kept = [token for token in some if token.text != ";" or token.kind != "punctuation"]
    texts = [token.text for token in kept]
    dropped = set()
    for index in range(len(kept) - 3):
        if texts[index] == "(" and kept[index + 1].kind == "name" and texts[index + 2 : index + 4] == [")", "=>"]:
            dropped |= {index, index + 2}
    return joined([token for index, token in enumerate(kept) if index not in dropped])


def _is_word(character: str) -> bool:
    return character.isalnum() or character in {"_", "$"}


def _quoted(token: Token) -> str:
    is_plain = token.kind == "string" and '"' not in token.text[1:-1] and "'" not in token.text[1:-1]
    return f'"{token.text[1:-1]}"' if is_plain else token.text


def arguments(some: Sequence[Token], opening: int) -> list[list[Token]]:
    """The arguments of the call whose bracket is at ``opening``, each as its tokens."""
    found: list[list[Token]] = [[]]
    end, index = closing(some, opening), opening + 1
    while index < end:
        token = some[index]
        if token.text in _PAIRS and token.kind == "punctuation":
            inner = closing(some, index)
            found[-1].extend(some[index : inner + 1])
            index = inner + 1
        elif token.text == "," and token.kind == "punctuation":
            found.append([])
            index += 1
        else:
            found[-1].append(token)
            index += 1
    return [argument for argument in found if argument]
