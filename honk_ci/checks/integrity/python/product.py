"""What product code in Python may not gain: knowledge of the tests, and ways around them."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator

from honk_ci.checks.integrity.python.names import Names
from honk_ci.checks.integrity.python.reaching import FRAMEWORKS, PATCHABLE, reaching
from honk_ci.checks.integrity.python.syntax import (
    always_true,
    does_nothing,
    is_broad,
    is_literal,
    last_name,
    own_statements,
    shown,
)
from honk_ci.checks.integrity.trace import Trace
from honk_ci.domain import Severity

TEST_VARIABLES = frozenset(
    {
        "PYTEST_CURRENT_TEST", "PYTEST_VERSION", "PYTEST_XDIST_WORKER", "PYTEST_ADDOPTS", "PYTEST_RUNNING", "CI",
        "GITHUB_ACTIONS", "GITLAB_CI", "TRAVIS", "CIRCLECI", "BUILDKITE", "JENKINS_URL", "TF_BUILD", "TESTING",
        "IS_TEST", "IN_TEST", "TEST_MODE", "UNIT_TEST", "TOX_ENV_NAME", "NOX_CURRENT_SESSION", "HONK_CI",
    }
)  # fmt: skip
_FRAMES = frozenset({"sys._getframe", "inspect.stack", "inspect.currentframe", "traceback.extract_stack", "_getframe"})
_HARD_EXITS = frozenset({"os._exit", "os.abort", "os.kill", "os.killpg", "atexit.register", "faulthandler._sigsegv"})
_EXITS = frozenset({"sys.exit", "exit", "quit", "SystemExit"})
_TRACERS = frozenset({"sys.settrace", "sys.setprofile", "threading.settrace", "gc.get_objects", "gc.get_referrers"})
_RUNNING = re.compile(r"_?PYTEST(?![a-z])|_called_from_test$|_pytest(?:\.|$)|--junit")
_TEST_MODULE = re.compile(r"(?:^|\.)(?:tests|conftest|test_\w+|\w+_test)(?:\.|$)")
_TEST_FILE = re.compile(r"(?:[\w./-]*/)?tests?/[\w./-]+\.\w+|(?:[\w.*/-]*/)?(?:test_[\w*]+|[\w*]+_test|conftest)\.py")
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.If)

Scopes = tuple[ast.AST, ...]  # the module, then the functions and conditions around a node, outermost first


def product_traces(tree: ast.Module) -> list[Trace]:
    """Everything in a module that undermines tests, wherever it stands."""
    names = Names(tree)
    found: list[Trace] = []
    left: list[tuple[ast.AST, Scopes]] = [(tree, (tree,))]
    while left:  # not recursive: a sum of a thousand terms is a thousand levels deep
        node, around = left.pop()
        inner = (*around, node) if isinstance(node, _SCOPES) else around
        for child in ast.iter_child_nodes(node):
            found.extend(_of_node(child, inner, names))
            found.extend(reaching(child, names))
            left.append((child, inner))
    return found


def _of_node(node: ast.AST, around: Scopes, names: Names) -> Iterator[Trace]:
    match node:
        case ast.Constant(value=str() as text) if _RUNNING.match(text):
            yield _trace("test-detection", node, "it asks whether a test is running")
        case ast.Constant(value=str() as text) if _TEST_FILE.fullmatch(text):
            yield _trace("test-detection", node, "product code names a file of the tests", severity=Severity.PERSON)
        case ast.Compare():
            yield from _of_comparison(node, names)
        case ast.Subscript(slice=ast.Constant(value=str() as key)) if isinstance(node.ctx, ast.Load):
            yield from _of_lookup(node, names.of(node.value), key)
        case ast.Call():
            yield from _of_call(node, around, names)
        case ast.Raise(exc=ast.expr() as error) if last_name(error) == "SystemExit":
            yield from _of_exit(error, around)
        case ast.FunctionDef(name=name) if name.startswith("pytest_"):
            yield _trace(
                "hook-added", node, "a hook can change what tests report", text=f"def {name}", severity=Severity.PERSON
            )
        case ast.FunctionDef():
            yield from _of_method(node)
        case ast.ExceptHandler() if is_broad(node) and _swallows(node):
            kind = shown(node.type) if node.type else ""
            text = f"except {kind}: {shown(node.body[-1])}".replace(" :", ":")
            yield _trace(
                "error-swallowed", node, "every error is caught and none is told; name the one meant", text=text
            )
        case ast.Import() | ast.ImportFrom():
            yield from _of_import(node)
        case ast.Assign() | ast.AugAssign():
            yield from _of_assignment(node, names)


def _of_comparison(node: ast.Compare, origins: Names) -> Iterator[Trace]:
    names = {origins.of(part) or origins.of(getattr(part, "value", part)) for part in (node.left, *node.comparators)}
    words = {part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)}
    looks_at_arguments = any(name.startswith("sys.argv") for name in names)
    looks = looks_at_arguments or bool(names & {"sys.modules", "modules"})
    if looks and any(word.partition(".")[0] in FRAMEWORKS or "pytest" in word for word in words):
        yield _trace("test-detection", node, "it asks whether a test framework is loaded")
    elif looks_at_arguments and any("test" in word for word in words):
        yield _trace("test-detection", node, "it asks how the program was started", severity=Severity.PERSON)
    elif (
        "os.environ" in names and words & TEST_VARIABLES and not words <= {w for w in words if w.startswith("PYTEST_")}
    ):
        yield _trace("test-detection", node, "it asks whether tests or CI are running")


def _of_lookup(node: ast.expr, owner: str, key: str) -> Iterator[Trace]:
    if owner.endswith("environ") and key in TEST_VARIABLES and not key.startswith("PYTEST_"):
        yield _trace("test-detection", node, "it asks whether tests or CI are running")
    elif owner.endswith("sys.modules") and key.partition(".")[0] in FRAMEWORKS:
        yield _trace("test-detection", node, "it asks whether a test framework is loaded")


def _of_call(node: ast.Call, around: Scopes, names: Names) -> Iterator[Trace]:
    name = names.of(node)
    first = node.args[0] if node.args else None
    if (
        isinstance(first, ast.Constant)
        and isinstance(first.value, str)
        and name.rpartition(".")[2] in {"get", "getenv", "pop"}
    ):
        owner = "os.environ" if name.endswith("getenv") else name.rpartition(".")[0]
        yield from _of_lookup(node, owner, first.value)
    if name in _FRAMES:
        severity = Severity.VETO if _speaks_of_tests(around) else Severity.PERSON
        yield _trace("test-detection", node, "it asks who called it", severity=severity)
    elif name in _HARD_EXITS:
        severity = Severity.PERSON if name == "atexit.register" else Severity.VETO
        yield _trace("exit-added", node, "it can end the run before the tests do", severity=severity)
    elif name in _EXITS - {"SystemExit"}:
        yield from _of_exit(node, around)
    elif name in {"exec", "eval"}:
        yield _trace("dynamic-code", node, "code made at run time cannot be reviewed", severity=Severity.PERSON)
    elif name in _TRACERS:
        yield _trace("test-detection", node, "it watches the program that runs it", severity=Severity.PERSON)
    elif name == "setattr" and first is not None and names.of(first).partition(".")[0] in PATCHABLE:
        yield _trace("framework-patched", node, "it changes the test framework or Python's own functions")
    elif name.endswith("suppress"):
        if any(last_name(kind) in {"Exception", "BaseException"} for kind in node.args):
            yield _trace("error-swallowed", node, "every error is caught and none is told; name the one meant")
    elif (
        name in {"warnings.simplefilter", "warnings.filterwarnings"}
        and shown(node.args[0] if node.args else node) == "'ignore'"
    ):
        yield _trace("warning-silenced", node, "a warning is hidden instead of heeded", severity=Severity.PERSON)


def _speaks_of_tests(around: Scopes) -> bool:
    function = next((n for n in reversed(around) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)), around[0])
    parts = (part for statement in own_statements(getattr(function, "body", [])) for part in ast.walk(statement))
    return any(
        isinstance(part, ast.Constant) and isinstance(part.value, str) and "test" in part.value.lower()
        for part in parts
    )


def _of_exit(node: ast.expr, around: Scopes) -> Iterator[Trace]:
    """Leaving with success where it is nobody's task to leave: not in ``main`` or a command."""
    first = node.args[0] if isinstance(node, ast.Call) and node.args else None
    says_success = first is None or (isinstance(first, ast.Constant) and first.value in {0, None})
    enclosing = [part.name for part in around if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)]
    guarded = any(isinstance(part, ast.If) and "__name__" in shown(part.test) for part in around)
    if (
        not says_success
        or guarded
        or any(name.strip("_").startswith(("main", "cli", "run", "cmd")) for name in enclosing)
    ):
        return
    severity = Severity.PERSON if enclosing else Severity.VETO
    yield _trace("exit-added", node, "it can end the run with success before the tests do", severity=severity)


