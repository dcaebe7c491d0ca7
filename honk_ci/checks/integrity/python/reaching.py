"""What product code in Python reaches for that only who runs it should: frames, loaded modules, the process."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from honk_ci.checks.integrity.python.names import Names
from honk_ci.checks.integrity.python.syntax import last_name, shown
from honk_ci.checks.integrity.trace import Trace
from honk_ci.domain import Severity

FRAMEWORKS = frozenset({"pytest", "_pytest", "unittest", "nose", "nose2", "hypothesis", "doctest"})
PATCHABLE = FRAMEWORKS | {"builtins", "__builtins__"}
_INNARDS = frozenset({"f_back", "f_locals", "tb_frame", "gi_frame", "cr_frame", "__closure__"})
_TABLES = frozenset({"sys.modules", "sys.meta_path", "sys.path_hooks", "sys.path_importer_cache"})
_REPLACES_PROCESS = re.compile(
    r"os\.(?:exec[lv]\w*|fork|forkpty)|signal\.(?:raise_signal|pthread_kill|setitimer|alarm)|sys\.addaudithook"
)
_ENDS = frozenset({"os._exit", "os.abort"})  # whatever other name they get
_IMPORTERS = frozenset({"importlib.import_module", "__import__", "builtins.__import__", "importlib.__import__"})
_MACHINERY = frozenset({"os", "sys", "builtins", "inspect", "gc", "signal"})
_VALUES = frozenset({"float", "int", "complex", "str", "bytes", "list", "tuple", "dict", "set", "frozenset", "object"})
_CHANGES_ITEMS = frozenset({"update", "__setitem__", "setdefault", "__setattr__", "pop", "clear"})


def reaching(node: ast.AST, names: Names) -> Iterator[Trace]:
    """What a node of a module reaches for."""
    match node:
        case ast.Attribute(attr=attr) if attr in _INNARDS:
            yield _person("test-detection", node, "it looks at who called it")
        case ast.Attribute() | ast.Name() if names.of(node) in _TABLES:
            yield _person("test-detection", node, "it looks at what is loaded, or decides how it is")
        case ast.Attribute(ctx=ast.Load()) | ast.Name(ctx=ast.Load()) if names.of(node) in _ENDS:
            yield _person("exit-added", node, "it can end the run before the tests do")
        case ast.For(iter=where) | ast.comprehension(iter=where) if names.of(where).startswith("os.environ"):
            yield _person("test-detection", where, "it goes through the whole environment")
        case ast.Call():
            yield from _of_call(node, names)
        case ast.Assign() | ast.AugAssign():
            yield from _of_items(node, names)
        case ast.ClassDef():
            yield from _of_class(node)
        case ast.Constant(value="__eq__") | ast.Attribute(attr="__eq__", ctx=ast.Store()):
            yield _person("always-equal", node, "it changes how a class compares")
        case ast.Try(finalbody=[*_, ast.Return() | ast.Break() | ast.Continue() as last]):
            why = "leaving from `finally` hides every error"
            yield Trace(rule="error-swallowed", text=f"finally: {shown(last)}", line=last.lineno, why=why)
        case ast.Import() | ast.ImportFrom():
            modules = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            if not {"ctypes", "__main__"}.isdisjoint(modules):
                yield _person("dynamic-code", node, "it reaches into the program that runs it")


def _of_call(node: ast.Call, names: Names) -> Iterator[Trace]:
    name = names.of(node)
    first = node.args[0] if node.args else None
    if _REPLACES_PROCESS.fullmatch(name):
        yield _person("exit-added", node, "it takes over or interrupts the process that runs the tests")
    elif name in _IMPORTERS and first is not None:
        if not isinstance(first, ast.Constant):
            yield _person("dynamic-code", node, "what it imports cannot be reviewed")
        elif str(first.value).partition(".")[0] in FRAMEWORKS:
            yield Trace(
                rule="framework-patched",
                text=shown(node),
                line=node.lineno,
                why="product code reaches for a test framework",
            )
    elif name == "getattr" and first is not None and names.of(first) in _MACHINERY:
        yield _person("dynamic-code", node, "what it looks up cannot be reviewed")
    elif name.partition(".")[0] in PATCHABLE and name.rpartition(".")[2] in _CHANGES_ITEMS:
        yield _patched(node)


def _of_items(node: ast.Assign | ast.AugAssign, names: Names) -> Iterator[Trace]:
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        if isinstance(target, ast.Subscript) and names.of(target.value).partition(".")[0] in PATCHABLE:
            yield _patched(node)


def _patched(node: ast.expr | ast.stmt) -> Trace:
    why = "it changes the test framework or Python's own functions"
    return Trace(rule="framework-patched", text=shown(node), line=node.lineno, why=why)


def _of_class(node: ast.ClassDef) -> Iterator[Trace]:
    """An equality of one's own: of a plain value, or one that does not look at both sides."""
    for method in node.body:
        if not isinstance(method, ast.FunctionDef) or method.name not in {"__eq__", "__ne__"}:
            continue
        text = f"class {node.name}: {shown(method)}"
        sides = {argument.arg for argument in (*method.args.posonlyargs, *method.args.args)}
        used = {part.id for part in ast.walk(method) if isinstance(part, ast.Name)}
        if not sides <= used and not _only_declines(method):
            why = "it compares without looking at both sides"
            yield Trace(rule="always-equal", text=text, line=method.lineno, why=why)
        elif any(last_name(base) in _VALUES - {"object"} for base in node.bases):
            why = "a plain value gets an equality of its own"
            yield _person("always-equal", method, why, text=f"class {node.name}: def {method.name}")


def _only_declines(method: ast.FunctionDef) -> bool:
    """``return NotImplemented`` and raising leave the answer to others."""
    returned = [part.value for part in ast.walk(method) if isinstance(part, ast.Return)]
    return all(value is not None and last_name(value) == "NotImplemented" for value in returned)


def _person(rule: str, node: ast.expr | ast.stmt, why: str, *, text: str = "") -> Trace:
    return Trace(rule=rule, text=text or shown(node), line=node.lineno, why=why, severity=Severity.PERSON)
