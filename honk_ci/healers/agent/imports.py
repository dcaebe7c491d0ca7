"""What a test calls: follows the names that it uses through its imports to files of the repository."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Callable, Collection, Iterator

from honk_ci.healers.agent.source import Excerpt, around, symbol

MOST_CALLEES = 4
Read = Callable[[str], str | None]  # text of a file of the repository

_SET_UP = ("setUp", "setUpClass", "setup_method", "setup_class", "asyncSetUp")
_JS = (".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts")
_JS_IMPORT = re.compile(
    r"""(?:import\s+(?P<esm>[\w$*{},\s]+?)\s+from\s+|(?:const|let|var)\s+(?P<cjs>[\w${},:\s]+?)\s*=\s*(?:await\s+import|require)\(\s*)"""
    r"""['"](?P<path>\.{1,2}/[^'"]*)['"]"""
)


def fixtures(test: Excerpt, files: Collection[str], read: Read) -> Iterator[Excerpt]:
    """What prepares ``test``: its class's set-up, and the fixtures it takes, here or in the nearest ``conftest.py``."""
    owner = test.name.rpartition(".")[0]
    for name in _SET_UP if owner else ():
        set_up = symbol(test.path, read(test.path) or "", f"{owner}.{name}")
        if set_up is not None:
            yield set_up
    signature = re.search(r"def\s+\w+\s*\(([^)]*)\)", "\n".join(test.lines))
    if not test.path.endswith(".py") or signature is None:
        return
    folders = test.path.split("/")[:-1]
    conftests = ["/".join([*folders[:depth], "conftest.py"]) for depth in range(len(folders), -1, -1)]
    for name in re.findall(r"[A-Za-z_]\w*", signature[1])[:MOST_CALLEES]:
        for path in (test.path, *(path for path in conftests if path in files)):
            found = symbol(path, read(path) or "", name)
            if found is not None and "fixture" in "".join(found.lines[:4]):
                yield found
                break


def callees(test: Excerpt, source: str, files: Collection[str], read: Read) -> Iterator[Excerpt]:
    """The definitions in the repository that ``test`` (an excerpt of ``source``) uses, at most a few."""
    used = set(re.findall(r"[A-Za-z_$][\w$]*", "\n".join(test.lines)))
    found = (
        _python(test.path, source, used, files)
        if test.path.endswith(".py")
        else _javascript(test.path, source, used, files)
    )
    seen: set[tuple[str, int]] = set()
    for path, name in found:
        text = read(path) if path != test.path else None
        excerpt = _definition(path, text, name, used) if text else None
        if excerpt is not None and (excerpt.path, excerpt.first) not in seen:
            seen.add((excerpt.path, excerpt.first))
            yield excerpt
            if len(seen) >= MOST_CALLEES:
                return


def _definition(path: str, text: str, name: str, used: set[str]) -> Excerpt | None:
    """The definition of ``name``; of a whole module the first definition that the test names."""
    if name:
        return symbol(path, text, name)
    for word in sorted(used, key=len, reverse=True):
        found = symbol(path, text, word) if re.search(rf"\b{re.escape(word)}\b", text) and len(word) > 2 else None
        if found is not None and len(found.lines) > 1:
            return found
    return around(path, text, 1) if len(text.splitlines()) <= 60 else None


def _python(test_path: str, source: str, used: set[str], files: Collection[str]) -> Iterator[tuple[str, str]]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            package = _package(test_path, node.level, node.module or "")
            for alias in node.names:
                if (alias.asname or alias.name) in used:
                    yield from _module_or_name(package, alias.name, files)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if (alias.asname or alias.name.partition(".")[0]) in used:
                    yield from ((path, "") for path in _module_files(alias.name, files))


def _package(test_path: str, level: int, module: str) -> str:
    if level == 0:
        return module
    folders = test_path.split("/")[:-level]
    return ".".join([*folders, *([module] if module else [])])


def _module_or_name(package: str, name: str, files: Collection[str]) -> Iterator[tuple[str, str]]:
    whole = f"{package}.{name}" if package else name
    submodules = [path for path in _module_files(whole, files) if not path.endswith("/__init__.py")]
    if submodules:
        yield from ((path, "") for path in submodules)
        return
    for path in _module_files(package, files):
        yield path, name
        if path.endswith("/__init__.py"):  # re-exported: look where a package would define it
            folder = path.rpartition("/")[0]
            yield from ((file, name) for file in files if file.startswith(f"{folder}/") and file.endswith(".py"))


def _module_files(module: str, files: Collection[str]) -> list[str]:
    """Files that may be ``module``: at the top, under ``src``, or in a folder of a monorepo."""
    if not module:
        return []
    stem = module.replace(".", "/")
    ends = (f"{stem}.py", f"{stem}/__init__.py")
    exact = [path for path in (*ends, *(f"src/{end}" for end in ends)) if path in files]
    return exact or [path for path in files if path.endswith(tuple(f"/{end}" for end in ends))][:2]


def _javascript(test_path: str, source: str, used: set[str], files: Collection[str]) -> Iterator[tuple[str, str]]:
    for match in _JS_IMPORT.finditer(source):
        path = _js_file(posixpath.normpath(posixpath.join(posixpath.dirname(test_path), match["path"])), files)
        clause = match["esm"] or match["cjs"] or ""
        if path is None:
            continue
        braces = re.search(r"\{([^}]*)\}", clause)
        names = [re.split(r"\s+as\s+|:", part)[0].strip() for part in braces[1].split(",")] if braces else []
        yield from ((path, name) for name in names if name in used)
        if not braces:
            yield path, ""


def _js_file(stem: str, files: Collection[str]) -> str | None:
    bare = re.sub(r"\.[cm]?jsx?$", "", stem)
    candidates = [
        stem,
        *(f"{base}{ext}" for base in (stem, bare) for ext in _JS),
        *(f"{stem}/index{ext}" for ext in _JS),
    ]
    return next((path for path in candidates if path in files), None)
