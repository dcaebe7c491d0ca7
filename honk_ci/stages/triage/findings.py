"""What the log adds to the report: which of its findings repeat a failed test, and which stand alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from honk_ci.domain import FindingKind
from honk_ci.stages.triage.diagnosis import Diagnosis
from honk_ci.stages.triage.shapes import shape
from honk_ci.stages.triage.symptoms import GENERIC_MESSAGES

# Kinds that a log uses for what a report calls a failed test.
_LIKE_TESTS = frozenset({
    FindingKind.TEST, FindingKind.COLLECTION, FindingKind.MISSING_MODULE, FindingKind.SYNTAX, FindingKind.OTHER,
    FindingKind.TIMEOUT, FindingKind.NETWORK, FindingKind.OUT_OF_MEMORY, FindingKind.DISK_FULL, FindingKind.RATE_LIMIT,
})  # fmt: skip


def twin(found: Diagnosis, tests: Sequence[Diagnosis]) -> Diagnosis | None:
    """The failed test that a finding of the log is about, None where it says something new."""
    finding = found.symptom.finding
    if finding is None:
        return None
    same = next((test for test in tests if test.identity == found.identity), None)
    if same is not None or finding.kind not in _LIKE_TESTS:
        return same
    for agree in (_names_test, _says_the_same, _explains):
        if owner := next((test for test in tests if agree(found, test)), None):
            return owner
    return None


def _names_test(found: Diagnosis, test: Diagnosis) -> bool:
    """Whether the finding names the test: ``tests/test_cart.py::TestTotal::test_total``."""
    case = test.symptom.test.case if test.symptom.test else None
    finding = found.symptom.finding
    if case is None or finding is None:
        return False
    if found.symptom.file and test.symptom.file and found.symptom.file != test.symptom.file:
        return False
    name = case.name.rsplit(" > ", 1)[-1]
    if finding.code:
        return finding.code in {case.name, name} or finding.code.endswith((f"::{name}", f"> {name}", f".{name}"))
    # the lines around the message may name others
    return len(name) > 3 and re.search(rf"(?<!\w){re.escape(name)}(?![\w\[])", finding.message) is not None


def _says_the_same(found: Diagnosis, test: Diagnosis) -> bool:
    """Whether exception and words agree; beside a report, exception and file do."""
    one, other = found.symptom, test.symptom
    if one.exception and other.exception and one.exception != other.exception:
        return False
    if _is_part(one.message, other.message, other.statement) or _is_part(other.message, one.message, one.statement):
        return True
    words = shape(one.message, one.exception)
    if len(words) > 8 and words in {shape(line) for line in (other.message, *other.statement.splitlines())}:
        return True
    places = {frame.path for frame in other.frames} | {other.file}
    return other.test is not None and bool(one.exception and one.exception == other.exception and one.file in places)


def _is_part(said: str, *whole: str) -> bool:
    """Whether the words, which a summary may have cut off, stand in the whole."""
    words = said.removesuffix("...").removesuffix("…").strip()
    return len(words) > 10 and any(words in text for text in whole)


def _explains(found: Diagnosis, test: Diagnosis) -> bool:
    """Whether the finding tells why a whole test file failed, of which nothing more is said."""
    finding, file = found.symptom.finding, test.symptom.file
    if finding is None or not file or not _is_wordless(test):
        return False
    name = file.rpartition("/")[2]
    return file in {found.symptom.file, *(f.path for f in found.symptom.frames)} or name in finding.excerpt


def _is_wordless(test: Diagnosis) -> bool:
    """Whether no more is said than that the test failed."""
    return not test.symptom.places and test.symptom.message.strip("'\"").lower() in GENERIC_MESSAGES


def knows_more(found: Diagnosis, test: Diagnosis) -> bool:
    """Whether a finding says more of the cause than what it was put to."""
    if found.kind in {"log", "test"}:
        return False
    return _is_wordless(test) or (test.symptom.test is None and bool(found.symptom.places) and not test.symptom.places)


def is_hearsay(found: Diagnosis) -> bool:
    """A trace in a log beside tests that are known to fail: tests print such things when they pass."""
    finding = found.symptom.finding
    if finding is None:
        return False
    is_trace = finding.tool == "python" or (finding.kind is FindingKind.TEST and not finding.code)
    return finding.kind is FindingKind.OTHER or is_trace
