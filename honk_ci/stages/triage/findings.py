"""What the log adds to the report: which of its findings repeat a failed test, and which stand alone."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.stages.triage.diagnosis import Diagnosis
from honk_ci.stages.triage.shapes import shape
from honk_ci.stages.triage.wording import GENERIC_MESSAGES

COMPARED = 300  # tests whose words are compared with those of a finding

_shape = lru_cache(maxsize=4096)(shape)

# Kinds that a log uses for what a report calls a failed test.
_LIKE_TESTS = frozenset({
    FindingKind.TEST, FindingKind.COLLECTION, FindingKind.MISSING_MODULE, FindingKind.SYNTAX, FindingKind.OTHER,
    FindingKind.TIMEOUT, FindingKind.NETWORK, FindingKind.OUT_OF_MEMORY, FindingKind.DISK_FULL, FindingKind.RATE_LIMIT,
})  # fmt: skip


class Owners:
    """The failed tests (or what stands for one) that findings of the log may be about."""

    def __init__(self, tests: Sequence[Diagnosis]) -> None:
        self._tests = tests
        self._by_identity: dict[tuple[str, ...], int] = {}
        self._by_name: dict[str, list[int]] = defaultdict(list)
        for index, test in enumerate(tests):
            self._by_identity.setdefault(test.identity, index)
            for name in _names(test):
                self._by_name[name].append(index)

    def of(self, found: Diagnosis) -> int | None:
        """The index of the test that a finding is about, None where it says something new."""
        finding = found.symptom.finding
        if finding is None:
            return None
        same = self._by_identity.get(found.identity)
        if finding.kind not in _LIKE_TESTS:
            return same
        named = self._named(found, finding)
        if named is not None or same is not None:
            return same if named is None else named
        compared = range(min(len(self._tests), COMPARED))
        for agree in (_says_the_same, _is_of_same_place, _explains):
            for index in compared:
                if agree(found, self._tests[index]):
                    return index
        return None

    def _named(self, found: Diagnosis, finding: LogFinding) -> int | None:
        """The test that the finding names: ``tests/test_cart.py::TestTotal::test_total``."""
        words = (
            [finding.code, *re.split(r"::| > |\.(?=\w+$)", finding.code)[-1:]]
            if finding.code
            else finding.message.split()
        )
        for word in words:
            for index in self._by_name.get(word, ()):
                file = self._tests[index].symptom.file
                if not file or not found.symptom.file or file == found.symptom.file:
                    return index
        return None


def _names(test: Diagnosis) -> set[str]:
    """What a log may call the test."""
    case = test.symptom.test.case if test.symptom.test else None
    return {case.name, case.name.rsplit(" > ", 1)[-1]} if case else set()


def _says_the_same(found: Diagnosis, test: Diagnosis) -> bool:
    """Whether exception and words agree."""
    one, other = found.symptom, test.symptom
    if one.exception and other.exception and one.exception != other.exception:
        return False
    if _is_part(one.message, other.message, other.statement) or _is_part(other.message, one.message, one.statement):
        return True
    words = _shape(one.message, one.exception)
    return len(words) > 8 and any(words == _shape(line) for line in (other.message, *other.statement.splitlines()))


def _is_of_same_place(found: Diagnosis, test: Diagnosis) -> bool:
    """Whether exception and file agree with what a report says."""
    one, other = found.symptom, test.symptom
    if other.test is None or not one.file or not one.exception or one.exception != other.exception:
        return False
    return one.file == other.file or any(frame.path == one.file for frame in other.frames)


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
