"""The tests and suites of a JavaScript test file, found by the calls that declare them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from honk_ci.checks.integrity.javascript.tokens import Token, arguments, closing, joined

_TESTS = frozenset({"it", "test", "specify", "xit", "xtest", "fit", "bench", "xspecify"})
_SUITES = frozenset({"describe", "context", "suite", "xdescribe", "fdescribe", "xcontext", "ddescribe"})
_SETUPS = frozenset({"beforeEach", "beforeAll", "afterEach", "afterAll", "before", "after", "setup", "teardown"})
_EXTRA_OWNERS = frozenset({"t", "Deno", "suite", "test", "QUnit"})  # `t.test(…)`, `test.describe(…)`


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """One call that declares a test or a suite."""

    title: str  # with the titles of the suites around it
    is_suite: bool
    callee: str  # "it", "describe.skip", "xit", "test.each"
    line: int
    start: int  # index of its first token
    end: int  # index after its last one
    arguments: tuple[tuple[Token, ...], ...]
    body: tuple[Token, ...]  # all its tokens

    @property
    def text(self) -> str:
        return joined(self.body)

    @property
    def code(self) -> str:
        """What it runs, without its title and the words that declare it."""
        return "; ".join(joined(argument) for argument in self.arguments[1:])

    def cases(self) -> list[str]:
        """The rows of its ``each``, as source."""
        for index, token in enumerate(self.body[:-2]):
            following = self.body[index + 1]
            if token.text == "each" and following.kind == "template":
                return [row.strip() for row in following.text.strip("`").split("\n")[1:] if row.strip()]
            if token.text == "each" and following.text == "(" and self.body[index + 2].text == "[":
                return [joined(row) for row in arguments(self.body, index + 2)]
        return []


def blocks(some: Sequence[Token]) -> list[Block]:
    """All tests and suites of a file, outer ones before inner ones."""
    found: list[Block] = []
    open_suites: list[Block] = []
    seen: Counter[str] = Counter()
    for index, token in enumerate(some):
        while open_suites and open_suites[-1].end <= index:
            open_suites.pop()
        if token.kind != "name" or not _declares(some, index):
            continue
        block = _block(some, index, open_suites[-1].title if open_suites else "", seen)
        if block is not None:
            found.append(block)
            if block.is_suite:
                open_suites.append(block)
    return found


def _declares(some: Sequence[Token], index: int) -> bool:
    word = some[index].text
    if word not in _TESTS | _SUITES:
        return False
    if index and some[index - 1].text in {".", "?."}:
        return index > 1 and some[index - 2].text in _EXTRA_OWNERS
    return not (index and some[index - 1].text in {"function", "const", "let", "var", "import", "class", "new"})


def _block(some: Sequence[Token], index: int, around: str, seen: Counter[str]) -> Block | None:
    opening = _opening(some, index)
    if opening is None:
        return None
    given = arguments(some, opening)
    if not given or (len(given) < 2 and given[0][0].kind not in {"string", "template"}):
        return None  # `test(value)`: some other function of that name
    end = closing(some, opening) + 1
    title = f"{around} > {_title(given[0])}" if around else _title(given[0])
    seen[title] += 1
    title += f" #{seen[title]}" if seen[title] > 1 else ""
    callee = "".join(token.text for token in some[index:opening] if token.kind in {"name", "punctuation"})
    return Block(
        title=title,
        is_suite=some[index].text in _SUITES,
        callee=callee.partition("(")[0].partition("<")[0],
        line=some[index].line,
        start=index,
        end=end,
        arguments=tuple(map(tuple, given)),
        body=tuple(some[index:end]),
    )


def _opening(some: Sequence[Token], index: int) -> int | None:
    """The bracket of the call itself, past modifiers and the table of ``each``."""
    index += 1
    while index < len(some):
        text = some[index].text
        if text == "(" and some[index - 1].text in {"each", "for", "skipIf", "runIf"}:
            index = closing(some, index) + 1
        elif text == "(":
            return index
        elif text == "." and index + 1 < len(some) and some[index + 1].kind == "name":
            index += 2
        elif some[index].kind == "template" and some[index - 1].text == "each":
            index += 1
        elif text == "<":
            index = _after_types(some, index)
        else:
            return None
    return None


def _after_types(some: Sequence[Token], index: int) -> int:
    """Past the type arguments of ``it.each<…>``."""
    depth = 0
    for place in range(index, min(index + 200, len(some))):
        depth += {"<": 1, ">": -1}.get(some[place].text, 0)
        if depth == 0:
            return place + 1
    return len(some)


def _title(argument: Sequence[Token]) -> str:
    if len(argument) == 1 and argument[0].kind in {"string", "template"}:
        return argument[0].text[1:-1]
    return joined(argument)


def set_ups(some: Sequence[Token]) -> list[str]:
    """The hooks around tests (``beforeEach`` and its like), as source."""
    found = []
    for index, token in enumerate(some[:-1]):
        is_call = token.text in _SETUPS and some[index + 1].text == "("
        if is_call and (index == 0 or some[index - 1].text != "."):
            found.append(joined(some[index : closing(some, index + 1) + 1]))
    return found
