"""A changed configuration file: which guards of the build are looser than they were."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from honk_ci.checks.integrity.configuration.directions import WHOLE_FILES
from honk_ci.checks.integrity.configuration.guards import is_guarded, judge
from honk_ci.checks.integrity.configuration.settings import settings
from honk_ci.checks.integrity.javascript.tokens import code, joined
from honk_ci.checks.integrity.trace import finding
from honk_ci.domain import IntegrityFinding, Severity
from honk_ci.patch import FileChange

_MIXED = re.compile(
    r"pyproject\.toml|setup\.cfg|package\.json|tsconfig.*\.json|vite\.config\..+|cargo\.toml|babel\.config\..+"
)
# Files of commands, compared line by line where a line speaks of tests or checks.
_COMMANDS = re.compile(
    r"(?:gnu)?makefile|.*\.mk|justfile|\.?justfile|taskfile\.ya?ml|noxfile\.py|tasks\.py|fabfile\.py|dodo\.py|rakefile|pom\.xml|"
    r"build\.gradle(?:\.kts)?|build\.sbt|mix\.exs|dockerfile.*|docker-compose.*|earthfile|.*\.(?:sh|bash|ps1|bat|cmd)|"
    r"gruntfile\.\w+|gulpfile\.\w+|magefile\.go|cmakelists\.txt|meson\.build|\.rspec|mocha\.opts|phpunit.*\.xml(?:\.dist)?|"
    r"testng\.xml|.*\.runsettings|\.eslintignore"
)
_SCRIPT_FOLDERS = frozenset({"scripts", "script", "bin", "tools", "hack", "ci"})
_SPEAKS_OF_CHECKS = re.compile(
    r"\b(?:py\.?test|unittest|tox|nox|jest|vitest|mocha|karma|playwright|cypress|ava|nyc|c8|phpunit|pest|rspec|minitest|ctest|"
    r"surefire|failsafe|jacoco|testng|junit|coverage|ruff|flake8|pylint|mypy|pyright|eslint|tsc|biome|golangci-lint|rubocop|"
    r"clippy|checkstyle|spotbugs|detekt|stylelint)\b|\b(?:go|cargo|npm|pnpm|yarn|mix|dotnet|swift|bundle|make|gradlew?|mvnw?)\s+"
    r"(?:run\s+|exec\s+)?(?:\S+\s+)?(?:test|check|lint|vet|verify)|skipTests|testFailureIgnore|ignoreFailures|maven\.test\.skip|"
    r"rerunFailingTests|useJUnitPlatform|excludeTest|filter\s*\{|forkedProcessTimeout|<(?:exclude|skip|testsuite|threshold)"
)
_SWALLOWS_FAILURE = re.compile(r"\|\|\s*(?:true|:|exit 0)|;\s*(?:true|exit 0)\s*$|^\s*set \+e\b|--exit-zero")
_REPLACING = frozenset({"pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "tox.ini", ".coveragerc", "mypy.ini",
                        ".mypy.ini", "ruff.toml", ".ruff.toml", ".eslintignore"})  # fmt: skip


def review_configuration(change: FileChange) -> list[IntegrityFinding]:
    """Findings for a file that may steer tests, coverage, linters or type checkers."""
    name = change.path.rpartition("/")[2].lower()
    if not is_configuration(change.path):
        return []
    is_whole = bool(WHOLE_FILES.fullmatch(name))
    if is_whole and change.after is None:
        return [finding("config-changed", change.path, None, before=name, why="the configuration is gone")]
    if change.before is None and name in _REPLACING:
        why = "a new configuration of the checks takes the place of the one that holds"
        return [finding("config-changed", change.path, 1, after=name, why=why)]
    before, after = settings(change.path, change.before), settings(change.path, change.after)
    if before is None or after is None:
        return list(_lines(change, whole=is_whole))
    return list(_changed_settings(change, before, after)) or list(_changed_program(change, is_whole=is_whole))


def _changed_program(change: FileChange, *, is_whole: bool) -> Iterator[IntegrityFinding]:
    """A set-up file or a configuration in code whose statements changed, not its settings."""
    if is_whole and change.path.endswith((".js", ".cjs", ".mjs", ".ts", ".cts", ".mts")):
        old, new = (code((content or b"").decode("utf-8", "replace")) for content in (change.before, change.after))
        if joined(old) != joined(new):
            why = "what runs before all tests is not as it was"
            line = next((b.line for a, b in zip(old, new, strict=False) if a.text != b.text), 1)
            yield finding("config-changed", change.path, line, why=why, severity=Severity.PERSON)


def is_configuration(path: str) -> bool:
    """Whether the file may steer what the build checks."""
    *folders, name = path.lower().split("/")
    if any(pattern.fullmatch(name) for pattern in (WHOLE_FILES, _MIXED, _COMMANDS)):
        return True
    return "." not in name and bool(_SCRIPT_FOLDERS & set(folders))


def _changed_settings(
    change: FileChange, before: dict[str, object], after: dict[str, object]
) -> Iterator[IntegrityFinding]:
    was, now = ((content or b"").decode("utf-8", "replace") for content in (change.before, change.after))
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        if old == new or not is_guarded(change.path, key):
            continue
        judgement = judge(change.path, key, old, new)
        yield finding(
            judgement.rule,
            change.path,
            _line_of(key, now if new is not None else was),
            before=f"{key} = {old}" if old is not None else "",
            after=f"{key} = {new}" if new is not None else "",
            why=judgement.why,
            severity=judgement.severity,
        )


def _line_of(key: str, text: str) -> int | None:
    """The line of a setting: the last one that begins with its name, after its section's where that is told."""
    last = re.escape(key.rpartition(".")[2].partition("[")[0])
    pattern = re.compile(rf"^[\s\"'{{]*(?:[\w.]+\.)?{last}[\"']?\s*[=:]")
    found = [number for number, line in enumerate(text.split("\n"), start=1) if pattern.match(line)]
    return found[-1] if found else None


def _lines(change: FileChange, *, whole: bool) -> Iterator[IntegrityFinding]:
    old, new = (_numbered(content) for content in (change.before, change.after))
    kept, came = Counter(line for _, line in new), Counter(line for _, line in old)
    for number, line in new:
        if came[line] > 0:
            came[line] -= 1
        elif _SWALLOWS_FAILURE.search(line):
            why = "a failure no longer fails the command"
            yield finding("test-command-changed", change.path, number, after=line, why=why)
        elif change.before is not None and (whole or _SPEAKS_OF_CHECKS.search(line)):
            yield _command(change.path, number, "", line, whole=whole)
    for number, line in old:
        if kept[line] > 0:
            kept[line] -= 1
        elif whole or _SPEAKS_OF_CHECKS.search(line):
            yield _command(change.path, number, line, "", whole=whole)


def _command(path: str, number: int, before: str, after: str, *, whole: bool) -> IntegrityFinding:
    if whole and not _SPEAKS_OF_CHECKS.search(before or after):
        why = "a setting of the tests or checks is not as it was"
        return finding("config-changed", path, number, before=before, after=after, why=why, severity=Severity.PERSON)
    why = "a command or setting that checks the build is not as it was"
    return finding("test-command-changed", path, number, before=before, after=after, why=why)


def _numbered(content: bytes | None) -> list[tuple[int, str]]:
    text = (content or b"").decode("utf-8", "replace")
    lines = (
        (number, re.sub(r"(?<!\S)(?:#|//|--\s).*", "", line).strip()) for number, line in enumerate(text.split("\n"), 1)
    )
    return [(number, line) for number, line in lines if line]
