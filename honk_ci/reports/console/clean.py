"""Takes from a log line what CI systems and terminals add to it."""

from __future__ import annotations

import re

LINE_CAP = 1_000  # more than any tool says in one line, and little enough for patterns that try in vain

# CSI, OSC (ended by BEL or ST), and the short escapes.
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_STAMP = re.compile(
    r"\ufeff?(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]? ?(?:\d\d[OE][+ ]?)?)"
)
# GitHub's job log as `gh run view --log` prints it: job, step, time stamp, text.
_JOB_LOG = re.compile(r"[^\t]{1,200}\t[^\t]{1,200}\t(?=\ufeff?\d{4}-\d\d-\d\dT)")
_SECTION = re.compile(r"section_(?:start|end):\d+:[\w.-]+(?:\[[^\]]*\])?\r?")
# Of GitHub and Azure: the marks stay out, the words behind them are what the tool printed.
_MARK = re.compile(r"##\[(?:error|warning|notice|debug|command|section|info)\]")


def clean(line: str) -> str:
    """The line as the tool meant it."""
    line = line.rstrip("\r\n")
    if "\t" in line and (prefix := _JOB_LOG.match(line)):
        line = line[prefix.end() :]
    if "\x1b" in line:
        line = _ESCAPES.sub("", line)
    if line[:1].isdigit() or line.startswith(("[2", "\ufeff")):
        line = _STAMP.sub("", line, count=1)
    if line.startswith("section_"):
        line = _SECTION.sub("", line)
    if "\r" in line:
        line = line.rstrip("\r").rpartition("\r")[2]  # a progress bar: what is left on the screen
    if line.startswith("##["):
        line = _MARK.sub("", line, count=1)
    if not line.isprintable():
        line = _CONTROL.sub("", line)
    return line[:LINE_CAP].rstrip()
