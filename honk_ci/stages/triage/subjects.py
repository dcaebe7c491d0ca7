"""What of the product a Python test is about: the function whose result the failing statement judges."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from honk_ci.paths import is_test_path
from honk_ci.stages.triage.modules import Definition, Imported, Modules
from honk_ci.stages.triage.operators import special_calls
from honk_ci.stages.triage.tree import Function, Tree
from honk_ci.stages.triage.values import assigned, assigned_to_self, calls_on, results

DEPTH = 5  # how far values are followed back


@dataclass(frozen=True, kw_only=True, slots=True)
class _Mention:
    """A piece of the product that the failing statement rests on."""

    definition: Definition
    depth: int  # 0: in the statement itself
    order: int


@dataclass(kw_only=True, slots=True)
class _Scope:
    """What names mean inside one test function."""

    path: str
    function: Function
    imported: Mapping[str, Imported]
    class_node: ast.ClassDef | None
    line: int  # of the failing statement
    mentions: list[_Mention] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    asked: set[int] = field(default_factory=set)  # whose types are being looked for, against circles


class Subjects:
    """Finds the subject of a test by reading its source."""

    def __init__(self, tree: Tree, modules: Modules) -> None:
        self._tree = tree
        self._modules = modules
        self._known: dict[str, list[tuple[Function, ast.ClassDef | None]]] = {}

    def of(self, path: str, test: str, line: int | None) -> Definition | None:
        """The product's function or class that ``test`` in ``path`` judges at ``line``; None where unclear.

        ``test`` is the function's name, with or without its class. Of several pieces of the product
        the one is taken that is named in the test's name, else the one nearest to the failing
        statement; functions go before classes.
        """
        found = self._function(path, test, line)
        if found is None:
            return None
        function, class_node = found
        scope = self._scope(path, function, class_node, line)
        for statement in _statements(function, line):
            self._follow(statement, scope, 0)
        names = function.name.lower()
        best = min(scope.mentions, key=lambda m: _rank(m, names), default=None)
        return best.definition if best else None

    def _functions(self, path: str) -> list[tuple[Function, ast.ClassDef | None]]:
        if path not in self._known:
            module = self._tree.syntax(path)
            self._known[path] = list(_functions(module)) if module is not None else []
        return self._known[path]

    def _function(self, path: str, test: str, line: int | None) -> tuple[Function, ast.ClassDef | None] | None:
        *owners, name = test.split(".")
        for node, owner in self._functions(path):
            if node.name == name and (not owners or (owner is not None and owner.name == owners[-1])):
                inside = line is None or node.lineno <= line <= (node.end_lineno or node.lineno)
                return (node, owner) if inside or not owners else None
        return None

    def _scope(self, path: str, function: Function, class_node: ast.ClassDef | None, line: int | None) -> _Scope:
        imported = {name.local.split(".")[0]: name for name in self._modules.imports(path)}
        last = function.end_lineno or function.lineno
        inside = line is not None and function.lineno <= line <= last
        return _Scope(
            path=path,
            function=function,
            imported=imported,
            class_node=class_node,
            line=line if inside and line else last,
        )

    def _follow(self, node: ast.AST, scope: _Scope, depth: int) -> None:
        """Note what ``node`` mentions of the product, and where the local values in it come from."""
        if depth > DEPTH or id(node) in scope.seen:
            return
        scope.seen.add(id(node))
        for child in _outermost_first(node):
            for definition in self._called(child, scope):
                if not is_test_path(definition.path) and definition.name:
                    scope.mentions.append(_Mention(definition=definition, depth=depth, order=len(scope.mentions)))
            if isinstance(child, ast.Name | ast.Attribute):
                for origin in self._origins(child, scope):
                    self._follow(origin, scope, depth + 1)

    def _called(self, node: ast.AST, scope: _Scope) -> Iterator[Definition]:
        """The product's definitions that a node names, or calls by an operator."""
        if found := self._meaning(node, scope):
            yield found
        for value, method in special_calls(node):
            owner = self._type_of(value, scope)
            if owner and (found := self._modules.method(owner, method)):
                yield found

    def _meaning(self, node: ast.AST, scope: _Scope) -> Definition | None:
        """The definition in the repository that an expression names, if it does."""
        if isinstance(node, ast.Name):
            imported = scope.imported.get(node.id)
            return self._modules.resolve(imported, scope.path) if imported else None
        if not isinstance(node, ast.Attribute):
            return None
        dotted = _dotted(node)
        if dotted and (whole := self._module_attribute(dotted, scope)):
            return whole
        owner = self._type_of(node.value, scope)
        return self._modules.method(owner, node.attr) if owner else None

    def _module_attribute(self, dotted: str, scope: _Scope) -> Definition | None:
        """``shop.cart.total`` after ``import shop.cart``, ``cart.total`` after ``from shop import cart``."""
        first, *rest = dotted.split(".")
        imported = scope.imported.get(first)
        if imported is None:
            return None
        if imported.name:
            base = f"{imported.module}.{imported.name}"
        else:  # ``import shop.cart`` binds ``shop``, ``import shop.cart as c`` binds the module
            base = first if imported.local == imported.module else imported.module
        for split in range(len(rest) - 1, -1, -1):
            file = self._modules.file(".".join([base, *rest[:split]]))
            found = self._modules.define(file, rest[split]) if file else None
            if found and split == len(rest) - 1:
                return found
            if found and found.is_class and split == len(rest) - 2:
                return self._modules.method(found, rest[-1])
        return None

    def _type_of(self, node: ast.AST, scope: _Scope) -> Definition | None:
        """The repository's class that a value is of, where one assignment or fixture says so."""
        if id(node) in scope.asked:  # a name that is made from itself: ``runs = runs.next()``
            return None
        scope.asked.add(id(node))
        try:
            return self._type_unless_circular(node, scope)
        finally:
            scope.asked.discard(id(node))

    def _type_unless_circular(self, node: ast.AST, scope: _Scope) -> Definition | None:
        if isinstance(node, ast.Await):
            return self._type_of(node.value, scope)
        if isinstance(node, ast.Call):
            return self._type_of_call(node, scope)
        found = self._meaning(node, scope)
        if found:
            return found if found.is_class else None
        for origin in self._origins(node, scope):
            if not isinstance(origin, ast.Name | ast.Attribute) and (found := self._type_of(origin, scope)):
                return found
        return None

    def _type_of_call(self, node: ast.Call, scope: _Scope) -> Definition | None:
        found = self._meaning(node.func, scope)
        if found:
            return found if found.is_class else self._modules.returned_class(found)
        helper = _helper(self._tree.syntax(scope.path), node.func.id) if isinstance(node.func, ast.Name) else ()
        return next((made for result in helper if (made := self._type_of(result, scope))), None)

    def _origins(self, node: ast.AST, scope: _Scope) -> Iterator[ast.expr]:
        """The expressions that give a local name its value: assignments, fixtures, set-up of the class."""
        if isinstance(node, ast.Name):
            yield from assigned(scope.function, node.id, before=scope.line)
            yield from calls_on(scope.function, node.id, before=scope.line)
            if node.id in {argument.arg for argument in scope.function.args.args}:
                yield from self._fixture(node.id, scope)
            else:
                yield from _helper(self._tree.syntax(scope.path), node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}:
            for method in scope.class_node.body if scope.class_node else ():
                if isinstance(method, Function) and method.name.lower().startswith(
                    ("setup", "asyncsetup", "_", node.attr)
                ):
                    yield from assigned_to_self(method, node.attr)

    def _fixture(self, name: str, scope: _Scope) -> Iterator[ast.expr]:
        """What a fixture of the same file returns; one of a conftest only where its imports are the same names."""
        folders = scope.path.split("/")[:-1]
        conftests = ["/".join([*folders[:end], "conftest.py"]) for end in range(len(folders), -1, -1)]
        for path in (scope.path, *conftests):
            for node, _ in self._functions(path):
                if node.name == name and node.decorator_list:
                    if path != scope.path:
                        known = {i.local.split(".")[0]: i for i in self._modules.imports(path)}
                        scope.imported = {**known, **scope.imported}
                    yield from results(node)
                    return


