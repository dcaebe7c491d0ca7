"""The ``file:line:col: error`` family: compilers, type checkers, builds."""

from __future__ import annotations

import re

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.reports.console.found import Findings, finding

_FILE = r"(?P<file>(?:[A-Za-z]:)?[^\s:()\"'][^:()\"'\n]*?\.[A-Za-z][\w+]{0,8})"
_CODE_TAIL = re.compile(r"\s+\[(?P<code>[\w-]+(?:,[\w-]+)*)\]$|\s+\((?P<rule>report\w+)\)$")
# Tools by the ending of the file they complain of, where the line does not say.
_TOOL_OF = {"c": "gcc", "cc": "gcc", "cpp": "gcc", "cxx": "gcc", "h": "gcc", "hpp": "gcc", "m": "clang", "swift": "swiftc",
            "java": "javac", "kt": "kotlinc", "go": "go", "rs": "rustc", "ts": "tsc", "tsx": "tsc", "mts": "tsc", "cts": "tsc",
            "py": "mypy", "pyi": "mypy", "cs": "csc", "scala": "scalac", "hs": "ghc", "vue": "vue-tsc", "proto": "protoc",
            "f90": "gfortran", "d": "dmd", "zig": "zig"}  # fmt: skip
_TYPE_CHECKED = frozenset({"mypy", "tsc", "vue-tsc", "pyright"})

# a.c:3:5: error: …   a.py:3: error: …   a.c:3:5: fatal error: …   a.swift:3:5: error: …   X.java:3: error: …
_GNU = re.compile(
    rf"^\s{{0,4}}(?:\[ERROR\] |\[error\] |e: |>>> )?{_FILE}:(?P<line>\d+)(?::(?P<col>\d+))?(?::\d+:\d+)?:? (?:- )?(?:fatal )?error(?: (?P<code>[A-Z]+\d+))?: (?P<message>.*)$"
)
_TSC = re.compile(
    rf"^{_FILE}\((?P<line>\d+)(?:,(?P<col>\d+)(?:,\d+,\d+)?)?\): (?:fatal )?error (?P<code>[A-Z]+\d+): (?P<message>.*)$"
)
_MAVEN = re.compile(rf"^(?:\[ERROR\] )?{_FILE}:\[(?P<line>\d+),(?P<col>\d+)\] (?:error: )?(?P<message>.*)$")
_KOTLIN = re.compile(rf"^e: (?:file://)?{_FILE}:(?:\s\()?(?P<line>\d+)[:,] ?(?P<col>\d+)\)?:? (?P<message>.*)$")
_SCALA = re.compile(rf"^\[error\] {_FILE}:(?P<line>\d+)(?::(?P<col>\d+))?: (?P<message>.*)$")
# go names no severity; its lines stand after "# package" or "vet: ", or name the place and a known complaint.
_GO = re.compile(r"^(?:vet: )?(?P<file>(?:\.{0,2}/)?[^\s:]+\.go):(?P<line>\d+)(?::(?P<col>\d+))?: (?P<message>\S.*)$")
_GO_PACKAGE = re.compile(r"^# [\w./\-\[\] @]+$")
_GO_COMPLAINT = re.compile(
    r"^(?:undefined: |cannot use |.* declared and not used|declared and not used|\"[^\"]+\" imported and not used|syntax error: |missing return|undeclared name|not enough arguments|too many arguments|.* redeclared |assignment mismatch|invalid operation|no required module provides|package \S+ is not in |cannot find package|unknown field|.* undefined \(type)"
)
_RUST_HEAD = re.compile(r"^error(?:\[(?P<code>E\d+)\])?: (?P<message>.*)$")
_RUST_PLACE = re.compile(r"^\s*--> (?P<file>[^:]+):(?P<line>\d+):(?P<col>\d+)$")
_RUST_SUMS = ("could not compile", "aborting due to", "test failed, to rerun", "build failed", "1 target failed")
_LINKER = (
    re.compile(r"^(?:\S*/)?(?:ld|ld\.\w+|collect2)(?:\.exe)?: (?P<message>(?!warning).*(?:undefined reference|cannot find|symbol\(s\) not found|error: ld returned|undefined symbol|multiple definition).*)$"),
    re.compile(r"^\S*: (?P<message>undefined reference to .*)$"),
)  # fmt: skip
_MAKE = re.compile(
    r"^(?:make|gmake|ninja)(?:\[\d+\])?: \*\*\* (?P<message>(?!.*Killed).*(?:Error \d+|No rule to make target.*|missing separator.*))$"
)
_CMAKE = re.compile(r"^CMake Error at (?P<file>[^:]+):(?P<line>\d+) \((?P<message>.*)\):")


