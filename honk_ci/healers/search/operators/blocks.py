"""Putting statements before, after, into and out of blocks, with the indentation of the file."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from honk_ci.healers.search.operators.interface import Edit, Site, shorten
from honk_ci.healers.search.source import Splice

SIMPLE = (
    ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Return, ast.Raise, ast.Assert, ast.Delete, ast.Pass,
    ast.Break, ast.Continue, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal,
)  # fmt: skip


def is_simple(node: ast.AST) -> bool:
    return isinstance(node, SIMPLE)


def block_of(site: Site) -> list[ast.stmt]:
    """The statements that a statement stands among."""
    return _block(site, site.node)


def first_of_body(site: Site) -> ast.stmt:
    """The first statement of the function after its docstring."""
    body = site.unit.node.body
    first = body[0]
    return body[1] if ast.get_docstring(site.unit.node, clean=False) is not None and len(body) > 1 else first


def add_before(
    site: Site, statement: ast.stmt, code: str, *, rule: str, cost: float, suspect: str = ""
) -> Iterator[Edit]:
    """``code`` on lines of its own before ``statement``; NUL in it stands for a line one step further in."""
    indent = site.source.indent(statement)
    if indent is not None:
        newline = site.source.newline
        text = f"{indent}{_laid_out(site, code, indent)}{newline}"
        splice = site.source.insert(site.source.line_start(statement.lineno), text)
        yield Edit(splices=(splice,), rule=rule, what=_added(code), cost=cost, suspect=suspect)


def add_after(site: Site, statement: ast.stmt, code: str, *, rule: str, cost: float) -> Iterator[Edit]:
    """``code`` on lines of its own after ``statement``."""
    indent, end = site.source.indent(statement), _line_end(site, statement)
    if indent is not None and end is not None and not isinstance(statement, ast.Return | ast.Raise):
        text = f"{site.source.newline}{indent}{_laid_out(site, code, indent)}"
        yield Edit(splices=(site.source.insert(end, text),), rule=rule, what=_added(code), cost=cost)


def dedented_after(site: Site) -> tuple[Splice, ...]:
    """The last statement of an inner block moved behind it; empty where that cannot be done."""
    parent = site.source.parent(site.node)
    assert isinstance(site.node, ast.stmt)
    if not isinstance(parent, ast.If | ast.For | ast.While | ast.With | ast.AsyncFor | ast.AsyncWith):
        return ()
    block = block_of(site)
    if block[-1] is not site.node or len(block) < 2 or _end_line(parent) != _end_line(site.node):
        return ()
    return _moved_to_indent(site, site.node, site.source.indent(parent))


def indented_into(site: Site) -> tuple[Splice, ...]:
    """A statement right after a block moved to its end; empty where that cannot be done."""
    assert isinstance(site.node, ast.stmt)
    block = block_of(site)
    place = block.index(site.node)
    before = block[place - 1] if place else None
    if not isinstance(before, ast.If | ast.For | ast.While | ast.With) or site.source.indent(before.body[-1]) is None:
        return ()
    last = (getattr(before, "orelse", None) or before.body)[-1]
    assert isinstance(last, ast.stmt)
    if isinstance(last, ast.Return | ast.Raise | ast.Continue | ast.Break):
        return ()
    return _moved_to_indent(site, site.node, site.source.indent(last))


def _block(site: Site, node: ast.AST) -> list[ast.stmt]:
    parent = site.source.parent(node)
    for name in ("body", "orelse", "finalbody"):
        block = getattr(parent, name, None)
        if isinstance(block, list) and node in block:
            return block
    assert isinstance(node, ast.stmt)
    return [node]


def _moved_to_indent(site: Site, statement: ast.stmt, wanted: str | None) -> tuple[Splice, ...]:
    """Splices of the blanks before each line of a statement."""
    indent = site.source.indent(statement)
    if indent is None or wanted is None or '"""' in site.text(statement) or "'''" in site.text(statement):
        return ()
    splices = []
    for line in range(statement.lineno, _end_line(statement) + 1):
        start = site.source.line_start(line)
        end = start + len(indent.encode())
        if site.source.between(start, end) == indent:
            splices.append(Splice(start=start, end=end, text=wanted))
    return tuple(splices)


def _laid_out(site: Site, code: str, indent: str) -> str:
    return code.replace("\0", f"{site.source.newline}{indent}{_step(site)}")


def _step(site: Site) -> str:
    """One step of indentation, as the function's body shows it."""
    outer = site.source.indent(site.unit.node) or ""
    inner = site.source.indent(site.unit.node.body[0]) or f"{outer}    "
    return inner.removeprefix(outer) or "    "


def _line_end(site: Site, statement: ast.stmt) -> int | None:
    """The end of a statement's last line; None where another statement follows on it."""
    content = site.source.content
    end = site.source.end(statement)
    newline = content.find(b"\n", end)
    last = len(content) if newline < 0 else newline
    last -= content[:last].endswith(b"\r")
    rest = content[end:last].strip()
    return last if not rest or rest.startswith(b"#") else None


def _end_line(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _added(code: str) -> str:
    return f"`{shorten(code.replace(chr(0), ' '))}` added"
