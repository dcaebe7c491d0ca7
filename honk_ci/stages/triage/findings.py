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
    if case is None or finding is None or len(case.name) < 4:
        return False
    said = f"{finding.message}\n{finding.excerpt}"
    name = case.name.rsplit(" > ", 1)[-1]
    if not re.search(rf"(?<![\w]){re.escape(name)}(?![\w\[])", said):
        return False
    return not found.symptom.file or not test.symptom.file or found.symptom.file == test.symptom.file


def _says_the_same(found: Diagnosis, test: Diagnosis) -> bool:
    """Whether exception and words agree, or exception and file."""
    one, other = found.symptom, test.symptom
    if one.exception and other.exception and one.exception != other.exception:
        return False
    words = shape(one.message, one.exception)
    if len(words) > 8 and words in {shape(line) for line in (other.message, *other.statement.splitlines())}:
        return True
    if len(one.message) > 12 and (one.message in other.message or one.message in other.statement):
        return True
    places = {frame.path for frame in other.frames} | {other.file}
    return bool(one.exception and one.exception == other.exception and one.file and one.file in places)


def _explains(found: Diagnosis, test: Diagnosis) -> bool:
    """Whether the finding tells why a whole test file failed, of which the report says nothing more."""
    finding, file = found.symptom.finding, test.symptom.file
    if finding is None or not file or not is_wordless(test):
        return False
    name = file.rpartition("/")[2]
    return file in {found.symptom.file, *(f.path for f in found.symptom.frames)} or name in finding.excerpt


def is_wordless(test: Diagnosis) -> bool:
    """Whether the report says no more than that the test failed."""
    symptom = test.symptom
    return not symptom.places and symptom.message.lower() in GENERIC_MESSAGES


def is_hearsay(found: Diagnosis) -> bool:
    """A trace in a log beside a report that knows the failed tests: tests print such things when they pass."""
    finding = found.symptom.finding
    if finding is None:
        return False
    is_trace = finding.tool == "python" or (finding.kind is FindingKind.TEST and not finding.code)
    return finding.kind is FindingKind.OTHER or is_trace