def _rank(mention: _Mention, test_name: str) -> tuple[bool, bool, int, int]:
    name = mention.definition.name.rpartition(".")[2].strip("_").lower()
    return mention.definition.is_class, name not in test_name, mention.depth, mention.order


def _functions(module: ast.Module) -> Iterator[tuple[Function, ast.ClassDef | None]]:
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef):
            yield from ((child, node) for child in node.body if isinstance(child, Function))
    for node in module.body:
        if isinstance(node, Function):
            yield node, None


def _statements(function: Function, line: int | None) -> list[ast.AST]:
    """What the failure judges: the statement at ``line``; without one, all assertions, else everything."""
    if line is not None and function.lineno <= line <= (function.end_lineno or line):
        at_line = [node for node in ast.walk(function) if isinstance(node, ast.stmt) and node is not function
                   and node.lineno <= line <= (node.end_lineno or node.lineno)]  # fmt: skip
        if at_line:
            innermost = max(at_line, key=lambda node: node.lineno)
            return _judged(innermost)
    asserts: list[ast.AST] = [node for node in ast.walk(function) if isinstance(node, ast.Assert)]
    return asserts or list(function.body)


def _judged(statement: ast.stmt) -> list[ast.AST]:
    """A ``with`` (``pytest.raises``) judges its body; another block only its head."""
    if isinstance(statement, ast.With | ast.AsyncWith):
        return list(statement.body)
    if isinstance(statement, ast.If | ast.While):
        return [statement.test]
    if isinstance(statement, ast.For | ast.AsyncFor):
        return [statement.iter]
    return [statement]


def _outermost_first(node: ast.AST) -> Iterator[ast.AST]:
    """Depth first, the whole before its parts: ``f(g(x))`` is about ``f``."""
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _outermost_first(child)


def _helper(module: ast.Module | None, name: str) -> Iterator[ast.expr]:
    """What a helper function of the test file returns."""
    for node in module.body if module is not None else ():
        if isinstance(node, Function) and node.name == name:
            yield from results(node)


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    return ""
