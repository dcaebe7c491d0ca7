"""``go test``: the tests that failed and what they said, which -v prints before the verdict and plain output after it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.reports.console.found import Findings, finding

LINES_KEPT = 12  # of what one test said

_VERDICT = re.compile(r"^\s*--- (?P<state>FAIL|PASS|SKIP): (?P<name>\S+) \([\d.]+s\)$")
_RUNNING = re.compile(r"^=== (?:RUN|CONT|NAME)\s+(?P<name>\S+)$")
_SAID = re.compile(r"^\s+(?P<file>[\w/.-]+\.go):(?P<line>\d+):\s?(?P<message>.*)$")
_NOT_BUILT = re.compile(r"^FAIL\s+(?P<name>\S+) \[(?:build|setup) failed\]$")
_PANIC = re.compile(r"^panic: (?P<text>.*)$")


@dataclass(slots=True)
class _Test:
    number: int = 0  # of the line that said FAIL; 0 until then
    file: str = ""
    line: str = ""
    message: str = ""
    lines: list[str] = field(default_factory=list)


class GoTests:
    """Told at the end: that a test failed only because its subtest did shows when both are known."""

    def __init__(self) -> None:
        self.found = Findings()
        self._tests: dict[str, _Test] = {}
        self._current = ""  # the test that the next lines belong to

    def feed(self, line: str, number: int) -> None:
        if "--- " in line and (verdict := _VERDICT.match(line)):
            self._judge(verdict["state"], verdict["name"], line, number)
        elif line.startswith("=== "):
            running = _RUNNING.match(line)
            self._current = running["name"] if running else ""
        elif line.startswith(("FAIL", "ok ", "PASS", "exit status")):
            self._current = ""
            if not_built := _NOT_BUILT.match(line):
                said = finding(FindingKind.COMPILE, "go", line, code=not_built["name"])
                self.found.add(number, said)
        elif line.startswith("panic: ") and (panic := _PANIC.match(line)):
            self.found.add(number, finding(FindingKind.TEST, "go", f"panic: {panic['text']}", exception="panic"))
        elif self._current:
            self._say(line)

    def findings(self) -> list[LogFinding]:
        failed = {name: test for name, test in self._tests.items() if test.number}
        for name, test in failed.items():
            has_failed_subtest = any(other.startswith(f"{name}/") for other in failed)
            if test.message or not has_failed_subtest:
                self._tell(name, test)
        self._tests.clear()
        return self.found.findings()

    def _judge(self, state: str, name: str, line: str, number: int) -> None:
        if state == "FAIL":
            test = self._tests.setdefault(name, _Test())
            test.number = number
            test.lines.append(line)
            self._current = name
        else:
            self._tests.pop(name, None)
            self._current = ""

    def _say(self, line: str) -> None:
        said = _SAID.match(line)
        test = self._tests.get(self._current)
        if test is None and said is None:
            return
        test = self._tests.setdefault(self._current, _Test())
        if said and not test.file:
            test.file, test.line, test.message = said["file"], said["line"], said["message"]
        elif not test.message and line.strip().startswith("Error: "):  # testify puts it in a block below
            test.message = line.strip().removeprefix("Error: ").strip()
        if len(test.lines) < LINES_KEPT:
            test.lines.append(line)

    def _tell(self, name: str, test: _Test) -> None:
        message = f"{name} - {test.message}" if test.message else name
        said = finding(
            FindingKind.TEST, "go", message, file=test.file, line=test.line, code=name, excerpt="\n".join(test.lines)
        )
        self.found.add(test.number, said)
