"""The integrity review of a whole patch: each file by what it is and by its language."""

from __future__ import annotations

from collections.abc import Iterator

from honk_ci.checks.integrity.python.syntax import parse
from honk_ci.checks.integrity.python.tests import review_new_tests, review_tests
from honk_ci.checks.integrity.trace import Scope, finding
from honk_ci.domain import IntegrityFinding, Severity
from honk_ci.patch import FileChange, Patch
from honk_ci.paths import is_test_path

_WEIGHT = {Severity.VETO: 0, Severity.PERSON: 1, Severity.NOTE: 2}


def review(patch: Patch, scope: Scope) -> tuple[IntegrityFinding, ...]:
    """Everything that the patch takes from the tests or from what guards them; heaviest first."""
    found = [one for change in patch.changes for one in _file(change, scope)]
    return tuple(sorted(found, key=lambda one: (_WEIGHT[one.severity], one.path, one.line or 0)))


def _file(change: FileChange, scope: Scope) -> Iterator[IntegrityFinding]:
    if is_test_path(change.path) or change.path in scope.test_files:
        yield from _test_file(change, scope)


def _test_file(change: FileChange, scope: Scope) -> Iterator[IntegrityFinding]:
    if change.after is None:
        yield finding("test-file-deleted", change.path, None, before=change.path, why="the file is gone")
        return
    before, after = parse(change.before), parse(change.after)
    if change.path.endswith(".py") and after is not None and change.before is None:
        yield from review_new_tests(change.path, after)
    elif change.path.endswith(".py") and before is not None and after is not None:
        yield from review_tests(change.path, before, after, scope)
    elif change.before is None:
        yield finding("test-added", change.path, None, why="a new file for tests", severity=Severity.NOTE)
    else:
        severity = scope.weigh("test-changed", change.path)
        yield finding("test-changed", change.path, None, why="the file is not as it was", severity=severity)
