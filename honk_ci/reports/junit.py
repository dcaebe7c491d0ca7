"""JUnit XML, whoever wrote it.

There is no one schema: the reader takes what pytest, surefire, gradle, gotestsum, jest-junit,
vitest, nextest, PHPUnit, RSpec, ``node --test`` and googletest write. The file is streamed; only
failing cases, and those with output of their own, ever become elements.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from xml.parsers.expat import XMLParserType

from honk_ci.domain import FailedTest, Report, TestCounts, case_key
from honk_ci.errors import ReportError
from honk_ci.reports import xml_stream
from honk_ci.reports.junit_case import FAILED, TOLD, Told, element_of, failed_test, merged, state_of
from honk_ci.reports.subtests import echoing_parents
from honk_ci.reports.tally import SPREAD, Tally
from honk_ci.reports.text import cap

MAX_FAILURES = 5_000  # held whole; more are counted
MAX_TEXT = 16_000_000  # characters of all failures together; what comes later is cut shorter
SHORT_TEXT = 1_000
MAX_DEPTH = 1_000

ROOTS = frozenset({"testsuites", "testsuite", "testrun"})
# Properties by which producers and CI set-ups name the commit that was tested.
COMMIT_PROPERTY = re.compile(
    r"(?:(?:ci|git|github|scm|vcs|build)[._-]?)*(?:commit|sha|revision)(?:[._-]?(?:sha|id|hash))*"
)
OBJECT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")

_LOW_BITS = SPREAD - 1


class JUnit:
    """The reader; see ``ReportFormat``."""

    def __init__(self, *, time_limit_s: float = xml_stream.TIME_LIMIT_S) -> None:
        self._time_limit_s = time_limit_s

    def read(self, path: Path) -> Report:
        parsed = xml_stream.parse(path, partial(_Reading, path), time_limit_s=self._time_limit_s)
        return parsed.handler.report(parsed.broke_off)

    def names_of(self, path: Path, hashes: frozenset[int]) -> list[str]:
        parsed = xml_stream.parse(path, partial(_Naming, hashes), time_limit_s=self._time_limit_s)
        return list(parsed.handler.found)


class _Naming:
    """The handlers that only look for names."""

    def __init__(self, hashes: frozenset[int], parser: XMLParserType) -> None:
        self._hashes = hashes
        self.found: dict[str, None] = {}
        parser.StartElementHandler = self._start

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "testcase":
            key = case_key(attributes.get("classname", ""), attributes.get("name", ""))
            if hash(key) in self._hashes:
                self.found[key] = None


class _Reading:
    """The handlers of one pass over one file, and what they gathered."""

    def __init__(self, path: Path, parser: XMLParserType) -> None:
        self._path = path
        self._parser = parser
        self._tally = Tally()
        self._passed = self._tally.passed  # at hand for the one line that runs for every case
        self._failed: dict[str, FailedTest] = {}
        self._text_size = 0
        self._unheld = 0
        self._root = ""
        self._stated = 0  # failures that the root says there are
        self._around: list[dict[str, str]] = []  # attributes of the open tags outside cases: suites, mostly
        self._commits: dict[str, None] = {}
        self._written_at: float | None = None
        self._plain: dict[str, str] | None = None  # attributes of an open case that so far says only its name
        self._case: dict[str, str] | None = None  # attributes of an open case that says more
        self._told: list[Told] = []  # what it says
        self._told_depth = 0
        self._inside = 0  # open tags inside the case
        parser.buffer_text = True
        parser.buffer_size = 64 * 1024
        parser.StartElementHandler = self._start_root
        parser.EndElementHandler = self._end

    def report(self, broke_off: str) -> Report:
        if not self._root:
            raise ReportError(f"{self._path} holds no test report" + (f": {broke_off}" if broke_off else ""))
        if broke_off:
            self._finish_cut_case()
        parents = echoing_parents(self._failed)
        counts = self._tally.settle()
        counts = replace(counts, failed=counts.failed - len(parents))
        return Report(
            counts=counts,
            failed=tuple(test for key, test in self._failed.items() if key not in parents),
            passed_hashes=self._tally.passed_hashes,
            skipped_hashes=self._tally.skipped_hashes,
            paths=(self._path,),
            notes=tuple(self._notes(broke_off, counts)),
            is_partial=bool(broke_off),
            commits=tuple(self._commits),
            written_at=self._written_at,
        )

    def _notes(self, broke_off: str, counts: TestCounts) -> list[str]:
        notes = []
        if broke_off:
            notes.append(f"{self._path.name} breaks off after {counts.total} cases: {broke_off}")
        if self._stated and not counts.failed + counts.skipped + counts.flaky:
            notes.append(f"{self._path.name} says that {self._stated} failed, but does not say which")
        if self._unheld:
            notes.append(f"{self._path.name}: {self._unheld} failures beyond {MAX_FAILURES} are counted only")
        return notes

    # --- tags ------------------------------------------------------------------------------------

    def _start_root(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name not in ROOTS:
            raise ReportError(f"{self._path} is no JUnit report: its root is <{tag[:60]}>")
        self._root = name
        self._stated = sum(_number(attributes.get(kind, "")) for kind in ("failures", "errors"))
        self._parser.StartElementHandler = self._start
        self._start_around(attributes)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "testcase" and self._plain is None and self._case is None:
            self._plain = attributes
        elif self._plain is not None or self._case is not None:
            self._start_inside(tag, attributes)
        elif tag == "property":
            self._note_commit(attributes)
            self._start_around(attributes)
        elif tag in FAILED:
            self._fail_suite(tag, attributes)
        else:
            self._start_around(attributes)

    def _end(self, _tag: str) -> None:
        case = self._plain
        if case is None:
            self._end_other()
            return
        self._plain = None
        try:
            name, classname = case["name"], case["classname"]
        except KeyError:
            name, classname = case.get("name", ""), case.get("classname", "")
        if "status" in case or "result" in case:
            self._finish_case(case)
            return
        number = hash(f"{classname}::{name}" if classname else name)  # case_key, without the call
        self._passed[number & _LOW_BITS].append(number)

    def _end_other(self) -> None:
        if self._case is None:
            self._around.pop()
        elif self._inside:
            if self._inside == self._told_depth:
                self._end_telling()
            self._inside -= 1
        else:
            self._end_telling()
            self._finish_case(self._case)

    # --- around cases ----------------------------------------------------------------------------

    def _start_around(self, attributes: dict[str, str]) -> None:
        self._around.append(attributes)
        if len(self._around) > MAX_DEPTH:
            raise ReportError(f"{self._path} nests its tags more than {MAX_DEPTH} deep")
        if stamp := attributes.get("timestamp"):
            self._note_time(stamp)

    def _nearest(self, name: str) -> str:
        return next((around[name] for around in reversed(self._around) if around.get(name)), "")

    def _note_commit(self, attributes: dict[str, str]) -> None:
        name, value = attributes.get("name", "").lower(), attributes.get("value", "").strip().lower()
        if COMMIT_PROPERTY.fullmatch(name) and OBJECT_ID.fullmatch(value):
            self._commits[value] = None

    def _note_time(self, stamp: str) -> None:
        try:
            written = datetime.fromisoformat(stamp.strip())
        except ValueError:
            return
        if written.tzinfo is not None:  # a bare local time says nothing: the clock's zone is not known here
            self._written_at = max(self._written_at or 0.0, written.timestamp())

    # --- inside a case ---------------------------------------------------------------------------

    def _fail_suite(self, tag: str, attributes: dict[str, str]) -> None:
        """A suite that failed as such, in its set-up say, becomes a case of its name.

        The failing tag itself then stands where the tag of the case would: the same depth.
        """
        self._case = {"name": self._nearest("name") or "test suite"}
        self._inside = -1
        self._start_inside(tag, attributes)

    def _start_inside(self, tag: str, attributes: dict[str, str]) -> None:
        if self._case is None:
            self._case, self._plain = self._plain, None
        self._inside += 1
        if self._inside > MAX_DEPTH:
            raise ReportError(f"{self._path} nests its tags more than {MAX_DEPTH} deep")
        if tag in TOLD and self._parser.CharacterDataHandler is None:
            told = Told(tag, attributes)
            self._told.append(told)
            self._told_depth = self._inside
            self._parser.CharacterDataHandler = told.text.add

    def _end_telling(self) -> None:
        self._parser.CharacterDataHandler = None
        self._told_depth = -1

    def _finish_case(self, case: dict[str, str]) -> None:
        key = case_key(case.get("classname", ""), case.get("name", ""))
        number, state = hash(key), state_of(case, self._told)
        if state == "failed":
            self._tally.failed[number & _LOW_BITS].append(number)
            self._hold(key, case)
        elif state == "skipped":
            self._tally.skipped[number & _LOW_BITS].append(number)
        else:
            self._passed[number & _LOW_BITS].append(number)
            if state == "flaky":
                self._tally.flaky[number & _LOW_BITS].append(number)
        self._case = None
        self._told = []
        self._inside = 0

    def _finish_cut_case(self) -> None:
        """The case in which the file breaks off counts only if it had failed by then."""
        if self._case is not None and state_of({}, self._told) == "failed":
            self._finish_case(self._case)

    def _hold(self, key: str, case: dict[str, str]) -> None:
        known = self._failed.get(key)
        if known is None and len(self._failed) >= MAX_FAILURES:
            self._unheld += 1
            return
        test = failed_test(
            element_of(case, self._told),
            suite=self._nearest("name"),
            suite_file=self._nearest("file") or self._nearest("filepath"),
            line_offset=1 if self._nearest("name") == "pytest" else 0,  # pytest counts lines from 0
        )
        if self._text_size > MAX_TEXT:
            test = replace(test, text=cap(test.text, SHORT_TEXT))
        self._text_size += len(test.text)
        self._failed[key] = test if known is None else merged(known, test)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
