"""The files of the red commit: which of them a path of any machine means, and what is in them."""

from __future__ import annotations

import ast
import re
import warnings
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

from honk_ci.git import Repository
from honk_ci.patch import SYMLINK_MODE

SOURCE_CAP_BYTES = 2_000_000

Function = ast.FunctionDef | ast.AsyncFunctionDef

# Where a language keeps what is installed; what follows the match is the path inside.
_INSTALLED = re.compile(r".*/(?:site-packages|dist-packages)/")
_FOREIGN = re.compile(
    r"(?:^|/)(?:node_modules|\.cargo/registry|\.rustup|rustlib|rustc|go/pkg/mod|vendor/bundle|gems|pytest-of-[^/]+)/"
    r"|(?:^|/)lib(?:64)?/(?:python|pypy)[\d.]*/|^/usr/(?:lib|include|share|local/go)/|^(?:<|node:|internal/)"
)
_SCHEME = re.compile(r"^(?:file|webpack|webpack-internal|app|vite-node|capacitor):/{2,3}(?:\./)?")


class Tree:
    """One commit's files, read from git as they are asked for."""

    def __init__(self, repository: Repository, commit: str) -> None:
        self._repository = repository
        self._root = repository.root.resolve().as_posix() + "/"
        self._blobs = {entry.path: entry.blob for entry in repository.tree(commit) if entry.mode != SYMLINK_MODE}
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for path in self._blobs:
            self._by_name[path.rpartition("/")[2]].append(path)
        self._sources: dict[str, str] = {}
        self._syntax: dict[str, ast.Module | None] = {}
        self._located: dict[str, str | None] = {}

    def __contains__(self, path: object) -> bool:
        return path in self._blobs

    @property
    def paths(self) -> Iterable[str]:
        return self._blobs.keys()

    def named(self, name: str) -> Sequence[str]:
        """The files of that name, in any folder."""
        return self._by_name.get(name, ())

    def locate(self, path: str) -> str | None:
        """The file that ``path``, as some machine printed it, means; None for what is not ours."""
        if path not in self._located:
            self._located[path] = self._find(_normal(path))
        return self._located[path]

    def _find(self, path: str) -> str | None:
        if path.startswith(self._root):
            inside = path.removeprefix(self._root)
            return inside if inside in self else self._find_installed(inside)
        if path in self:
            return path
        if _INSTALLED.match(path):
            return self._find_installed(path)
        return None if _FOREIGN.search(path) else self._by_suffix(path)

    def _find_installed(self, path: str) -> str | None:
        """The file that was installed as ``path``: tests often run against the built package."""
        found = _INSTALLED.match(path)
        if not found:
            return None
        inside = path[found.end() :]
        return next(
            (ours for ours in (inside, f"src/{inside}", f"lib/{inside}") if ours in self and "/" in inside), None
        )

    def _by_suffix(self, path: str) -> str | None:
        """The longest of our paths that ``path`` ends with; else the one that ends with ``path``."""
        same_name = self.named(path.rpartition("/")[2])
        inside = [ours for ours in same_name if path.endswith(f"/{ours}")]
        if inside:
            return max(inside, key=len)
        around = [ours for ours in same_name if ours.endswith(f"/{path}")]
        return around[0] if len(around) == 1 and not path.startswith("/") else None

    def source(self, path: str) -> str:
        """The text of one of our files, "" for what is too big or not there."""
        if path not in self._sources:
            self.preload([path])
        return self._sources.get(path, "")

    def preload(self, paths: Iterable[str]) -> None:
        """Read many files in one go."""
        wanted = [path for path in dict.fromkeys(paths) if path in self._blobs and path not in self._sources]
        contents = self._repository.blobs([self._blobs[path] for path in wanted])
        for path, content in zip(wanted, contents, strict=True):
            self._sources[path] = content.decode("utf-8", "replace") if len(content) <= SOURCE_CAP_BYTES else ""

    def syntax(self, path: str) -> ast.Module | None:
        """The syntax tree of a Python file, None where it has none."""
        if path not in self._syntax:
            self._syntax[path] = parse(self.source(path)) if path.endswith(".py") and path in self else None
        return self._syntax[path]

    def function_at(self, path: str, line: int) -> tuple[str, Function] | None:
        """The innermost named function of a Python file around ``line``, with its qualified name."""
        module = self.syntax(path)
        return _innermost(module, line, "") if module is not None else None


def parse(source: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other people's code: invalid escapes and the like
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _innermost(node: ast.AST, line: int, prefix: str) -> tuple[str, Function] | None:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            continue
        first, last = _extent(child)
        if not first <= line <= last:
            continue
        if isinstance(child, ast.ClassDef):
            return _innermost(child, line, f"{prefix}{child.name}.")
        if isinstance(child, Function):
            return _innermost(child, line, f"{prefix}{child.name}.") or (f"{prefix}{child.name}", child)
        return _innermost(child, line, prefix)
    return None


def _extent(node: ast.stmt | ast.ExceptHandler | ast.match_case) -> tuple[int, int]:
    """First line (decorators included) and last line."""
    if isinstance(node, ast.match_case):
        return node.pattern.lineno, node.body[-1].end_lineno or node.body[-1].lineno
    decorators = node.decorator_list if isinstance(node, ast.ClassDef | Function) else []
    return min([node.lineno, *(d.lineno for d in decorators)]), node.end_lineno or node.lineno


@lru_cache(maxsize=4096)
def _normal(path: str) -> str:
    path = _SCHEME.sub(lambda match: "" if match[0].endswith("./") or not match[0].startswith("file") else "/", path)
    path = path.split("?", 1)[0].replace("\\", "/")
    parts: list[str] = []
    for part in path.split("/"):
        if part == ".." and parts and parts[-1] not in {"", ".."}:
            parts.pop()
        elif part not in {".", ".."}:
            parts.append(part)
    return "/".join(parts)
