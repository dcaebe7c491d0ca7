"""One Python file as bytes and as a syntax tree, and text edits between the two.

Edits are splices of the original bytes at the positions of syntax nodes, so that comments and
formatting stay as they are.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

Function = ast.FunctionDef | ast.AsyncFunctionDef
BOM = b"\xef\xbb\xbf"
CODING = re.compile(rb"coding[:=]\s*([-\w.]+)")


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Splice:
    """Bytes ``start:end`` of a file become ``text``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """An outermost function, the part of a file that is put in force as a whole."""

    path: str
    node: Function
    classes: tuple[str, ...]  # around it, outermost first
    start: int  # byte offset of the line of its ``def``
    end: int

    @property
    def qualname(self) -> str:
        return ".".join((*self.classes, self.node.name))

    @property
    def first_line(self) -> int:
        """Of its decorators, if any; what Python calls the function's first line."""
        return min([self.node.lineno, *(decorator.lineno for decorator in self.node.decorator_list)])

    @property
    def last_line(self) -> int:
        return self.node.end_lineno or self.node.lineno


@dataclass(frozen=True, eq=False)
class Source:
    """A parsed file. Positions of nodes are UTF-8 offsets, so only UTF-8 files are taken."""

    path: str  # relative to the repository
    content: bytes
    tree: ast.Module
    _line_starts: list[int] = field(repr=False)

    @classmethod
    def parse(cls, path: str, content: bytes) -> Source | None:
        """None for a file that honk's own Python cannot read as the project's does."""
        if content.startswith(BOM) or not _is_utf8(content) or b"\r" in content.replace(b"\r\n", b""):
            return None
        try:
            tree = ast.parse(content)
        except (SyntaxError, ValueError, RecursionError):
            return None
        starts = [0, *(match.end() for match in re.finditer(rb"\n", content))]
        return cls(path, content, tree, starts)

    def start(self, node: ast.AST) -> int:
        line, column = _number(node, "lineno"), _number(node, "col_offset")
        return self._line_starts[line - 1] + column

    def end(self, node: ast.AST) -> int:
        line, column = _number(node, "end_lineno"), _number(node, "end_col_offset")
        return self._line_starts[line - 1] + column

    def line_start(self, line: int) -> int:
        return self._line_starts[line - 1]

    def text(self, node: ast.AST) -> str:
        return self.content[self.start(node) : self.end(node)].decode()

    def between(self, start: int, end: int) -> str:
        return self.content[start:end].decode()

    def indent(self, statement: ast.stmt) -> str | None:
        """The blanks before a statement; None where something else stands before it on the line."""
        before = self.content[self.line_start(statement.lineno) : self.start(statement)].decode()
        return before if not before.strip() else None

    def replace(self, node: ast.AST, text: str) -> Splice:
        return Splice(start=self.start(node), end=self.end(node), text=text)

    def insert(self, offset: int, text: str) -> Splice:
        return Splice(start=offset, end=offset, text=text)

    def spliced(self, splices: Sequence[Splice]) -> bytes:
        content = self.content
        for splice in sorted(splices, reverse=True):
            content = content[: splice.start] + splice.text.encode() + content[splice.end :]
        return content

    @cached_property
    def newline(self) -> str:
        return "\r\n" if b"\r\n" in self.content else "\n"

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def parent(self, node: ast.AST) -> ast.AST | None:
        return self.parents.get(node)

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        return tuple(self._units(self.tree.body, ()))

    def _units(self, body: Sequence[ast.stmt], classes: tuple[str, ...]) -> Iterator[Unit]:
        for statement in body:
            if isinstance(statement, Function):
                if self.indent(statement) is not None:
                    yield Unit(
                        path=self.path,
                        node=statement,
                        classes=classes,
                        start=self.line_start(statement.lineno),
                        end=self.end(statement),
                    )
            elif isinstance(statement, ast.ClassDef):
                yield from self._units(statement.body, (*classes, statement.name))
            else:
                yield from self._units(_inner_statements(statement), classes)


def _inner_statements(statement: ast.stmt) -> list[ast.stmt]:
    """What a module-level ``if``, ``try`` or ``with`` holds."""
    found = [child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.stmt)]
    for handler in getattr(statement, "handlers", ()):
        found += handler.body
    return found


def _number(node: ast.AST, name: str) -> int:
    """An attribute that the type of ``ast.AST`` does not promise, though all nodes that are edited have it."""
    number = getattr(node, name)
    assert isinstance(number, int)
    return number


def _is_utf8(content: bytes) -> bool:
    declared = CODING.search(b"\n".join(content.split(b"\n")[:2]))
    if declared and declared.group(1).lower().replace(b"_", b"-") not in (b"utf-8", b"utf8", b"ascii", b"us-ascii"):
        return False
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