def _of_method(node: ast.FunctionDef) -> Iterator[Trace]:
    verdict = {"__eq__": True, "__ne__": False, "__contains__": True, "__bool__": True}.get(node.name)
    returns = [part for part in ast.walk(node) if isinstance(part, ast.Return)]
    is_constant = bool(returns) and all(r.value is not None and _is_constant(r.value, verdict) for r in returns)
    if verdict is not None and is_constant and node.name != "__bool__":
        text = f"def {node.name}: {shown(returns[0])}"
        yield _trace("always-equal", node, "every comparison with it succeeds", text=text)


def _is_constant(node: ast.expr, verdict: bool | None) -> bool:
    return always_true(node) if verdict else isinstance(node, ast.Constant) and not node.value


def _swallows(handler: ast.ExceptHandler) -> bool:
    """Whether a handler does nothing with the error but to go on, or to answer with a literal."""
    return all(map(_goes_on, handler.body))


def _goes_on(node: ast.stmt) -> bool:
    answers = isinstance(node, ast.Return | ast.Assign) and node.value is not None and is_literal(node.value)
    return answers or isinstance(node, ast.Continue | ast.Break) or does_nothing([node])


def _of_import(node: ast.Import | ast.ImportFrom) -> Iterator[Trace]:
    modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    if any(module.partition(".")[0] in FRAMEWORKS - {"doctest"} for module in modules) and not _is_relative(node):
        why = "product code has no need of a test framework"
        yield _trace("framework-patched", node, why, severity=Severity.PERSON)
    elif any(_TEST_MODULE.search(module) for module in modules):
        yield _trace("test-detection", node, "product code imports the tests")


