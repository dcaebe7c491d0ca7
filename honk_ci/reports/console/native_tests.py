"""Failing tests of go, cargo, maven, gradle, RSpec, PHPUnit, googletest, ctest, dotnet."""

from __future__ import annotations

import re

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.reports.console.found import VERDICT, Findings, finding

# Each pattern: the tool, a word that its lines have (checked first, for speed), the line.
_PATTERNS = (
    ("go", "--- FAIL", re.compile(r"^\s*--- FAIL: (?P<name>\S+) \([\d.]+s\)$")),
    ("go", "build failed]", re.compile(r"^FAIL\s+(?P<name>\S+) \[(?:build|setup) failed\]$")),
    ("cargo", "FAILED", re.compile(r"^test (?P<name>\S+)(?: - should panic| - compile(?: fail)?| \(line \d+\))* \.\.\. FAILED$")),
    ("nextest", "FAIL [", re.compile(r"^\s*(?:TRY \d+ )?FAIL \[\s*[\d.]+s\] (?:\(\s*\d+/\d+\) )?(?P<name>\S+ \S+)$")),
    ("maven", "ERROR]", re.compile(r"^\[ERROR\]\s+(?P<name>[\w.$]+\.\w+(?:\([^)]*\))?(?::(?P<line>\d+)|» )\s?.*)$")),
    ("gradle", " FAILED", re.compile(r"^(?P<name>[\w.$]+ > .+?) FAILED$")),
    ("gradle", "FAILED", re.compile(r"^> (?P<name>Task \S+) FAILED$")),
    ("rspec", "rspec ", re.compile(r"^rspec (?P<file>\.?/?[^\s:\[]+_spec\.rb)(?::(?P<line>\d+)|\[[\d:,]+\]) # (?P<name>.*)$")),
    ("phpunit", ") ", re.compile(r"^\d+\) (?P<name>[\w\\]+::\w+.*)$")),
    ("googletest", "FAILED  ]", re.compile(r"^\[  FAILED  \] (?P<name>[\w/]+\.[\w/]+)(?:,.*| \(\d+ ms\))?$")),
    ("ctest", "***Failed", re.compile(r"^\s*\d+/\d+ Test\s+#\d+: (?P<name>\S+) \.*\s*\*\*\*Failed.*$")),
    ("dotnet", "Failed ", re.compile(r"^\s+Failed (?P<name>[\w.]+(?:\([^)]*\))?) \[[^\]]+\]$")),
    ("minitest", "#test_", re.compile(r"^(?P<name>\w+(?:::\w+)*#test_\w+) \[(?P<file>[^:\]]+):(?P<line>\d+)\]:?$")),
)  # fmt: skip
_GO_LINE = re.compile(r"^\s+(?P<file>[\w/.-]+_test\.go):(?P<line>\d+): (?P<message>.*)$")
_PANIC = re.compile(r"^(?:thread '(?P<thread>[^']+)' (?:\(\d+\) )?panicked at (?P<rust>.*)|panic: (?P<go>.*))$")
_RUST_PLACE = re.compile(r"^(?:'(?P<message>.*)', )?(?P<file>[^:\s]+\.rs):(?P<line>\d+):\d+:?$")
_WORDS = tuple(dict.fromkeys(word for _, word, _ in _PATTERNS))


class NativeTests:
    """One finding a failing test, with the first line it said where that follows or goes before."""

    def __init__(self) -> None:
        self.found = Findings()
        self._panic: tuple[str, str, str] | None = None  # rust: thread, file, line; the message comes next
        self._go_said: tuple[int, re.Match[str]] | None = None
        self._go_test: tuple[int, str] | None = None

    def feed(self, line: str, number: int) -> None:
        if self._panic is not None:
            self._panicked(line, number)
        if "_test.go:" in line and (said := _GO_LINE.match(line)):
            self._go_message(said, number)
        elif "panic" in line and (panic := _PANIC.match(line)):
            self._start_panic(panic, number)
        else:
            for tool, word, pattern in _PATTERNS:
                if word in line and (case := pattern.match(line)):
                    self._case(tool, case, number)
                    return

    def findings(self) -> list[LogFinding]:
        return self.found.findings()

    def _case(self, tool: str, case: re.Match[str], number: int) -> None:
        groups = case.groupdict()
        if tool == "go" and "--- FAIL" in case[0]:
            self._go_test = (number, groups["name"])
        kind = FindingKind.COMPILE if "build failed" in case[0] or "setup failed" in case[0] else FindingKind.TEST
        said = finding(
            kind, tool, groups["name"], file=groups.get("file") or "", line=groups.get("line"), code=groups["name"]
        )
        self.found.add(number, said, weight=VERDICT)

    def _go_message(self, said: re.Match[str], number: int) -> None:
        """go prints the message below the test (above it with -v, where the test is not yet known to fail)."""
        if self._go_test is None or number > self._go_test[0] + 20:
            return
        name = self._go_test[1]
        told = finding(
            FindingKind.TEST, "go", f"{name}: {said['message']}", file=said["file"], line=said["line"], code=name
        )
        self.found.add(number, told)

    def _start_panic(self, panic: re.Match[str], number: int) -> None:
        if panic["go"] is not None:
            self.found.add(number, finding(FindingKind.TEST, "go", f"panic: {panic['go']}", exception="panic"))
        elif place := _RUST_PLACE.match(panic["rust"]):
            self._panic = (panic["thread"], place["file"], place["line"])
            if place["message"] is not None:  # before Rust 1.73 the message stands on the same line
                self._panicked(place["message"], number)

    def _panicked(self, line: str, number: int) -> None:
        if self._panic is not None:
            thread, file, at = self._panic
            self._panic = None
            told = finding(
                FindingKind.TEST, "cargo", f"{thread} panicked: {line}", file=file, line=at, exception="panic"
            )
            self.found.add(number, told)
