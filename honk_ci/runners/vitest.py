"""vitest."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from honk_ci.runners.package_json import Package
from honk_ci.runners.shell_words import Options
from honk_ci.runners.test_files import read_text

_UNWANTED = re.compile(
    r"\s(?:--run|--watch(?:=\S+)?|-w|--update|-u|--bail(?:=|\s+)\d+|--changed(?:=\S+)?|--ui|--open|--standalone"
    r"|--shard(?:=|\s+)\S+|--outputFile(?:\.\w+)?(?:=|\s+)\S+)(?=\s|$)"
)
_SUBCOMMAND = re.compile(r"(?<=vitest)(?:\.mjs)?\s+(?:run|watch|dev)(?=\s|$)")
_JUNIT_CHOSEN = re.compile(r"--reporter(?:=|\s+)\S*junit")
_OWN_OUTPUT = re.compile(r"['\"`]junit['\"`]\s*,\s*\{[^}]*?outputFile['\"]?:\s*['\"`]([^'\"`$]+\.xml)['\"`]")
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

    def reporting(self, text: str, package: Package, report: Path) -> str:
        once = f"{_SUBCOMMAND.sub('', _UNWANTED.sub('', text))} --run --bail=0"
        if self.own_reports(package):
            return once
        once += f" --outputFile={shlex.quote(str(report))}"
        if _JUNIT_CHOSEN.search(once) or _configures_junit(package):
            # The settings may give it options that shape the names of cases, and "--reporter"
            # would take them away.
            return once
        return f"{once} --reporter=default --reporter=junit"

    def can_run(self, text: str, files: Sequence[str]) -> bool:  # noqa: ARG002 (the interface's names)
        return True

    def own_reports(self, package: Package) -> Sequence[str]:
        """Where the junit reporter has an ``outputFile`` of its own, ``--outputFile`` goes unheard."""
        found = (match[1] for text in _settings(package) for match in _OWN_OUTPUT.finditer(text))
        return [path.removeprefix("./") for path in found if not path.startswith(("/", ".."))]


def _configures_junit(package: Package) -> bool:
    return any(re.search(r"['\"`]junit['\"`]", text) for text in _settings(package))


def _settings(package: Package) -> Iterator[str]:
    for name in _CONFIG_FILES:
        yield from (read_text(package.folder / f"{name}{suffix}") for suffix in _CONFIG_SUFFIXES)
