"""jest, also where react-scripts and the like call it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from honk_ci.runners.package_json import Package
from honk_ci.runners.shell_words import Options
from honk_ci.runners.test_files import read_text

REPORTER = Path(__file__).parent / "js" / "jest-junit-reporter.cjs"

# Watch, write snapshots, stop early, or run what git says has changed.
_UNWANTED = re.compile(
    r"\s(?:--watch(?:All)?(?:=\S+)?|--updateSnapshot|-u|--ci=false|--bail(?:=\S+)?|-b|--onlyChanged|-o|--lastCommit"
    r"|--onlyFailures|-f|--changedSince(?:=|\s+)\S+|--notify|--shard(?:=|\s+)\S+)(?=\s|$)"
)
_CONFIG_FILES = ("jest.config.js", "jest.config.ts", "jest.config.mjs", "jest.config.cjs", "jest.config.json")

# jest-junit's environment wins over its options; the names of cases stay as the project has them.
_JEST_JUNIT = "JEST_JUNIT_ADD_FILE_ATTRIBUTE=true JEST_JUNIT_REPORT_TEST_SUITE_ERRORS=true"


class Jest:
    """See ``Tool``."""

    name = "jest"
    pattern = re.compile(
        r"(?:^|[\s/])(?:jest(?:\.js)?|(?:react-scripts|craco|react-app-rewired|tsdx|kcd-scripts|razzle|preact) test"
        r"|vue-cli-service test:unit)(?=\s|$)"
    )
    programs = frozenset({"jest", "jest.js", "react-scripts", "craco", "react-app-rewired"})
    default = "jest"
    options = Options(
        with_value=frozenset(
            {
                "--testPathPattern", "--testPathPatterns", "--testNamePattern", "-t", "--testMatch",
                "--config", "-c", "--env", "--testEnvironment", "--maxWorkers", "-w", "--testTimeout", "--rootDir",
                "--coverageDirectory", "--coverageProvider", "--seed", "--maxConcurrency", "--testRunner",
                "--cacheDirectory", "--globalSetup", "--globalTeardown", "--workerIdleMemoryLimit", "--preset",
                "--reporters", "--outputFile", "--testResultsProcessor", "--setupFilesAfterEnv", "--roots",
                "--testLocationInResults", "--transform", "--resolver", "--filter", "--logHeapUsage",
            }
        ),
        flags=frozenset(
            {
                "--coverage", "--collectCoverage", "--verbose", "--silent", "--runInBand", "-i", "--passWithNoTests",
                "--detectOpenHandles", "--forceExit", "--no-cache", "--colors", "--color", "--no-color", "--expand",
                "--json", "--ci", "--errorOnDeprecated", "--no-coverage", "--no-watchman", "--randomize", "--debug",
                "--clearMocks", "--resetMocks", "--restoreMocks", "--resetModules", "--workerThreads", "--useStderr",
                "--noStackTrace", "--injectGlobals", "--detectLeaks", "--automock", "--all", "--openHandlesTimeout",
                "--listTests", "--no-watch", "--no-watchAll",
            }
        ),
        short=re.compile(r"-[ieh]+|-w\d+"),
        dropped=re.compile(r"--testPathPatterns?|--testNamePattern|-t|--testMatch|--(?:no-)?coverage\w*|--collectCoverage\w*"),
    )  # fmt: skip
    # A threshold that the whole suite meets is missed by a part of it.
    only: tuple[str, ...] = ("--coverage=false", "--runTestsByPath")

    def is_set_up(self, package: Package) -> bool:
        return (
            bool({"jest", "react-scripts", "ts-jest", "babel-jest"} & package.dependencies) or "jest" in package.content
        )

    def reporting(self, text: str, package: Package, report: Path) -> str:
        settings = _settings(text, package)
        has_reporter = "jest-junit" in settings or "jest-junit" in package.dependencies
        variables = f"{_JEST_JUNIT} JEST_JUNIT_OUTPUT_FILE" if has_reporter else "HONK_JUNIT_FILE"
        options = "--ci --bail=0"
        if "jest-junit" not in settings:
            # In the settings it may have options of its own, which "--reporters" would take away.
            ours = "jest-junit" if has_reporter else str(REPORTER)
            options += f" --reporters=default --reporters={shlex.quote(ours)}"
        return f"{variables}={shlex.quote(str(report))} {_UNWANTED.sub('', text)} {options}"

    def can_run(self, text: str, files: Sequence[str]) -> bool:  # noqa: ARG002 (the interface's names)
        return True

    def own_reports(self, package: Package) -> Sequence[str]:  # noqa: ARG002 (the interface's name)
        return ()


def _settings(text: str, package: Package) -> str:
    """Everything that may configure reporters, as one text."""
    named = re.findall(r"(?:--config|-c)(?:=|\s+)(\S+)", text)
    files = [read_text(package.folder / name) for name in (*named, *_CONFIG_FILES)]
    return "\n".join([text, str(package.content.get("jest", "")), *files])