class Compilers:
    """One finding an error; warnings and notes are passed over."""

    def __init__(self) -> None:
        self.found = Findings()
        self._rust: tuple[str, str] | None = None  # code and message of the head line, until its place comes
        self._rust_number = 0
        self._go_package = 0  # number of the last line that belongs to a "# package" block

    def feed(self, line: str, number: int) -> None:
        if self._rust is not None:
            self._rust_place(line, number)
        if "rror" in line:
            self._error(line, number)
        elif ".go:" in line:
            self._go(line, number)
        elif line.startswith("# "):
            self._go_package = number if _GO_PACKAGE.match(line) else self._go_package
        elif line.startswith("e: ") and (place := _KOTLIN.match(line)):
            self._add(place, number, "kotlinc")
        elif "ERROR] " in line and (place := _MAVEN.match(line)):
            self._add(place, number, "")
        elif line.startswith(("make", "gmake", "ninja", "ld")) or "undefined " in line:
            self._link_or_make(line, number)

    def findings(self) -> list[LogFinding]:
        return self.found.findings()

    def _error(self, line: str, number: int) -> None:
        if line.startswith("error") and (head := _RUST_HEAD.match(line)):
            if not head["message"].startswith(_RUST_SUMS):
                self._rust, self._rust_number = (head["code"] or "", head["message"]), number
            return
        if ".go:" in line:
            self._go(line, number)
            return
        for pattern in (_GNU, _TSC, _KOTLIN, _MAVEN, _SCALA):
            if place := pattern.match(line):
                self._add(place, number, "")
                return
        if place := _CMAKE.match(line):
            self._add(place, number, "cmake")
        else:
            self._link_or_make(line, number)

    def _add(self, place: re.Match[str], number: int, tool: str) -> None:
        groups = place.groupdict()
        message, code = groups["message"], groups.get("code") or ""
        tail = _CODE_TAIL.search(message)
        if tail and not code:
            code, message = tail["code"] or tail["rule"], message[: tail.start()]
        suffix = groups["file"].rsplit(".", 1)[-1].lower()
        tool = tool or ("pyright" if tail and tail["rule"] else _TOOL_OF.get(suffix, ""))
        kind = FindingKind.TYPES if tool in _TYPE_CHECKED else FindingKind.COMPILE
        if tool == "mypy" and code == "syntax":
            kind = FindingKind.SYNTAX
        self.found.add(number, finding(kind, tool, message, file=groups["file"], line=groups["line"], code=code))

    def _go(self, line: str, number: int) -> None:
        place = _GO.match(line)
        in_package = self._go_package == number - 1
        if place and (in_package or line.startswith("vet: ") or _GO_COMPLAINT.match(place["message"])):
            self._add(place, number, "go")
            if in_package:
                self._go_package = number

    def _rust_place(self, line: str, number: int) -> None:
        if self._rust is None:
            return
        code, message = self._rust
        place = _RUST_PLACE.match(line)
        if place or number > self._rust_number + 1:
            self._rust = None
            if place:
                said = finding(FindingKind.COMPILE, "rustc", message, file=place["file"], line=place["line"], code=code)
                self.found.add(number, said)

    def _link_or_make(self, line: str, number: int) -> None:
        for pattern, tool in ((_LINKER[0], "ld"), (_LINKER[1], "ld"), (_MAKE, "make")):
            if stated := pattern.match(line):
                self.found.add(number, finding(FindingKind.COMPILE, tool, stated["message"]))
                return
