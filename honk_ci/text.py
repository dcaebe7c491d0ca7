"""Small texts for people and prompts, cut to what matters."""

from __future__ import annotations

import re

from honk_ci.domain import FailedTest, TestRun

DETAIL_CHARS = 6_000
PER_TEST_CHARS = 2_000

# docs.github.com, "Skipping workflow runs"; docs.gitlab.com, "Skip a pipeline"; Azure's ***NO_CI***.
_SKIPS_CI = re.compile(
    r"\[\s*((?:skip|no)[ -]ci|(?:ci|actions)[ -]skip|skip[ -]actions)\s*\]|\*{3}(NO_CI)\*{3}", re.IGNORECASE
)
# "Fixes #12", "closes: acme/shop#12", "Resolves issue GH-12", "Closes https://…/issues/12": the forges
# close that issue when such a commit lands.
_CLOSES = re.compile(
    r"\b((?:clos|fix|resolv|implement)\w*:?\s+(?:issues?:?\s+)?(?:[\w./-]*#(?=\d)|gh-(?=\d)|https?:(?=//\S*/\d)))",
    re.IGNORECASE,
)


def plural(count: int, noun: str) -> str:
    """``1 test``, ``3 tests``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def clip(text: str, limit: int) -> str:
    """``text`` with its middle cut out where it is longer than ``limit`` characters."""
    if len(text) <= limit:
        return text
    head, tail = limit // 3, limit - limit // 3
    return f"{text[:head]}\n… {len(text) - limit} characters left out …\n{text[-tail:]}"


def one_line(text: str, limit: int = 200) -> str:
    """``text`` as one line without control characters, at most ``limit`` characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def inert(text: str) -> str:
    """``text`` for a commit message or a title, of which neither CI nor a forge obeys a word."""
    return _CLOSES.sub(r"\1 ", _SKIPS_CI.sub(lambda match: match[1] or match[2], text))


def failure_lines(run: TestRun, *, limit: int = DETAIL_CHARS) -> str:
    """What a run complains of: its failed tests, or the end of its output where it names none."""
    if not run.report.failed:
        return clip(run.output.strip(), limit)
    return clip("\n\n".join(failed_test_text(test) for test in run.report.failed[:20]), limit)


def failed_test_text(test: FailedTest, *, limit: int = PER_TEST_CHARS) -> str:
    """One failed test as a person reads it: its name, the message, the traceback."""
    body = test.text.strip() or test.message.strip()
    return f"{test.key}\n{clip(body, limit)}"


def last_words(run: TestRun) -> str:
    """How a run ended that names no test: its exit status and last line."""
    lines = run.output.strip().splitlines() or ["it prints nothing"]
    return one_line(f"exit status {run.exit_code}: {lines[-1]}", 200)
