"""pytest and unittest: what failed, what could not be collected, what stopped the run."""

from __future__ import annotations

import re

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.reports.console.found import STATEMENT, Findings, finding
from honk_ci.reports.exceptions import exception_of

_SUMMARY = re.compile(
    r"^(?:\[gw\d+\] )?(?P<state>FAILED|ERROR|SUBFAILED|SUBFAIL)(?:\([^)]*\)|\[[^\]]*\])? "
    r"(?P<file>[^\s:]+\.(?:py|pyx|md|rst|txt|ya?ml|ipynb))(?P<test>::[^\[]*?(?:\[.*?\])?)?(?: - (?P<message>.*))?$"
)
_COLLECTING = re.compile(r"^_+ ERROR collecting (?P<file>\S+) _+$")
_SECTION = re.compile(r"^(?:_{3,} .* _{3,}|={3,}.*={3,}|-{3,} .* -{3,})$")
_RAISED = re.compile(r"^E +(?P<text>\S.*)$")
_PLACE = re.compile(r"^(?P<file>[^\s:]+\.py):(?P<line>\d+): (?:in |\w+)")
_FILE_LINE = re.compile(r'^(?:E +)?\s*File "(?P<file>[^"]+)", line (?P<line>\d+)')
_UNITTEST = re.compile(r"^(?P<state>FAIL|ERROR): (?P<name>\w+) \((?P<place>[\w.]+)\)")
_STOPPED = (
    (re.compile(r"^INTERNALERROR> (?P<text>\w[\w.]*(?:Error|Exception|Exit)\b.*)$"), FindingKind.TEST),
    (re.compile(r"^ERROR: (?P<text>(?:file or directory not found|not found|found no collectors for).*)$"), FindingKind.COLLECTION),
    (re.compile(r"^(?:\S*pytest\S*|\S*__main__\.py|py\.test): error: (?P<text>.*)$"), FindingKind.COLLECTION),
    (re.compile(r"^(?P<text>ImportError while loading conftest .*)$"), FindingKind.COLLECTION),
    (re.compile(r"^(?:FAIL|ERROR):? (?P<text>Required test coverage of .* not reached.*)$"), FindingKind.OTHER),
    (re.compile(r"^(?:ERROR: )?(?P<text>Coverage failure: total of .* is less than fail-under=.*)$"), FindingKind.OTHER),
    (re.compile(r"^(?:E +)?(?:Failed: )?(?P<text>Timeout \(?>\s*[\d.]+s.*)$"), FindingKind.TIMEOUT),
    (re.compile(r"^\[?gw\d+\]? node down: (?P<text>.*)$"), FindingKind.TEST),
    (re.compile(r"^(?P<text>worker 'gw\d+' crashed while running '.*')$"), FindingKind.TEST),
    (re.compile(r"^(?P<text>Fatal Python error: .*)$"), FindingKind.TEST),
)  # fmt: skip
_STOP_WORDS = (
    "INTERNALERROR>",
    "ERROR: ",
    "error: ",
    "conftest",
    "overage",
    "Timeout",
    "node down",
    "crashed while",
    "Fatal Python",
)

_BY_EXCEPTION = {
    "ModuleNotFoundError": FindingKind.MISSING_MODULE,
    "SyntaxError": FindingKind.SYNTAX,
    "IndentationError": FindingKind.SYNTAX,
    "TabError": FindingKind.SYNTAX,
}

_IDLE = re.compile(r"^=* ?(?P<text>no tests ran) in [\d.]+s(?: \([\d:]+\))? ?=*$")
UNITTEST_LINES = 120  # of one traceback


class _UnittestCase:
    """A failing case whose traceback is being read."""

    __slots__ = ("name", "place", "state", "until")

    def __init__(self, head: re.Match[str], until: int) -> None:
        self.state: str = head["state"]
        self.name: str = head["place"] if head["place"].endswith(head["name"]) else f"{head['place']}.{head['name']}"
        self.place: tuple[str, str] = ("", "")
        self.until = until


