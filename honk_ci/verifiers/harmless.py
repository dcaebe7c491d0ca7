"""Proof that a change of layout changed nothing else."""

from __future__ import annotations

import ast
import inspect
import warnings

from honk_ci.patch import FileChange

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def same_meaning(change: FileChange) -> bool | None:
    """Whether both contents of a Python file have one syntax tree; None where that cannot be said.

    White space at the edges of a docstring's lines counts as layout: formatters change it.
    """
    if not change.path.endswith((".py", ".pyi")) or change.before is None or change.after is None:
        return None
    before = _tree(change.before)
    return None if before is None else before == _tree(change.after)


def _tree(content: bytes) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in the project's own strings
            tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError):  # perhaps newer than the Python that honk runs on
        return None
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED):
            _tidy_docstring(node)
    return ast.dump(tree)


def _tidy_docstring(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    first = node.body[0] if node.body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        lines = inspect.cleandoc(first.value.value).strip().splitlines()
        first.value.value = "\n".join(line.strip() for line in lines)
