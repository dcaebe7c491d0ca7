"""What keeps a Python test from running, from failing or from meeting the code it is about."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from honk_ci.checks.integrity.python.syntax import dotted, last_name, number, shown
from honk_ci.checks.integrity.trace import Trace

# Last names of calls and decorators that keep a test from running or from counting.
SKIPS = frozenset({"skip", "skipif", "skipIf", "skipUnless", "xfail", "expectedFailure", "skipTest", "importorskip",
                   "SkipTest", "skip_if", "unittest_skip", "nottest"})  # fmt: skip
RETRIES = frozenset({"flaky", "rerun", "reruns", "retry", "retries", "repeat", "stop_after_attempt"})
SLEEPS = frozenset({"time.sleep", "sleep", "asyncio.sleep", "gevent.sleep", "trio.sleep", "anyio.sleep"})
MOCKERS = frozenset({"setattr", "setitem", "create_autospec"})
PATCHERS = frozenset({"patch", "patch.object", "patch.dict", "patch.multiple"})
STAND_INS = frozenset({"Mock", "MagicMock", "AsyncMock", "NonCallableMock", "PropertyMock"})
EXITS = frozenset({"sys.exit", "os._exit", "exit", "quit", "os.abort", "os.kill", "pytest.exit", "atexit.register",
                   "_exit", "signal.alarm"})  # fmt: skip
TIMEOUTS = frozenset({"timeout", "timeout_s", "timeout_ms", "timeout_seconds", "deadline", "max_wait"})

_WHYS: Mapping[str, str] = {
    "skip-added": "the test is skipped or expected to fail",
    "retry-added": "the test is run again until it passes",
    "marker-added": "a marker can take the test out of the runs that count",
    "sleep-added": "the test waits instead of checking",
    "subject-mocked": "a stand-in takes the place of what is tested",
    "exit-added": "it can end the run before the tests do",
    "collection-narrowed": "it takes tests out of the collection",
}


def marks(node: ast.AST) -> Iterator[Trace]:
    """Traces in a function, a class header or a statement of a test module."""
    for part in ast.walk(node):
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for mark in part.decorator_list:
                yield from _of_decorator(mark)
        elif isinstance(part, ast.Call):
            yield from _of_call(part)
        elif isinstance(part, ast.Raise) and part.exc is not None and last_name(part.exc) in {"SkipTest", "Skipped"}:
            yield _trace("skip-added", part)
        elif isinstance(part, ast.Assign | ast.AnnAssign):
            yield from _of_assignment(part)
        elif isinstance(part, ast.Delete):
            yield from _of_deletion(part)


def _of_decorator(mark: ast.expr) -> Iterator[Trace]:
    last = last_name(mark)
    if last in SKIPS and isinstance(mark, ast.Call) and not _is_mark(mark):
        return  # counted as a call
    if last in SKIPS:
        yield _trace("skip-added", mark)
    elif last in RETRIES:
        yield _trace("retry-added", mark)
    elif _is_mark(mark) and last not in {"parametrize", "usefixtures", "asyncio", "anyio", "timeout"}:
        yield _trace("marker-added", mark)
    elif not isinstance(mark, ast.Call) and last == "patch":
        yield _trace("subject-mocked", mark)


def _of_call(call: ast.Call) -> Iterator[Trace]:
    name, last = dotted(call), last_name(call)
    if last in SKIPS and not _is_mark(call):
        yield _trace("skip-added", call)
    elif name in SLEEPS:
        yield _trace("sleep-added", call)
    elif name in EXITS:
        yield _trace("exit-added", call)
    elif last in MOCKERS or last in STAND_INS or _patches(name):
        yield _trace("subject-mocked", call)
    if last == "param":
        yield from _of_case(call)


def _is_mark(node: ast.expr) -> bool:
    """Whether it is a marker, which counts where it decorates or is assigned."""
    return ".mark." in f".{dotted(node)}"


def _patches(name: str) -> bool:
    """``mock.patch`` in its forms, not the PATCH of an HTTP client."""
    owner, _, rest = name.rpartition("patch") if name.endswith("patch") else name.partition("patch.")
    return owner in {"", "mock.", "mocker.", "unittest.mock."} and (
        name.endswith("patch") or f"patch.{rest}" in PATCHERS
    )


def _of_case(call: ast.Call) -> Iterator[Trace]:
    marked = [keyword.value for keyword in call.keywords if keyword.arg == "marks"]
    for part in (part for value in marked for part in ast.walk(value)):
        if isinstance(part, ast.Attribute) and part.attr in SKIPS:
            yield _trace("skip-added", call)


def _of_assignment(node: ast.Assign | ast.AnnAssign) -> Iterator[Trace]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = {last_name(target) for target in targets}
    if names & {"collect_ignore", "collect_ignore_glob"} or ("__test__" in names and _is_false(node.value)):
        yield _trace("collection-narrowed", node)
    if "pytestmark" in names and node.value is not None:
        marks_given = node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value]
        for mark in marks_given:
            yield from _of_decorator(mark)


def _of_deletion(node: ast.Delete) -> Iterator[Trace]:
    if any(last_name(target).lower().startswith("test") for target in node.targets):
        yield _trace("collection-narrowed", node)


def _is_false(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and not node.value


def _trace(rule: str, node: ast.expr | ast.stmt) -> Trace:
    return Trace(rule=rule, text=shown(node), line=node.lineno, why=_WHYS[rule])


def raised_timeouts(before: ast.AST, after: ast.AST) -> Iterator[Trace]:
    """Limits of time that are larger than they were, paired by name and order."""
    old: dict[str, list[float]] = {}
    for name, value, _ in _limits(before):
        old.setdefault(name, []).append(value)
    for name, value, line in _limits(after):
        was = old[name].pop(0) if old.get(name) else None
        if was is not None and value > was:
            why = f"the time limit was {was:g} and is {value:g}"
            yield Trace(rule="timeout-raised", text=f"{name}={value:g}", line=line, why=why)


def _limits(node: ast.AST) -> Iterator[tuple[str, float, int]]:
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            yield from _limits_of(part)
        elif isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name):
            value, name = number(part.value), part.targets[0].id
            if value is not None and "timeout" in name.lower():
                yield name, value, part.lineno


def _limits_of(call: ast.Call) -> Iterator[tuple[str, float, int]]:
    for keyword in call.keywords:
        value = number(keyword.value)
        if keyword.arg in TIMEOUTS and value is not None:
            yield keyword.arg or "", value, call.lineno
    position = {"timeout": 0, "wait_for": 1, "move_on_after": 0, "fail_after": 0, "join": 0}.get(last_name(call))
    if position is not None and position < len(call.args):
        value = number(call.args[position])
        if value is not None:
            yield last_name(call), value, call.lineno


def cases(decorators: Iterable[ast.expr]) -> list[tuple[str, list[str]]]:
    """Each ``parametrize`` of a test: its arguments' names and its cases, as source."""
    found = []
    for mark in decorators:
        if isinstance(mark, ast.Call) and last_name(mark) in {"parametrize", "expand", "data"} and mark.args:
            values = mark.args[1] if last_name(mark) == "parametrize" and len(mark.args) > 1 else mark.args[0]
            names = shown(mark.args[0]) if values is not mark.args[0] else ""
            elements = values.elts if isinstance(values, ast.List | ast.Tuple | ast.Set) else [values]
            found.append((names, [shown(element) for element in elements]))
    return found
