"""TAP, and the reporters of ``node --test``: the tests that failed, and what they threw."""

from __future__ import annotations

import re

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.reports.console.found import Findings, finding
from honk_ci.reports.exceptions import exception_of

WINDOW = 60  # lines after a failing test in which its error is looked for

_NOT_OK = re.compile(r"^\s*not ok \d+(?: -)? ?(?P<name>.*?)(?P<directive> # (?:TODO|SKIP)\b.*)?$", re.IGNORECASE)
_ERROR = re.compile(r"^\s+(?:error|message): (?P<text>.*)$")
_TYPE = re.compile(r"^\s+name: '?(?P<type>\w+)'?$")
_PLACE = re.compile(r"^\s+(?:location|at): '?(?:.*\()?(?P<file>[^'()\s]+\.\w+):(?P<line>\d+):\d+\)?'?$")
_ECHO = re.compile(r"^\s+failureType: '(?:subtestsFailed|parentAlreadyFinished)'$")
_BLOCK = ("|-", "|", ">-", ">")

_SPEC_PLACE = re.compile(r"^test at (?P<file>.+):(?P<line>\d+):\d+$")
_SPEC = re.compile(r"^\s*\u2716 (?P<name>.+?) \([\d.]+ms\)(?P<directive> # (?:TODO|SKIP).*)?$")


class Tap:
    """A failing test opens with its name and is told when its error is complete."""

    def __init__(self) -> None:
        self.found = Findings()
        self._name = ""
        self._until = 0
        self._error = self._type = ""
        self._place: tuple[str, str] = ("", "")
        self._is_spec = self._in_block = False

    def feed(self, line: str, number: int) -> None:
        if self._name:
            self._follow(line, number)
        stripped = line.lstrip()
        if stripped.startswith("not ok ") and (case := _NOT_OK.match(line)):
            self._end(number)
            if not case["directive"]:
                self._begin(case["name"].strip() or "unnamed test", number, is_spec=False)
        elif line.startswith("test at ") and (place := _SPEC_PLACE.match(line)):
            self._end(number)
            self._place = (place["file"], place["line"])
        elif stripped.startswith("\u2716") and self._place[0] and (case := _SPEC.match(line)):
            # this reporter says each failure twice: the list at the end has its place and its error
            self._is_spec = True
            if not case["directive"]:
                self._begin(case["name"], number, is_spec=True)

    def findings(self) -> list[LogFinding]:
        self._end(self._until)
        return self.found.findings()

    def _begin(self, name: str, number: int, *, is_spec: bool) -> None:
        self._name, self._until, self._is_spec = name, number + WINDOW, is_spec
        self._error = self._type = ""
        self._in_block = False

    def _follow(self, line: str, number: int) -> None:
        if number > self._until:
            self._end(number)
        elif self._is_spec:
            if line.strip():
                self._error = line.strip()
                self._end(number)
        elif self._in_block:
            self._error, self._in_block = line.strip(), False
        elif line.strip() == "...":
            self._end(number)
        elif _ECHO.match(line):
            self._forget()
        elif (error := _ERROR.match(line)) and not self._error:
            text = error["text"].strip()
            self._in_block = text in _BLOCK
            self._error = "" if self._in_block else text.strip("'\"")
        elif kind := _TYPE.match(line):
            self._type = kind["type"]
        elif (place := _PLACE.match(line)) and not self._place[0]:
            self._place = (place["file"], place["line"])

    def _end(self, number: int) -> None:
        if self._name:
            said = f"{self._type}: {self._error}" if self._type and self._error else self._error
            message = f"{self._name} - {said}" if said else self._name
            exception = self._type or exception_of(said)
            file, line = self._place
            told = finding(FindingKind.TEST, "node" if file else "tap", message, file=file, line=line,
                           code=self._name, exception=exception)  # fmt: skip
            self._forget()
            self.found.add(number, told)

    def _forget(self) -> None:
        self._name = self._error = self._type = ""
        self._place = ("", "")
