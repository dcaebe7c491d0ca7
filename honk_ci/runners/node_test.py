"""The test runner that comes with Node.js 20 and newer, also under loaders such as tsx."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from honk_ci.paths import is_test_path
from honk_ci.runners.package_json import Package
from honk_ci.runners.shell_words import Options
from honk_ci.runners.test_files import read_text, walk

_UNWANTED = re.compile(r"\s(?:--watch|--test-update-snapshots|--test-shard(?:=|\s+)\S+|--test-only)(?=\s|$)")
_REPORTER = re.compile(r"\s--test-reporter(?:=|\s+)(\S+)")
_DESTINATION = re.compile(r"\s--test-reporter-destination(?:=|\s+)(\S+)")
_LOADER = re.compile(
    r"\btsx\b|\bts-node|--import|--loader|--experimental-loader|--require|\s-r\s|strip-types|transform-types|swc|esbuild"
)
_PLAIN = (".js", ".mjs", ".cjs")
_LISTED = 400  # test files read in search of node:test


class NodeTest:
    """See ``Tool``."""

    name = "node"
    pattern = re.compile(r"(?:^|[\s/])(?:node|tsx|ts-node|ts-node-esm)(?:\s+\S+)*?\s+--test(?=\s|$)")
    programs = frozenset({"node", "tsx", "ts-node", "ts-node-esm"})
    default = "node --test"
    options = Options(
        with_value=frozenset(
            {
                "--test-name-pattern", "--test-skip-pattern",
                "--import", "--require", "-r", "--loader", "--experimental-loader", "--conditions", "-C",
                "--test-concurrency", "--test-timeout", "--env-file", "--env-file-if-exists", "--test-global-setup",
                "--test-coverage-include", "--test-coverage-exclude", "--tsconfig",
            }
        ),
        flags=frozenset(
            {
                "--experimental-test-coverage", "--experimental-test-module-mocks", "--experimental-strip-types",
                "--experimental-transform-types", "--enable-source-maps", "--no-warnings", "--test-force-exit",
                "--experimental-vm-modules", "--experimental-test-snapshots", "--trace-warnings", "--expose-gc",
                "--experimental-test-isolation", "--no-experimental-strip-types", "--experimental-sqlite",
                "--disable-warning", "--trace-deprecation", "--throw-deprecation", "--pending-deprecation",
            }
        ),
        short=re.compile(r"-h"),
        dropped=re.compile(r"--test-name-pattern|--test-skip-pattern|--experimental-test-coverage|--test-coverage-.+"),
    )  # fmt: skip
    only: tuple[str, ...] = ()

    def is_set_up(self, package: Package) -> bool:
        """Whether some test file imports node:test."""
        paths = (path for path in walk(package.folder, (*_PLAIN, ".ts", ".mts")) if is_test_path(path))
        texts = (read_text(package.folder / path) for path, _ in zip(paths, range(_LISTED), strict=False))
        return any(re.search(r"['\"]node:test['\"]", text) for text in texts)

    def reporting(self, text: str, package: Package, report: Path) -> str:  # noqa: ARG002 (the interface's name)
        """Reporters and destinations go in pairs, else Node refuses the call."""
        kept = _REPORTER.findall(text) or ["spec"]
        places = _DESTINATION.findall(text) or ["stdout"]
        pairs = [pair for pair in zip(kept, places, strict=False) if pair[0] != "junit"]
        words = [
            word
            for reporter, place in (*pairs, ("junit", shlex.quote(str(report))))
            for word in (f"--test-reporter={reporter}", f"--test-reporter-destination={place}")
        ]
        bare = _DESTINATION.sub("", _REPORTER.sub("", _UNWANTED.sub("", text)))
        # Options count only before the first file; what follows a file is for the file.
        return re.sub(r"\s--test(?=\s|$)", lambda _: f" --test {' '.join(words)}", bare, count=1)

    def can_run(self, text: str, files: Sequence[str]) -> bool:
        return bool(_LOADER.search(text)) or all(file.endswith(_PLAIN) for file in files)

    def own_reports(self, package: Package) -> Sequence[str]:  # noqa: ARG002 (the interface's name)
        return ()
