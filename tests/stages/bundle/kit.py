"""Bundles of known fixes, and the job that delivers them: the loopback forge, a real checkout, the real command."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from honk_ci.cli.deliver_run import run_delivery
from honk_ci.config import Config
from honk_ci.domain import (
    Attempt,
    Build,
    Cause,
    FailedTest,
    Failure,
    Healing,
    Outcome,
    Proof,
    ProvenFix,
    Reproduction,
    ReproductionState,
    RunRecord,
    TestCase,
)
from honk_ci.forges.environment import ci_context
from honk_ci.redact import Redactor
from honk_ci.stages.bundle.write import Sender, write_bundle
from honk_ci.stages.record_json import to_json
from tests.forge import Event, LoopbackForge, Project, PullRequest, Token, checkout, github_environ
from tests.repos import Repo
from tests.stages.deliver.kit import Files, fix, opened, proof

PRINT = "0123456789ab"
OTHER_PRINT = "ba9876543210"
SCOPES = ("repo", "workflow")
KEY = "a-key-that-both-jobs-have"

SHOP = {
    "shop/__init__.py": "",
    "shop/cart.py": "def total(prices):\n    return sum(prices)\n",
    "tests/test_cart.py": "from shop.cart import total\n\n\ndef test_total():\n    assert total([1, 2]) == 3\n",
    ".github/workflows/ci.yml": "on: push\n",
    "requirements.txt": "requests==2.32.0\n",
}
RED_CART = "def total(prices):\n    return -sum(prices)\n"
FIX: Files = {"shop/cart.py": SHOP["shop/cart.py"]}


def known_failure(fingerprint: str = PRINT, cause: Cause = Cause.CODE) -> Failure:
    case = TestCase(name="test_total", classname="tests.test_cart", file="tests/test_cart.py")
    test = FailedTest(case=case, exception="AssertionError", message="assert -3 == 3", line=4)
    return Failure(fingerprint=fingerprint, cause=cause, summary="total() is negative", tests=(test,))


def record_of(
    commit: str, one: Proof | None, *, outcome: Outcome = Outcome.HEALED, branch: str = "", **more: Any
) -> RunRecord:
    """The record of a run that ended with a proof, or of one that found no fix for the known failure."""
    fixes = one.fixes if one else ()
    failures = [fix.failure for fix in fixes] or [known_failure()]
    healings = tuple(_healing(failure, next((f for f in fixes if f.failure == failure), None)) for failure in failures)
    parts: dict[str, Any] = {
        "outcome": outcome, "summary": "The number is right again" if one else "no healer knows this",
        "build": Build(commit=commit, branch=branch), "healings": healings, "proof": one,
        "reproductions": tuple(healing.reproduction for healing in healings), "versions": {"honk-ci": "1"},
    }  # fmt: skip
    return RunRecord(**{**parts, **more})


def _healing(failure: Failure, mended: ProvenFix | None) -> Healing:
    reproduction = Reproduction(failure=failure, state=ReproductionState.REPRODUCED, runs=3, failed_runs=3)
    verdict = "healed" if mended else "nothing"
    attempt = Attempt(healer="known", fingerprint=failure.fingerprint, candidates=1, verdict=verdict, why="tried")
    return Healing(
        reproduction=reproduction,
        candidate=mended.candidate if mended else None,
        verdict=mended.verdict if mended else None,
        attempts=(attempt,),
        why="" if mended else "no healer knows this",
    )


def known_fix(repo: Repo, changes: Files, failure: Failure | None = None, **more: Any) -> ProvenFix:
    """A fix of the known failure, against the commit that is checked out; ``more`` is of the candidate."""
    made = fix(repo, PRINT, changes)
    return replace(made, failure=failure or known_failure(), candidate=replace(made.candidate, **more))


def write(
    folder: Path, repo: Repo, record: RunRecord, *, environ: Mapping[str, str] | None = None, key: str = ""
) -> Path:
    """The bundle of a run in a checkout."""
    sender = Sender(
        repository=opened(repo),
        config=Config(),
        context=ci_context(environ or {}),
        redactor=Redactor({}),
        version="1",
        key=key,
    )
    text = json.dumps(to_json(record, redact=str), ensure_ascii=False)
    write_bundle(folder, record, text.encode("utf-8", "backslashreplace").decode(), sender)
    return folder


def alter(folder: Path, name: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a JSON file of a bundle as somebody does who knows how its hashes are made."""
    file = folder / name
    value = json.loads(file.read_text())
    change(value)
    file.write_text(json.dumps(value))
    if name != "manifest.json":
        reseal(folder)


