"""Third stage: how the plausible edits behave on inputs like those of the tests.

The chosen tests run once more on the code as it is. At each call of an edited function the process
forks once for the code as it is and once for each edit, and there the function is called with the
arguments as they are and with slightly changed ones. Answers are compared by digest, in honk.
"""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import itertools
import re
import sys
from functools import partial
from types import CellType, CodeType, FunctionType
from typing import Any, Callable  # noqa: UP035 (the other cannot be subscripted before 3.9)

from . import items as tests
from .forks import Overtime, Send, in_fork, limit_cpu
from .inputs import Call, variations

MOST_CALLS = 12  # of one function, with distinct arguments
CALL_LIMIT_S = 0.1
ITEMS_READ = 300  # of an endless generator
DEPTH = 5

PutInForce = Callable[[], Any]
ORIGINAL = "original"


class Comparison:
    """Answers of all edits of one function to the same calls."""

    def __init__(self, code: CodeType, edits: dict[str, tuple[CodeType, PutInForce]], send: Send) -> None:
        """``edits`` give for each edit the code that takes the place of ``code``, and how all of it is put in force."""
        self._code = code
        self._edits = {ORIGINAL: (code, _nothing), **edits}
        self._send = send
        self._seen: set[str] = set()

    def run(self, items: list[Any], *, test_limit_s: float) -> None:
        sys.settrace(self._on_call)
        for item, nextitem in zip(items, [*items[1:], None]):  # noqa: B905 (strict= is 3.10+)
            limit_cpu(test_limit_s)
            tests.run_item(item, nextitem)
        sys.settrace(None)

    def _on_call(self, frame: Any, _event: str, _argument: Any) -> None:
        if frame.f_code is self._code and len(self._seen) < MOST_CALLS:
            call = _call_of(frame)
            known = canonical(call)
            if known not in self._seen:
                self._seen.add(known)
                self._answer(call, frame)

    def _answer(self, call: Call, frame: Any) -> None:
        calls = [call, *variations(call)]
        wall_s = 1.0 + 3 * CALL_LIMIT_S * len(calls)
        for name, (code, put_in_force) in self._edits.items():
            function = _function_of(code, frame)
            answers, _ = in_fork(partial(_call_all, function, calls, put_in_force), wall_s)
            self._send({"call": len(self._seen), "edit": name, "answers": answers, "asked": len(calls)})


def canonical(value: Any, depth: int = DEPTH) -> str:
    """A text that is equal for values that look equal from outside, across processes."""
    if value is None or isinstance(value, (bool, int, str, bytes, type(...))):
        return repr(value)
    if isinstance(value, (float, complex)):
        return f"{value:.10g}"
    if depth == 0:
        return type(value).__name__
    if isinstance(value, dict):
        pairs = (f"{canonical(k, depth - 1)}: {canonical(v, depth - 1)}" for k, v in value.items())
        return f"{type(value).__name__}{{{', '.join(sorted(pairs))}}}"
    if isinstance(value, (set, frozenset)):
        return f"{type(value).__name__}{sorted(canonical(item, depth - 1) for item in value)}"
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}{[canonical(item, depth - 1) for item in value]}"
    if callable(value) or inspect.ismodule(value):
        return f"<{getattr(value, '__qualname__', type(value).__name__)}>"
    fields = getattr(value, "__dict__", None)
    if isinstance(fields, dict) and fields:
        return f"{type(value).__name__}({canonical(fields, depth - 1)})"
    return re.sub(r"0x[0-9a-fA-F]+", "0x", repr(value))


def _call_all(function: FunctionType, calls: list[Call], put_in_force: PutInForce, send: Send) -> None:
    sys.settrace(None)
    put_in_force()
    for call in calls:
        limit_cpu(CALL_LIMIT_S)
        send(_digest(_outcome(function, call)))


def _function_of(code: CodeType, frame: Any) -> FunctionType:
    """A function of ``code`` as it was called: a closure sees the values that it saw there."""
    cells = [CellType(frame.f_locals[name]) if name in frame.f_locals else CellType() for name in code.co_freevars]
    return FunctionType(code, frame.f_globals, code.co_name, None, tuple(cells))


def _call_of(frame: Any) -> Call:
    code = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount
    names = code.co_varnames
    values = frame.f_locals
    positional = [values[name] for name in names[: code.co_argcount]]
    keywords = {name: values[name] for name in names[code.co_argcount : count]}
    if code.co_flags & inspect.CO_VARARGS:
        positional += values[names[count]]
        count += 1
    if code.co_flags & inspect.CO_VARKEYWORDS:
        keywords.update(values[names[count]])
    return positional, keywords


def _outcome(function: Callable[..., Any], call: Call) -> str:
    """What came back, and what became of the arguments."""
    positional, keywords = call
    try:
        result = _settled(function(*positional, **keywords))
    except Overtime:
        return "overtime"
    except BaseException as error:  # noqa: BLE001 (whatever code under repair raises is its answer)
        return f"raised {type(error).__name__}"
    if result is None and not _changes_anything(call):
        return "None"
    return f"{canonical(result)} {canonical(call)}"


def _changes_anything(call: Call) -> bool:
    """Whether a call without result can have an effect that shows in its arguments."""
    positional, keywords = call
    immutable = (bool, int, float, str, bytes, tuple, frozenset, type(None))
    return any(not isinstance(value, immutable) for value in [*positional, *keywords.values()])


def _settled(result: Any) -> Any:
    if inspect.iscoroutine(result):
        return asyncio.run(result)
    if inspect.isgenerator(result) or isinstance(result, (map, filter, zip)):
        return list(itertools.islice(result, ITEMS_READ))
    return result


def _digest(outcome: str) -> str:
    if outcome in ("None", "overtime") or outcome.startswith("raised "):
        return outcome
    return hashlib.sha256(outcome.encode("utf-8", "backslashreplace")).hexdigest()[:16]


def _nothing() -> None:
    pass
