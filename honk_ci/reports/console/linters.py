"""Linters and formatters: ruff, flake8, pylint, eslint, stylelint, golangci-lint, rubocop, black, isort, prettier …"""

from __future__ import annotations

import re

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.reports.console.found import VERDICT, Findings, finding

_FILE = r"(?P<file>(?:[A-Za-z]:)?[^\s:()\"'][^:()\"'\n]*?\.[A-Za-z][\w+]{0,8})"
# x.py:1:8: F401 [*] `os` imported but unused — ruff concise, flake8, pycodestyle; pylint puts a colon behind the code
_CODED = re.compile(
    rf"^{_FILE}:(?P<line>\d+):(?P<col>\d+): (?P<code>[A-Z]{{1,5}}\d{{1,5}}|invalid-syntax|SyntaxError):? (?:\[\*\] )?(?P<message>.*)$"
)
_RULE = re.compile(r"\s*\((?P<rule>[a-z][\w-]+)\)$")
# ruff's full output: the rule and message first, then " --> x.py:1:8"
_RUFF_HEAD = re.compile(r"^(?P<code>[A-Z]{1,5}\d{3,5}|invalid-syntax|unformatted):? (?:\[\*\] )?(?P<message>\S.*)$")
_ARROW = re.compile(r"^\s*--> (?P<file>[^:\n]+):(?P<line>\d+):(?P<col>\d+)$")
# eslint and stylelint, stylish: a path alone on its line, then "  3:5  error  message  rule"
_PATH_ALONE = re.compile(
    r"^(?P<file>(?:[A-Za-z]:\\|/|\.{0,2}/)?[^\s:()]+\.(?:jsx?|tsx?|mjs|cjs|mts|cts|vue|svelte|astro|json|md|mdx|css|scss|less|html|ya?ml|hbs))$"
)
_STYLISH = re.compile(
    r"^\s{1,6}(?P<line>\d+):(?P<col>\d+)\s+(?:error|\u2716|\u00d7)\s+(?P<message>.*?)(?:\s{2,}(?P<code>[@\w/.-]+))?$"
)
_UNIX = re.compile(rf"^{_FILE}:(?P<line>\d+):(?P<col>\d+): (?P<message>.*?) \[(?:Error|error)/(?P<code>[@\w/-]+)\]$")
_COMPACT = re.compile(
    rf"^{_FILE}: line (?P<line>\d+), col (?P<col>\d+), Error - (?P<message>.*?)(?: \((?P<code>[@\w/-]+)\))?$"
)
_GOLANGCI = re.compile(
    r"^(?P<file>[^\s:]+\.go):(?P<line>\d+)(?::(?P<col>\d+))?: (?P<message>.*) \((?P<code>[a-z][\w-]+)\)$"
)
_RUBOCOP = re.compile(
    rf"^{_FILE}:(?P<line>\d+):(?P<col>\d+): (?P<severity>[CWEF]): (?:\[Correct\w+\] )?(?P<code>\w+/\w+): (?P<message>.*)$"
)

_FORMAT = (
    ("black", re.compile(r"^would reformat (?P<file>\S.*\.(?:py|pyi|ipynb))$"), "would reformat {}"),
    ("black", re.compile(r"^error: cannot format (?P<file>[^:]+): (?P<message>.*)$"), "cannot format {}"),
    ("ruff-format", re.compile(r"^Would reformat: (?P<file>\S.*)$"), "would reformat {}"),
    ("isort", re.compile(r"^ERROR: (?P<file>\S.*\.pyi?) Imports are incorrectly sorted and/or formatted\.$"), "imports of {} are not sorted"),
    ("prettier", re.compile(r"^\[(?:warn|error)\] (?P<file>(?!.*\s)\S+\.\w+)$"), "prettier would reformat {}"),
    ("prettier", re.compile(r"^\[error\] (?P<file>\S+\.\w+): (?P<message>SyntaxError: .*?)(?: \((?P<line>\d+):\d+\))?$"), "cannot format {}"),
    ("ruff-format", re.compile(r"^error: Failed to (?:parse|format) (?P<file>[^:]+):(?P<line>\d+):\d+: (?P<message>.*)$"), "cannot format {}"),
    ("rustfmt", re.compile(r"^Diff in (?P<file>\S.*?)(?::(?P<line>\d+):?$| at line (?P<at>\d+):$)"), "rustfmt would reformat {}"),
    ("clang-format", re.compile(r"^(?P<file>[^\s:]+):(?P<line>\d+):\d+: (?:error|warning): code should be clang-formatted.*$"), "clang-format would reformat {}"),
    ("yapf", re.compile(r"^reformatted (?P<file>\S+\.py) \(would\)$"), "would reformat {}"),
)  # fmt: skip
_FORMAT_WORDS = (
    "ould reformat",
    "cannot format",
    "incorrectly sorted",
    "[warn] ",
    "[error] ",
    "Diff in ",
    "clang-formatted",
)

