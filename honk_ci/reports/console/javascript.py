"""jest, vitest and mocha: the tests that failed, by the marks of their reporters; and what node throws."""

from __future__ import annotations

import re
from dataclasses import dataclass

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.reports.console.found import HINT, STATEMENT, Findings, finding
from honk_ci.reports.exceptions import exception_of

WINDOW = 60  # lines after a failing test in which what it threw, and where, is looked for

_SUFFIX = r"\.(?:[cm]?[jt]sx?|vue|svelte)"
# FAIL src/a.test.js (jest)    FAIL  src/a.test.ts > sums > adds    FAIL  src/a.test.ts [ src/a.test.ts ] (vitest)
_FAIL = re.compile(rf"^\s*(?:\u276f )?FAIL\s+(?:\|?[\w@/-]+\|?\s+)?(?P<file>\S+{_SUFFIX})(?P<rest>.*)$")
_BULLET = re.compile(r"^\s{1,4}\u25cf (?P<name>\S.*)$")
_NOT_TESTS = ("Console", "Snapshot Summary", "Deprecation Warning", "Validation Warning", "Multiple configurations")
_MOCHA_HEAD = re.compile(r"^\s+\d+ failing$")
_MOCHA = re.compile(r"^\s{2,4}\d+\) (?P<name>\S.*)$")
_PLACE = re.compile(rf"(?:\u276f |\(|at )(?P<file>[^\s()]+{_SUFFIX}):(?P<line>\d+):\d+")
_JEST_PREAMBLE = "Jest encountered an unexpected token"
_MESSAGE_AFTER_PREAMBLE = re.compile(r"^\s*(?:SyntaxError|.*Error): ")
_FRAME = re.compile(r"^\s*(?:at |\u276f )")

