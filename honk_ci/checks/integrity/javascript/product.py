"""What product code in JavaScript may not gain: knowledge of the tests, and ways around them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from honk_ci.checks.integrity.javascript.tokens import Token, arguments, closing, joined
from honk_ci.checks.integrity.trace import Trace
from honk_ci.domain import Severity

_TEST_VARIABLES = frozenset(
    {
        "JEST_WORKER_ID", "VITEST", "VITEST_WORKER_ID", "VITEST_POOL_ID", "VITEST_MODE", "MOCHA_COLORS", "CI",
        "GITHUB_ACTIONS", "GITLAB_CI", "NODE_TEST_CONTEXT", "TEST_WORKER_INDEX", "PLAYWRIGHT_TEST", "CYPRESS",
    }
)  # fmt: skip
_TEST_GLOBALS = frozenset(
    {"jest", "vi", "describe", "it", "test", "expect", "mocha", "jasmine", "beforeEach", "Cypress"}
)
_FRAMEWORKS = frozenset(
    {"vitest", "@jest/globals", "jest", "mocha", "chai", "sinon", "node:test", "jest-mock", "@playwright/test"}
)
_RUNNERS = re.compile(r"jest|vitest|mocha|--test\b|ava\b|karma")
_PATCHED = re.compile(
    r"^(?:global|globalThis|window|self)\.(?:expect|it|test|describe|assert|jest|vi|beforeEach|afterEach)$"
    r"|^(?:expect|assert|chai|jest|vi)\.\w+$|^Object\.is$|^JSON\.(?:stringify|parse)$|^Math\.\w+$|^Date\.now$"
)
_PROTOTYPE = re.compile(r"^(?:Object|Array|String|Number|Function|Map|Set|Error|Promise|Date|RegExp)\.prototype\.\w+$")
_WHY_SPECIAL = "it answers a failing test's own input with the result that the test expects"


def product_traces(some: Sequence[Token]) -> list[Trace]:
    """Everything in a file that undermines tests, wherever it stands."""
    return [trace for index in range(len(some)) for trace in _at(some, index)]


def _at(some: Sequence[Token], index: int) -> Iterator[Trace]:
    token = some[index]
    if token.kind in {"name", "string"}:
        yield from _detection(some, index)
    if token.kind == "name":
        yield from _exit(some, index)
        yield from _swallowed(some, index)
        yield from _patched(some, index)


def _detection(some: Sequence[Token], index: int) -> Iterator[Trace]:
    token, before = some[index], joined(some[max(0, index - 2) : index])
    word = token.text.strip("'\"")
    if word in _TEST_VARIABLES and before.endswith(("env.", "env[", "meta.")):
        yield _trace("test-detection", token, joined(some[max(0, index - 4) : index + 1]), "it asks whether tests run")
    elif word in _FRAMEWORKS and _is_imported(some, index):
        why = "product code has no need of a test framework"
        yield _trace("framework-patched", token, joined(some[max(0, index - 2) : index + 1]), why, Severity.PERSON)
    elif token.text == "argv" and any(_RUNNERS.search(t.text) for t in some[index : index + 16] if t.kind == "string"):
        yield _trace("test-detection", token, joined(some[max(0, index - 2) : index + 16]), "it asks what runs it")
    elif word == "NODE_ENV" or (token.text == "MODE" and before.endswith("env.")):
        around = some[index + 1 : index + 4]
        sides = [t.text.strip("'\"") for t in (*around, *some[max(0, index - 8) : index])]
        if "test" in sides and any(
            t.text in {"==", "===", "!=", "!=="} for t in (*around, *some[max(0, index - 8) : index])
        ):
            yield _trace("test-detection", token, f'{token.text} === "test"', "it asks whether tests run")
    elif token.text == "typeof" and index + 1 < len(some) and some[index + 1].text in _TEST_GLOBALS:
        yield _trace("test-detection", token, joined(some[index : index + 2]), "it asks whether a test runner is there")
    elif word in _TEST_GLOBALS and before.endswith(("globalThis.", "global.")) and not _is_set_or_called(some, index):
        yield _trace("test-detection", token, f"{before}{word}", "it asks whether a test runner is there")


def _is_imported(some: Sequence[Token], index: int) -> bool:
    before = [token.text for token in some[max(0, index - 2) : index]]
    return some[index].kind == "string" and (before[-1:] in (["from"], ["import"]) or before == ["require", "("])


def _is_set_or_called(some: Sequence[Token], index: int) -> bool:
    return index + 1 < len(some) and some[index + 1].text in {"=", "("}


def _exit(some: Sequence[Token], index: int) -> Iterator[Trace]:
    token = some[index]
    owner = some[index - 2].text if index > 1 and some[index - 1].text == "." else ""
    if index + 1 >= len(some) or some[index + 1].text != "(":
        return
    given = [joined(argument) for argument in arguments(some, index + 1)]
    text = f"{owner}.{token.text}({', '.join(given)})" if owner else f"{token.text}({', '.join(given)})"
    if owner == "process" and token.text in {"reallyExit", "abort", "kill"}:
        yield _trace("exit-added", token, text, "it can end the run before the tests do")
    elif owner == "process" and token.text == "exit" and (given or ["0"]) == ["0"]:
        why = "it can end the run with success before the tests do"
        yield _trace("exit-added", token, text, why, Severity.PERSON)
    elif token.text == "eval" and not owner:
        yield _trace("dynamic-code", token, text, "code made at run time cannot be reviewed", Severity.PERSON)


def _swallowed(some: Sequence[Token], index: int) -> Iterator[Trace]:
    token = some[index]
    if token.text != "catch" or index + 1 >= len(some):
        return
    why = "every error is caught and none is told"
    if index and some[index - 1].text == ".":
        body = joined(some[index + 1 : closing(some, index + 1) + 1])
        if re.fullmatch(r"\((?:\(\w*\)|\w+)=>\{\}\)|\(function\(\w*\)\{\}\)", body):
            yield _trace("error-swallowed", token, f".catch{body}", why)
        return
    opening = closing(some, index + 1) + 1 if some[index + 1].text == "(" else index + 1
    if opening + 1 < len(some) and some[opening].text == "{" and some[opening + 1].text == "}":
        yield _trace("error-swallowed", token, "catch {}", why)


def _patched(some: Sequence[Token], index: int) -> Iterator[Trace]:
    """An assignment to something that belongs to the language or to the test framework."""
    if index and some[index - 1].text == ".":
        return
    end = index + 1
    while end + 1 < len(some) and some[end].text == "." and some[end + 1].kind == "name":
        end += 2
    if end == index + 1 or end >= len(some) or some[end].text != "=":
        return
    place = joined(some[index:end])
    if _PATCHED.match(place):
        yield _trace("framework-patched", some[index], f"{place} = …", "it changes what tests are made with")
    elif _PROTOTYPE.match(place):
        why = "it changes the language's own objects for the whole program"
        yield _trace("framework-patched", some[index], f"{place} = …", why, Severity.PERSON)


def literal_keys(some: Sequence[Token]) -> frozenset[str]:
    """The telling literals among some tokens, in Python's notation."""
    return frozenset(filter(None, map(literal_key, some)))


