"""Cuts source by function: exactly for Python, by its usual shapes for other languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 120  # lines of one excerpt
GLOBALS_SHOWN = 20  # lines
WINDOW = 25  # lines on each side where no function can be told
_DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, kw_only=True, slots=True)
class Excerpt:
    """Some lines of a file."""

    path: str
    first: int  # 1-based
    lines: tuple[str, ...]
    name: str = ""  # dotted name of the function or class, where it is one

    @property
    def last(self) -> int:
        return self.first + len(self.lines) - 1


def around(path: str, source: str, line: int) -> Excerpt:
    """The innermost function or class that holds ``line``, or the lines around it."""
    lines = source.splitlines()
    if path.endswith((".py", ".pyi")):
        holding = [d for d in python_definitions(source) if d.first <= line <= d.last]
        if holding:
            return _near(path, lines, min(holding, key=lambda d: d.last - d.first), line)
    else:
        found = _enclosing_block(lines, line)
        if found is not None:
            return _near(path, lines, found, line)
    first = max(1, min(line, len(lines)) - WINDOW)
    return Excerpt(path=path, first=first, lines=tuple(lines[first - 1 : line + WINDOW]))


def symbol(path: str, source: str, name: str) -> Excerpt | None:
    """The definition of ``name``: a function, class, method (``Class.method``), or constant."""
    lines = source.splitlines()
    if path.endswith((".py", ".pyi")):
        found = _python_symbol(source, name)
    else:
        found = _other_symbol(lines, name)
    if found is None:
        return None
    return _near(path, lines, found, found.first)


def globals_of(excerpt: Excerpt, source: str) -> Excerpt | None:
    """What a Python excerpt uses from its module: imports and constants, as far as they are short.

    The lines are contiguous in the excerpt given back, not in the file; None where there are none.
    """
    try:
        body = ast.parse(source).body if excerpt.path.endswith(".py") else []
    except (SyntaxError, ValueError, RecursionError):
        return None
    used = set(re.findall(r"[A-Za-z_]\w*", "\n".join(excerpt.lines)))
    lines = source.splitlines()
    found: list[str] = []
    for node in body:
        first, last = node.lineno, node.end_lineno or node.lineno
        if used & _bound_names(node) and not excerpt.first <= first <= excerpt.last and last - first < 8:
            found += lines[first - 1 : last]
    return Excerpt(path=excerpt.path, first=0, lines=tuple(found[:GLOBALS_SHOWN])) if found else None


def _bound_names(node: ast.stmt) -> set[str]:
    match node:
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return {(alias.asname or alias.name).partition(".")[0] for alias in names}
        case ast.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
    return set()


@dataclass(frozen=True, kw_only=True, slots=True)
class Definition:
    """Where something is defined: 1-based lines, decorators included."""

    name: str
    first: int
    last: int


def python_definitions(source: str) -> list[Definition]:
    """Functions and classes by dotted name; none where the file does not parse."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return []
    return list(_definitions(tree, ""))


def _definitions(node: ast.AST, prefix: str) -> Iterator[Definition]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _DEFINITIONS):
            first = min([child.lineno, *(decorator.lineno for decorator in child.decorator_list)])
            yield Definition(name=prefix + child.name, first=first, last=child.end_lineno or first)
            yield from _definitions(child, f"{prefix}{child.name}.")
        elif not isinstance(child, ast.expr):
            yield from _definitions(child, prefix)


def _python_symbol(source: str, name: str) -> Definition | None:
    definitions = python_definitions(source)
    wanted = name.replace("::", ".")
    for match in (lambda d: d.name == wanted, lambda d: d.name.endswith(f".{wanted}")):
        found = next(filter(match, definitions), None)
        if found is not None:
            return found
    return _assignment(source, wanted)


def _assignment(source: str, name: str) -> Definition | None:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return None
    for node in body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return Definition(name=name, first=node.lineno, last=node.end_lineno or node.lineno)
    return None


_WORDS = r"function|class|def|func|fn|fun|interface|type|struct|enum|trait|impl|module|object|const|let|var|val|sub"


def _other_symbol(lines: list[str], name: str) -> Definition | None:
    plain = re.escape(re.split(r"::|\.|#", name)[-1])
    patterns = (
        rf"^\s*(?:[\w@()<>,*&\[\]]+\s+)*(?:{_WORDS})\b[^=;]*?\b{plain}\b",
        rf"^\s*(?:[\w.]+\.)?{plain}\s*[:=]\s*(?:async\b|function\b|\(|[\w$]+\s*=>)",
        rf"^\s*(?:[\w<>\[\],*&?]+\s+)*{plain}\s*\([^;]*\)?[^;]*\{{\s*$",
    )
    for pattern in patterns:
        for number, line in enumerate(lines, 1):
            if re.search(pattern, line):
                return Definition(name=name, first=number, last=_block_end(lines, number))
    return None


_HEADING = re.compile(
    rf"^\s*(?:export\s+|default\s+|public\s+|private\s+|protected\s+|static\s+|async\s+|pub(?:\([^)]*\))?\s+)*"
    rf"(?:(?:{_WORDS})\b|(?:test|it|describe|context)(?:\.\w+)*\s*\()|^\s*[\w$<>\[\]., ]+\([^;]*\)\s*[\w: <>|]*\{{\s*$"
)


def _enclosing_block(lines: list[str], line: int) -> Definition | None:
    """The nearest heading above ``line`` whose block reaches it."""
    for number in range(min(line, len(lines)), max(0, line - 200), -1):
        if _HEADING.match(lines[number - 1]) and "{" in "".join(lines[number - 1 : number + 2]):
            last = _block_end(lines, number)
            if last >= line and last > number:
                return Definition(name="", first=number, last=last)
    return None


def _block_end(lines: list[str], first: int) -> int:
    """The line on which the block that starts at ``first`` ends: by braces, else by indentation."""
    depth, opened = 0, False
    for number in range(first, min(len(lines), first + 400) + 1):
        code = _without_strings(lines[number - 1])
        depth += sum(map(code.count, "{([")) - sum(map(code.count, "})]"))
        opened = opened or "{" in code
        if depth <= 0 and (opened or code.rstrip().endswith((";", ","))):
            return number
        if not opened and number >= first + 3:
            break
    return _indented_end(lines, first)


def _indented_end(lines: list[str], first: int) -> int:
    indent = _indent(lines[first - 1])
    for number in range(first + 1, min(len(lines), first + 400) + 1):
        line = lines[number - 1]
        if line.strip() and _indent(line) <= indent:
            return number if line.strip() in {"end", "}", "})", "};", "});"} else number - 1
    return len(lines)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _without_strings(line: str) -> str:
    return re.sub(r"//.*$|'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`[^`]*`", "", line)


def _near(path: str, lines: list[str], found: Definition, line: int) -> Excerpt:
    """The definition, or of a long one the part around ``line``."""
    first, last = found.first, found.last
    if last - first >= LONGEST:
        first = max(found.first, line - LONGEST // 2)
        last = min(found.last, first + LONGEST - 1)
    return Excerpt(path=path, first=first, lines=tuple(lines[first - 1 : last]), name=found.name)
