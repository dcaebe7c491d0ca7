"""Which files the agent may read, and how the paths it writes are understood."""

from __future__ import annotations

import difflib
import os
import re
from fnmatch import fnmatchcase
from pathlib import Path

from honk_ci.healers.agent.tools.interface import ToolError
from honk_ci.healers.interface import HealCase

LARGEST_FILE = 4_000_000  # bytes

# Folders that hold what is installed: packages, the standard library, module caches.
_INSTALLED = re.compile(
    r"/(?:site-packages|dist-packages|node_modules|python3\.\d+|pkg/mod|registry/src|gems|vendor)/[^/]"
)
_SECRETS = (
    ".env", ".env.*", "*.pem", "*.key", "*.p12", "*.pfx", "*.keystore", "id_rsa*", "id_ed25519*", ".npmrc", ".pypirc",
    ".netrc", "credentials*", "*.kdbx", ".htpasswd",
)  # fmt: skip


def relative(path: str, case: HealCase) -> str:
    """A path inside the checkout as git names it; ToolError where it is not inside."""
    plain = path.strip().replace("\\", "/")
    root = str(case.workspace.root)
    if plain.startswith(root + "/"):
        plain = plain[len(root) + 1 :]
    plain = os.path.normpath(plain).replace("\\", "/")
    if plain.startswith(("/", "../")) or plain == "..":
        raise ToolError(f"{path} is outside the repository; give a path relative to its top, such as src/app.py")
    if plain == ".git" or plain.startswith(".git/"):
        raise ToolError("the git directory cannot be touched; use the tool `history`")
    return plain


def content(path: str, case: HealCase) -> tuple[str, bytes]:
    """The file's name for the answer, and its bytes; of the checkout or of an installed package."""
    if _is_installed_elsewhere(path, case):
        return path, _read_installed(path)
    plain = relative(path, case)
    _refuse_secret(plain, case)
    if leaves_the_checkout(plain, case):
        return plain, _read_installed(str(case.workspace.root / plain))  # node_modules may be links to a store
    found = case.workspace.read(plain)
    if found is None:
        raise ToolError(_missing(plain, case))
    if len(found) > LARGEST_FILE:
        raise ToolError(f"{plain} has {len(found)} bytes; use `search` to find the lines that matter")
    return plain, found


def leaves_the_checkout(path: str, case: HealCase) -> bool:
    """Whether a path inside the checkout leads out of it through a symbolic link."""
    return not (case.workspace.root / path).resolve().is_relative_to(case.workspace.root.resolve())


def text_of(path: str, found: bytes) -> str:
    """The file as text; ToolError for a binary file."""
    if b"\0" in found[:8000]:
        raise ToolError(f"{path} is a binary file")
    return found.decode("utf-8", "replace")


def _is_installed_elsewhere(path: str, case: HealCase) -> bool:
    plain = path.strip()
    return plain.startswith("/") and not plain.startswith(f"{case.workspace.root}/") and bool(_INSTALLED.search(plain))


def _read_installed(path: str) -> bytes:
    real = Path(path).resolve()
    if not _INSTALLED.search(str(real)) or not real.is_file():
        raise ToolError(f"{path} is no file of an installed package")
    if real.stat().st_size > LARGEST_FILE:
        raise ToolError(f"{path} is too large to be read")
    return real.read_bytes()


def _refuse_secret(path: str, case: HealCase) -> None:
    name = path.rpartition("/")[2]
    if any(fnmatchcase(name, pattern) for pattern in _SECRETS) and path not in set(case.workspace.files()):
        raise ToolError(f"{path} may hold secrets and is not part of the repository; it cannot be read")


def _missing(path: str, case: HealCase) -> str:
    files = case.workspace.files()
    inside = [file for file in files if file.startswith(f"{path}/")]
    if inside or (case.workspace.root / path).is_dir():
        shown = "\n".join(sorted({_child(file, path) for file in inside})[:60])
        return f"{path} is a folder; it holds:\n{shown}\nread one of its files"
    name = path.rpartition("/")[2]
    alike = [file for file in files if file.rpartition("/")[2] == name][:5]
    alike = alike or difflib.get_close_matches(path, files, n=3, cutoff=0.6)
    hint = f"; is it {' or '.join(alike)}?" if alike else "; find it with `search` (kind: name)"
    return f"there is no file {path}{hint}"


def _child(file: str, folder: str) -> str:
    rest = file[len(folder) + 1 :]
    name, slash, _ = rest.partition("/")
    return f"{folder}/{name}{slash}"
