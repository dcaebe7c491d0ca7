"""A changed Python test file: what its tests lost, and what else is not as it was."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from honk_ci.checks.integrity.python.assertions import assertions
from honk_ci.checks.integrity.python.flow import early_returns, retry_loops
from honk_ci.checks.integrity.python.inventory import Function, Inventory, Piece, bound_names
from honk_ci.checks.integrity.python.marks import cases, marks, raised_timeouts
from honk_ci.checks.integrity.python.pieces import (
    header,
    origins,
    own_marks,
    reaches_out,
    tables,
    unmatched,
    used_names,
)
from honk_ci.checks.integrity.python.syntax import does_nothing, own_statements, shown
from honk_ci.checks.integrity.strength import changes
from honk_ci.checks.integrity.trace import Scope, as_finding, finding, gained
from honk_ci.domain import IntegrityFinding, Severity

Findings = Iterator[IntegrityFinding]


def review_tests(path: str, before: ast.Module, after: ast.Module, scope: Scope) -> list[IntegrityFinding]:
    """Findings for a test file that existed before."""
    return list(_TestFile(path, Inventory.of(before), Inventory.of(after), scope).findings())


def review_new_tests(path: str, after: ast.Module) -> list[IntegrityFinding]:
    """Findings for a test file that is new: it may test, it may not reach into other tests."""
    inventory = Inventory.of(after)
    is_conftest = path.rpartition("/")[2] == "conftest.py"
    unasked = [f for f in inventory.functions.values() if f.is_hook or (is_conftest and f.runs_unasked)]
    found = [_influence(path, function) for function in unasked]
    found += [
        finding("import-side-effect", path, piece.node.lineno, after=shown(piece.node), why=_REACHES_OUT)
        for piece in inventory.pieces
        if reaches_out(piece.node)
    ]
    if not found and path.rpartition("/")[2] in _LOADED_UNASKED and own_statements(after.body):
        why = "it is loaded with every test beside it, and can change what they see"
        found.append(finding("import-side-effect", path, 1, after=path, why=why, severity=Severity.PERSON))
    return found or [_note(path, None, "a new test file")]


_LOADED_UNASKED = frozenset({"conftest.py", "__init__.py"})
_REACHES_OUT = "loading this file changes code outside of it, for every test of the run"


class _TestFile:
    """One test file in two states."""

    def __init__(self, path: str, before: Inventory, after: Inventory, scope: Scope) -> None:
        self.path, self.before, self.after, self.scope = path, before, after, scope

    def findings(self) -> Findings:
        for name, old in self.before.functions.items():
            new = self.after.functions.get(name)
            if new is None:
                yield self._lost(old)
            else:
                yield from self._function(old, new)
        renamed = {
            id(self._successor(old)) for name, old in self.before.functions.items() if name not in self.after.functions
        }
        for name, new in self.after.functions.items():
            if name not in self.before.functions and id(new) not in renamed:
                yield from self._added(new)
        yield from self._pieces()

    def _lost(self, old: Function) -> IntegrityFinding:
        successor = self._successor(old)
        where, text = old.node.lineno, f"def {old.name}"
        if successor is None:
            rule, why = ("test-deleted", "the test is gone") if old.is_test else ("fixture-changed", "it is gone")
            return self._report(rule, where, text, "", why)
        if old.is_test and not successor.is_test:
            why = "under this name the runner does not collect it"
            return self._report("test-uncollected", successor.node.lineno, text, f"def {successor.name}", why)
        rule = "test-renamed" if old.is_test else "fixture-changed"
        return self._report(rule, successor.node.lineno, text, f"def {successor.name}", "it has another name")

    def _successor(self, old: Function) -> Function | None:
        """The new function that the old one became under another name."""
        new = [f for name, f in self.after.functions.items() if name not in self.before.functions]
        same_body = [f for f in new if f.fingerprint == old.fingerprint and not does_nothing(old.body)]
        same_stem = [f for f in new if old.is_test and old.short_name.removeprefix("test").strip("_") in f.short_name]
        return next(iter([*same_body, *same_stem]), None)

    def _function(self, old: Function, new: Function) -> Findings:
        if old.is_test and self.after.copies[old.name] > self.before.copies[old.name]:
            why = "a second definition of the same name replaces the first"
            yield self._report("test-shadowed", new.node.lineno, f"def {old.name}", f"def {new.name}", why)
        if ast.dump(old.node) == ast.dump(new.node) or old.fingerprint == new.fingerprint:
            return
        found = [*self._losses(old, new), *self._cases(old, new)]
        if not found:
            rule = "test-changed" if old.is_test else "fixture-changed"
            before, after = _first_difference(old, new)
            found = [self._report(rule, new.node.lineno, before, after, f"{old.name} is not as it was")]
        yield from found

    def _losses(self, old: Function, new: Function) -> Findings:
        if does_nothing(new.body) and not does_nothing(old.body):
            text = shown(new.body[0]) if new.body else "pass"
            yield self._report("test-emptied", new.node.lineno, f"def {old.name}", text, "it does nothing any more")
            return
        for change in changes(assertions(old.body), assertions(new.body)):
            yield self._report(change.rule, change.line or new.node.lineno, change.before, change.after, change.why)
        for trace in (*gained(marks(old.node), marks(new.node)), *raised_timeouts(old.node, new.node)):
            yield as_finding(trace, self.path, before=f"def {old.name}")
        yield from self._early_ends(old, new)
        yield from self._retry_loops(old, new)

    def _early_ends(self, old: Function, new: Function) -> Findings:
        for trace in gained(early_returns(old), early_returns(new)):
            yield as_finding(trace, self.path, before=f"def {old.name}")

    def _retry_loops(self, old: Function, new: Function) -> Findings:
        for trace in gained(retry_loops(old), retry_loops(new)):
            yield as_finding(trace, self.path, before=f"def {old.name}")

    def _cases(self, old: Function, new: Function) -> Findings:
        """What became of the cases of ``parametrize``."""
        was = [case for _, values in cases(old.node.decorator_list) for case in values]
        now = [case for _, values in cases(new.node.decorator_list) for case in values]
        lost, more = list((Counter(was) - Counter(now)).elements()), list((Counter(now) - Counter(was)).elements())
        for case in lost[len(more) :]:
            yield self._report("parametrize-reduced", new.node.lineno, case, "", "a case of the test is gone")
        for case, other in zip(lost, more, strict=False):
            yield self._report("expected-changed", new.node.lineno, case, other, "a case of the test is another")

    def _added(self, new: Function) -> Findings:
        if new.short_name in self.before.bound and "." not in new.name:
            why = f"it takes the place of `{new.short_name}`, which the tests import"
            yield self._report("subject-mocked", new.node.lineno, "", f"def {new.name}", why)
        owner, _, _ = new.name.partition(".")
        if new.runs_unasked and (new.is_hook or owner == new.name or owner in self.before.bound):
            yield _influence(self.path, new)
        elif new.is_test:
            yield _note(self.path, new.node.lineno, f"a new test, {new.name}")

    def _pieces(self) -> Findings:
        """Statements outside of functions: imports, constants, class headers."""
        lost, more = unmatched(self.before.pieces, self.after.pieces)
        old_marks = [trace for piece in lost for trace in own_marks(piece)]
        found = [as_finding(t, self.path) for t in gained(old_marks, [t for p in more for t in own_marks(p)])]
        yield from found
        if found:
            return
        yield from self._shorter_tables(lost, more)
        for piece in lost:
            if not self._is_unused_import(piece):
                what = header(piece.node)
                yield self._report("test-changed", piece.node.lineno, what, "", "it is gone or not as it was")
        for piece in more:
            if not self._is_harmless(piece):
                what = header(piece.node)
                yield self._report("test-changed", piece.node.lineno, "", what, "it is new and acts on existing tests")

    def _shorter_tables(self, lost: list[Piece], more: list[Piece]) -> Findings:
        """Constants that hold fewer cases than before: tests are often parametrised by them."""
        for name, old in tables(lost).items():
            new = tables(more).get(name)
            if new is not None and len(new.elts) < len(old.elts):
                kept = {shown(element) for element in new.elts}
                gone = [shown(element) for element in old.elts if shown(element) not in kept]
                why = f"{name} holds {len(new.elts)} cases instead of {len(old.elts)}"
                yield self._report("parametrize-reduced", new.lineno, ", ".join(gone), "", why)

    def _is_unused_import(self, piece: Piece) -> bool:
        """Whether nothing in the old file used what was imported, so that only a linter misses it."""
        if not piece.is_import:
            return False
        if set(bound_names(piece.node)) <= self.after.bound:
            return origins(piece) <= {o for other in self.after.pieces for o in origins(other)}
        return not set(bound_names(piece.node)) & used_names(self.before)

    def _is_harmless(self, piece: Piece) -> bool:
        """Whether a new statement binds names that nothing had bound, and does nothing else."""
        names = set(bound_names(piece.node))
        if piece.is_import:
            mine = {o for other in self.before.pieces for o in origins(other)}
            return all(one in mine or one[0] not in self.before.bound | {"*"} for one in origins(piece))
        if isinstance(piece.node, ast.ClassDef | ast.Assign | ast.AnnAssign) and not reaches_out(piece.node):
            return bool(names) and not names & (self.before.bound | {"pytest_plugins"})
        return False

    def _report(self, rule: str, line: int, before: str, after: str, why: str) -> IntegrityFinding:
        severity = self.scope.weigh(rule, self.path)
        return finding(rule, self.path, line, before=before, after=after, why=why, severity=severity)


def _influence(path: str, function: Function) -> IntegrityFinding:
    """A new function that acts on tests that do not name it."""
    text, line = f"def {function.name}", function.node.lineno
    if function.is_hook:
        return finding("hook-added", path, line, after=text, why="a hook can change what tests report")
    return finding("fixture-changed", path, line, after=text, why="it runs around tests that do not name it")


def _note(path: str, line: int | None, why: str) -> IntegrityFinding:
    return finding("test-added", path, line, why=why, severity=Severity.NOTE)


def _first_difference(old: Function, new: Function) -> tuple[str, str]:
    was = [*old.node.decorator_list, old.node.args, *old.body]
    now = [*new.node.decorator_list, new.node.args, *new.body]
    for one, other in zip(was, now, strict=False):
        if ast.dump(one) != ast.dump(other):
            return shown(one), shown(other)
    longer = was if len(was) > len(now) else now
    extra = shown(longer[min(len(was), len(now))]) if len(was) != len(now) else ""
    return (extra, "") if longer is was else ("", extra)
