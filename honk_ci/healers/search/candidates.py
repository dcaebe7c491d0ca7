"""All single edits of the suspicious lines, the likeliest first."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from honk_ci.healers.search.coverage import Place, TracedTest
from honk_ci.healers.search.names import inside_fstring, names_of
from honk_ci.healers.search.operators import by_node_type
from honk_ci.healers.search.operators.interface import Edit, Site
from honk_ci.healers.search.source import Source, Splice, Unit

MOST = 20_000
ENOUGH = 60_000  # made before the best are taken: no more functions are looked at then
SUSPICION_WEIGHT = 2.0
ALL_SITES_COST = 0.4  # more than the dearest of the single edits that it is made of

Nodes = tuple[ast.stmt, tuple[ast.AST, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class CandidateEdit:
    """An edit, where it is, and how soon it is tried: the lowest priority first."""

    edit: Edit
    unit: Unit
    source: Source
    line: int
    suspicion: float

    @property
    def priority(self) -> float:
        return self.edit.cost - SUSPICION_WEIGHT * self.suspicion

    @property
    def name_left_unused(self) -> str:
        """A variable or parameter of the function that was read in the text that goes, and nowhere else; else ""."""
        source, unit = self.source, self.unit
        gone = [splice for splice in self.edit.splices if splice.end > splice.start]
        if not gone:
            return ""
        kept = " ".join(splice.text for splice in self.edit.splices)
        reads = [node for node in ast.walk(unit.node) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
        lost = {node.id for node in reads if any(s.start <= source.start(node) < s.end for s in gone)}
        still = {node.id for node in reads if not any(s.start <= source.start(node) < s.end for s in gone)}
        still |= set(re.findall(r"\w+", kept))
        own = {
            node.id for node in ast.walk(unit.node) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        own |= {node.arg for node in ast.walk(unit.node) if isinstance(node, ast.arg)}
        return next(iter(sorted((lost & own) - still)), "")

    @property
    def touches_defaults(self) -> bool:
        """Whether a default value changes, which is not part of a function's code."""
        arguments = self.unit.node.args
        defaults = [d for d in (*arguments.defaults, *arguments.kw_defaults) if d is not None]
        return any(
            self.source.start(default) <= splice.start <= self.source.end(default)
            for default in defaults
            for splice in self.edit.splices
        )


def candidates(
    sources: Iterable[Source], suspicion: Mapping[Place, float], failing: Sequence[TracedTest]
) -> list[CandidateEdit]:
    """Without two of the same effect on the text; at most ``MOST``."""
    found: dict[tuple[str, tuple[Splice, ...]], CandidateEdit] = {}
    units = [(source, unit, _worst(source, unit, suspicion)) for source in sources for unit in source.units]
    for source, unit, _ in sorted(units, key=lambda item: -item[2]):
        if len(found) > ENOUGH:
            break
        for candidate in _of_unit(source, unit, suspicion, failing):
            key = (source.path, candidate.edit.splices)
            if key not in found or candidate.priority < found[key].priority:
                found[key] = candidate
    return sorted(found.values(), key=_order)[:MOST]


def _worst(source: Source, unit: Unit, suspicion: Mapping[Place, float]) -> float:
    return max(suspicion.get((source.path, line), 0.0) for line in range(unit.first_line, unit.last_line + 1))


def _order(candidate: CandidateEdit) -> tuple[float, str, int, tuple[Splice, ...]]:
    return (candidate.priority, candidate.source.path, candidate.line, candidate.edit.splices)


def _of_unit(
    source: Source, unit: Unit, suspicion: Mapping[Place, float], failing: Sequence[TracedTest]
) -> list[CandidateEdit]:
    if not _worst(source, unit, suspicion):
        return []
    names, types = names_of(source, unit), _types(source, unit, failing)
    found: list[CandidateEdit] = []
    for statement, nodes in suspicious(source, unit, suspicion):
        score = max(suspicion.get((source.path, line), 0.0) for line in header_lines(statement, unit))
        error, text = _error_at(source, statement, unit, failing)
        for node in nodes:
            site = Site(
                source=source, unit=unit, node=node, statement=statement, names=names, error=error, error_text=text,
                types=types,
            )  # fmt: skip
            line = getattr(node, "lineno", statement.lineno)
            found += [
                CandidateEdit(edit=edit, unit=unit, source=source, line=line, suspicion=score) for edit in _edits(site)
            ]
    return found + _at_all_sites(found)


_OPERATORS = by_node_type()


def _edits(site: Site) -> Iterator[Edit]:
    for operator in _OPERATORS.get(type(site.node), ()):
        yield from operator(site)


