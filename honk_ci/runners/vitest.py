"""vitest."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from honk_ci.runners.package_json import Package
from honk_ci.runners.script_runner import Call
from honk_ci.runners.shell_words import Options
from honk_ci.runners.test_files import read_text

_UNWANTED = re.compile(
    r"\s(?:--run|--watch(?:=\S+)?|-w|--update|-u|--bail(?:=|\s+)\d+|--changed(?:=\S+)?|--ui|--open|--standalone"
    r"|--shard(?:=|\s+)\S+|--outputFile(?:\.\w+)?(?:=|\s+)\S+)(?=\s|$)"
)
_SUBCOMMAND = re.compile(r"(?<=vitest)(?:\.mjs)?\s+(?:run|watch|dev)(?=\s|$)")
_JUNIT_CHOSEN = re.compile(r"--reporter(?:=|\s+)\S*junit")
_OUTPUT_FILE = re.compile(r"outputFile:\s*(?:\{[^}]*?junit['\"]?:\s*)?['\"`]([^'\"`$]+\.xml)['\"`]")
_CONFIG_FILES = ("vitest.config", "vite.config", "vitest.workspace", "vitest.projects")
_CONFIG_SUFFIXES = (".ts", ".js", ".mts", ".mjs", ".cts", ".cjs")


class Vitest:
    """See ``Tool``."""

    name = "vitest"
    pattern = re.compile(r"(?:^|[\s/])vitest(?:\.mjs)?(?:\s+(?:run|watch|dev)(?=\s|$)|(?=\s|$))")
    programs = frozenset({"vitest", "vitest.mjs"})
    default = "vitest run"
    options = Options(
        with_value=frozenset(
            {
                "--testNamePattern", "-t",
                "--config", "-c", "--root", "-r", "--dir", "--mode", "--environment", "--pool", "--project",
                "--testTimeout", "--hookTimeout", "--maxWorkers", "--minWorkers", "--reporter", "--exclude", "--retry",
                "--maxConcurrency", "--logLevel", "--teardownTimeout", "--coverage.provider", "--coverage.reporter",
                "--coverage.include", "--coverage.exclude", "--browser.name", "--sequence.seed", "--silent.passed-only",
            }
        ),
        flags=frozenset(
            {
                "--coverage", "--globals", "--dom", "--run", "--silent", "--passWithNoTests", "--isolate",
                "--no-isolate", "--no-threads", "--threads", "--single-thread", "--no-file-parallelism",
                "--fileParallelism", "--allowOnly", "--typecheck", "--typecheck.only", "--logHeapUsage", "--hideSkippedTests",
                "--disable-console-intercept", "--browser", "--browser.headless", "--no-color", "--color", "--expandSnapshotDiff",
                "--coverage.enabled", "--no-coverage", "--dangerouslyIgnoreUnhandledErrors", "--no-watch", "--clearScreen",
                "--poolOptions.threads.singleThread", "--poolOptions.forks.singleFork", "--inspect",
            }
        ),
        short=re.compile(r"-h"),
        dropped=re.compile(r"--testNamePattern|-t|--(?:no-)?coverage(?:\..+)?"),
    )  # fmt: skip
    only: tuple[str, ...] = ("--coverage.enabled=false",)

    def is_set_up(self, package: Package) -> bool:
        return "vitest" in package.dependencies

    def reporting(self, text: str, package: Package, report: Path) -> Call:
        once = _SUBCOMMAND.sub("", _UNWANTED.sub("", text))
        options = f"--run --bail=0 --outputFile={shlex.quote(str(report))}"
        if not _JUNIT_CHOSEN.search(once) and not _configures_junit(package):
            # Where the settings choose it they may give it options that shape the names of cases,
            # and "--reporter" would take them away.
            options = f"--reporter=default --reporter=junit {options}"
        return Call(text=f"{once} {options}", env={})

    def can_run(self, text: str, files: Sequence[str]) -> bool:  # noqa: ARG002 (the interface's names)
        return True

    def own_reports(self, package: Package) -> Sequence[str]:
        """vitest 4 and a reporter's own ``outputFile`` in any version leave ``--outputFile`` unheard."""
        found = (match[1] for text in _settings(package) for match in _OUTPUT_FILE.finditer(text))
        return [path.removeprefix("./") for path in found if not path.startswith(("/", ".."))]


def _configures_junit(package: Package) -> bool:
    return any(re.search(r"['\"`]junit['\"`]", text) for text in _settings(package))


def _settings(package: Package) -> Iterator[str]:
    for name in _CONFIG_FILES:
        yield from (read_text(package.folder / f"{name}{suffix}") for suffix in _CONFIG_SUFFIXES)
