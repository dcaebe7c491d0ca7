"""mocha, by its own xunit reporter."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from honk_ci.runners.package_json import Package
from honk_ci.runners.shell_words import Options

_UNWANTED = re.compile(
    r"\s(?:--watch|-w|--bail|-b|--reporter(?:=|\s+)\S+|-R\s+\S+|--reporter-options?(?:=|\s+)\S+|-O\s+\S+)(?=\s|$)"
)


class Mocha:
    """See ``Tool``."""

    name = "mocha"
    pattern = re.compile(r"(?:^|[\s/])(?:_?mocha(?:\.js)?|ts-mocha)(?=\s|$)")
    programs = frozenset({"mocha", "_mocha", "mocha.js", "ts-mocha"})
    default = "mocha"
    options = Options(
        with_value=frozenset(
            {
                "--spec", "--grep", "-g", "--fgrep", "-f",
                "--require", "-r", "--timeout", "-t", "--slow", "-s", "--ui", "-u", "--config", "--package", "--retries",
                "--ignore", "--exclude", "--file", "--extension", "--jobs", "-j", "--import", "--loader", "--node-option",
                "-n", "--opts", "--project", "-p", "--reporter", "--reporter-option", "--tsconfig", "--global",
            }
        ),
        flags=frozenset(
            {
                "--recursive", "--exit", "--parallel", "--check-leaks", "--full-trace", "--inline-diffs", "--colors",
                "--color", "-c", "--no-colors", "--no-color", "--forbid-only", "--forbid-pending", "--allow-uncaught",
                "--async-only", "-A", "--sort", "-S", "--delay", "--no-exit", "--no-timeouts", "--no-bail", "--enable-source-maps",
                "--type-check", "--no-config", "--growl", "--no-parallel", "--no-warnings", "--experimental-vm-modules",
                "--experimental-specifier-resolution", "--no-diff", "--diff", "--expose-gc", "--pass-on-failing-test-suite",
            }
        ),
        short=re.compile(r"-[AcS]+"),
        dropped=re.compile(r"--spec|--grep|-g|--fgrep|-f"),
    )  # fmt: skip
    only: tuple[str, ...] = ()

    def is_set_up(self, package: Package) -> bool:
        return "mocha" in package.dependencies

    def reporting(self, text: str, package: Package, report: Path) -> str:
        """The reporter that the project's CI has, so that cases keep their names; else mocha's own."""
        if "mocha-junit-reporter" in package.dependencies:
            reporter, file = "mocha-junit-reporter", f"mochaFile={report}"
        else:
            reporter, file = "xunit", f"output={report}"
        options = f"--no-bail --reporter={reporter} --reporter-option={shlex.quote(file)}"
        return f"{_UNWANTED.sub('', text)} {options}"

    def can_run(self, text: str, files: Sequence[str]) -> bool:
        typed = any(file.endswith((".ts", ".tsx", ".mts", ".cts")) for file in files)
        return not typed or bool(re.search(r"ts-node|tsx|ts-mocha|swc|esbuild|babel", text)) or "--require" not in text

    def own_reports(self, package: Package) -> Sequence[str]:  # noqa: ARG002 (the interface's name)
        return ()
