"""Puts an edited function in force in a process that has already imported it.

The function is compiled alone, and its code object replaces that of every live function made from
the old one. So an edit holds for names imported elsewhere, for methods, and below decorators,
and nothing is imported again.
"""

from __future__ import annotations

import ast
import gc
import hashlib
import os
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any, List, Tuple  # noqa: UP035 (aliases are evaluated)

Undo = List[Tuple[FunctionType, CodeType, Any, Any]]  # noqa: UP006 (evaluated, and 3.8 has no others)
Part = Tuple[Any, ...]  # noqa: UP006  # the names, with their order, on the way to an inner code object
FUTURE_FLAGS = 0x1FF0000  # what ``from __future__`` leaves in co_flags


class Unit:
    """One outermost function of a file: where it stands, and the live functions made from it."""

    def __init__(self, described: dict[str, Any], content: bytes, live: LiveFunctions) -> None:
        self.path: str = described["path"]
        self.name: str = described["name"]
        self.classes: list[str] = described["classes"]
        self.line: int = described["line"]  # of the ``def``
        self._start: int = described["start"]  # bytes, of the ``def`` line
        self._content = content[self._start : described["end"]]
        self._live = live
        self.functions = live.of(self.path, self.name, described["first_line"])

    def compiled(self, edits: list[Any]) -> Compiled | None:
        """The function with ``edits``; None when that is no valid code or cannot take the old one's place."""
        if not self.functions:
            return None
        content = self._content
        for start, end, text in sorted(edits, reverse=True):
            content = content[: start - self._start] + text.encode() + content[end - self._start :]
        old = self.functions[0].__code__
        try:
            tree = self._tree(content.decode())
            module = compile(tree, old.co_filename, "exec", old.co_flags & FUTURE_FLAGS, True)
        except (SyntaxError, ValueError, RecursionError):
            return None
        code = _code_at(module, [*self.classes, self.name])
        if code is None or code.co_freevars != old.co_freevars:
            return None
        return Compiled(code, module)

    def put_in_force(self, compiled: Compiled, *, with_defaults: bool) -> Undo:
        undo: Undo = []
        old = self.functions[0].__code__
        inner = dict(_nested(compiled.code))
        for path, code in _nested(old):
            new = inner.get(path)
            if new is not None and new.co_freevars == code.co_freevars:
                for function in self._live.made_from(code):
                    undo.append((function, function.__code__, function.__defaults__, function.__kwdefaults__))
                    function.__code__ = new
        if with_defaults:
            made = self._made_anew(compiled)
            for function in self.functions:
                function.__defaults__, function.__kwdefaults__ = made.__defaults__, made.__kwdefaults__
        return undo

    def changed_part(self, edits: list[Compiled]) -> Part:
        """The inner function that all of ``edits`` change and nothing outside it; () for the function itself."""
        # compiled as the edits are: alone, ``functools.wraps`` is other byte code than below the import
        unedited = self.compiled([])
        assert unedited is not None
        old = {place: _own_meaning(code) for place, code in _nested(unedited.code)}
        changed = {
            place
            for compiled in edits
            for place, code in _nested(compiled.code)
            if old.get(place) != _own_meaning(code)
        }
        common = min(changed, key=len) if changed else ()
        while common and (common[-1][0].startswith("<") or any(place[: len(common)] != common for place in changed)):
            common = common[:-1]  # comprehensions and lambdas are called by their function
        return common

    def _tree(self, text: str) -> ast.Module:
        is_indented = text[:1].isspace()
        tree = ast.parse("if 1:\n" + text if is_indented else text)
        parent: Any = tree.body[0] if is_indented else tree
        if len(parent.body) != 1 or len(tree.body) != 1:
            raise SyntaxError("the edit is not of one function")
        function = parent.body[0]
        ast.increment_lineno(function, self.line - function.lineno)
        shell = ast.parse("".join(" " * depth + f"class {name}:\n" for depth, name in enumerate(self.classes))
                          + " " * len(self.classes) + "pass\n")  # fmt: skip
        inner: Any = shell
        for _ in self.classes:
            inner = inner.body[0]
        inner.body = [function]
        return shell

    def _made_anew(self, compiled: Compiled) -> FunctionType:
        names = dict(self.functions[0].__globals__)
        exec(compiled.module, names)  # noqa: S102 (the project's own code, in the project's own process)
        made: Any = names[[*self.classes, self.name][0]]
        for name in [*self.classes, self.name][1:]:
            made = vars(made)[name]
        assert isinstance(made, FunctionType)
        return made


def part_of(code: CodeType, place: Part) -> CodeType:
    return dict(_nested(code)).get(place, code)


def take_back(undo: Undo) -> None:
    for function, code, defaults, keyword_defaults in undo:
        function.__code__, function.__defaults__, function.__kwdefaults__ = code, defaults, keyword_defaults


class Compiled:
    """An edited function, not yet in force."""

    def __init__(self, code: CodeType, module: CodeType) -> None:
        self.code = code
        self.module = module

    def digest(self) -> bytes:
        """The same for all edits that come to the same byte code, wherever its lines are."""
        digest = hashlib.sha256()
        for part in _meaning(self.code):
            digest.update(repr(part).encode("utf-8", "backslashreplace"))
        return digest.digest()


class LiveFunctions:
    """All functions alive in this process, by where they were defined."""

    def __init__(self) -> None:
        self._by_place: dict[tuple[str, str, int], list[FunctionType]] = {}
        self._by_code: dict[int, list[FunctionType]] = {}
        real: dict[str, str] = {}
        for found in gc.get_objects():
            if type(found) is FunctionType:
                code = found.__code__
                path = real.setdefault(code.co_filename, os.path.realpath(code.co_filename))
                self._by_place.setdefault((path, code.co_name, code.co_firstlineno), []).append(found)
                self._by_code.setdefault(id(code), []).append(found)

    def of(self, path: str, name: str, first_line: int) -> list[FunctionType]:
        return self._by_place.get((path, name, first_line), [])

    def made_from(self, code: CodeType) -> list[FunctionType]:
        return self._by_code.get(id(code), [])


def _code_at(code: CodeType, names: list[str]) -> CodeType | None:
    for name in names:
        inner = [c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name]
        if not inner:
            return None
        code = inner[0]
    return code


def _nested(code: CodeType, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], CodeType]]:
    """The code object and those inside it, by names and order."""
    yield path, code
    seen: dict[str, int] = {}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            seen[constant.co_name] = seen.get(constant.co_name, 0) + 1
            yield from _nested(constant, (*path, (constant.co_name, seen[constant.co_name])))


def _own_meaning(code: CodeType) -> list[Any]:
    """What a code object does, apart from those inside it."""
    constants = [(type(c), c) for c in code.co_consts if not isinstance(c, CodeType)]
    return [code.co_code, code.co_names, code.co_varnames, code.co_freevars, repr(constants)]


def _meaning(code: CodeType) -> Iterator[Any]:
    yield code.co_code, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars, code.co_flags
    yield getattr(code, "co_exceptiontable", b"")
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _meaning(constant)
        else:
            yield type(constant), constant
