"""Python's own words: tracebacks, syntax errors, modules that are not there."""

from __future__ import annotations

import re

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.reports.console.found import HINT, KIND_OF, Findings, finding

MAX_LINES = 400  # of one traceback

_START = re.compile(r"^(?P<indent>.*?)(?:Traceback \(most recent call last\)|\+ Exception Group Traceback)")
_FRAME = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+)(?:, in (?P<function>.*))?$')
_RAISED = re.compile(r"^(?P<type>(?:[A-Za-z_]\w*\.)*[A-Z_a-z]\w*)(?:: (?P<message>.*)|:?)$")
# Syntax errors in a file that is being imported or compiled come without the word Traceback.
_SYNTAX = re.compile(r"^(?P<type>SyntaxError|IndentationError|TabError): (?P<message>.*)$")
_NO_MODULE = re.compile(r"(?:^|: )(?:ModuleNotFoundError: )?No module named '?(?P<name>[\w.-]+)'?;?")
_INTERPRETER = re.compile(
    r"^\S*python[\d.]*(?:\.exe)?: (?:Error while finding module specification for .*|No module named |can't open file )"
)

_INSTALLED = ("site-packages/", "dist-packages/", "/lib/python3", "<frozen ", "<string>", "\\lib\\")
_BY_TYPE = {**KIND_OF, "MemoryError": FindingKind.OUT_OF_MEMORY}


class Python:
    """Follows one traceback at a time; nested ones ("During handling of …") are told as one."""

    def __init__(self) -> None:
        self.found = Findings()
        self._lines: list[str] = []  # of the traceback being read
        self._indent = ""
        self._last_frame: tuple[str, str] = ("", "")
        self._own_frame: tuple[str, str] = ("", "")  # innermost one outside of installed packages
        self._last_number = 0

    def feed(self, line: str, number: int) -> None:
        is_next = number == self._last_number + 1
        self._last_number = number
        if self._lines and not is_next:
            self._forget()
        if self._lines:
            self._follow(line, number)
        elif 'File "' in line and _FRAME.match(line):
            self._begin(line, "")
            self._note_frame(line)
        elif "Traceback (" in line and (start := _START.match(line)):
            self._begin(line, start["indent"])
        elif "No module named" in line and _INTERPRETER.match(line):
            self._missing(line, number)

    def findings(self) -> list[LogFinding]:
        return self.found.findings()

    def _begin(self, line: str, indent: str) -> None:
        self._forget()
        self._lines = [line]
        self._indent = indent if not indent.strip() or len(indent) < 20 else ""

    def _forget(self) -> None:
        self._lines = []
        self._last_frame = self._own_frame = ("", "")

    def _follow(self, line: str, number: int) -> None:
        self._lines.append(line)
        body = line.removeprefix(self._indent)
        if _FRAME.match(body):
            self._note_frame(body)
        elif body[:1] in (" ", "\t", "|", "+", "") or "Traceback (" in body:
            if len(self._lines) > MAX_LINES or (not body.strip() and len(self._lines) > 1 and not self._last_frame[0]):
                self._forget()
        elif raised := _RAISED.match(body):
            self._end(raised, number)
        elif not self._is_between(body):
            self._forget()

    def _is_between(self, body: str) -> bool:
        return body.startswith(("During handling of the above", "The above exception was the direct"))

    def _note_frame(self, line: str) -> None:
        frame = _FRAME.match(line)
        if frame is not None:
            self._last_frame = (frame["file"], frame["line"])
            if not any(part in frame["file"] for part in _INSTALLED):
                self._own_frame = self._last_frame

    def _end(self, raised: re.Match[str], number: int) -> None:
        name = raised["type"]
        last = name.rsplit(".", 1)[-1]
        is_traceback = "Traceback" in self._lines[0]
        if is_traceback or last in _BY_TYPE:
            file, line = self._last_frame if _BY_TYPE.get(last) is FindingKind.SYNTAX else self._place()
            message = f"{name}: {raised['message']}" if raised["message"] else name
            self.found.add(
                number,
                finding(
                    _BY_TYPE.get(last, FindingKind.TEST), "python", message, file=file, line=line,
                    exception=name, excerpt="\n".join(self._lines),
                ),
                weight=HINT,
            )  # fmt: skip
        self._forget()

    def _place(self) -> tuple[str, str]:
        return self._own_frame if self._own_frame[0] else self._last_frame

    def _missing(self, line: str, number: int) -> None:
        module = _NO_MODULE.search(line)
        name = module["name"] if module else ""
        self.found.add(number, finding(FindingKind.MISSING_MODULE, "python", line, code=name))
