"""unittest: the cases that failed, each with the end of its traceback."""

from __future__ import annotations

import re

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.reports.console.found import KIND_OF, Findings, finding
from honk_ci.reports.exceptions import exception_of

MAX_LINES = 120  # of one traceback

_HEAD = re.compile(r"^(?P<state>FAIL|ERROR): (?P<name>\w+) \((?P<place>[\w.]+)\)")
_FRAME = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+)')


class _Case:
    """A failing case whose traceback is being read."""

    __slots__ = ("name", "place", "state", "until")

    def __init__(self, head: re.Match[str], until: int) -> None:
        self.state: str = head["state"]
        self.name: str = head["place"] if head["place"].endswith(head["name"]) else f"{head['place']}.{head['name']}"
        self.place: tuple[str, str] = ("", "")
        self.until = until


class Unittest:
    """A head line, a rule, the traceback; the first line of it that is not indented says what."""

    def __init__(self) -> None:
        self.found = Findings()
        self._case: _Case | None = None

    def feed(self, line: str, number: int) -> None:
        if self._case is not None:
            self._follow(self._case, line, number)
        if line.startswith(("FAIL: ", "ERROR: ")) and (head := _HEAD.match(line)):
            self._case = _Case(head, number + MAX_LINES)

    def findings(self) -> list[LogFinding]:
        if self._case is not None:
            self._tell(self._case, "", self._case.until)
        return self.found.findings()

    def _follow(self, case: _Case, line: str, number: int) -> None:
        if frame := _FRAME.match(line):
            if "/unittest/" not in frame["file"]:
                case.place = (frame["file"], frame["line"])
        elif number > case.until or line.startswith(("=====", "Ran ")):
            self._tell(case, "", number)
        elif case.place[0] and line[:1].strip() and not line.startswith("Traceback "):
            self._tell(case, line, number)

    def _tell(self, case: _Case, raised: str, number: int) -> None:
        self._case = None
        exception = exception_of(raised)
        kind = FindingKind.TEST
        if "_FailedTest" in case.name:  # a module that could not be imported stands in as a case
            kind = KIND_OF.get(exception, FindingKind.COLLECTION)
        message = f"{case.name} - {raised}" if raised else f"{case.state}: {case.name}"
        file, line = case.place
        said = finding(kind, "unittest", message, file=file, line=line, code=case.name, exception=exception)
        self.found.add(number, said)