def suspicious(source: Source, unit: Unit, suspicion: Mapping[Place, float]) -> Iterator[Nodes]:
    """Each statement of the function that a failing test runs, with the nodes of its own lines.

    The function's ``def`` comes first: its edits are those at the start of the body, and its nodes
    the default values.
    """
    for statement in _statements(unit.node):
        if any((source.path, line) in suspicion for line in header_lines(statement, unit)):
            nodes = _own_nodes(statement)
            yield statement, tuple(node for node in nodes if _is_editable(source, node))


def header_lines(statement: ast.stmt, unit: Unit) -> Sequence[int]:
    """The lines of a statement without the statements inside it."""
    if statement is unit.node:
        return range(unit.first_line, unit.last_line + 1)  # as suspicious as the worst line in it
    if isinstance(statement, ast.Try):
        # an ``except`` is as suspicious as what it could have caught
        return range(
            statement.lineno,
            max(handler.lineno for handler in statement.handlers) + 1 if statement.handlers else statement.lineno + 1,
        )
    body = getattr(statement, "body", None)
    last = statement.end_lineno or statement.lineno
    if isinstance(body, list) and body:
        last = max(statement.lineno, body[0].lineno - 1)
    return range(statement.lineno, last + 1)


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    return (found for found in ast.walk(node) if isinstance(found, ast.stmt))


def _own_nodes(statement: ast.stmt) -> Iterator[ast.AST]:
    """The statement, its expressions, and clauses such as ``except`` that are no statements."""
    todo: list[ast.AST] = [statement]
    while todo:
        node = todo.pop(0)
        yield node
        todo += [
            child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt) and _is_code(node, child)
        ]


def _is_code(node: ast.AST, child: ast.AST) -> bool:
    """Annotations and decorators are not code that a call of the function runs."""
    if isinstance(node, ast.AnnAssign) and child is node.annotation:
        return False
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return isinstance(child, ast.arguments)
    return not isinstance(node, ast.arg)


def _is_editable(source: Source, node: ast.AST) -> bool:
    if not hasattr(node, "lineno"):
        return isinstance(node, ast.comprehension)
    return not isinstance(node, ast.expr) or not inside_fstring(source, node)


def _types(source: Source, unit: Unit, failing: Sequence[TracedTest]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for test in failing:
        for (path, line), names in test.types.items():
            if path == source.path and unit.first_line <= line <= unit.last_line:
                for name, kinds in names.items():
                    found[name] = found.get(name, frozenset()) | kinds
    return found


def _error_at(source: Source, statement: ast.stmt, unit: Unit, failing: Sequence[TracedTest]) -> tuple[str, str]:
    """What a failing test died of, where its traceback goes through this statement; else how its test failed."""
    lines = header_lines(statement, unit)
    for test in failing:
        if any(path == source.path and line in lines for path, line in test.frames):
            return test.error, test.error_text
    without_frames = next((test for test in failing if not test.frames), None)
    return ("", without_frames.error_text) if without_frames else ("", "")


def _at_all_sites(found: Sequence[CandidateEdit]) -> list[CandidateEdit]:
    """One edit for all places of the function where the same text could become the same other text."""
    groups: dict[tuple[str, str, str], list[CandidateEdit]] = {}
    for candidate in found:
        if len(candidate.edit.splices) == 1:
            splice = candidate.edit.splices[0]
            old = candidate.source.between(splice.start, splice.end)
            if old:
                groups.setdefault((candidate.edit.rule, old, splice.text), []).append(candidate)
    return [_joined(group) for group in groups.values() if len(group) > 1 and _are_apart(group)]


def _joined(group: Sequence[CandidateEdit]) -> CandidateEdit:
    dearest = max(group, key=lambda candidate: candidate.edit.cost)
    edit = Edit(
        splices=tuple(sorted(splice for candidate in group for splice in candidate.edit.splices)),
        rule=dearest.edit.rule,
        what=f"{dearest.edit.what} at {len(group)} places",
        cost=dearest.edit.cost + ALL_SITES_COST,
        suspect=dearest.edit.suspect,
    )
    return CandidateEdit(
        edit=edit,
        unit=dearest.unit,
        source=dearest.source,
        line=min(candidate.line for candidate in group),
        suspicion=max(candidate.suspicion for candidate in group),
    )


def _are_apart(group: Sequence[CandidateEdit]) -> bool:
    places = sorted((splice.start, splice.end) for candidate in group for splice in candidate.edit.splices)
    return all(one[1] < other[0] for one, other in pairwise(places))
