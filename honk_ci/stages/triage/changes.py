"""What changed between the last good commit and the red one, read when it is asked for."""

from __future__ import annotations

import re
from functools import cached_property

from honk_ci import paths
from honk_ci.git import Repository

DIFF_CAP = 4_000_000
LINES_CAP = 20

# Keys of manifests that stand beside the requirements and are none.
_NO_REQUIREMENT = re.compile(
    r"^[\s\"']*(?:version|name|description|readme|license|authors?|keywords|classifiers|homepage|repository|urls?|scripts?"
    r"|main|module|types|private|packageManager|line-length|target-version|select|ignore|testpaths|addopts)[\"']?\s*[:=]",
    re.IGNORECASE,
)
_REQUIREMENT = re.compile(
    r"[A-Za-z][\w.-]*(?:\[[\w,\s-]+\])?\s*(?:[<>=!~^]=?|===)\s*v?\d"  # name>=1.2
    r"|[\"']?[@\w./-]+[\"']?\s*[:=]\s*[\"'{]?\s*(?:[\^~<>=*]|v?\d|latest|workspace:|git|version|path)"  # "name": "^1.2"
    r"|^\s*[\"']?[A-Za-z][\w.-]*[\"']?,?\s*$"  # a bare name on a line of its own
    r"|^\s*(?:require\s+)?[\w./-]+\.[\w./-]+ v\d"  # go.mod
    r"|^\s*gem\s|<(?:version|artifactId|PackageReference)|^\s*(?:api|implementation|testImplementation|compile)\b"
)


class Changes:
    """The difference from ``base`` to ``commit``; empty where no base is known."""

    def __init__(self, repository: Repository, base: str | None, commit: str) -> None:
        self._repository = repository
        self.base = base if base and base != commit and repository.resolve(base) else None
        self._commit = commit

    @cached_property
    def paths(self) -> frozenset[str]:
        return frozenset(self._repository.changed_paths(self.base, self._commit)) if self.base else frozenset()

    @cached_property
    def dependency_files(self) -> tuple[str, ...]:
        """Dependency files in which something about requirements changed."""
        locks = [path for path in self.paths if paths.is_lock_file(path)]
        return tuple(sorted({*locks, *(path for path, _ in self.requirement_lines)}))

    @cached_property
    def requirement_lines(self) -> tuple[tuple[str, str], ...]:
        """Changed lines of manifests that state a requirement, as (path, "+line" or "-line")."""
        manifests = [p for p in sorted(self.paths) if paths.is_dependency_file(p) and not paths.is_lock_file(p)]
        found: list[tuple[str, str]] = []
        for path in manifests:
            found += [(path, line) for line in self._changed_lines(path) if _states_requirement(line[1:])]
        return tuple(found[:LINES_CAP])

    def _changed_lines(self, path: str) -> list[str]:
        if self.base is None:
            return []
        lines = self._repository.diff(self.base, self._commit, (path,), context=0)[:DIFF_CAP].splitlines()
        return [line for line in lines if line[:1] in {"+", "-"} and not line.startswith(("+++", "---"))]

    @cached_property
    def _added(self) -> str:
        if self.base is None:
            return ""
        diff = self._repository.diff(self.base, self._commit, context=0)[:DIFF_CAP]
        return "\n".join(line[1:] for line in diff.splitlines() if line.startswith("+") and not line.startswith("+++"))

    def adds(self, text: str) -> bool:
        """Whether a line added since base has ``text`` in it, as a word of its own."""
        return bool(text) and re.search(rf"(?<![\w.-]){re.escape(text)}(?![\w-])", self._added) is not None

    def before(self, path: str) -> str | None:
        """The file's text in the base, None where it is not there or no base is known."""
        content = self._repository.show(self.base, path) if self.base else None
        return None if content is None else content.decode("utf-8", "replace")

    @cached_property
    def deleted(self) -> frozenset[str]:
        """Files of the base that are gone."""
        if self.base is None:
            return frozenset()
        output = self._repository.git(
            "diff-tree", "-r", "-z", "--name-only", "--no-renames", "--diff-filter=D", self.base, self._commit
        )
        return frozenset(output.decode("utf-8", "surrogateescape").strip("\0").split("\0")) - {""}


def _states_requirement(line: str) -> bool:
    stripped = line.split("#", 1)[0] if not line.lstrip().startswith(("http", "git+")) else line
    return bool(stripped.strip()) and not _NO_REQUIREMENT.search(stripped) and _REQUIREMENT.search(stripped) is not None
