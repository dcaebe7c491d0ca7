"""The integrity review of a whole patch: each file by what it is and by its language."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache

from honk_ci.checks.integrity import lines
from honk_ci.checks.integrity.configuration.review import review_configuration
from honk_ci.checks.integrity.javascript import product as javascript_product
from honk_ci.checks.integrity.javascript import tests as javascript_tests
from honk_ci.checks.integrity.javascript.tokens import code
from honk_ci.checks.integrity.languages import language_of
from honk_ci.checks.integrity.python.doctests import review_doctests
from honk_ci.checks.integrity.python.product import product_traces
from honk_ci.checks.integrity.python.special import special_cases
from honk_ci.checks.integrity.python.syntax import parse
from honk_ci.checks.integrity.python.tests import review_new_tests, review_tests
from honk_ci.checks.integrity.roles import Role, inline_tests, role_of
from honk_ci.checks.integrity.suppressions import Suppression, added, suppressions
from honk_ci.checks.integrity.trace import Scope, Trace, as_finding, finding, gained
from honk_ci.domain import IntegrityFinding, Severity
from honk_ci.patch import FileChange, Patch

PYTHON = (".py", ".pyi")
JAVASCRIPT = (".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts")
COMPONENTS = (".vue", ".svelte", ".astro")
LARGEST_BYTES = 2_000_000  # larger files are data, whatever their names

_WEIGHT = {Severity.VETO: 0, Severity.PERSON: 1, Severity.NOTE: 2}
_FRAMEWORKS = frozenset({"pytest", "_pytest", "unittest", "nose", "hypothesis", "coverage", "conftest"})


def review(patch: Patch, scope: Scope) -> tuple[IntegrityFinding, ...]:
    """Everything that the patch takes from the tests or from what guards them; heaviest first."""
    found = [one for change in patch.changes for one in _readable(change, scope)]
    found += _product(patch, scope)
    found += _suppressions(patch)
    if not found or all(one.severity is Severity.NOTE for one in found):
        found += _tests_alone(patch)
    return tuple(sorted(found, key=lambda one: (_WEIGHT[one.severity], one.path, one.line or 0)))


def _readable(change: FileChange, scope: Scope) -> list[IntegrityFinding]:
    try:
        return list(_file(change, scope))
    except RecursionError:
        why = "it is nested too deeply to be compared"
        severity = Severity.PERSON if role_of(change, scope) is Role.PRODUCT else Severity.VETO
        return [finding("unreadable", change.path, None, why=why, severity=severity)]


def _file(change: FileChange, scope: Scope) -> Iterator[IntegrityFinding]:
    match role_of(change, scope):
        case Role.TEST:
            yield from _test_file(change, scope)
        case Role.SNAPSHOT:
            yield from _data(change, scope, "snapshot")
        case Role.DATA:
            yield from _data(change, scope, "golden")
            yield from review_configuration(change)
        case Role.PRODUCT:
            yield from review_configuration(change)
            yield from _shadowing(change)
            yield from _tests_inside(change, scope)


def _test_file(change: FileChange, scope: Scope) -> Iterator[IntegrityFinding]:
    if change.after is None:
        yield finding("test-file-deleted", change.path, None, before=change.path, why="the file is gone")
    elif change.before is None:
        yield from _new_test_file(change)
        yield from _product_shadowed(change, scope)
    elif change.path.endswith(PYTHON):
        yield from _python_tests(change, scope)
    elif change.path.endswith(JAVASCRIPT):
        yield from javascript_tests.review_tests(change.path, _text(change.before), _text(change.after), scope)
    else:
        yield from _other_tests(change, scope)


def _new_test_file(change: FileChange) -> list[IntegrityFinding]:
    tree = parse(change.after) if change.path.endswith(PYTHON) else None
    if tree is not None:
        return [*review_new_tests(change.path, tree), *_shadowing(change)]
    if change.path.endswith(JAVASCRIPT):
        return javascript_tests.review_new_tests(change.path, _text(change.after))
    return [finding("test-added", change.path, None, why="a new file for tests", severity=Severity.NOTE)]


def _python_tests(change: FileChange, scope: Scope) -> list[IntegrityFinding]:
    before, after = parse(change.before), parse(change.after)
    if before is None or after is None:  # the syntax error may be the failure itself
        return list(_other_tests(change, scope))
    return [*review_tests(change.path, before, after, scope), *review_doctests(change.path, before, after, scope)]


def _other_tests(change: FileChange, scope: Scope) -> Iterator[IntegrityFinding]:
    language = language_of(change.path)
    if language is not None and not change.is_binary:
        yield from lines.review_tests(change.path, _text(change.before), _text(change.after), language, scope)
    else:
        severity = scope.weigh("test-changed", change.path)
        yield finding("test-changed", change.path, None, why="it is not as it was", severity=severity)


def _data(change: FileChange, scope: Scope, kind: str) -> Iterator[IntegrityFinding]:
    if change.after is None:
        why = "what results are compared with is gone"
        yield finding(f"{kind}-deleted", change.path, None, before=change.path, why=why)
    elif change.before is not None:
        rule, line = f"{kind}-changed", _first_changed_line(change)
        why = "what results are compared with is not as it was"
        yield finding(rule, change.path, line, why=why, severity=scope.weigh(rule, change.path))
    else:
        severity = Severity.PERSON if kind == "snapshot" else Severity.NOTE
        yield finding(f"{kind}-added", change.path, None, why="a new expected result", severity=severity)


def _shadowing(change: FileChange) -> Iterator[IntegrityFinding]:
    """New modules that are imported in the place of a test framework or the standard library."""
    *folders, name = change.path.split("/")
    if change.before is not None or not change.path.endswith((".py", "/__init__.py")):
        return
    module = folders.pop() if name == "__init__.py" and folders else name.removesuffix(".py")
    if folders not in ([], ["src"], ["lib"], ["tests"], ["test"]) or module in {
        "__init__",
        "test",
        "tests",
        "conftest",
    }:
        return
    if module in _FRAMEWORKS or module in sys.stdlib_module_names:
        severity = Severity.VETO if module in _FRAMEWORKS else Severity.PERSON
        why = f"it is imported in the place of `{module}`"
        yield finding("module-shadowed", change.path, 1, after=change.path, why=why, severity=severity)


def _product_shadowed(change: FileChange, scope: Scope) -> Iterator[IntegrityFinding]:
    """A new module beside the tests under the name of the product: their folder is searched first."""
    *folders, name = change.path.split("/")
    if (
        name.startswith("test_")
        or name == "conftest.py"
        or not name.endswith(".py")
        or not (change.after or b"").strip()
    ):
        return
    shadowed = scope.modules & {*folders[1:], name.removesuffix(".py")}
    if shadowed:
        why = f"tests may import it in the place of the product's `{min(shadowed)}`"
        yield finding("module-shadowed", change.path, 1, after=change.path, why=why, severity=Severity.PERSON)


def _tests_inside(change: FileChange, scope: Scope) -> Iterator[IntegrityFinding]:
    """Tests that stand in product files: docstrings, Rust's test modules, vitest's in-source tests."""
    before, after = _text(change.before), _text(change.after)
    if change.path.endswith(".py"):
        old, new = parse(change.before), parse(change.after)
        if old is not None and new is not None:
            yield from review_doctests(change.path, old, new, scope)
        return
    old_tests, new_tests = inline_tests(change.path, before), inline_tests(change.path, after)
    if old_tests and old_tests != new_tests:
        language = language_of(change.path)
        if language is not None:
            yield from lines.review_tests(change.path, old_tests, new_tests, language, scope)
        else:
            yield from javascript_tests.review_tests(change.path, old_tests, new_tests, scope)


def _product(patch: Patch, scope: Scope) -> Iterator[IntegrityFinding]:
    """What product code gained; what only moved from one file to another counts as kept."""
    before, after = [], []
    for change in patch.changes:
        if role_of(change, scope) is Role.PRODUCT and len(change.after or b"") < LARGEST_BYTES:
            before += [trace.at(change.path) for trace in _traces(change.path, change.before)]
            after += [trace.at(change.path) for trace in _traces(change.path, change.after)]
            yield from (as_finding(trace, change.path) for trace in _special(change, scope))
    yield from (as_finding(trace) for trace in gained(before, after))


@lru_cache(maxsize=64)
def _traces(path: str, content: bytes | None) -> Sequence[Trace]:
    if path.endswith(PYTHON):
        tree = parse(content)
        return product_traces(tree) if tree is not None else []
    if path.endswith(JAVASCRIPT + COMPONENTS):
        return javascript_product.product_traces(code(_text(content)))
    return []


def _special(change: FileChange, scope: Scope) -> list[Trace]:
    if change.path.endswith(".py"):
        before, after = parse(change.before or b""), parse(change.after)
        return special_cases(before, after, scope.expected) if before is not None and after is not None else []
    if change.path.endswith(JAVASCRIPT):
        old, new = code(_text(change.before)), code(_text(change.after))
        return javascript_product.special_cases(old, new, scope.expected)
    return []


def _suppressions(patch: Patch) -> Iterator[IntegrityFinding]:
    before: list[Suppression] = []
    after: list[Suppression] = []
    for change in patch.changes:
        if not change.is_binary and len(change.after or b"") < LARGEST_BYTES:
            before += suppressions(change.path, _text(change.before))
            after += suppressions(change.path, _text(change.after))
    for one in added(before, after):
        why = f"it silences {one.tool} instead of heeding it"
        yield finding("suppression-added", one.path, one.line, after=one.text, why=why)


def _tests_alone(patch: Patch) -> Iterator[IntegrityFinding]:
    """A patch of nothing but new test files mends no product: whatever it heals, a person should see it."""
    if patch and all(
        change.before is None and role_of(change, Scope()) is not Role.PRODUCT for change in patch.changes
    ):
        why = "the patch adds files for tests and changes nothing that they test"
        yield finding("only-tests", patch.paths[0], None, why=why, severity=Severity.PERSON)


def _first_changed_line(change: FileChange) -> int | None:
    if change.is_binary:
        return None
    old, new = (content or b"" for content in (change.before, change.after))
    for number, (was, now) in enumerate(zip(old.split(b"\n"), new.split(b"\n"), strict=False), start=1):
        if was != now:
            return number
    return min(old.count(b"\n"), new.count(b"\n")) + 1


def _text(content: bytes | None) -> str:
    return (content or b"").decode("utf-8", "replace")
