"""What a file is to the review: a test, what tests compare with, or product."""

from __future__ import annotations

import re
from enum import StrEnum

from honk_ci.checks.integrity.trace import Scope
from honk_ci.patch import FileChange
from honk_ci.paths import is_test_path

_SNAPSHOT = re.compile(
    r"(?:^|/)__(?:image_)?snapshots__/|\.snap$|\.(?:approved|verified|golden)(?:\.\w+)?$|(?:^|/)(?:snapshots|goldens?)/|"
    r"\.ambr$|(?:^|/)cassettes/"
)
_CODE = re.compile(
    r"\.(?:pyi?|[cm]?[jt]sx?|go|java|kts?|scala|groovy|rb|rs|cs|fs|vb|php|swift|mm?|exs?|c|cc|cpp|cxx|h|hpp|dart|lua|pl|t|sh|"
    r"bats|zig|hs|clj|erl|jl|r|feature|vue|svelte)$",
    re.IGNORECASE,
)
_RUST_TESTS = re.compile(r"^[ \t]*#\[cfg\((?:all\(|any\()?test\b", re.MULTILINE)
_VITEST_TESTS = re.compile(r"^[ \t]*if\s*\(\s*import\.meta\.vitest", re.MULTILINE)


class Role(StrEnum):
    """What a changed file is."""

    TEST = "test"
    SNAPSHOT = "snapshot"
    DATA = "data"  # a file of tests that is no code: fixture, golden file
    PRODUCT = "product"  # everything else, configuration included


def role_of(change: FileChange, scope: Scope) -> Role:
    """The role by name, or because the file holds a failing test."""
    path, is_test = change.path, is_test_path(change.path)
    is_code = bool(_CODE.search(path))
    if _SNAPSHOT.search(path) and (is_test or not is_code):
        return Role.TEST if is_code and "__snapshots__/" not in path else Role.SNAPSHOT
    if is_test:
        return Role.TEST if is_code else Role.DATA
    return Role.TEST if path in scope.test_files and _holds_tests(change) else Role.PRODUCT


def _holds_tests(change: FileChange) -> bool:
    """Whether a failing test's file is one of tests; a failing doctest stands in product code."""
    return not change.path.endswith(".py") or any(word in (change.before or b"") for word in (b"def test", b"unittest"))


def inline_tests(path: str, text: str) -> str:
    """The tests in a product file, with blank lines in the place of the rest; "" where it has none."""
    start = {".rs": _RUST_TESTS}.get(path[path.rfind(".") :], _VITEST_TESTS).search(text)
    if start is None:
        return ""
    return "\n" * text.count("\n", 0, start.start()) + text[start.start() :].lstrip("\n")
