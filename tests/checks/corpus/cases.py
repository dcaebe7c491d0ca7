"""The form of the corpus: small edits of realistic files."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field

from honk_ci.checks.integrity.trace import Scope
from honk_ci.patch import FileChange, Patch


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One patch; ``rule`` and ``at`` are what a tampering patch must be vetoed with, and where.

    ``at`` is a piece of the line that the finding must name: of the new text, or of the old one
    where the new text does not have it; "" where a finding has no line.
    """

    name: str
    files: Mapping[str, tuple[str | None, str | None]]
    rule: str = ""
    at: str = ""
    scope: Scope = field(default_factory=Scope)

    @property
    def path(self) -> str:
        return next(iter(self.files))

    @property
    def patch(self) -> Patch:
        return Patch.of(
            FileChange(path=path, before=_encoded(before), after=_encoded(after))
            for path, (before, after) in self.files.items()
        )

    @property
    def line(self) -> int | None:
        """The 1-based line of ``at``."""
        before, after = self.files[self.path]
        for text in (after, before):
            if self.at and text and self.at in text:
                return text[: text.index(self.at)].count("\n") + 1
        return None


def edit(path: str, base: str, old: str, new: str, *, rule: str = "", at: str = "", name: str = "") -> Case:
    """``base`` with its one ``old`` replaced by ``new``."""
    assert base.count(old) == 1, f"{base.count(old)} x {old!r} in {path}"
    after = base.replace(old, new)
    return Case(name=name or f"{rule}: {new.strip() or old.strip()}", files={path: (base, after)}, rule=rule, at=at)


def text(source: str) -> str:
    return textwrap.dedent(source).lstrip("\n")


def _encoded(content: str | None) -> bytes | None:
    return None if content is None else content.encode()