class Pytest:
    """The short summary says it best; the section of a collection error says why."""

    def __init__(self) -> None:
        self.found = Findings()
        self._collecting = ""  # file whose collection error is being read
        self._place: tuple[str, str] = ("", "")
        self._lines: list[str] = []
        self._explained: set[str] = set()  # files whose collection error was told with its reason
        self._unittest: _UnittestCase | None = None
        self._idle: tuple[int, str] | None = None  # "no tests ran": told only where nothing says why

    def feed(self, line: str, number: int) -> None:
        if self._collecting:
            self._follow_collecting(line, number)
        if self._unittest is not None:
            self._follow_unittest(self._unittest, line, number)
        if line.startswith(("FAILED ", "ERROR ", "SUBFAIL", "[gw", "FAILED(")):
            self._summary(line, number)
        elif line.startswith(("FAIL: ", "ERROR: ")) and (case := _UNITTEST.match(line)):
            self._unittest = _UnittestCase(case, number + UNITTEST_LINES)
        elif line.startswith("___") and (start := _COLLECTING.match(line)):
            self._collecting, self._place, self._lines = start["file"], ("", ""), [line]
        if "no tests ran" in line and (idle := _IDLE.match(line)):
            self._idle = (number, idle["text"])
        if any(word in line for word in _STOP_WORDS):
            self._stopped(line, number)

    def findings(self) -> list[LogFinding]:
        if self._unittest is not None:
            case, self._unittest = self._unittest, None
            self._tell_unittest(case, "", case.until)
        if self._idle is not None and not self.found.located:
            self.found.add(self._idle[0], finding(FindingKind.COLLECTION, "pytest", self._idle[1]), weight=STATEMENT)
        return self.found.findings()

    def _summary(self, line: str, number: int) -> None:
        stated = _SUMMARY.match(line)
        if stated is None:
            return
        message, test = stated["message"] or "", stated["test"] or ""
        if not test and stated["file"] in self._explained:
            return
        exception = exception_of(message)
        kind = FindingKind.TEST if test else _BY_EXCEPTION.get(exception, FindingKind.COLLECTION)
        said = f"{stated['file']}{test}" + (f" - {message}" if message else "")
        self.found.add(
            number,
            finding(kind, "pytest", said, file=stated["file"], code=test.removeprefix("::"), exception=exception),
        )

    def _follow_unittest(self, case: _UnittestCase, line: str, number: int) -> None:
        """The head of a failure, a rule, the traceback; the first line of it that is not indented says what."""
        if frame := _FILE_LINE.match(line):
            if "/unittest/" not in frame["file"]:
                case.place = (frame["file"], frame["line"])
        elif number > case.until or line.startswith(("=====", "Ran ")):
            self._unittest = None
            self._tell_unittest(case, "", number)
        elif case.place[0] and line[:1].strip() and not line.startswith("Traceback "):
            self._unittest = None
            self._tell_unittest(case, line, number)

    def _tell_unittest(self, case: _UnittestCase, raised: str, number: int) -> None:
        exception = exception_of(raised)
        kind = FindingKind.TEST
        if "_FailedTest" in case.name:
            kind = _BY_EXCEPTION.get(exception, FindingKind.COLLECTION)
        message = f"{case.name} - {raised}" if raised else f"{case.state}: {case.name}"
        file, line = case.place
        said = finding(kind, "unittest", message, file=file, line=line, code=case.name, exception=exception)
        self.found.add(number, said)

    def _follow_collecting(self, line: str, number: int) -> None:
        if _SECTION.match(line):
            self._collecting = ""
            return
        self._lines.append(line)
        if place := _PLACE.match(line) or _FILE_LINE.match(line):
            self._place = (place["file"], place["line"])
        elif (raised := _RAISED.match(line)) and (exception := exception_of(raised["text"])):
            file, at = self._place if self._place[0] else (self._collecting, "")
            kind = _BY_EXCEPTION.get(exception, FindingKind.COLLECTION)
            said = finding(kind, "pytest", raised["text"], file=file, line=at, code=self._collecting,
                           exception=exception, excerpt="\n".join(self._lines[-30:]))  # fmt: skip
            self.found.add(number, said)
            self._explained.add(self._collecting)

    def _stopped(self, line: str, number: int) -> None:
        for pattern, kind in _STOPPED:
            if stated := pattern.match(line):
                said = finding(kind, "pytest", stated["text"], exception=exception_of(stated["text"]))
                self.found.add(number, said, weight=STATEMENT)
                return
