"""A project at the loopback forge with a red branch, and how its builds are delivered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from honk_ci.domain import Delivery, ProvenFix
from honk_ci.forges import make_forge
from honk_ci.forges.credentials import Token
from honk_ci.forges.environment import CiContext
from honk_ci.outbox import Access, Outbox
from honk_ci.remote import Remote
from tests.forge import LoopbackForge, Project
from tests.repos import Repo
from tests.stages.deliver.kit import Delivering, checkout_as_github, fix, opened

GOOD = "".join(f"line {number}\n" for number in range(1, 31))
RED = GOOD.replace("line 5\n", "broken\n")


@dataclass(kw_only=True)
class Shop:
    """Project ``acme/shop``: ``main`` is good, ``topic`` is red, and a person works on both."""

    forge: LoopbackForge
    project: Project
    dev: Repo
    path: Path
    kind: str = "github"
    token_value: str = "ghs_app"
    is_job_token: bool = False

    @property
    def token(self) -> Token:
        return Token(value=self.token_value, source="HONK_TOKEN", user="x-access-token", is_job_token=self.is_job_token)

    def context(self, **more: Any) -> CiContext:
        plain = CiContext(
            name=self.kind, event="push", project="acme/shop", server_url=self.forge.url,
            api_url=f"{self.forge.url}/api/{'v3' if self.kind == 'github' else 'v4'}", branch="topic", default_branch="main", head_project="acme/shop",
        )  # fmt: skip
        return replace(plain, **more)

    def checkout(self, ref: str = "refs/heads/topic", *, name: str = "ci", depth: int = 1) -> Repo:
        return checkout_as_github(self.project.folder, self.path / name, ref, depth=depth)

    def delivering(self, ci: Repo, context: CiContext | None = None, **more: Any) -> Delivering:
        """With a remote that is a folder, which is quicker than HTTP and has the same hooks."""
        context = context or self.context()
        remote = Remote(repository=opened(ci), name=str(self.project.folder), label="acme/shop")
        parts = {"forge": make_forge(context, self.token), "remote": remote, "starts_ci": not self.is_job_token}
        return Delivering(repo=ci, context=context, more={**parts, **more})

    def outbox(self, ci: Repo) -> Remote:
        """The remote as it is in CI: over HTTP, with the token."""
        access = Access(address=self.forge.git_url("acme/shop"), header=self.token.git_header)
        outbox = Outbox.beside(opened(ci), ci.path.parent / f"{ci.path.name}-outbox", access, environ={})
        return Remote(repository=outbox, name=access.address, label="acme/shop")

    def request_of_topic(self) -> CiContext:
        """A build of a request from topic into main, as GitHub checks it out."""
        pull = self.forge.state.open_request(self.project, author="ann", head="topic", base="main", title="A change")
        assert pull.merge_commit
        return self.context(
            event="pull_request", request=pull.number, target_branch="main", head_commit=pull.head_commit, author="ann"
        )

    def tip(self, branch: str) -> str:
        return self.project.branches()[branch]

    def files(self, branch: str, commit: str) -> list[str]:
        return self.project.bare.git("diff", "--name-only", commit, f"refs/heads/{branch}").splitlines()


def make_shop(forge: LoopbackForge, path: Path, *, kind: str = "github") -> Shop:
    project = forge.add_project("acme/shop")
    forge.add_token("ghs_app", kind="app", login="honk[bot]")
    forge.add_user("ann", project)
    dev = Repo.create(path / "dev", {"a.txt": GOOD, "CODEOWNERS": "* @ben\n"})
    dev.git("remote", "add", "origin", str(project.folder))
    dev.git("checkout", "--quiet", "-b", "topic")
    dev.commit("break it", {"a.txt": RED})
    dev.git("push", "--quiet", "origin", "main", "topic")
    return Shop(forge=forge, project=project, dev=dev, path=path, kind=kind)


def mend(ci: Repo, **more: Any) -> ProvenFix:
    return fix(ci, "f1", {"a.txt": (ci.path / "a.txt").read_text().replace("broken\n", "line 5\n")}, **more)


def asked(shop: Shop, ci: Repo, context: CiContext | None = None, **more: Any) -> Delivery:
    return shop.delivering(ci, context, **more).deliver(mend(ci), mode="pull-request")
