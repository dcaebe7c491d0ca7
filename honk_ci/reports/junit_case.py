"""What one case of a JUnit report says: its state; when it failed, message, exception, line and text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from honk_ci.domain import FailedTest, TestCase
from honk_ci.reports.exceptions import exception_of, exception_type
from honk_ci.reports.text import MESSAGE_CAP, TEXT_CAP, CappedText, cap, first_line, uncoloured

if TYPE_CHECKING:
    from junitparser import TestCase as ParsedCase

FAILED = frozenset({"failure", "error"})
RETRIED = frozenset({"flakyFailure", "flakyError", "rerunFailure", "rerunError"})
TOLD = FAILED | RETRIED | {"skipped", "system-out", "system-err"}

# googletest and others say in an attribute what the rest says in an element.
NOT_RUN = frozenset({"notrun", "skipped", "skip", "disabled", "ignored", "pending", "suppressed"})
FAILED_WORDS = frozenset({"failed", "failure", "fail", "error", "errored", "broken"})

NAME_CAP = 1_000
OUTPUT_CAP = 4_000  # of captured output, which matters less than the traceback

_SOURCE_SUFFIXES = "py|js|jsx|ts|tsx|mjs|cjs|mts|cts|java|kt|groovy|scala|go|rs|rb|php|cs|cc|cpp|cxx|c|swift|ex|exs"
_FILE_NAME = re.compile(rf"\.(?:{_SOURCE_SUFFIXES})\Z")


def failed_test(element: Element, *, suite: str = "", suite_file: str = "", line_offset: int = 0) -> FailedTest:
    """The failing ``testcase`` element as a value; ``line_offset`` makes the producer's line 1-based."""
    from junitparser import Error, Failure
    from junitparser import TestCase as ParsedCase

    parsed: ParsedCase = ParsedCase.fromelem(element)  # type: ignore[no-untyped-call]  # junitparser leaves it bare
    results = [result for result in parsed.result if isinstance(result, Failure | Error)]
    texts = [uncoloured(result.text or "").strip("\n") for result in results]
    messages = [uncoloured(result.message or "").strip() for result in results]
    message = next(filter(None, messages), "") or next(filter(None, map(first_line, texts)), "")
    text = _whole_text(parsed, messages, texts)
    case = _case_of(parsed, element, suite_file)
    return FailedTest(
        case=case,
        is_error=not parsed.is_failure,
        exception=_exception([result.type or "" for result in results], message, text),
        message=cap(message, MESSAGE_CAP),
        text=text,
        line=_line(element, line_offset) or line_in_text(case, text),
        duration_s=duration_s(element.get("time", "")),
        suite=suite,
    )


def duration_s(text: str) -> float:
    """Seconds as producers write them: "1.5", "1,234.5", "0.5s"; 0 for what is no number."""
    try:
        seconds = float(text.strip().rstrip("s").replace(",", ""))
    except ValueError:
        return 0.0
    return seconds if 0 <= seconds < float("inf") else 0.0


def line_in_text(case: TestCase, text: str) -> int | None:
    """The line that the text gives for the test's own file."""
    for stem in _stems(case):
        found = re.search(rf"(?<![\w.-]){re.escape(stem)}\.(?:{_SOURCE_SUFFIXES})(?::|\()(\d{{1,7}})\b", text)
        if found:
            return int(found[1]) or None
    return None


def _stems(case: TestCase) -> Sequence[str]:
    """File names without suffix that the test may be in: its file, or what its class is named for."""
    files = [name for name in (case.file, case.classname) if _FILE_NAME.search(name)]
    parts = [part for part in reversed(re.split(r"[.$/\\]|::", case.classname)) if len(part) > 1]
    return [*(_FILE_NAME.sub("", re.split(r"[/\\]", name)[-1]) for name in files), *parts]


def _case_of(parsed: ParsedCase, element: Element, suite_file: str) -> TestCase:
    file = element.get("file") or element.get("filepath") or suite_file
    return TestCase(name=parsed.name or "", classname=parsed.classname or "", file=file[:NAME_CAP])


def _whole_text(parsed: ParsedCase, messages: Sequence[str], texts: Sequence[str]) -> str:
    """All that the case says, and then what it printed."""
    said: list[str] = []
    for message, text in zip(messages, texts, strict=True):
        if message and message not in text:
            said.append(message)
        if text.strip():
            said.append(text)
    for title, output in (("output", parsed.system_out), ("error output", parsed.system_err)):
        if output and output.strip():
            said.append(f"--- {title} ---\n{cap(uncoloured(output).strip(), OUTPUT_CAP)}")
    return cap("\n".join(said))


def _exception(types: Sequence[str], message: str, text: str) -> str:
    named = next(filter(None, map(exception_type, types)), "")
    return named or exception_of(message) or exception_of(text)


def _line(element: Element, offset: int) -> int | None:
    number = element.get("line", "")
    return int(number) + offset or None if number.isascii() and number.isdigit() and len(number) < 8 else None


class Told:
    """One thing that a case says beside its name: a failure, a skip, output."""

    __slots__ = ("attributes", "tag", "text")

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.text = CappedText()


def state_of(case: dict[str, str], told: Sequence[Told]) -> str:
    """A case that says nothing but its output, and has no state among its attributes, passed."""
    tags = {part.tag for part in told}
    # ``node --test`` writes the failure of a test marked "todo" too, and does not fail for it.
    is_todo = any(part.tag == "skipped" and part.attributes.get("type") == "todo" for part in told)
    if tags & FAILED and not is_todo:
        return "failed"
    stated = case.get("status", "").lower(), case.get("result", "").lower()
    if is_todo or "skipped" in tags or NOT_RUN.intersection(stated):
        return "skipped"
    if FAILED_WORDS.intersection(stated):
        return "failed"
    return "flaky" if tags & RETRIED else "passed"


def element_of(case: dict[str, str], told: Sequence[Told]) -> Element:
    element = Element("testcase", case)
    for part in told:
        SubElement(element, part.tag, part.attributes).text = part.text.value()
    if not FAILED.intersection(part.tag for part in told):
        SubElement(element, "failure", message=f"status: {case.get('status') or case.get('result')}")
    return element


def merged(first: FailedTest, again: FailedTest) -> FailedTest:
    """One case that failed twice, as in the test and in its tear-down; the first failure leads."""
    if again.text in first.text:
        return first
    return replace(first, text=cap(f"{first.text}\n{again.text}", TEXT_CAP), is_error=first.is_error and again.is_error)