_NO_MODULE = re.compile(
    r"(?:Cannot find (?:module|package) '(?P<name>[^']+)'|Module not found: (?:Error: )?Can't resolve '(?P<other>[^']+)'"
    r"|Failed to (?:resolve import \"|load url )(?P<vite>[^\"\s]+)|Could not resolve \"(?P<esbuild>[^\"]+)\")"
)
_UNCAUGHT_AT = re.compile(rf"^(?P<file>(?:file://|/|[A-Za-z]:\\|node:)\S*?{_SUFFIX}|node:\S+):(?P<line>\d+)$")
_UNCAUGHT = re.compile(r"^(?P<text>(?:Uncaught )?[A-Z]\w*(?:Error|Exception)(?: \[\w+\])?: .*)$")
_THRESHOLD = re.compile(
    r"^(?:Jest|ERROR): (?P<text>.*coverage .*threshold .*not met.*|Coverage for .* does not meet .*threshold.*)$",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Case:
    """A failing test whose message and place are still being read."""

    tool: str
    name: str
    until: int
    file: str = ""
    line: str = ""
    message: str = ""
    named: bool = True  # mocha spreads the name over lines, the last of which ends with a colon


class JavaScript:
    """A failing test first, then what it threw."""

    def __init__(self) -> None:
        self.found = Findings()
        self._file = ""  # jest: the file whose failures follow
        self._silent: tuple[str, int] | None = None  # jest: a file that failed and has not yet said why
        self._in_mocha = False
        self._case: _Case | None = None
        self._uncaught: tuple[str, str] | None = None
        self._uncaught_until = 0

    def feed(self, line: str, number: int) -> None:
        if "FAIL" in line and (fail := _FAIL.match(line)):
            self._fail(fail, number)
        elif "\u25cf" in line and self._file and (case := _BULLET.match(line)):
            self._end(number)
            if not case["name"].startswith(_NOT_TESTS):
                self._silent = None
                self._case = _Case(tool="jest", name=case["name"], until=number + WINDOW, file=self._file)
        elif line.endswith("failing") and _MOCHA_HEAD.match(line):
            self._in_mocha = True
        elif self._in_mocha and (case := _MOCHA.match(line)):
            self._end(number)
            name = case["name"]
            named = name.endswith(":")
            self._case = _Case(tool="mocha", name=name.rstrip(":"), until=number + WINDOW, named=named)
        elif self._case is not None:
            self._follow(self._case, line, number)
        self._other(line, number)

    def findings(self) -> list[LogFinding]:
        self._end(self._case.until if self._case else 0)
        self._tell_silent()
        return self.found.findings()

    def _fail(self, fail: re.Match[str], number: int) -> None:
        self._end(number)
        self._file, rest = fail["file"], fail["rest"].strip()
        if rest.startswith((">", "[")):
            name = rest.strip("> ") if rest.startswith(">") else "the file could not be loaded"
            self._case = _Case(tool="vitest", name=name, until=number + WINDOW, file=self._file)
        else:
            self._tell_silent()
            self._silent = (self._file, number)

    def _tell_silent(self) -> None:
        if self._silent is not None:
            file, number = self._silent
            self._silent = None
            self.found.add(number, finding(FindingKind.TEST, "jest", f"FAIL {file}", file=file), weight=STATEMENT)

    def _follow(self, case: _Case, line: str, number: int) -> None:
        text = line.strip()
        if number > case.until:
            self._end(number)
        elif not case.named:
            case.name, case.named = f"{case.name} {text.rstrip(':')}", text.endswith(":") or not text
        elif not case.message:
            case.message = "" if _FRAME.match(line) else text
        elif case.message == _JEST_PREAMBLE and _MESSAGE_AFTER_PREAMBLE.match(line):
            case.message = text
        elif (place := _PLACE.search(line)) and _is_own(place["file"], case.file):
            case.file, case.line = case.file or place["file"], place["line"]
            self._end(number)

    def _end(self, number: int) -> None:
        case, self._case = self._case, None
        if case is None:
            return
        message = f"{case.name} - {case.message}" if case.message else case.name
        exception = exception_of(case.message)
        kind = FindingKind.TEST
        if _NO_MODULE.search(case.message):
            kind = FindingKind.MISSING_MODULE
        elif exception == "SyntaxError":
            kind = FindingKind.SYNTAX
        said = finding(kind, case.tool, message, file=case.file, line=case.line, code=case.name, exception=exception)
        self.found.add(number, said)

    def _other(self, line: str, number: int) -> None:
        if ("annot find" in line or "resolve" in line) and self._case is None and "error TS" not in line:
            self._missing(line, number)
        elif "hreshold" in line and (stated := _THRESHOLD.match(line)):
            self.found.add(number, finding(FindingKind.OTHER, "jest", stated["text"]), weight=STATEMENT)
        elif "rror" in line or line.startswith(("/", "file://", "node:")):
            self._watch_uncaught(line, number)

    def _missing(self, line: str, number: int) -> None:
        stated = _NO_MODULE.search(line)
        if stated:
            name = next(filter(None, stated.groups()))
            said = finding(FindingKind.MISSING_MODULE, "node", line.strip(), code=name)
            self.found.add(number, said, weight=STATEMENT)

    def _watch_uncaught(self, line: str, number: int) -> None:
        """node prints an uncaught error as the place, the source line, a mark, and then the error."""
        if place := _UNCAUGHT_AT.match(line):
            self._uncaught, self._uncaught_until = (place["file"], place["line"]), number + 8
        elif self._uncaught and number <= self._uncaught_until and (stated := _UNCAUGHT.match(line)):
            exception = exception_of(stated["text"])
            kind = FindingKind.SYNTAX if exception == "SyntaxError" else FindingKind.TEST
            file, at = self._uncaught
            said = finding(kind, "node", stated["text"], file=file, line=at, exception=exception)
            self.found.add(number, said, weight=HINT)
            self._uncaught = None


def _is_own(place: str, file: str) -> bool:
    """Whether a stack frame is in the test's file, or, where that is not known, outside of packages."""
    if not file:
        return "node_modules" not in place and not place.startswith("node:")
    return place.rsplit("/", 1)[-1] == file.rsplit("/", 1)[-1]
