"""Fixes of known failures, and what is needed to deliver them: real repositories, remotes that are folders."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from honk_ci.config import Config, DeliverConfig
from honk_ci.domain import (
    Build,
    Candidate,
    Delivery,
    Proof,
    ProvenFix,
    SideOfProof,
    TestCounts,
    Verdict,
)
from honk_ci.forges.environment import CiContext
from honk_ci.git import Repository
from honk_ci.patch import REGULAR_MODE, FileChange, Patch
from honk_ci.redact import Redactor
from honk_ci.remote import Remote
from honk_ci.stages.deliver import Dispatch, deliver
from honk_ci.stages.verify import combined
from tests.repos import Repo
from tests.stages.site_kit import failure

Files = Mapping[str, str | bytes | None]


def opened(repo: Repo) -> Repository:
    return Repository(repo.path, environ=os.environ)


def fix(
    repo: Repo, fingerprint: str, changes: Files, rationale: str = "The number is right again", kind: str = "edit"
) -> ProvenFix:
    """A fix of one failure, against the commit that is checked out."""
    repository = opened(repo)
    tree = {entry.path: entry.mode for entry in repository.tree("HEAD")}
    patch = Patch.of(
        FileChange(
            path=path,
            before=repository.show("HEAD", path),
            after=text.encode() if isinstance(text, str) else text,
            mode_before=tree.get(path, REGULAR_MODE),
            mode_after=tree.get(path, REGULAR_MODE),
        )
        for path, text in changes.items()
    )
    candidate = Candidate(healer="known", patch=patch, rationale=rationale, kind=kind)
    return ProvenFix(failure=failure(fingerprint, "one"), candidate=candidate, verdict=Verdict(results=()))


def proof(repo: Repo, fixes: Sequence[ProvenFix], **more: Any) -> Proof:
    """The proof of ``fixes``, full unless ``more`` says otherwise."""

    def side(name: str, state: str) -> SideOfProof:
        return SideOfProof(name=name, commit="", targets={"cases::one": state}, counts=TestCounts(passed=1))

    parts: dict[str, Any] = {
        "base": side("base", "passed"), "broken": side("broken", "failed"), "fixed": side("fixed", "passed"),
        "repeats": 5, "slip_chance": 0.005, "clean": "in full", "is_clean": True,
    }  # fmt: skip
    return Proof(fixes=tuple(fixes), patch=combined(fixes, opened(repo)), **{**parts, **more})


@dataclass(kw_only=True)
class Delivering:
    """How the build that is red in ``repo`` is delivered."""

    repo: Repo
    context: CiContext = field(default_factory=CiContext)
    base: str | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)  # of the dispatch

    def dispatch(self, **config: Any) -> Dispatch:
        repository = opened(self.repo)
        settings = Config(deliver=DeliverConfig(**config))
        commit = self.repo.git("rev-parse", "HEAD")
        head = self.context.head_commit
        parts: dict[str, Any] = {
            "build": Build(
                commit=commit, branch=self.context.branch, base=self.base, head=head if head != commit else ""
            ),
            "repository": repository,
            "remote": Remote(repository=repository, name=settings.deliver.remote),
            "config": settings,
            "mode": settings.deliver.mode,
            "redactor": Redactor(self.environ),
            "keep_folder": repository.git_dir / "honk" / "kept",
            "context": self.context,
        }
        return Dispatch(**{**parts, **self.more})

    def deliver(self, *fixes: ProvenFix, **config: Any) -> Delivery:
        return self.deliver_proof(proof(self.repo, fixes), **config)

    def deliver_proof(self, one: Proof, still_red: Sequence[str] = (), **config: Any) -> Delivery:
        delivery = deliver(one, self.dispatch(**config), still_red=still_red)
        assert delivery is not None
        return delivery


def clone(remote: Path, path: Path, *arguments: str) -> Repo:
    """A checkout as CI makes it; over a transport that honours ``--depth``."""
    Repo(remote).git("clone", "--quiet", *arguments, remote.as_uri(), str(path))
    return Repo(path)


def checkout_as_github(remote: Path, path: Path, ref: str, *, depth: int = 1) -> Repo:
    """What actions/checkout does: one ref at a depth, detached."""
    repo = Repo.create(path)
    repo.git("remote", "add", "origin", remote.as_uri())
    limits = (f"--depth={depth}",) if depth else ()
    repo.git("fetch", "--quiet", "--no-tags", *limits, "origin", f"+{ref}:refs/remotes/{ref.removeprefix('refs/')}")
    repo.git("checkout", "--quiet", "--detach", f"refs/remotes/{ref.removeprefix('refs/')}")
    return repo
