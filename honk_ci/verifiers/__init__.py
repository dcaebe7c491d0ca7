"""The repository's own checks: the registry of tools, and which of them a repository uses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from honk_ci.verifiers.interface import Verifier, VerifierKind
from honk_ci.verifiers.mypy import Mypy
from honk_ci.verifiers.project import Project
from honk_ci.verifiers.ruff import Ruff, RuffFormat

# In the order in which they run: cheap ones first, and linters before formatters, because what a
# linter's fix leaves behind is the formatter's to lay out.
VERIFIER_KINDS: Mapping[str, VerifierKind] = {kind.name: kind for kind in (Ruff(), RuffFormat(), Mypy())}


def detect_verifiers(repo: Path, environ: Mapping[str, str]) -> tuple[Verifier, ...]:
    """The tools that the repository configures and that are installed here."""
    project = Project(repo, environ=environ)
    bound = (kind.bind(project) for kind in VERIFIER_KINDS.values() if kind.configured(project))
    return tuple(verifier for verifier in bound if verifier is not None)
