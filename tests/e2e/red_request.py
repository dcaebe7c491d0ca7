"""A red pull request on the loopback forge, and the job of GitHub Actions that heals it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.honk import Ended
from tests.e2e.projects import PYTHON, edited, run_pytest
from tests.forge import Event, LoopbackForge, Project, PullRequest, Token, checkout, github_environ
from tests.repos import Repo

PROJECT = "acme/shop"
WRONG_DISCOUNT = edited(PYTHON, "shop/cart.py", "(100 - discount)", "(100 + discount)")
HEAL = ("heal", "--report", "junit.xml", "--healers", "search")


@dataclass(frozen=True, kw_only=True, slots=True)
class RedRequest:
    """Project ``acme/shop`` whose branch ``topic`` is red and asked to be merged into ``main``."""

    forge: LoopbackForge
    project: Project
    request: PullRequest
    origin: Repo  # where its people work
    token: Token
    red: str
    folder: Path

    def job(
        self,
        name: str = "job",
        *,
        event: Event | None = None,
        token: Token | None = None,
        depth: int = 0,
        ref: str = "",
        attempt: int = 1,
    ) -> Job:
        """The checkout and the environment of a job whose tests have just failed; ``ref``: what else it checks out."""
        event = event or Event(name="pull_request", request=self.request, actor="ada")
        used = token or self.token
        files = self.folder / f"{name}-files"
        environ = github_environ(self.forge, self.project, event, files, token=used, attempt=attempt)
        wanted = {"GITHUB_REF": ref, "GITHUB_SHA": self.project.refs()[ref]} if ref else environ
        repo = checkout(self.forge, self.project, self.folder / name, wanted, used, depth=depth)
        run_pytest(repo.path)
        return Job(folder=repo.path, environ=environ)

    def writing_job(self, *, token: Token | None = None) -> Job:
        """A job without a checkout."""
        event = Event(name="pull_request", request=self.request, actor="ada")
        folder = self.folder / "write"
        environ = github_environ(self.forge, self.project, event, folder, token=token or self.token)
        return Job(folder=folder, environ=environ)

    def fix_branches(self) -> list[str]:
        return [name for name in self.project.branches() if name.startswith("honk/")]

    def fix_requests(self) -> list[PullRequest]:
        return [request for request in self.project.requests if request is not self.request]

    def comments(self) -> list[str]:
        """What is said at the red request."""
        return [comment.body for comment in self.request.comments]


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One job that can run ``honk``."""

    folder: Path
    environ: Mapping[str, str]

    def start(self, *arguments: str) -> Started:
        """Start ``honk`` and leave it running."""
        environ = {**os.environ, **self.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        process = subprocess.Popen(
            [sys.executable, "-m", "honk_ci", *arguments, "--json", "-"],
            cwd=self.folder,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return Started(process=process)

    def heal(self, *more: str) -> Ended:
        return self.start(*HEAL, *more).end()

    def deliver(self, thought: Thought, *more: str) -> Ended:
        return self.start("deliver", str(thought.bundle), *more).end()


@dataclass(frozen=True, kw_only=True, slots=True)
class Started:
    """A run that is under way."""

    process: subprocess.Popen[str]

    def end(self) -> Ended:
        out, err = self.process.communicate(timeout=110)
        record = json.loads(out) if out.strip() else {}
        return Ended(status=self.process.returncode, out=out, err=err, record=record)

    def kill(self) -> None:
        """As a runner does that is taken away: no chance to tidy up."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate(timeout=30)


@dataclass(frozen=True, kw_only=True, slots=True)
class Thought:
    """What the thinking half has left of a red request, to be delivered again and again."""

    bundle: Path
    bare: Path  # the repository as it was then

    def request(self, forge: LoopbackForge, folder: Path) -> RedRequest:
        """The same red request on another forge."""
        project = forge.add_project(PROJECT)
        shutil.rmtree(project.folder)
        shutil.copytree(self.bare, project.folder)
        origin = Repo(folder / "origin")
        subprocess.run(["git", "clone", "--quiet", str(project.folder), str(origin.path)], check=True, timeout=60)
        origin.git("switch", "--quiet", "topic")
        return _request(forge, project, origin, folder)


def think(forge: LoopbackForge, folder: Path) -> Thought:
    """``honk heal`` without delivery, in a job that may write nothing."""
    scene = red_request(forge, folder)
    shutil.copytree(scene.project.folder, folder / "bare.git")
    reader = forge.add_token("ghs_reader", kind="job", rights={"contents": "read"})
    ended = scene.job(token=reader).heal("--deliver", "none", "--bundle", str(folder / "bundle"))
    assert ended.status == 0, ended.err
    return Thought(bundle=folder / "bundle", bare=folder / "bare.git")


def red_request(forge: LoopbackForge, folder: Path) -> RedRequest:
    project = forge.add_project(PROJECT)
    origin = Repo.create(folder / "origin", PYTHON)
    origin.git("remote", "add", "origin", str(project.folder))
    origin.git("push", "--quiet", "origin", "main")
    origin.git("switch", "--quiet", "--create", "topic")
    origin.commit("a change", WRONG_DISCOUNT)
    origin.git("push", "--quiet", "origin", "topic")
    return _request(forge, project, origin, folder)


def _request(forge: LoopbackForge, project: Project, origin: Repo, folder: Path) -> RedRequest:
    forge.add_user("ada", project)
    forge.state.user("ada").email = "test@example.invalid"  # the address that commits of tests have
    request = forge.state.open_request(project, author="ada", head="topic", base="main", title="A change")
    return RedRequest(
        forge=forge,
        project=project,
        request=request,
        origin=origin,
        token=forge.add_token("ghs_of_the_app_0123456789abcdefghij", kind="app"),
        red=origin.git("rev-parse", "HEAD"),
        folder=folder,
    )


def told(ended: Ended) -> str:
    """What the record says beside the outcome."""
    return " ".join((ended.record["delivery"]["note"], *ended.record["delivery"]["notes"], *ended.record["notes"]))


def one_of_each(scene: RedRequest) -> None:
    """One fix branch, one request from it into the red branch, one comment."""
    assert len(scene.fix_branches()) == 1
    assert [(request.head, request.base) for request in scene.fix_requests()] == [(scene.fix_branches()[0], "topic")]
    assert [comment.count("<!-- honk-ci:failure=") for comment in scene.comments()] == [1]
