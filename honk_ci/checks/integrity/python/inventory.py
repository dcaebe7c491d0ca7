"""What a Python test module holds, piece by piece: functions by qualified name, and the rest."""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from honk_ci.checks.integrity.python.syntax import FunctionNode, last_name, own_statements, shown

SETUP_NAMES = frozenset(
    {
        "setUp", "tearDown", "setUpClass", "tearDownClass", "asyncSetUp", "asyncTearDown", "setUpModule",
        "tearDownModule", "setup_module", "teardown_module", "setup_class", "teardown_class", "setup_method",
        "teardown_method", "setup_function", "teardown_function", "setup", "teardown", "load_tests", "runTest",
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Function:
    """A function or method at a place where a runner can find it."""

    name: str  # qualified: "TestCart.test_total"
    node: FunctionNode

    @property
    def short_name(self) -> str:
        return self.node.name

    @property
    def is_test(self) -> bool:
        return self.short_name.startswith("test") and not self.is_fixture

    @property
    def is_fixture(self) -> bool:
        return any(last_name(mark) in {"fixture", "yield_fixture"} for mark in self.node.decorator_list)

    @property
    def is_hook(self) -> bool:
        return self.short_name.startswith("pytest_")

    @property
    def runs_unasked(self) -> bool:
        """Whether tests are under its influence without naming it."""
        return self.is_hook or self.short_name in SETUP_NAMES or (self.is_fixture and "autouse" in self.signature)

    @property
    def signature(self) -> str:
        return " ".join(shown(mark) for mark in self.node.decorator_list)

    @property
    def body(self) -> list[ast.stmt]:
        return own_statements(self.node.body)

    @property
    def fingerprint(self) -> str:
        """Equal for functions that differ in name, place, notation and docstring at most."""
        return "\n".join(map(plain_dump, [*self.node.decorator_list, self.node.args, *self.body]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A class's header, or a statement of a module or class that defines no function or class."""

    text: str  # with the class it stands in
    node: ast.stmt

    @property
    def is_import(self) -> bool:
        return isinstance(self.node, ast.Import | ast.ImportFrom)


@dataclass(slots=True)
class Inventory:
    """Of several functions with one name the last counts, as in Python; ``copies`` tells of the others."""

    functions: dict[str, Function] = field(default_factory=dict)
    copies: Counter[str] = field(default_factory=Counter)
    pieces: list[Piece] = field(default_factory=list)
    bound: set[str] = field(default_factory=set)  # names that the module binds at its top

    @classmethod
    def of(cls, tree: ast.Module) -> Inventory:
        inventory = cls()
        inventory._take(own_statements(tree.body), "")
        inventory.bound = {name for node in tree.body for name in bound_names(node)}
        return inventory

    def _take(self, body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                name = prefix + node.name
                self.functions[name] = Function(name=name, node=node)
                self.copies[name] += 1
            elif isinstance(node, ast.ClassDef):
                self.pieces.append(Piece(text=f"{prefix}{_class_header(node)}", node=node))
                self._take(own_statements(node.body), f"{prefix}{node.name}.")
            elif not isinstance(node, ast.Pass):
                self.pieces.append(Piece(text=f"{prefix}{ast.dump(node)}", node=node))

    @property
    def tests(self) -> dict[str, Function]:
        return {name: function for name, function in self.functions.items() if function.is_test}


def bound_names(node: ast.stmt) -> Iterator[str]:
    """The names that a statement binds in its own scope."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name.partition(".")[0]
    else:
        yield from (
            part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
        )


def _class_header(node: ast.ClassDef) -> str:
    marks = " ".join(f"@{shown(mark)}" for mark in node.decorator_list)
    bases = ", ".join(map(shown, [*node.bases, *node.keywords]))
    return f"{marks} class {node.name}({bases})".strip()


def plain_dump(node: ast.AST) -> str:
    """A text that is equal for nodes that mean the same to a linter."""
    return ast.dump(_Plain().visit(copy.deepcopy(node)))


class _Plain(ast.NodeTransformer):
    """One form for what linters rewrite without a change of meaning."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """An f-string without a placeholder is a string."""
        if all(isinstance(part, ast.Constant) for part in node.values):
            return ast.Constant("".join(str(part.value) for part in node.values if isinstance(part, ast.Constant)))
        return self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """``== None`` is ``is None``."""
        for index, (operator, right) in enumerate(zip(node.ops, node.comparators, strict=True)):
            if isinstance(right, ast.Constant) and right.value is None:
                node.ops[index] = _as_identity(operator)
        return self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        """``not a in b`` is ``a not in b``."""
        inner = node.operand
        if isinstance(node.op, ast.Not) and isinstance(inner, ast.Compare) and len(inner.ops) == 1:
            opposite = {ast.In: ast.NotIn, ast.Is: ast.IsNot}.get(type(inner.ops[0]))
            if opposite is not None:
                return self.generic_visit(ast.Compare(inner.left, [opposite()], inner.comparators))
        return self.generic_visit(node)


def _as_identity(operator: ast.cmpop) -> ast.cmpop:
    if isinstance(operator, ast.Eq):
        return ast.Is()
    return ast.IsNot() if isinstance(operator, ast.NotEq) else operator