def _is_relative(node: ast.Import | ast.ImportFrom) -> bool:
    return isinstance(node, ast.ImportFrom) and node.level > 0


def _of_assignment(node: ast.Assign | ast.AugAssign, names: Names) -> Iterator[Trace]:
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        place = target.value if isinstance(target, ast.Subscript) else target
        root = names.of(place).partition(".")[0]
        if isinstance(target, ast.Attribute) and root in PATCHABLE:
            yield _trace("framework-patched", node, "it changes the test framework or Python's own functions")
        elif isinstance(target, ast.Subscript) and names.of(place) == "sys.modules":
            why = "it puts another module in the place of one"
            yield _trace("framework-patched", node, why, severity=Severity.PERSON)
        elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and _replaces(root, node):
            why = "it replaces a function of the standard library for the whole program"
            yield _trace("framework-patched", node, why, severity=Severity.PERSON)
        elif isinstance(target, ast.Name) and target.id == "__eq__" and _says_yes(node.value):
            yield _trace("always-equal", node, "every comparison with it succeeds")


def _says_yes(node: ast.expr) -> bool:
    return isinstance(node, ast.Lambda) and always_true(node.body)


def _replaces(root: str, node: ast.Assign | ast.AugAssign) -> bool:
    return root in sys.stdlib_module_names - {"sys", "this"} and isinstance(node.value, ast.Lambda | ast.Name)


def _trace(
    rule: str,
    node: ast.expr | ast.stmt | ast.ExceptHandler,
    why: str,
    *,
    text: str = "",
    severity: Severity = Severity.VETO,
) -> Trace:
    return Trace(rule=rule, text=text or shown(node), line=node.lineno, why=why, severity=severity)
