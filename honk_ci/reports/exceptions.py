"""The type of an exception, from what test frameworks and interpreters print of it."""

from __future__ import annotations

import re

_NAME = r"(?:[A-Za-z_$][\w$]*(?:\.|::|\\))*_?[A-Z][\w$]*"
_TYPE = re.compile(rf"{_NAME}\Z")
_ENDING = r"(?:Error|Exception|Failure|Failed|Fault|Warning|Interrupt|Exit|Timeout|Expired|NotMet|Panic|DoesNotExist)"
_MARKED = rf"(?:[A-Za-z_$][\w$]*(?:\.|::|\\))*[A-Z_]?[\w$]*{_ENDING}"

# What frameworks put into `type` although it is no type of exception.
_GENERIC = frozenset({"Failure", "Failed", "TestFailure", "FAIL", "FAILED", "ERROR", "Fail"})

# In the order of trust: pytest's own mark; the last line of a Python traceback; the cause of a
# node test failure; "Type: message" or "Type [CODE]: message" at the start of a line, also behind
# what announces it; a bare type on a line of its own.
_STATED = (
    re.compile(rf"^E +({_NAME})(?=: |[ \t]*$)", re.MULTILINE),
    re.compile(rf"^[ \t]*cause: (?:\[?)({_NAME})(?: \[\w+\])?(?::|\]| \{{)", re.MULTILINE),
    re.compile(
        rf"^[ \t]*(?:\d+\) )?(?:Uncaught |Unhandled |Caused by: |panic: |Exception in thread \"[^\"\n]*\" |\[)?"
        rf"({_MARKED})(?: \[\w+\])?(?=:| \(|[ \t]*$)",
        re.MULTILINE,
    ),
    re.compile(rf"\"({_MARKED}): "),  # pytest: failed on setup with "ValueError: x"
    re.compile(r"^[^\s:]+:\d+: (\w+)[ \t]*$", re.MULTILINE),  # the place that ends a pytest traceback
)
_PANIC = re.compile(r"^(?:panic: |thread '[^'\n]*' (?:\(\d+\) )?panicked at )", re.MULTILINE)  # go, rust
_ASSERTION = re.compile(r"^(?:E[ \t]+)?assert\b", re.MULTILINE)


def exception_type(stated: str) -> str:
    """The ``type`` attribute of a failure, where it names a type of exception."""
    name = stated.strip()
    last = re.split(r"\.|::|\\", name)[-1]
    is_type = _TYPE.match(name) is not None and not last.isupper() and last not in _GENERIC
    return name if is_type and len(name) <= 200 else ""


def exception_of(text: str) -> str:
    """The exception that ``text`` reports, "" where it names none."""
    if last := _end_of_python_traceback(text):
        return last
    for pattern in _STATED:
        if found := pattern.search(text):
            return found[1]
    if _PANIC.search(text):
        return "panic"
    return "AssertionError" if _ASSERTION.match(text) else ""


def _end_of_python_traceback(text: str) -> str:
    """The type in the line that ends the last traceback: the first one there that is not indented."""
    start = text.rfind("Traceback (most recent call last)")
    if start < 0:
        return ""
    indent = start - (text.rfind("\n", 0, start) + 1)
    for line in text[start:].splitlines()[1:]:
        body = line[indent:]
        if body[:1].strip():
            found = re.match(rf"({_NAME}|[a-z_][\w.]*\.[A-Za-z]\w*)(?=:|\s*$)", body)
            return found[1] if found else ""
    return ""
