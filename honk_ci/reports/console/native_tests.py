"""Failing tests of cargo, maven, gradle, RSpec, PHPUnit, googletest, ctest, dotnet."""

from __future__ import annotations

import re

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.reports.console.found import Findings, finding

# Each pattern: the tool, a word that its lines have (checked first, for speed), the line.
_PATTERNS = (
    ("cargo", "FAILED", re.compile(r"^test (?P<name>\S+)(?: - should panic| - compile(?: fail)?| \(line \d+\))* \.\.\. FAILED$")),
    ("nextest", "FAIL [", re.compile(r"^\s*(?:TRY \d+ )?FAIL \[\s*[\d.]+s\] (?:\(\s*\d+/\d+\) )?(?P<name>\S+ \S+)$")),
    ("maven", "ERROR]", re.compile(r"^\[ERROR\]\s+(?P<name>[\w.$]+\.\w+(?:\([^)]*\))?)(?::(?P<line>\d+)|(?= »))(?P<message>\s.*)$")),
    ("gradle", " FAILED", re.compile(r"^(?P<name>[\w.$]+ > .+?) FAILED$")),
    ("gradle", "FAILED", re.compile(r"^> (?P<name>Task \S+) FAILED$")),
    ("rspec", "rspec ", re.compile(r"^rspec (?P<file>\.?/?[^\s:\[]+_spec\.rb)(?::(?P<line>\d+)|\[[\d:,]+\]) # (?P<name>.*)$")),
    ("phpunit", ") ", re.compile(r"^\d+\) (?P<name>[\w\\]+::\w+.*)$")),
    ("googletest", "FAILED  ]", re.compile(r"^\[  FAILED  \] (?P<name>[\w/]+\.[\w/]+)(?:,.*| \(\d+ ms\))?$")),
    ("ctest", "***Failed", re.compile(r"^\s*\d+/\d+ Test\s+#\d+: (?P<name>\S+) \.*\s*\*\*\*Failed.*$")),
    ("dotnet", "Failed ", re.compile(r"^\s+Failed (?P<name>[\w.]+(?:\([^)]*\))?) \[[^\]]+\]$")),
    ("minitest", "#test_", re.compile(r"^(?P<name>\w+(?:::\w+)*#test_\w+) \[(?P<file>[^:\]]+):(?P<line>\d+)\]:?$")),
)  # fmt: skip
_PANIC = re.compile(r"^thread '(?P<thread>[^']+)' (?:\(\d+\) )?panicked at (?P<place>.*)$")
_RUST_PLACE = re.compile(r"^(?:'(?P<message>.*)', )?(?P<file>[^:\s]+\.rs):(?P<line>\d+):\d+:?$")


class NativeTests:
    """One finding a failing test; a panic comes with its place and message."""

    def __init__(self) -> None:
        self.found = Findings()
        self._panic: tuple[str, str, str] | None = None  # thread, file, line; the message comes next

    def feed(self, line: str, number: int) -> None:
        if self._panic is not None:
            self._panicked(line, number)
        if "panicked at" in line and (panic := _PANIC.match(line)):
            self._start_panic(panic, number)
            return
        for tool, word, pattern in _PATTERNS:
            if word in line and (case := pattern.match(line)):
                self._case(tool, case, number)
                return

    def findings(self) -> list[LogFinding]:
        return self.found.findings()

    def _case(self, tool: str, case: re.Match[str], number: int) -> None:
        groups = case.groupdict()
        name, file, line = groups["name"], groups.get("file") or "", groups.get("line")
        message = name + (groups.get("message") or "")
        self.found.add(number, finding(FindingKind.TEST, tool, message, file=file, line=line, code=name))

    def _start_panic(self, panic: re.Match[str], number: int) -> None:
        if place := _RUST_PLACE.match(panic["place"]):
            self._panic = (panic["thread"], place["file"], place["line"])
            if place["message"] is not None:  # before Rust 1.73 the message stands on the same line
                self._panicked(place["message"], number)

    def _panicked(self, line: str, number: int) -> None:
        if self._panic is not None:
            thread, file, at = self._panic
            self._panic = None
            message = f"{thread} panicked: {line}"
            self.found.add(number, finding(FindingKind.TEST, "cargo", message, file=file, line=at, exception="panic"))
