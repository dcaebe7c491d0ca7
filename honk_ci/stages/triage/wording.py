"""The words of a failure without what runners, reports and logs wrap around them."""

from __future__ import annotations

import re

from honk_ci.domain import LogFinding
from honk_ci.stages.triage.shapes import plain, short_name

# Messages that say no more than that something failed.
GENERIC_MESSAGES = frozenset(
    {"", "collection failure", "test setup failure", "test teardown failure", "failed", "test failed"}
)

# What ``collect`` and pytest put between the failure and what the test printed.
_OUTPUT = re.compile(r"^-{3,} ?(?:Captured|output ---|error output ---)[^\n]*$", re.MULTILINE)
_SETUP = re.compile(r'^failed on (?:setup|teardown) with "(.*)', re.DOTALL)
_FIXTURE = re.compile(r"fixture '[^'\n]+' not found")
_RAISED = re.compile(r"^(?:E\s{1,4})?((?:[A-Za-z_]\w*\.)*[A-Z]\w*)(?::\s|\s*$)")
_TRACEBACK_END = re.compile(r"^(?:E\s{1,4})?((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?:: .*)?)$", re.MULTILINE)
_STATED = re.compile(r"^E\s{1,7}(\S.*)$", re.MULTILINE)
_CAUSE = re.compile(r"^\s*\[?cause\]?: \[?([A-Z]\w+)", re.MULTILINE)  # how node shows what a test threw
_TYPED = re.compile(r"(?:Uncaught |Unhandled )?((?:[\w$]+[.:\\]+)*[\w$]+)(?: \[\w+\])?:\s+")
_EXCEPTION_LINE = re.compile(
    r"^(?:E\s{1,4}|Caused by: |panic: |\s{0,4}Error: |[A-Za-z_][\w.]*(?:Error|Exception|Warning): |\s*\[?cause\]?: "
    r"|\s*(?:code|hostname|address|port|syscall): ).*$",
    re.MULTILINE,
)


def without_output(text: str) -> str:
    """The failure without what the test printed."""
    return _OUTPUT.split(text, maxsplit=1)[0]


def exception_lines(traceback: str) -> list[str]:
    """Every line that states an exception: the last one, those that caused it, and their details."""
    return _EXCEPTION_LINE.findall(traceback)


def refined_exception(exception: str, message: str, traceback: str) -> str:
    """The exception itself where a report says no more than ``Error`` or nothing."""
    if exception not in {"", "Error"}:
        return exception
    stated, cause = _RAISED.match(message), _CAUSE.search(traceback)
    if cause and cause[1] != "Error":
        return cause[1]
    return exception or (short_name(stated[1]) if stated else "")


def clean_message(message: str, traceback: str) -> str:
    """The statement itself, without what a runner wraps around it."""
    if wrapped := _SETUP.match(message):
        message = wrapped[1].removesuffix('"')
    if fixture := _FIXTURE.search(message):
        return fixture[0]
    if message.lstrip().startswith("Traceback (most recent call last)"):
        ends: list[str] = _TRACEBACK_END.findall(f"{message}\n{traceback}")
        return (ends or [message])[-1].strip()
    if message.strip().lower() not in GENERIC_MESSAGES:
        return message.strip()
    stated: list[str] = _STATED.findall(traceback)
    raised = [line for line in stated if _RAISED.match(line)]  # further lines go on with what one says
    return next(iter([*reversed(raised), *stated]), message).strip()


def without_name(message: str, exception: str) -> str:
    """``ValueError: bad`` is ``bad`` where the exception is known to be that one."""
    stated = _TYPED.match(message)
    if stated and exception and short_name(stated[1]) == exception:
        return message[stated.end() :]
    return message


def without_test(finding: LogFinding) -> str:
    """``tests/test_cart.py::test_total - ValueError: bad`` is ``ValueError: bad``."""
    message = plain(finding.message)
    if finding.code and message in {finding.code, f"{finding.file}::{finding.code}"}:
        return ""
    if finding.code and message.startswith(f"{finding.code} - "):
        return message.removeprefix(f"{finding.code} - ")
    return re.sub(r"^(?:FAILED |ERROR )?[^\s:]+\.\w+(?:::.*?)? - (?=\S)", "", message, count=1)
