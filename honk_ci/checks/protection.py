"""Files that no patch may touch: what CI, git and agents obey, and what a repository names itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from honk_ci.paths import is_ci_config

# Each line: globs, and what such a file does.
_PROTECTED: tuple[tuple[tuple[str, ...], str], ...] = (
    ((".honk.yml", ".honk.yaml", ".honk/"), "it is honk's own configuration"),
    (
        ("AGENTS.md", "AGENT.md", "CLAUDE.md", "CLAUDE.local.md", "GEMINI.md", ".claude/", ".cursor/", ".cursorrules",
         ".windsurfrules", ".windsurf/", ".clinerules", ".aider*", ".mcp.json", ".github/copilot-instructions.md",
         ".github/instructions/", ".github/prompts/", ".junie/", ".codex/"),
        "agents take instructions from it",
    ),
    (
        (".gitattributes", ".gitmodules", ".gitconfig", ".githooks/", ".husky/", ".git-hooks/", "lefthook.y*ml",
         ".lefthook*", ".pre-commit-config.y*ml", ".pre-commit-hooks.yaml", ".overcommit.yml", ".lintstagedrc*",
         "lint-staged.config.*"),
        "git or its hooks obey it",
    ),
    (
        ("pip.conf", "pip.ini", ".npmrc", ".yarnrc", ".yarnrc.yml", ".pypirc", "nuget.config", "NuGet.Config",
         "bunfig.toml", ".netrc", ".yarn/"),
        "it says where packages come from",
    ),
    ((".envrc", ".devcontainer/", ".vscode/", ".idea/", ".env"), "it acts on the machines of developers"),
    (("node_modules/", "site-packages/", ".venv/", ".tox/", ".nox/"), "it is an installed package's, not the repository's"),
    (("sitecustomize.py", "usercustomize.py", "*.pth"), "Python runs it before anything else"),
)  # fmt: skip


def why_protected(path: str, *, protected: Sequence[str], allowed: Sequence[str]) -> str:
    """Why no patch may touch the file, "" where one may."""
    if any(_is_git_folder(part) for part in path.split("/")):
        return "it belongs to git itself"  # whatever the configuration allows
    if matches_any(path, allowed):
        return ""
    if is_ci_config(path):
        return "it steers CI"
    for patterns, why in _PROTECTED:
        if matches_any(path, patterns):
            return why
    return "the configuration protects it" if matches_any(path, protected) else ""


def matches_any(path: str, patterns: Sequence[str]) -> bool:
    """Whether a glob names the file or a folder that it is in.

    As in .gitignore: a pattern without "/" but at its end holds in any folder, ``**`` stands for
    any number of folders, and a folder stands for all that is in it.
    """
    return any(_compiled(pattern).match(path) for pattern in patterns)


def _is_git_folder(part: str) -> bool:
    """``.git`` in every spelling that some file system takes for it (as git's own fsck does)."""
    plain = re.sub("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]", "", part).lower().rstrip(". ")
    return plain.partition(":")[0] in {".git", "git~1"}


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    body = pattern.strip().removeprefix("./").rstrip("/")
    anywhere = "/" not in body
    body = body.removeprefix("/")
    parts = re.split(r"(\*\*/|/\*\*$|\*\*|\*|\?|\[[^\]]+\])", body)
    expression = "".join(_part(part) for part in parts)
    return re.compile(("(?:.*/)?" if anywhere else "") + expression + "(?:/.*)?$", re.DOTALL)


def _part(part: str) -> str:
    special = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    if part in special:
        return special[part]
    if part.startswith("[") and part.endswith("]") and len(part) > 2:
        inner = part[1:-1].replace("\\", "\\\\")
        return f"[^{inner[1:]}]" if inner[0] in "!^" else f"[{inner}]"
    return re.escape(part)
