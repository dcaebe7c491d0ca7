"""The steps of a CI job in its log, and which of them failed."""

from __future__ import annotations

import re
from bisect import bisect_right

# GitHub opens each step with such a group, GitLab with a section; both say in the end what came of it.
_START = re.compile(r"##\[group\]Run |section_start:\d+:\w+")
_FAILED = re.compile(
    r"##\[error\](?:Process completed with exit code [1-9]|The operation was canceled|Command failed|.*exceeded the maximum)"
    r"|ERROR: Job failed|Error: Process completed with exit code [1-9]"
)
_OUTCOMES = ("##[error]", "Job failed", "Process completed with")


class Steps:
    """Spans of line numbers; a log without marks is one step, which failed."""

    def __init__(self) -> None:
        self._starts = [0]
        self._failed: set[int] = set()
        self._script: int | None = None  # GitLab: the section in which the job's own commands run

    def feed(self, raw: str, number: int) -> None:
        if ("##[group]" in raw or "section_start:" in raw) and _START.search(raw):
            self._starts.append(number)
            if "section_start" in raw and ("step_script" in raw or "build_script" in raw):
                self._script = len(self._starts) - 1
        elif any(word in raw for word in _OUTCOMES) and _FAILED.search(raw):
            self._failed.add(len(self._starts) - 1)
            if self._script is not None:  # GitLab tells after it has cleaned up
                self._failed.add(self._script)

    def step(self, number: int) -> int:
        """The step that a line belongs to."""
        return bisect_right(self._starts, number) - 1

    def failed(self, number: int) -> bool:
        """Whether the line belongs to a step that failed."""
        return not self._failed or self.step(number) in self._failed
