"""``honk demo``: breaks a small repository and heals it before your eyes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import click

from honk_ci.cli.errors import say
from honk_ci.errors import GitError, HonkError, RunnerError


@click.command(short_help="Break a small repository and heal it.")
@click.option("--keep", metavar="DIR", default="", help="Make the repository here, and leave it there to look at.")
def demo(keep: str) -> None:
    """Make a small broken repository with a remote and heal it; no key, no network."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "GITHUB_", "CI"))}
    environ |= {"PYTHONDONTWRITEBYTECODE": "1"}
    if find_spec("pytest") is None:
        raise RunnerError(
            "the demo's tests need pytest, and it is not installed beside honk",
            hint=f"{sys.executable} -m pip install pytest",
        )
    with tempfile.TemporaryDirectory(prefix="honk-demo-") as folder:
        place = Path(keep).absolute() if keep else Path(folder)
        _make_room(place)
        raise SystemExit(_show(place, environ, is_kept=bool(keep)))


def _make_room(place: Path) -> None:
    if any((place / name).exists() for name in ("shop", "shop.git")):
        raise HonkError(f"{place} holds a demo already", hint="remove it, or name another folder with --keep")
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HonkError(f"{place} cannot be made: {error.strerror}", hint="name another folder with --keep") from error
    if shutil.which("git") is None:
        raise GitError("git is not installed", hint="install git 2.25 or newer")


def _show(place: Path, environ: Mapping[str, str], *, is_kept: bool) -> int:
    from honk_ci import demo_project
    from honk_ci.cli.run import run
    from honk_ci.pipeline import heal_build

    _title("1. A repository, its remote, and a commit that broke the build")
    checkout, remote = demo_project.make(place, environ)
    say(_git(checkout, environ, "log", "--oneline", "--stat", "--format=%h %s", "-1"))
    _title("2. The red build, as CI sees it")
    say(demo_project.run_tests(checkout, environ))
    _title("3. honk heal --report junit.xml --healers autofix,search")
    options = {
        "repo": checkout,
        "reports": ("junit.xml",),
        "logs": (),
        "healers": "autofix,search",
        "test_command": f"{sys.executable} -m pytest -q -p no:cacheprovider --junitxml={{report}}",
    }
    status = run(heal_build, options, environ)
    _title("4. What is on the remote now, to review and merge")
    say(_git(remote, environ, "log", "--format=%h %s%n(by %an)%n%n%b", "-1", _fix_branch(remote, environ)))
    if is_kept:
        say(f"The repository is in {checkout}, its remote in {remote}.")
    return status


def _fix_branch(remote: Path, environ: Mapping[str, str]) -> str:
    branches = _git(remote, environ, "for-each-ref", "--format=%(refname:short)", "refs/heads/honk").split()
    return branches[0] if branches else "main"


def _title(text: str) -> None:
    say(f"\n── {text} {'─' * max(3, 84 - len(text))}\n")


def _git(folder: Path, environ: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=dict(environ), capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.rstrip()
