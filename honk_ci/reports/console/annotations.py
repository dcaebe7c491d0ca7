"""Workflow commands: ``::error file=a.py,line=3,title=F401::message``, as tools print them for GitHub."""

from __future__ import annotations

import re

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.reports.console.found import Findings, finding

_COMMAND = re.compile(r"^\s*::error (?P<properties>[^:]*(?::(?!:)[^:]*)*)::(?P<message>.*)$")
_AZURE = re.compile(r"^##vso\[task\.logissue type=error;(?P<properties>[^\]]*)\](?P<message>.*)$")
_RULE = re.compile(r"\(?\b(?P<code>[A-Z]{1,5}\d{2,5})\b\)?")
_TITLE = re.compile(r"^(?P<tool>[A-Za-z][\w-]+) \((?P<code>[@\w./-]+)\)$")  # ruff (F401)
# Some repeat place and code in the message.
_REPEATED = re.compile(r"^[^\s:]+:\d+(?::\d+)?: (?:[A-Z]+\d+:? |[\w-]+: )?")


class Annotations:
    """Only errors that name a file: the others repeat what the tool says elsewhere."""

    def __init__(self) -> None:
        self.found = Findings()

    def feed(self, line: str, number: int) -> None:
        if "::error " not in line and "##vso[" not in line:
            return
        stated = _COMMAND.match(line) or _AZURE.match(line)
        properties = _properties(stated["properties"]) if stated else {}
        file = properties.get("file") or properties.get("sourcepath", "")
        if stated is None or not file:
            return
        named = _TITLE.match(properties.get("title", ""))
        rule = _RULE.search(properties.get("title", "") or properties.get("code", ""))
        code = named["code"] if named else rule["code"] if rule else ""
        self.found.add(number, finding(
            _kind(code),
            named["tool"].lower() if named else "",
            _REPEATED.sub("", _decoded(stated["message"])),
            file=file,
            line=properties.get("line") or properties.get("linenumber"),
            code=code,
        ))  # fmt: skip

    def findings(self) -> list[LogFinding]:
        return self.found.findings()


def _kind(code: str) -> FindingKind:
    if code in {"invalid-syntax", "E999"}:
        return FindingKind.SYNTAX
    return FindingKind.LINT if code else FindingKind.OTHER


def _properties(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in re.split("[,;]", text))
    return {name.strip().lower(): _decoded(value.strip()) for name, _, value in pairs}


def _decoded(text: str) -> str:
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, character)
    return text