def reseal(folder: Path) -> None:
    """Make the hashes right for what is in the folder now."""

    def hashes(manifest: dict[str, Any]) -> None:
        for name in manifest["sha256"]:
            manifest["sha256"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()

    alter(folder, "manifest.json", hashes)


@dataclass(kw_only=True)
class Scene:
    """A pull request on the forge whose merge commit is red, and its two jobs."""

    forge: LoopbackForge
    project: Project
    request: PullRequest
    token: Token
    folder: Path
    event: Event = field(init=False)

    def __post_init__(self) -> None:
        self.event = Event(name="pull_request", request=self.request, actor="alice")

    @classmethod
    def set(cls, forge: LoopbackForge, folder: Path, files: Mapping[str, str] | None = None, **red: str) -> Scene:
        """``files``: more of the project; ``red``: more of what the request changes."""
        project = forge.add_project("acme/shop")
        forge.add_user("alice", project)
        token = forge.add_token("ghs_app-token-of-the-write-job", kind="app")
        owner = forge.git_url("acme/shop", forge.add_token("ghp_of-the-owner", kind="pat", login="acme", scopes=SCOPES))
        work = Repo.create(folder / "work", {**SHOP, **(files or {})})
        work.git("remote", "add", "origin", owner)
        work.git("push", "--quiet", "origin", "HEAD:main")
        work.git("checkout", "--quiet", "-b", "feature")
        work.commit("totals", {"shop/cart.py": RED_CART, **red})
        work.git("push", "--quiet", "origin", "feature")
        request = forge.state.open_request(project, author="alice", head="feature", base="main", title="Totals")
        return cls(forge=forge, project=project, request=request, token=token, folder=folder)

    @property
    def work(self) -> Repo:
        return Repo(self.folder / "work")

    @property
    def address(self) -> str:
        return self.forge.git_url("acme/shop", self.token)

    def environ(self, *, token: bool = True, event: Event | None = None) -> dict[str, str]:
        given = self.token if token else None
        made = github_environ(self.forge, self.project, event or self.event, self.folder / "runner", token=given)
        return {**{name: value for name, value in os.environ.items() if name != "CI"}, **made}

    def checkout(self, name: str = "checkout", **options: Any) -> Repo:
        return checkout(self.forge, self.project, self.folder / name, self.environ(), self.token, **options)

    def think(self, changes: Files = FIX, *, name: str = "bundle", key: str = "", depth: int = 0, **more: Any) -> Path:
        """What the job that thinks leaves: a bundle with one fix."""
        repo = self.checkout(f"{name}-checkout", depth=depth)
        one = known_fix(repo, changes, **{key: more.pop(key) for key in ("failure", "kind") if key in more})
        made = proof(repo, [one], is_clean=True)
        red = repo.git("rev-parse", "HEAD")
        return write(
            self.folder / name,
            repo,
            record_of(red, made, branch=self.request.head, **more),
            environ=self.environ(token=False),
            key=key,
        )

    def deliver(self, bundle: Path, *, environ: Mapping[str, str] | None = None, **options: Any) -> Delivered:
        """The job that writes, in a folder without a checkout."""
        empty = self.folder / "empty"
        empty.mkdir(exist_ok=True)
        return deliver(bundle, environ or self.environ(), repo=empty, **options)


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """How ``honk deliver`` ended."""

    status: int
    record: dict[str, Any]

    @property
    def outcome(self) -> str:
        return str(self.record["outcome"])

    @property
    def summary(self) -> str:
        return str(self.record["summary"])

    @property
    def delivery(self) -> dict[str, Any]:
        return dict(self.record["delivery"] or {})


def deliver(bundle: Path, environ: Mapping[str, str], *, repo: Path, **options: Any) -> Delivered:
    """Run the command; faults come out as they are raised."""
    file = bundle.parent / "delivered.json"
    given = {"bundle": bundle, "repo": repo, "mode": None, "remote": None, "base": None, "summary": None, **options}
    status = run_delivery({**given, "json": str(file)}, environ)
    return Delivered(status=status, record=json.loads(file.read_text()))


def smuggle(folder: Path, repo: Repo, entries: Mapping[str, tuple[str, str]]) -> None:
    """Put another fix into a bundle, hashes and all: by path a mode and the content, or the id of a submodule.

    Made with plumbing, which takes what ``git add`` would not.
    """
    lines = []
    for path, (mode, content) in entries.items():
        blob = content if mode == "160000" else _stored(repo, content)
        lines.append(f"{mode} {blob}\t{path}\n")
    env = {**os.environ, "GIT_INDEX_FILE": str(repo.path / ".git" / "smuggled")}
    base = repo.git("rev-parse", "HEAD")
    _git(repo, "read-tree", base, env=env)
    _git(repo, "update-index", "--index-info", env=env, stdin="".join(lines))
    tree = _git(repo, "write-tree", env=env)
    commit = _git(repo, "commit-tree", tree, "-p", base, "-m", "a fix", env=env)
    mail = opened(repo).mailbox(base, commit)
    put_mail(folder, mail, tree)


def put_mail(folder: Path, mail: bytes, tree: str = "") -> None:
    (folder / "fix.patch").write_bytes(mail)

    def retell(manifest: dict[str, Any]) -> None:
        manifest["fixes"][0]["bytes"] = len(mail)
        manifest["fixes"][0]["tree"] = tree or manifest["fixes"][0]["tree"]

    alter(folder, "manifest.json", retell)
    reseal(folder)


def _stored(repo: Repo, content: str) -> str:
    return _git(repo, "hash-object", "-w", "--stdin", env=dict(os.environ), stdin=content)


def _git(repo: Repo, *arguments: str, env: Mapping[str, str], stdin: str = "") -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=repo.path, env=env, input=stdin, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.strip()
