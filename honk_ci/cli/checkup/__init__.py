"""What ``honk doctor`` looks at: each part of the wiring says in a line or two how it is."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from honk_ci.cli.checkup.checkout import (
    look_at_base,
    look_at_credentials,
    look_at_reports,
    look_at_runner,
    look_at_verifiers,
)
from honk_ci.cli.checkup.ci_files import look_at_ci_files
from honk_ci.cli.checkup.finding import Answer, Finding, Wiring, fault, missing, ok
from honk_ci.cli.checkup.forge import look_at_admission, look_at_event, look_at_token
from honk_ci.cli.checkup.model import look_at_model
from honk_ci.cli.checkup.remote import look_at_pushes, look_at_remote
from honk_ci.cli.request import overrides
from honk_ci.cli.trusted_config import read_config
from honk_ci.config import Config
from honk_ci.errors import GitError, HonkError, InterruptedRun
from honk_ci.forges.environment import ci_context
from honk_ci.git import Repository

Look = Callable[[Wiring], Iterator[Finding]]

_LOOKS: tuple[tuple[str, Look], ...] = (
    ("base", look_at_base),
    ("runner", look_at_runner),
    ("reports", look_at_reports),
    ("checks", look_at_verifiers),
    ("ci", look_at_event),
    ("workflow", look_at_ci_files),
    ("secrets", look_at_credentials),
    ("token", look_at_token),
    ("pushes", look_at_pushes),
    ("admission", look_at_admission),
    ("remote", look_at_remote),
    ("model", look_at_model),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkup:
    """Looks at one checkout; changes nothing in it."""

    repo: Path
    reports: tuple[str, ...]
    options: Mapping[str, str | None]
    environ: Mapping[str, str]
    is_offline: bool = False

    def findings(self) -> Iterator[Finding]:
        """Every part in order; one that fails does not hide the next."""
        try:
            repository = Repository(self.repo, environ=self.environ)
        except GitError as error:
            yield fault("git", error)
            return
        yield _look_at_git(repository)
        context = ci_context(self.environ)
        config = Config()
        try:
            config = read_config(repository, context, "", overrides(self.options))
            yield _told(repository)
        except HonkError as error:
            yield fault("config", error)
        with tempfile.TemporaryDirectory(prefix="honk-", ignore_cleanup_errors=True) as scratch:
            wiring = Wiring(
                repository=repository,
                config=config,
                context=context,
                reports=self.reports,
                environ=self.environ,
                scratch=Path(scratch),
                is_offline=self.is_offline,
            )
            for subject, look in _LOOKS:
                yield from looked(subject, look, wiring)


def _look_at_git(repository: Repository) -> Finding:
    commit = repository.resolve("HEAD")
    if commit is None:
        return missing("git", "no commit yet", "commit something first")
    return ok("git", f"{repository.root}, at {commit[:9]}")


def _told(repository: Repository) -> Finding:
    there = (repository.root / ".honk.yml").is_file()
    return ok("config", ".honk.yml is valid" if there else "no .honk.yml: the defaults serve")


def looked(subject: str, look: Look, wiring: Wiring) -> Iterator[Finding]:
    """What one part finds; a fault of honk's own kind is a finding too."""
    try:
        yield from look(wiring)
    except InterruptedRun:
        raise
    except HonkError as error:
        yield fault(subject, error)


__all__ = ["Answer", "Checkup", "Finding", "Look", "looked"]
