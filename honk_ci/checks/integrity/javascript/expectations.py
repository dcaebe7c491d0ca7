"""The assertions of JavaScript tests: jest and vitest, chai, node:assert, and those of `t`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from honk_ci.checks.integrity.assertion import CLOSE, EXACT, NOTHING, PARTIAL, PRESENCE, RANGE, Assertion
from honk_ci.checks.integrity.javascript.tokens import Token, arguments, closing, joined

_STRICT = EXACT + 1
_MATCHERS: Mapping[str, int] = {
    "toStrictEqual": _STRICT, "toBe": EXACT, "toEqual": EXACT, "toBeNull": EXACT, "toBeUndefined": EXACT,
    "toBeNaN": EXACT, "toHaveBeenCalledTimes": EXACT, "toHaveBeenCalledWith": EXACT, "toHaveBeenNthCalledWith": EXACT,
    "toHaveBeenLastCalledWith": CLOSE, "toHaveReturnedWith": EXACT, "toMatchSnapshot": EXACT,
    "toMatchInlineSnapshot": EXACT, "toThrowErrorMatchingSnapshot": EXACT, "toThrowErrorMatchingInlineSnapshot": EXACT,
    "toThrow": EXACT, "toThrowError": EXACT, "toBeCloseTo": CLOSE, "toHaveLength": PARTIAL, "toContain": PARTIAL,
    "toContainEqual": PARTIAL, "toMatch": PARTIAL, "toMatchObject": PARTIAL, "toHaveProperty": PARTIAL,
    "toHaveTextContent": PARTIAL, "toHaveBeenCalled": RANGE, "toHaveReturned": RANGE, "toBeGreaterThan": RANGE,
    "toBeGreaterThanOrEqual": RANGE, "toBeLessThan": RANGE, "toBeLessThanOrEqual": RANGE, "toBeInstanceOf": RANGE,
    "toBeTypeOf": RANGE, "toBeTruthy": PRESENCE, "toBeFalsy": PRESENCE, "toBeDefined": PRESENCE,
    "toSatisfy": PRESENCE, "toBeInTheDocument": PRESENCE,
    # chai
    "equal": EXACT, "equals": EXACT, "eq": EXACT, "eql": EXACT, "eqls": EXACT, "calledOnceWith": EXACT, "null": EXACT,
    "undefined": EXACT, "true": EXACT, "false": EXACT, "throw": EXACT, "throws": EXACT, "rejectedWith": EXACT,
    "members": CLOSE, "closeTo": CLOSE, "approximately": CLOSE, "include": PARTIAL, "includes": PARTIAL,
    "contain": PARTIAL, "contains": PARTIAL, "match": PARTIAL, "property": PARTIAL, "lengthOf": PARTIAL,
    "keys": PARTIAL, "above": RANGE, "below": RANGE, "least": RANGE, "most": RANGE, "within": RANGE, "a": RANGE,
    "an": RANGE, "instanceof": RANGE, "ok": PRESENCE, "exist": PRESENCE, "exists": PRESENCE, "empty": EXACT,
    "called": PRESENCE, "fulfilled": PRESENCE, "be": PRESENCE,
    # node:assert, tap, ava
    "deepStrictEqual": _STRICT, "strictEqual": _STRICT, "deepEqual": EXACT, "is": EXACT, "same": EXACT, "like": PARTIAL,
    "partialDeepStrictEqual": PARTIAL, "rejects": EXACT, "truthy": PRESENCE, "falsy": PRESENCE, "assert": PRESENCE,
    "notEqual": PRESENCE, "notStrictEqual": PRESENCE, "notDeepEqual": PRESENCE, "doesNotThrow": PRESENCE,
    "doesNotReject": PRESENCE, "pass": NOTHING, "fail": EXACT, "ifError": EXACT, "snapshot": EXACT, "isTrue": EXACT,
    "isFalse": EXACT, "isNull": EXACT, "isOk": PRESENCE, "isDefined": PRESENCE, "notThrows": PRESENCE,
}  # fmt: skip
_THROWERS = frozenset({"toThrow", "toThrowError", "throw", "throws", "rejects", "rejectedWith"})
_NEGATED = {"not", "notDeepEqual", "notEqual", "notStrictEqual"}
_ANYTHING = re.compile(r"\b(?:expect|jest|sinon\.match)\.(?:anything|any|objectContaining|arrayContaining)\b")
_LITERALS = frozenset({"true", "false", "null", "undefined"})


def expectations(some: Sequence[Token]) -> list[Assertion]:
    """The assertions among some tokens, in order, with the conditions that they stand under."""
    found = []
    ways = _Ways(some)
    index = 0
    while index < len(some):
        end = _chain_end(some, index)
        if end is None:
            index += 1
            continue
        assertion = _assertion(some[index:end], ways, index)
        if assertion is not None:
            found.append(assertion)
        index = end if assertion is not None else index + 1
    return found


class _Ways:
    """What stands around a token: conditions, and ``try`` blocks whose ``catch`` lets nothing out."""

    def __init__(self, some: Sequence[Token]) -> None:
        self.conditions: list[tuple[int, int, str]] = []
        self.swallowed: list[tuple[int, int]] = []
        for index, token in enumerate(some[:-1]):
            if token.text == "if" and some[index + 1].text == "(":
                self._condition(some, index)
            elif token.text == "try" and some[index + 1].text == "{":
                self._attempt(some, index + 1)

    def _condition(self, some: Sequence[Token], index: int) -> None:
        end = closing(some, index + 1)
        if end + 1 < len(some):
            last = closing(some, end + 1) if some[end + 1].text == "{" else _statement_end(some, end + 1)
            self.conditions.append((end, last, joined(some[index : end + 1])))

    def _attempt(self, some: Sequence[Token], opening: int) -> None:
        end = closing(some, opening)
        handler = next((i for i in range(end, min(end + 8, len(some))) if some[i].text == "{"), None)
        if end + 1 < len(some) and some[end + 1].text == "catch" and handler is not None:
            inside = {token.text for token in some[handler : closing(some, handler)]}
            if not inside & {"throw", "expect", "assert", "fail", "done", "reject"}:
                self.swallowed.append((opening, end))

    def guards(self, index: int) -> tuple[str, ...]:
        return tuple(text for start, end, text in self.conditions if start < index <= end)

    def is_swallowed(self, index: int) -> bool:
        return any(start < index < end for start, end in self.swallowed)


def _statement_end(some: Sequence[Token], index: int) -> int:
    return next((i for i in range(index, len(some)) if some[i].text in {";", "}"}), len(some) - 1)


def _chain_end(some: Sequence[Token], index: int) -> int | None:
    """The end of the assertion that begins at ``index``; None where none does."""
    token = some[index]
    after_dot = index > 0 and some[index - 1].text in {".", "?."}
    if token.kind != "name" or after_dot or index + 1 >= len(some):
        return None
    is_root = token.text in {"expect", "assert"} and some[index + 1].text in {"(", "."}
    is_context = token.text in {"t", "ctx"} and some[index + 1].text == "."
    has_should = any(part.text == "should" for part in some[index : index + 6]) and _should(some, index)
    if not (is_root or is_context or has_should):
        return None
    place = index + 1
    while place < len(some):
        if some[place].text in {"(", "["}:
            place = closing(some, place) + 1
        elif some[place].text in {".", "?."} and place + 1 < len(some) and some[place + 1].kind == "name":
            place += 2
        else:
            break
    return place


def _should(some: Sequence[Token], index: int) -> bool:
    end = next((i for i in range(index, min(index + 6, len(some))) if some[i].text in {";", "{", "}"}), index + 6)
    return any(part.text == "should" for part in some[index:end])


def _assertion(chain: Sequence[Token], ways: _Ways, index: int) -> Assertion | None:
    words, given = _words(chain)
    root = chain[0].text
    name = next((word for word in reversed(words) if word in _MATCHERS), "" if root != "assert" or words else "assert")
    if not name or (root == "t" and name in {"be", "a", "an"}):
        return None
    subject, rest = _subject(chain, given, root)
    text = joined(chain)
    strength = _strength(name, words, rest)
    return Assertion(
        text=text,
        line=chain[0].line,
        strength=strength,
        subject=subject,
        expected=rest,
        raised=(rest or "anything",) if name in _THROWERS and "not" not in words else (),
        tolerances=_tolerances(name, rest),
        shape=_shape(chain),
        is_constant=_is_constant(name, words, subject, rest),
        guards=ways.guards(index),
        is_swallowed=ways.is_swallowed(index),
    )


def _words(chain: Sequence[Token]) -> tuple[list[str], list[list[list[Token]]]]:
    """The names of a chain past its root, and the arguments of each of its calls."""
    words, given, index = [], [], 1
    while index < len(chain):
        if chain[index].text == "(":
            given.append(arguments(chain, index))
            index = closing(chain, index) + 1
        elif chain[index].kind == "name":
            words.append(chain[index].text)
            index += 1
        else:
            index += 1
    return words, given


def _subject(chain: Sequence[Token], given: Sequence[list[list[Token]]], root: str) -> tuple[str, str]:
    """What is checked, and what it is held against."""
    if root == "expect":
        subject = ", ".join(map(joined, given[0])) if given else ""
        return subject, "; ".join(", ".join(map(joined, call)) for call in given[1:])
    if "should" in {token.text for token in chain}:
        place = next(i for i, token in enumerate(chain) if token.text == "should")
        return joined(chain[:place]), "; ".join(", ".join(map(joined, call)) for call in given)
    last = list(map(joined, given[-1])) if given else []
    return (last[0] if last else ""), ", ".join(last[1:])


def _strength(name: str, words: Sequence[str], rest: str) -> int:
    strength = _MATCHERS[name]
    if "not" in words or name in _NEGATED:
        is_exact = name in {"toHaveBeenCalled", "toContain", "include", "toBeTruthy", "toBeFalsy", "called", "true"}
        strength = PARTIAL if is_exact else PRESENCE
    return strength - min(1, len(_ANYTHING.findall(rest)))


def _tolerances(name: str, rest: str) -> dict[str, float]:
    parts = [part.strip() for part in rest.split(",")]
    if name == "toBeCloseTo":
        return {"digits": _float(parts[1], 2.0) if len(parts) > 1 else 2.0}
    if name in {"closeTo", "approximately"} and len(parts) > 1:
        return {"delta": _float(parts[-1], 0.0)}
    return {}


def _float(text: str, default: float) -> float:
    try:
        return float(text)
    except ValueError:
        return default


def _shape(chain: Sequence[Token]) -> str:
    masked = [
        Token("number", "0", token.line)
        if token.kind in {"number", "string", "template", "regex"} or token.text in _LITERALS
        else token
        for token in chain
    ]
    return joined(masked)


def _is_constant(name: str, words: Sequence[str], subject: str, rest: str) -> bool:
    if name == "assert" or name in {"ok", "toBeTruthy", "isTrue", "isOk", "truthy"}:
        return "not" not in words and (subject in {"true", "1", "!0"} or subject[:1] in {'"', "'"})
    is_equality = _MATCHERS[name] >= EXACT and name not in _THROWERS
    return is_equality and "not" not in words and bool(rest) and subject == rest.partition(", ")[0]


def count_checks(some: Sequence[Token]) -> Iterator[tuple[str, int]]:
    """Calls that say how many assertions must run, with their lines."""
    for index, token in enumerate(some[:-2]):
        if token.text in {"expect", "t"} and some[index + 2].text in {"assertions", "hasAssertions", "plan"}:
            end = closing(some, index + 3) if index + 3 < len(some) else index
            yield joined(some[index : end + 1]), token.line
