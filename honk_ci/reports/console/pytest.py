"""pytest: what failed, what could not be collected, what stopped the run."""

from __future__ import annotations

import re
from collections import deque

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.reports.console.found import KIND_OF, STATEMENT, Findings, finding
from honk_ci.reports.exceptions import exception_of

SECTION_LINES = 30
MAX_SECTIONS = 500

_SUMMARY = re.compile(
    r"^(?:\[gw\d+\] )?(?P<state>FAILED|ERROR|SUBFAILED|SUBFAIL)(?:\([^)]*\)|\[[^\]]*\])? "
    r"(?P<file>[^\s:]+\.(?:py|pyx|md|rst|txt|ya?ml|ipynb))(?P<test>::[^\[]*?(?:\[.*?\])?)?(?: - (?P<message>.*))?$"
)
_COLLECTING = re.compile(r"^_+ ERROR collecting (?P<file>\S+) _+$")
_HEAD = re.compile(r"^_{3,} (?:ERROR at (?:setup|teardown) of )?(?P<name>\S.*?) _{3,}$")
_SECTION = re.compile(r"^(?:_{3,} .* _{3,}|={3,}.*={3,}|-{3,} .* -{3,})$")
_RAISED = re.compile(r"^E +(?P<text>\S.*)$")
_PLACE = re.compile(r"^(?P<file>[^\s:]+\.py):(?P<line>\d+):(?: (?:in |\w+)|$)")
_FILE_LINE = re.compile(r'^(?:E +)?\s*File "(?P<file>[^"]+)", line (?P<line>\d+)')
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


_IDLE = re.compile(r"^=* ?(?P<text>no tests ran) in [\d.]+s(?: \([\d:]+\))? ?=*$")


class _Section:
    """What pytest prints of one failing test: the end of it, and the places in the traceback."""

    __slots__ = ("lines", "places")

    def __init__(self) -> None:
        self.lines: deque[str] = deque(maxlen=SECTION_LINES)
        self.places: list[tuple[str, str]] = []

    def add(self, line: str) -> None:
        self.lines.append(line)
        if ".py:" in line and len(self.places) < SECTION_LINES and (place := _PLACE.match(line)):
            self.places.append((place["file"], place["line"]))

    def line_in(self, file: str) -> str:
        return next((line for place, line in reversed(self.places) if place == file), "")


class Pytest:
    """The short summary says it best; the section of a collection error says why."""

    def __init__(self) -> None:
        self.found = Findings()
        self._collecting = ""  # file whose collection error is being read
        self._place: tuple[str, str] = ("", "")
        self._lines: list[str] = []
        self._explained: set[str] = set()  # files whose collection error was told with its reason
        self._sections: dict[str, _Section] = {}  # of the failing tests, by name
        self._section: _Section | None = None
        self._told_coverage = False  # pytest-cov says it twice, in other words
        self._idle: tuple[int, str] | None = None  # "no tests ran": told only where nothing says why

    def feed(self, line: str, number: int) -> None:
        if self._collecting:
            self._follow_collecting(line, number)
        if line.startswith(("FAILED ", "ERROR ", "SUBFAIL", "[gw", "FAILED(")):
            self._summary(line, number)
        elif line.startswith(("___", "===")):
            self._start_section(line)
        elif self._section is not None:
            self._section.add(line)
        if "no tests ran" in line and (idle := _IDLE.match(line)):
            self._idle = (number, idle["text"])
        if any(word in line for word in _STOP_WORDS):
            self._stopped(line, number)

    def findings(self) -> list[LogFinding]:
        if self._idle is not None and not self.found.located:
            self.found.add(self._idle[0], finding(FindingKind.COLLECTION, "pytest", self._idle[1]), weight=STATEMENT)
        return self.found.findings()

    def _start_section(self, line: str) -> None:
        self._section = None
        if start := _COLLECTING.match(line):
            self._collecting, self._place, self._lines = start["file"], ("", ""), [line]
        elif (head := _HEAD.match(line)) and len(self._sections) < MAX_SECTIONS:
            self._section = self._sections.setdefault(head["name"], _Section())

    def _summary(self, line: str, number: int) -> None:
        stated = _SUMMARY.match(line)
        if stated is None:
            return
        message, test = stated["message"] or "", stated["test"] or ""
        if not test and stated["file"] in self._explained:
            return
        exception = exception_of(message)
        kind = FindingKind.TEST if test else KIND_OF.get(exception, FindingKind.COLLECTION)
        said = f"{stated['file']}{test}" + (f" - {message}" if message else "")
        code = test.removeprefix("::")
        section = self._sections.get(code.replace("::", "."), _Section())
        told = finding(kind, "pytest", said, file=stated["file"], line=section.line_in(stated["file"]), code=code,
                       exception=exception, excerpt="\n".join(section.lines))  # fmt: skip
        self.found.add(number, told)

    def _follow_collecting(self, line: str, number: int) -> None:
        if _SECTION.match(line):
            self._collecting = ""
            return
        self._lines.append(line)
        if place := _PLACE.match(line) or _FILE_LINE.match(line):
            self._place = (place["file"], place["line"])
        elif (raised := _RAISED.match(line)) and (exception := exception_of(raised["text"])):
            file, at = self._place if self._place[0] else (self._collecting, "")
            kind = KIND_OF.get(exception, FindingKind.COLLECTION)
            said = finding(kind, "pytest", raised["text"], file=file, line=at, code=self._collecting,
                           exception=exception, excerpt="\n".join(self._lines[-30:]))  # fmt: skip
            self.found.add(number, said)
            self._explained.add(self._collecting)

    def _stopped(self, line: str, number: int) -> None:
        for pattern, kind in _STOPPED:
            if stated := pattern.match(line):
                if "overage" in stated["text"] and self._told_coverage:
                    return
                self._told_coverage = self._told_coverage or "overage" in stated["text"]
                said = finding(kind, "pytest", stated["text"], exception=exception_of(stated["text"]))
                self.found.add(number, said, weight=STATEMENT)
                return
