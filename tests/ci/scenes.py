"""A red project on the loopback forge, and the events that GitHub would start a workflow with."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.forge import Job, LoopbackForge, Project, Run, Token
from tests.repos import Repo

PROJECT = "acme/shop"

GOOD = {
    "shop.py": """
        def discount(total):
            if total >= 100:
                return total // 10
            return 0


        def price(total):
            return total - discount(total)
        """,
    "test_shop.py": """
        import pytest

        from shop import discount, price


        @pytest.mark.parametrize(("total", "off"), [(0, 0), (99, 0), (100, 10), (150, 15), (1000, 100)])
        def test_discount(total, off):
            assert discount(total) == off


        def test_price():
            assert price(100) == 90
            assert price(10) == 10
        """,
    "requirements.txt": "# nothing but what is there\n",
    ".gitignore": "report.xml\n__pycache__/\n",
}
BROKEN = {"shop.py": GOOD["shop.py"].replace(">= 100", "> 100")}


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """A project whose branch ``change`` is red and asked to be merged into ``main``."""

    forge: LoopbackForge
    project: Project
    repo: Repo
    red: str  # the red commit: the tip of ``change``
    job_token: Token
    app_token: Token

    def environ(self, **more: str) -> dict[str, str]:
        """What GitHub sets for every job."""
        return {
            "GITHUB_REPOSITORY": PROJECT,
            "GITHUB_SERVER_URL": self.forge.url,
            "GITHUB_API_URL": self.forge.github_url,
            "GITHUB_ACTOR": "octocat",
            "GITHUB_TRIGGERING_ACTOR": "octocat",
            **more,
        }

    def fix_branches(self) -> list[str]:
        return [name for name in self.project.branches() if name.startswith("honk/")]

    def comments(self, number: int) -> list[str]:
        request = self.project.request(number)
        assert request is not None
        return [comment.body for comment in request.comments]


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """What starts a workflow."""

    name: str
    payload: Mapping[str, Any]
    environ: Mapping[str, str]


def red_project(forge: LoopbackForge, folder: Path, *, branch: str = "change", author: str = "octocat") -> Scene:
    project = forge.add_project(PROJECT)
    forge.add_user(author, project)
    job_token = forge.add_token("ghs_of_the_job_0123456789abcdefghij", kind="job")
    app_token = forge.add_token("ghs_of_the_app_0123456789abcdefghij", kind="app")
    repo = Repo.create(folder, GOOD)
    repo.git("remote", "add", "origin", forge.git_url(PROJECT, app_token))
    repo.git("push", "--quiet", "origin", "main")
    repo.git("switch", "--quiet", "--create", branch)
    red = repo.commit("a discount for larger totals alone", BROKEN)
    repo.git("push", "--quiet", "origin", branch)
    forge.state.open_request(project, author=author, head=branch, base="main", title="Larger totals")
    return Scene(forge=forge, project=project, repo=repo, red=red, job_token=job_token, app_token=app_token)


def pull_request(scene: Scene) -> Event:
    """As for a pull request that has been pushed to; the checkout is the merge that GitHub makes."""
    scene.forge.state.refresh(scene.project)
    request = scene.project.requests[0]
    repository = {"full_name": PROJECT, "default_branch": "main"}
    payload = {
        "action": "synchronize",
        "number": request.number,
        "pull_request": {
            "number": request.number,
            "head": {"ref": request.head, "sha": request.head_commit, "repo": repository},
            "base": {"ref": request.base, "sha": request.base_commit, "repo": repository},
            "user": {"login": request.author},
            "labels": [],
        },
        "repository": repository,
        "sender": {"login": request.author},
    }
    environ = scene.environ(
        GITHUB_SHA=request.merge_commit,
        GITHUB_REF=f"refs/pull/{request.number}/merge",
        GITHUB_REF_NAME=f"{request.number}/merge",
        GITHUB_REF_TYPE="branch",
        GITHUB_HEAD_REF=request.head,
        GITHUB_BASE_REF=request.base,
    )
    return Event(name="pull_request", payload=payload, environ=environ)


def workflow_run(scene: Scene, run: Run) -> Event:
    """As for another workflow's run that has ended; this one runs for the default branch."""
    request = scene.project.requests[0]
    login = request.author
    payload = {
        "action": "completed",
        "workflow_run": {
            "id": run.id,
            "name": run.name,
            "event": run.event,
            "conclusion": run.conclusion,
            "head_branch": run.branch,
            "head_sha": run.commit,
            "head_repository": {"full_name": PROJECT},
            "html_url": f"{scene.forge.url}/{PROJECT}/actions/runs/{run.id}",
            "actor": {"login": login},
            "triggering_actor": {"login": login},
            "pull_requests": [{"number": request.number, "head": {"ref": request.head}, "base": {"ref": request.base}}],
        },
        "repository": {"full_name": PROJECT, "default_branch": "main"},
    }
    environ = scene.environ(
        GITHUB_SHA=scene.project.branches()["main"],
        GITHUB_REF="refs/heads/main",
        GITHUB_REF_NAME="main",
        GITHUB_REF_TYPE="branch",
    )
    return Event(name="workflow_run", payload=payload, environ=environ)


def red_report(scene: Scene) -> tuple[str, str]:
    """What the tests of the red commit report and print, as JUnit XML and as GitHub keeps a console log."""
    scene.repo.git("switch", "--quiet", scene.project.requests[0].head)
    report = scene.repo.path.parent / "red-report.xml"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--junitxml={report}"],
        cwd=scene.repo.path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    lines = [
        "##[group]Run python -m pytest --junitxml=report.xml",
        "\x1b[36;1mpython -m pytest --junitxml=report.xml\x1b[0m",
        "shell: /usr/bin/bash -e {0}",
        "##[endgroup]",
        *done.stdout.splitlines(),
        "##[error]Process completed with exit code 1.",
    ]
    return report.read_text(), "".join(f"2026-11-20T10:11:12.1234567Z {line}\n" for line in lines)


def red_run(scene: Scene, *, artifacts: Mapping[str, Mapping[str, str]] | None = None, log: str = "") -> Run:
    """A run of CI that has ended red, with what it has left: artifact -> file -> text, and a console log."""
    packed = {name: _zip(files) for name, files in (artifacts or {}).items()}
    job = Job(id=next(scene.project.ids), name="Test", log=log or None)
    passed = Job(id=next(scene.project.ids), name="Lint", conclusion="success", log="all is well\n")
    run = Run(
        id=next(scene.project.ids),
        name="CI",
        commit=scene.red,
        branch=scene.project.requests[0].head,
        event="pull_request",
        jobs=[passed, job],
        artifacts=packed,
        actor=scene.project.requests[0].author,
    )
    return scene.project.add_run(run)


def _zip(files: Mapping[str, str]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return held.getvalue()
