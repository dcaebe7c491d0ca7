"""A configured command that calls pytest, taken apart so far that some tests can be put in place of all."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from honk_ci.process import Command
from honk_ci.runners.shell_words import (
    REPORT,
    Options,
    has_expansions,
    options_only,
    put_report,
    simple_words,
    split_assignments,
)

# What may stand before pytest. Their own options are kept as they are.
_LAUNCHERS = frozenset(
    {"uv", "poetry", "pdm", "pipenv", "hatch", "rye", "pixi", "coverage", "xvfb-run", "env", "time", "nice", "timeout",
     "stdbuf", "dotenv", "uvx", "conda", "mamba", "micromamba"}
)  # fmt: skip
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*")
_STOPS_EARLY = re.compile(r"-[a-z]*x[a-z]*|--exitfirst|--maxfail(?:=.*)?|--sw|--stepwise")
_REPORT_OPTIONS = ("--junitxml", "--junit-xml")
_SETS_ROOT = re.compile(r"--rootdir|--config-file|-c")

# Options of pytest and of its common plug-ins that take the next word.
_WITH_VALUE = frozenset(
    {
        "-k", "-m", "-n", "-o", "-p", "-c", "-W", "-r", "--maxfail", "--tb", "--junitxml", "--junit-xml", "--rootdir",
        "--ignore", "--ignore-glob", "--deselect", "--confcutdir", "--basetemp", "--durations", "--durations-min",
        "--color", "--capture", "--import-mode", "--log-level", "--log-cli-level", "--log-file", "--log-file-level",
        "--pythonwarnings", "--override-ini", "--config-file", "--junit-prefix", "--junitprefix", "--show-capture",
        "--cov-report", "--cov-config", "--cov-fail-under", "--cov-context", "--numprocesses", "--dist", "--tx",
        "--maxprocesses", "--max-worker-restart", "--timeout", "--timeout-method", "--reruns", "--reruns-delay",
        "--count", "--randomly-seed", "--ds", "--dc", "--html", "--alluredir", "--verbosity", "--assert", "--pdbcls",
        "--doctest-glob", "--benchmark-json", "--splits", "--group", "--env", "--browser", "--asyncio-mode", "--seed",
        "--hypothesis-profile", "--hypothesis-seed", "--last-failed-no-failures", "--lfnf",
    }
)  # fmt: skip
_FLAGS = frozenset(
    {
        "--exitfirst", "--lf", "--last-failed", "--ff", "--failed-first", "--nf", "--new-first", "--sw", "--stepwise",
        "--sw-skip", "--verbose", "--quiet", "--showlocals", "--no-showlocals", "--no-header", "--no-summary",
        "--strict", "--strict-markers", "--strict-config", "--doctest-modules", "--doctest-ignore-import-errors",
        "--disable-warnings", "--disable-pytest-warnings", "--full-trace", "--cache-clear", "--runxfail", "--pyargs",
        "--noconftest", "--keep-duplicates", "--collect-in-virtualenv", "--continue-on-collection-errors",
        "--no-cov", "--no-cov-on-fail", "--cov-append", "--cov-branch", "--cov-reset", "--self-contained-html",
        "--no-migrations", "--nomigrations", "--reuse-db", "--create-db", "--benchmark-skip", "--benchmark-disable",
        "--benchmark-only", "--runslow", "--run-slow", "--forked", "--dist-no", "--flake-finder", "--testmon",
        "--setup-show", "--xfail-tb", "--force-short-summary", "--trace-config", "--no-flaky-report", "--headless",
        "--inline-snapshot-disable", "--snapshot-warn-unused", "--ruff", "--ruff-format", "--mypy", "--flake8",
    }
)  # fmt: skip

_OPTIONS = Options(with_value=_WITH_VALUE, flags=_FLAGS, short=re.compile(r"-(?:[qvslx]+|[knmopcWr].+)"))


@dataclass(frozen=True, kw_only=True, slots=True)
class PytestCommand:
    """``text`` as configured; ``words`` without the paths that it names, None where those cannot be told."""

    text: str
    words: tuple[str, ...] | None
    env: Mapping[str, str] = field(default_factory=dict)
    stops_early: bool = False
    measures_coverage: bool = False
    sets_root: bool = False
    names_report: bool = True  # says itself where its report goes, by the placeholder or by an option

    def whole(self, report: Path) -> Command:
        more = [*(["--maxfail=0"] if self.stops_early else []), *self._report_option(report)]
        return Command(shell=" ".join([put_report(self.text, report), *map(shlex.quote, more)]))

    def _report_option(self, report: Path) -> tuple[str, ...]:
        """A report tells more than an exit status, and nobody is robbed of one."""
        return () if self.names_report else (f"--junitxml={report}",)

    def part(self, arguments: Sequence[str], report: Path) -> Command | None:
        if self.words is None:
            return None
        words = [word.replace(REPORT, str(report)) for word in self.words]
        neutral = ("--maxfail=0",) if self.stops_early else ()
        return Command(argv=(*words, *neutral, *self._report_option(report), *arguments), env=self.env)


def parse_pytest_command(command: str) -> PytestCommand | None:
    """The command, if it is one plain call of pytest; None for everything else."""
    words = simple_words(command)
    if words is None:
        return None
    env, rest = split_assignments(words)
    start = _after_pytest(rest)
    if start is None:
        return None
    options = None if has_expansions(command) else options_only(rest[start:], _OPTIONS)
    return PytestCommand(
        text=command,
        words=None if options is None else (*rest[:start], *options),
        env=env,
        stops_early=any(_STOPS_EARLY.fullmatch(word) for word in rest[start:]),
        measures_coverage=any(word.startswith("--cov") for word in rest[start:]),
        sets_root=any(_SETS_ROOT.match(word) for word in rest[start:]),
        names_report=REPORT in command or any(word.startswith(_REPORT_OPTIONS) for word in rest[start:]),
    )


def _after_pytest(words: Sequence[str]) -> int | None:
    """Where pytest's own arguments start; None where the words do not plainly call it."""
    for at, word in enumerate(words):
        name = word.rpartition("/")[2]
        if name in {"pytest", "py.test"} and _calls(words[:at]):
            return at + 1
    return None


def _calls(before: Sequence[str]) -> bool:
    """Whether the words before "pytest" make it the program that runs."""
    if not before:
        return True
    first = before[0].rpartition("/")[2]
    if _PYTHON.fullmatch(first) or first == "py":
        return before[-1] == "-m"
    if first not in _LAUNCHERS:
        return False
    inner = [word.rpartition("/")[2] for word in before[1:]]
    return before[-1] == "-m" or not ({"pip", "add", "install", "tool"} & set(inner))
