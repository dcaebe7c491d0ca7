"""What keeps a JavaScript test from running, from failing or from meeting the code it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from honk_ci.checks.integrity.javascript.inventory import Block
from honk_ci.checks.integrity.javascript.tokens import Token, arguments, closing, joined
from honk_ci.checks.integrity.trace import Trace

_WHYS: Mapping[str, str] = {
    "skip-added": "the test is skipped, put off or expected to fail",
    "only-added": "all other tests of the file are left out",
    "retry-added": "the test is run again until it passes",
    "sleep-added": "the test waits instead of checking",
    "subject-mocked": "a stand-in takes the place of what is tested",
    "exit-added": "it can end the run before the tests do",
}
_SKIPPING = frozenset({"skip", "todo", "failing", "fails", "skipIf", "runIf", "fixme"})
_CROSSED = frozenset({"xit", "xtest", "xdescribe", "xcontext", "xspecify"})
_FOCUSED = frozenset({"fit", "fdescribe", "ddescribe"})

# Calls by their last two names (or one), and the rule each breaks.
_CALLS: Mapping[str, str] = {
    "t.skip": "skip-added", "t.todo": "skip-added", "this.skip": "skip-added", "ctx.skip": "skip-added",
    "pending": "skip-added", "jest.retryTimes": "retry-added", "this.retries": "retry-added",
    "vi.mock": "subject-mocked", "jest.mock": "subject-mocked", "jest.doMock": "subject-mocked",
    "vi.doMock": "subject-mocked", "jest.unstable_mockModule": "subject-mocked", "jest.setMock": "subject-mocked",
    "jest.spyOn": "subject-mocked", "vi.spyOn": "subject-mocked", "sinon.stub": "subject-mocked",
    "vi.stubGlobal": "subject-mocked", "mock.method": "subject-mocked", "mock.module": "subject-mocked",
    "mock.fn": "subject-mocked", "jest.fn": "subject-mocked", "vi.fn": "subject-mocked", "td.replace": "subject-mocked",
    "proxyquire": "subject-mocked", "process.exit": "exit-added", "process.reallyExit": "exit-added",
    "process.abort": "exit-added", "process.kill": "exit-added",
    "setTimeout": "sleep-added", "sleep": "sleep-added", "delay": "sleep-added", "page.waitForTimeout": "sleep-added",
}  # fmt: skip
_OPTION = re.compile(r"^(?:skip|todo|only|retry|retries|fails)$")
_TIMEOUTS = frozenset({"timeout", "testTimeout", "hookTimeout"})
_TIME_CALLS = frozenset({"setTimeout", "timeout", "setDefaultTimeout", "slow"})


def modifiers(block: Block) -> Iterator[Trace]:
    """What the declaration of a test or suite says of whether it runs."""
    words = set(re.split(r"\W+", block.callee))
    for rule, is_it in (
        ("skip-added", bool(words & (_SKIPPING | _CROSSED))),
        ("only-added", "only" in words or bool(words & _FOCUSED)),
    ):
        if is_it:
            yield Trace(rule=rule, text=block.callee, line=block.line, why=_WHYS[rule])
    if len(block.arguments) == 1 and not block.is_suite and not words & _SKIPPING:
        yield Trace(rule="skip-added", text=joined(block.body), line=block.line, why="a test without a body never runs")
    if len(block.arguments) > 2 and block.arguments[1][0].text == "{":
        yield from _options(block.arguments[1])


def _options(argument: Sequence[Token]) -> Iterator[Trace]:
    for index, token in enumerate(argument[:-2]):
        if _OPTION.match(token.text) and argument[index + 1].text == ":" and argument[index + 2].text != "false":
            rule = "only-added" if token.text == "only" else "retry-added" if "retr" in token.text else "skip-added"
            yield Trace(rule=rule, text=joined(argument[index : index + 3]), line=token.line, why=_WHYS[rule])


def calls(some: Sequence[Token]) -> Iterator[Trace]:
    """Calls that skip, wait, retry, replace or exit."""
    for index, token in enumerate(some[:-1]):
        if token.kind != "name" or some[index + 1].text not in {"(", "<"}:
            continue
        owner = some[index - 2].text if index > 1 and some[index - 1].text == "." else ""
        rule = _CALLS.get(f"{owner}.{token.text}" if owner else token.text)
        if rule == "sleep-added" and not _waits(some, index):
            continue
        if rule is not None:
            end = closing(some, index + 1) if some[index + 1].text == "(" else index + 1
            start = index - 2 if owner else index
            yield Trace(rule=rule, text=joined(some[start : end + 1]), line=token.line, why=_WHYS[rule])


def _waits(some: Sequence[Token], index: int) -> bool:
    """Whether the call is given a number of milliseconds to wait."""
    given = arguments(some, index + 1)
    return bool(given) and len(given[-1]) == 1 and given[-1][0].kind == "number"


def time_limits(some: Sequence[Token]) -> Iterator[tuple[str, float, int]]:
    """Limits of time: what sets them, their value, their line."""
    for index, token in enumerate(some[:-2]):
        if token.text in _TIMEOUTS and some[index + 1].text == ":" and some[index + 2].kind == "number":
            yield token.text, _value(some[index + 2]), token.line
        elif token.text in _TIME_CALLS and some[index + 1].text == "(" and index and some[index - 1].text == ".":
            given = arguments(some, index + 1)
            if given and given[0][0].kind == "number":
                yield token.text, _value(given[0][0]), token.line


def last_argument(block: Block) -> float | None:
    """The time limit that follows a test's body."""
    last = block.arguments[-1]
    is_number = len(block.arguments) > 2 and len(last) == 1 and last[0].kind == "number"
    return _value(last[0]) if is_number else None


def raised(before: list[tuple[str, float, int]], after: list[tuple[str, float, int]]) -> Iterator[Trace]:
    """Limits that are larger than they were, and new ones that are set where none was."""
    old: dict[str, list[float]] = {}
    for name, value, _ in before:
        old.setdefault(name, []).append(value)
    for name, value, line in after:
        was = old[name].pop(0) if old.get(name) else None
        if was is None or value > was:
            why = f"the time limit was {f'{was:g}' if was is not None else 'the default'} and is {value:g} ms"
            yield Trace(rule="timeout-raised", text=f"{name}: {value:g}", line=line, why=why)


def _value(token: Token) -> float:
    try:
        plain = token.text.replace("_", "").rstrip("n")
        return float(int(plain, 0) if plain[:2].lower() in {"0x", "0b", "0o"} else float(plain))
    except ValueError:
        return 0.0
