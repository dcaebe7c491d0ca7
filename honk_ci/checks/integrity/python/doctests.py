"""Examples in docstrings, which are tests where the runner collects them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from honk_ci.checks.integrity.trace import Scope, finding
from honk_ci.domain import IntegrityFinding, Severity

_Example = tuple[str, str, int, bool]  # source, expected output, line, skipped


def review_doctests(path: str, before: ast.Module, after: ast.Module, scope: Scope) -> Iterator[IntegrityFinding]:
    """Examples whose expected output is another, that are skipped now, or that are gone where they failed."""
    is_failing = path in scope.test_files
    old, new = list(_examples(before)), list(_examples(after))
    left = {(source, want) for source, want, _, _ in old} - {(source, want) for source, want, _, _ in new}
    wants = {source: (want, line) for source, want, line, _ in new}
    for source, want, line, _ in (example for example in old if example[:2] in left):
        if source in wants:
            severity = Severity.VETO if is_failing else Severity.PERSON
            now, at = wants[source]
            why = "an example in a docstring expects another result"
            yield finding("expected-changed", path, at, before=want, after=now, why=why, severity=severity)
        elif is_failing:
            yield finding("test-deleted", path, line, before=source, why="an example in a docstring is gone")
    ran = {source for source, _, _, skipped in old if not skipped}
    for source, _, line, skipped in new:
        if skipped and source in ran:
            yield finding("skip-added", path, line, after=source, why="an example in a docstring is skipped")


def _examples(tree: ast.Module) -> Iterator[_Example]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        text = ast.get_docstring(node, clean=True)
        if text and ">>>" in text:
            first = node.body[0].lineno
            yield from _in_text(text, first)


def _in_text(text: str, first: int) -> Iterator[_Example]:
    import doctest  # brings pdb and unittest along, and few files need it

    try:
        examples = doctest.DocTestParser().get_examples(text)
    except ValueError:  # a prompt without its space: the runner would refuse it as well
        return
    for example in examples:
        source = example.source.partition("# doctest:")[0].strip()
        skipped = bool(example.options.get(doctest.SKIP))
        yield source, example.want.strip(), first + example.lineno, skipped
