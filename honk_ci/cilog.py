"""The only place that knows how CI systems fold and read job logs."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

# What makes a runner obey a line of the log: GitHub's "::command::" and "##[command]", Azure's
# "##vso[", GitLab's "section_start:". Text of tests must not be able to say it.
_COMMANDS = re.compile(r"^(\s*)::|##(?=\[|vso\[)|(section_(?:start|end)):", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\u200b-\u200f]")


def defused(text: str) -> str:
    """``text`` with nothing in it that a CI runner or a terminal would act on."""

    def broken(match: re.Match[str]) -> str:
        words = match.group(0).replace("::", ": :").replace("##", "# #")
        return words.replace(":", " :") if match.group(2) else words

    return _COMMANDS.sub(broken, _CONTROL.sub(" ", text))


def group_start(name: str, environ: Mapping[str, str]) -> str:
    """The line that opens a folded group of the log."""
    if environ.get("GITHUB_ACTIONS") == "true":
        return f"::group::honk {name}"
    if environ.get("GITLAB_CI") == "true":
        return f"\x1b[0Ksection_start:{int(time.time())}:honk_{name}\r\x1b[0Khonk {name}"
    return f"honk {name}"


def group_end(name: str, environ: Mapping[str, str]) -> str:
    """The line that closes it; "" where nothing is to be written."""
    if environ.get("GITHUB_ACTIONS") == "true":
        return "::endgroup::"
    if environ.get("GITLAB_CI") == "true":
        return f"\x1b[0Ksection_end:{int(time.time())}:honk_{name}\r\x1b[0K"
    return ""


def annotation(level: str, words: str, *, file: str, line: int) -> str:
    """The line that puts words beside a line of code on GitHub; level is "error", "warning" or "notice"."""
    return f"::{level} file={_property(file)},line={line},title=honk-ci::{_message(words)}"


def remark(level: str, words: str) -> str:
    """The line that puts words at the top of a run's page on GitHub; levels as in ``annotation``."""
    return f"::{level} title=honk-ci::{_message(words)}"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
