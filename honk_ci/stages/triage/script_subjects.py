"""What of the product a JavaScript or TypeScript test is about, read from the text around the failing line."""

from __future__ import annotations

import posixpath
import re

from honk_ci.paths import is_test_path
from honk_ci.stages.triage.modules import Definition
from honk_ci.stages.triage.tree import Tree

SUFFIXES = (".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts")
LOOK_BACK = 40  # lines in which a local value may have been made

_IMPORT = re.compile(
    r"""import\s+(?:type\s+)?(?P<names>[\w$*{}\s,]+?)\s+from\s+['"](?P<module>\.[^'"]*)['"]
      | (?:const|let|var)\s+(?P<bound>[\w$]+|\{[^}]*\})\s*=\s*(?:await\s+)?(?:require|import)\(\s*['"](?P<required>\.[^'"]*)['"]\s*\)
        (?:\.(?P<member>[\w$]+))?""",
    re.VERBOSE,
)
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_STRING = re.compile(r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|//[^\n]*""")


def script_subject(tree: Tree, path: str, line: int) -> Definition | None:
    """The imported function that the statement at ``line`` calls, or that made the value it looks at."""
    if not path.endswith(SUFFIXES):
        return None
    source = tree.source(path)
    imported = _imports(tree, path, source)
    lines = [_STRING.sub("''", text) for text in source.splitlines()]
    if not imported or not 0 < line <= len(lines):
        return None
    return _mentioned(_statement(lines, line), lines[max(0, line - 1 - LOOK_BACK) : line - 1], imported, 3)


def _imports(tree: Tree, path: str, source: str) -> dict[str, Definition]:
    found: dict[str, Definition] = {}
    for match in _IMPORT.finditer(source):
        file = _file(tree, path, match["module"] or match["required"])
        if file is None or is_test_path(file):
            continue
        for local, name in _bindings(match["names"] or match["bound"], match["member"] or ""):
            found[local] = Definition(path=file, name=name, line=1)
    return found


def _bindings(text: str, member: str) -> list[tuple[str, str]]:
    """Local names and what they stand for in the module; "" for the module as a whole."""
    braces = re.search(r"\{([^}]*)\}", text)
    names = [part.strip() for part in braces[1].split(",")] if braces else []
    pairs = [re.split(r"\s+as\s+|\s*:\s*", name.removeprefix("type ")) for name in names if name]
    bound = [(pair[-1], pair[0]) for pair in pairs]
    outside = text.replace(braces[0], "") if braces else text
    return bound + [(name, member) for name in _NAME.findall(outside) if name != "as"]


def _file(tree: Tree, path: str, module: str) -> str | None:
    target = posixpath.normpath(posixpath.join(posixpath.dirname(path), module))
    stem = re.sub(r"\.[cm]?jsx?$", "", target)  # TypeScript is imported under the name of its output
    endings = ("", *SUFFIXES, *(f"/index{suffix}" for suffix in SUFFIXES))
    return next((base + ending for base in (target, stem) for ending in endings if base + ending in tree), None)


def _statement(lines: list[str], line: int) -> str:
    """The line and, while its brackets are open, those before it and after it."""
    first = last = line - 1
    while lines[first].lstrip().startswith((".", ")", "]", "}")) and first > 0 and line - first < 12:
        first -= 1
    while _open_brackets(lines[first : last + 1]) > 0 and last + 1 < len(lines) and last - line < 12:
        last += 1
    return "\n".join(lines[first : last + 1])


def _open_brackets(lines: list[str]) -> int:
    text = "\n".join(lines)
    return text.count("(") - text.count(")")


def _mentioned(text: str, above: list[str], imported: dict[str, Definition], depth: int) -> Definition | None:
    for match in _NAME.finditer(text):
        if match[0] in imported and not text[: match.start()].endswith("."):
            return _member(text[match.end() :], imported[match[0]])
    if depth == 0:
        return None
    for name in dict.fromkeys(_NAME.findall(text)):
        for number in range(len(above) - 1, -1, -1):
            made = re.search(rf"(?<![\w$.]){re.escape(name)}\b[^=\n]*[^=!<>\n]=(?![=>])(.*)", f" {above[number]}")
            if made and (found := _mentioned(made[1], above[:number], imported, depth - 1)):
                return _method(text, name, found)
    return None


def _member(rest: str, definition: Definition) -> Definition:
    """``cart.total(…)`` of a module imported as ``cart`` is its ``total``."""
    member = re.match(r"\.([A-Za-z_$][\w$]*)", rest)
    if definition.name or not member:
        return definition
    return Definition(path=definition.path, name=member[1], line=1)


def _method(text: str, name: str, definition: Definition) -> Definition:
    """A method called on an object of an imported class."""
    called = re.search(rf"(?<![\w$.]){re.escape(name)}\.([A-Za-z_$][\w$]*)", text)
    if not called or not definition.name[:1].isupper():
        return definition
    return Definition(path=definition.path, name=f"{definition.name}.{called[1]}", line=1)