# pre-commit: "ruff.....Failed" with "- hook id: ruff" below
_HOOK = re.compile(r"^(?P<name>\S.*?)(?<!\.)\.{3,}+(?:\(.*\))?Failed$")


class Linters:
    """One finding a complaint; warnings that do not fail the tool are passed over."""

    def __init__(self) -> None:
        self.found = Findings()
        self._path = ""  # the file that a stylish report is in
        self._head: tuple[str, str] | None = None  # code and message of ruff whose place comes next
        self._head_number = 0

    def feed(self, line: str, number: int) -> None:
        if self._head is not None and line.lstrip().startswith("-->"):
            self._place(line, number)
        elif (line[:1].isupper() or line.startswith(("invalid-syntax", "unformatted"))) and (
            head := _RUFF_HEAD.match(line)
        ):
            self._head, self._head_number = (head["code"], head["message"]), number
        elif self._path and line[:1] == " ":
            self._stylish(line, number)
        elif not line:
            self._path = ""
        elif line.endswith("Failed") and (hook := _HOOK.match(line)):
            self.found.add(
                number, finding(FindingKind.LINT, "pre-commit", f"the hook {hook['name']} failed", code=hook["name"])
            )
        elif ":" in line:
            self._coded(line, number)
        if ":" not in line and (path := _PATH_ALONE.match(line)):
            self._path = path["file"]
        if any(word in line for word in _FORMAT_WORDS):
            self._format(line, number)

    def findings(self) -> list[LogFinding]:
        return self.found.findings()

    def _coded(self, line: str, number: int) -> None:
        for pattern, tool in (
            (_CODED, ""),
            (_UNIX, "eslint"),
            (_COMPACT, "eslint"),
            (_GOLANGCI, "golangci-lint"),
            (_RUBOCOP, "rubocop"),
        ):
            if place := pattern.match(line):
                self._add(place, number, tool or _python_tool(place))
                return

    def _add(self, place: re.Match[str], number: int, tool: str, *, file: str = "") -> None:
        code = place["code"] or ""
        kind = FindingKind.SYNTAX if code in {"E999", "E9", "invalid-syntax", "SyntaxError"} else FindingKind.LINT
        said = finding(kind, tool, place["message"], file=file or place["file"], line=place["line"], code=code)
        self.found.add(number, said, weight=VERDICT)

    def _place(self, line: str, number: int) -> None:
        place = _ARROW.match(line)
        if place and self._head is not None and number <= self._head_number + 2:
            code, message = self._head
            kind = {"invalid-syntax": FindingKind.SYNTAX, "unformatted": FindingKind.FORMAT}.get(code, FindingKind.LINT)
            tool, code = ("ruff-format", "") if code == "unformatted" else ("ruff", code)
            self.found.add(number, finding(kind, tool, message, file=place["file"], line=place["line"], code=code))
        self._head = None

    def _stylish(self, line: str, number: int) -> None:
        place = _STYLISH.match(line)
        if place:
            code = place["code"] or ""
            tool = "stylelint" if self._path.endswith(("css", "scss", "less")) else "eslint"
            kind = FindingKind.SYNTAX if place["message"].startswith("Parsing error") else FindingKind.LINT
            said = finding(kind, tool, place["message"], file=self._path, line=place["line"], code=code)
            self.found.add(number, said)

    def _format(self, line: str, number: int) -> None:
        for tool, pattern, message in _FORMAT:
            if stated := pattern.match(line):
                groups = stated.groupdict()
                file, at = groups["file"], groups.get("line") or groups.get("at")
                why = groups.get("message")  # the formatter could not even read the file
                kind = FindingKind.SYNTAX if why else FindingKind.FORMAT
                said = finding(kind, tool, message.format(file) + (f": {why}" if why else ""), file=file, line=at)
                self.found.add(number, said)
                return


def _python_tool(place: re.Match[str]) -> str:
    """ruff and flake8 print alike; pylint has four digits and names the rule; hadolint and others are left open."""
    code, message = place["code"], place["message"]
    if not place["file"].endswith((".py", ".pyi", ".ipynb")):
        return ""
    if re.fullmatch(r"[CRWEFI]\d{4}", code) and _RULE.search(message):
        return "pylint"
    return "ruff" if "[*]" in place[0] or "`" in message or code == "invalid-syntax" else "flake8"
