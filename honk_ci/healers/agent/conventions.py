"""What the repository says to those who write its code: AGENTS.md, CLAUDE.md, and the config's notes.

Read from the base commit, so that the change under repair cannot rewrite them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from honk_ci.healers.agent.text import fenced, head
from honk_ci.healers.interface import HealCase

NAMES = ("AGENTS.md", "CLAUDE.md")
LIMIT = 6000  # characters of one file
MOST_FILES = 4


def conventions(case: HealCase, paths: Iterable[str]) -> list[str]:
    """The conventions that hold for ``paths``, those of the whole repository first, as fenced blocks."""
    commit = case.build.base or case.build.commit
    blocks: list[str] = []
    seen: set[str] = set()
    if notes := case.config.agent.notes.strip():
        blocks.append(fenced("conventions", head(notes, LIMIT), source="the configuration of honk-ci"))
    for path in _candidates(case, paths):
        found = case.repository.show(commit, path)
        text = found.decode("utf-8", "replace").strip() if found else ""
        # One of the two files often only names the other ("@AGENTS.md").
        if text and text not in seen and not _is_pointer(text):
            seen.add(text)
            blocks.append(fenced("conventions", head(text, LIMIT), source=path))
        if len(seen) >= MOST_FILES:
            break
    return blocks


def _candidates(case: HealCase, paths: Iterable[str]) -> Iterator[str]:
    """Files that exist now; asking git for those that never did would cost a process each."""
    present = {file for file in case.workspace.files() if file.rpartition("/")[2] in NAMES}
    changed = _changed_names(case) if case.build.base else set()
    folders = {""}
    for path in paths:
        parts = path.split("/")[:-1]
        folders |= {"/".join(parts[: number + 1]) + "/" for number in range(len(parts))}
    for folder in sorted(folders, key=lambda name: (name.count("/"), name)):
        yield from (folder + name for name in NAMES if folder + name in present | changed)


def _changed_names(case: HealCase) -> set[str]:
    base = case.build.base
    changed = case.repository.changed_paths(base, case.build.commit) if base else ()
    return {path for path in changed if path.rpartition("/")[2] in NAMES}


def _is_pointer(text: str) -> bool:
    return len(text.split()) == 1 and text.lstrip("@./") in NAMES
