"""jest, vitest and mocha: the tests that failed, by the marks of their reporters; and what node throws."""

from __future__ import annotations

import re

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.reports.console.found import HINT, STATEMENT, VERDICT, Findings, finding
from honk_ci.reports.exceptions import exception_of

_SUFFIX = r"\.(?:[cm]?[jt]sx?|vue|svelte)"
# FAIL src/a.test.js (jest)    FAIL  src/a.test.ts > sums > adds (vitest)
_FAIL = re.compile(rf"^\s*(?:\u276f )?FAIL\s+(?:\|?[\w@/-]+\|?\s+)?(?P<file>\S+{_SUFFIX})(?P<rest>.*)$")
_BULLET = re.compile(r"^\s{1,4}● (?P<name>\S.*)$")  # jest: "  ● sums > adds", with another arrow
_THROWN = re.compile(
    r"^\s*(?:error: ['|]?|\[?)?(?P<text>(?:Uncaught )?(?:[A-Z]\w*)?(?:Error|Exception)(?: \[\w+\])?: .*?)'?$"
)
_NO_MODULE = re.compile(
    r"(?:Cannot find (?:module|package) '(?P<name>[^']+)'|Module not found: (?:Error: )?Can't resolve '(?P<other>[^']+)'|Failed to resolve import \"(?P<vite>[^\"]+)\"|Could not resolve \"(?P<esbuild>[^\"]+)\")"
)
_MOCHA_HEAD = re.compile(r"^\s+\d+ failing$")
_MOCHA = re.compile(r"^\s{2,4}\d+\) (?P<name>\S.*?):?$")
_UNCAUGHT_AT = re.compile(rf"^(?P<file>(?:file://|/|[A-Za-z]:\\|node:)\S*?{_SUFFIX}|node:\S+):(?P<line>\d+)$")
_UNCAUGHT = re.compile(r"^(?P<text>(?:Uncaught )?[A-Z]\w*(?:Error|Exception)(?: \[\w+\])?: .*)$")
_THRESHOLD = re.compile(
    r"^(?:Jest|ERROR): (?P<text>.*coverage .*threshold .*not met.*|Coverage for .* does not meet .*threshold.*)$",
    re.IGNORECASE,
)

WINDOW = 40  # lines after a failing test in which its error is looked for


class JavaScript:
    """A failing test first, then what it threw."""

    def __init__(self) -> None:
        self.found = Findings()
        self._file = ""  # jest: the file whose failures follow
        self._name = ""  # the failing test whose error is looked for
        self._test_file = ""
        self._until = 0
        self._in_mocha = False
        self._uncaught: tuple[str, str] | None = None
        self._uncaught_until = 0

    def feed(self, line: str, number: int) -> None:
        if self._name and number > self._until:
            self._tell("", number)
        stripped = line.lstrip()
        if "FAIL" in line and (fail := _FAIL.match(line)):
            self._fail(fail, number)
        elif stripped.startswith("●") and self._file and (case := _BULLET.match(line)):
            self._open(case["name"], self._file, number)
        elif line.endswith("failing") and _MOCHA_HEAD.match(line):
            self._in_mocha = True
        elif self._in_mocha and (case := _MOCHA.match(line)):
            self._open(case["name"], "", number)
        else:
            self._other(line, number)

    def findings(self) -> list[LogFinding]:
        if self._name:
            self._tell("", self._until)
        return self.found.findings()

    def _other(self, line: str, number: int) -> None:
        if "annot find" in line or "resolve" in line:
            self._missing(line, number)
        if "hreshold" in line and (stated := _THRESHOLD.match(line)):
            self.found.add(number, finding(FindingKind.OTHER, "jest", stated["text"]), weight=STATEMENT)
        if self._name and "rror" in line and (thrown := _THROWN.match(line)):
            self._tell(thrown["text"], number)
        elif "rror" in line or line.startswith(("/", "file://", "node:")):
            self._watch_uncaught(line, number)

    def _fail(self, fail: re.Match[str], number: int) -> None:
        self._file, rest = fail["file"], fail["rest"].strip()
        if rest.startswith(">"):
            self._open(rest.strip("> "), self._file, number)
        else:
            said = finding(FindingKind.TEST, "vitest" if "[" in rest else "jest", f"FAIL {self._file}", file=self._file)
            self.found.add(number, said, weight=STATEMENT)

    def _open(self, name: str, file: str, number: int) -> None:
        if self._name:
            self._tell("", number - 1)
        self._name, self._until = name, number + WINDOW
        self._test_file = file

    def _tell(self, thrown: str, number: int) -> None:
        message = f"{self._name} - {thrown}" if thrown else self._name
        said = finding(
            FindingKind.TEST, "node", message, file=self._test_file,
            code=self._name, exception=exception_of(thrown),
        )  # fmt: skip
        self._name = self._test_file = ""
        self.found.add(number, said, weight=VERDICT)

    def _missing(self, line: str, number: int) -> None:
        stated = _NO_MODULE.search(line)
        if stated:
            name = next(filter(None, stated.groups()))
            said = finding(FindingKind.MISSING_MODULE, "node", line.strip(), code=name, file=self._file)
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