def literal_key(token: Token) -> str:
    """A literal in Python's notation; "" for what says nothing by itself."""
    if token.kind == "number":
        try:
            value = float(token.text.replace("_", "").rstrip("n"))
        except ValueError:
            return ""
        return f"{value:g}" if abs(value) > 2 else ""
    is_text = token.kind == "string" or (token.kind == "template" and "${" not in token.text)
    return repr(token.text[1:-1]) if is_text and len(token.text) > 3 else ""


def special_cases(before: Sequence[Token], after: Sequence[Token], expected: frozenset[str]) -> list[Trace]:
    """New special cases for literals that the failing tests name."""
    old = {case.text for case in _cases(before, expected)}
    cases = [case for case in _cases(after, expected) if case.text not in old]
    if sum(1 for _ in _rows(after)) >= 3:
        return []  # a row of such cases anyway
    return cases


def _rows(some: Sequence[Token]) -> Iterator[tuple[int, int, int]]:
    """Each ``if (… === literal) return literal``: where it begins, asks, and answers."""
    for index, token in enumerate(some[:-3]):
        if token.text == "if" and some[index + 1].text == "(":
            end = closing(some, index + 1)
            place = end + 2 if end + 1 < len(some) and some[end + 1].text == "{" else end + 1
            if place + 1 < len(some) and some[place].text == "return" and literal_key(some[place + 1]):
                yield index, end, place + 1


def _cases(some: Sequence[Token], expected: frozenset[str]) -> Iterator[Trace]:
    for start, end, answer in _rows(some):
        condition = some[start + 2 : end]
        asks = any(t.text in {"===", "=="} for t in condition) and any(
            literal_key(t) in expected for t in condition if literal_key(t)
        )
        if asks and literal_key(some[answer]) in expected:
            yield _trace("special-case", some[start], joined(some[start : answer + 1]), _WHY_SPECIAL)


def _trace(rule: str, token: Token, text: str, why: str, severity: Severity = Severity.VETO) -> Trace:
    return Trace(rule=rule, text=text, line=token.line, why=why, severity=severity)
