"""What the log adds to the report: which of its findings repeat a failed test, and which stand alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from honk_ci.domain import FindingKind
from honk_ci.stages.triage.diagnosis import Diagnosis
from honk_ci.stages.triage.shapes import shape

# Kinds that a log uses for what a report calls a failed test.
_LIKE_TESTS = frozenset({
    FindingKind.TEST, FindingKind.COLLECTION, FindingKind.MISSING_MODULE, FindingKind.SYNTAX, FindingKind.OTHER,
    FindingKind.TIMEOUT, FindingKind.NETWORK, FindingKind.OUT_OF_MEMORY, FindingKind.DISK_FULL, FindingKind.RATE_LIMIT,
})  # fmt: skip
_NODE_ID = re.compile(r"[\w./\\-]+\.\w+::[\w:\[\]., -]+|--- FAIL: \S+|^not ok \d+|^FAILED ")


def twin(found: Diagnosis, tests: Sequence[Diagnosis]) -> Diagnosis | None:
    """The failed test that a finding of the log is about, None where it says something new."""
    finding = found.symptom.finding
    if finding is None:
        return None
    same = next((test for test in tests if test.identity == found.identity), None)
    if same is not None or finding.kind not in _LIKE_TESTS:
        return same
    return next((test for test in tests if _names_test(found, test)), None) or next(
        (test for test in tests if _says_the_same(found, test)), None
    )


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


def is_hearsay(found: Diagnosis) -> bool:
    """A trace in a log beside a report that knows the failed tests: tests print such things when they pass."""
    finding = found.symptom.finding
    if finding is None or finding.kind not in {FindingKind.TEST, FindingKind.OTHER}:
        return False
    return finding.kind is FindingKind.OTHER or not _NODE_ID.search(f"{finding.message}\n{finding.excerpt}")
