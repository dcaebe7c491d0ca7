"""Runs the workflows of this project with ``act`` in host mode, against the loopback forge."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.ci.stand_ins import TOP, used_by

ACT = Path(sys.executable).parent / "act"
RUNNER = "ubuntu-24.04"


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """What all runs of a session share."""

    stand_ins: Mapping[str, Path]
    cache: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step as act tells of it."""

    job: str
    name: str
    result: str  # "success", "failure", "skipped"
    log: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ActRun:
    """How a run of a workflow ended."""

    status: int
    jobs: Mapping[str, str]  # job -> "success" or "failure"
    steps: Sequence[Step]
    log: str
    outputs: Mapping[str, str] = field(default_factory=dict)  # what the workflow's steps have set, the last one counts

    def step(self, name: str, *, job: str = "") -> Step:
        found = [step for step in self.steps if step.name == name and job in step.job]
        assert found, f"no step {name!r}:\n{self.log}"
        return found[-1]


def run_act(
    workflow: Path,
    *,
    bench: Bench,
    folder: Path,
    bare: Path,
    event: str,
    payload: Mapping[str, Any],
    environ: Mapping[str, str],
    secrets: Mapping[str, str],
    timeout_s: float = 240,
) -> ActRun:
    """Run a workflow for an event; ``environ`` is what GitHub would set.

    ``bare`` is the repository that has the event's commit. Skips the test where there is no act.
    """
    if not ACT.is_file():
        pytest.skip("act is not installed here")
    here = _place(folder, bare, environ["GITHUB_SHA"])
    known = folder / workflow.name
    known.write_text(_without_what_act_refuses(workflow.read_text()))
    (folder / "event.json").write_text(json.dumps(payload))
    for name in ("artifacts", "home"):
        (folder / name).mkdir(exist_ok=True)
    command = [str(ACT), event, "--json", "--workflows", str(known), "--eventpath", str(folder / "event.json")]
    command += ["--platform", f"{RUNNER}=-self-hosted", "--no-cache-server", "--action-offline-mode"]
    command += ["--no-skip-checkout", "--concurrent-jobs", "1", "--directory", str(here)]
    for name, value in {**environ, **_wiring(bench, folder, environ)}.items():
        command += ["--env", f"{name}={value}"]
    file = folder / "secrets"  # not in the environment, which act hands to every step
    file.write_text("".join(f"{name}={value}\n" for name, value in secrets.items()))
    command += ["--secret-file", str(file)]
    for uses in sorted(used_by(workflow) | used_by(TOP / "action.yml")):
        repository, _, commit = uses.partition("@")
        owner, name = repository.split("/")[:2]
        command += ["--local-repository", f"{owner}/{name}@{commit}={bench.stand_ins[f'{owner}/{name}']}"]
    try:
        done = subprocess.run(
            command,
            cwd=here,
            env=_outer_environ(folder),
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        output = late.stdout.decode("utf-8", "replace") if isinstance(late.stdout, bytes) else ""
        pytest.fail(f"act was not done after {timeout_s:.0f} s:\n{output[-6000:]}")
    return _read(done.returncode, done.stdout, done.stderr)


def _place(folder: Path, bare: Path, commit: str) -> Path:
    """The folder that act starts in: it takes GITHUB_SHA from the checkout there, whatever else it is told."""
    here = folder / "here"
    commands = (
        ["init", "--quiet"],
        ["fetch", "--quiet", str(bare), commit],
        ["checkout", "--quiet", "--detach", commit],
    )
    here.mkdir(parents=True)
    for arguments in commands:
        subprocess.run(["git", *arguments], cwd=here, check=True, timeout=60)
    return here


def _without_what_act_refuses(text: str) -> str:
    """act 0.2.89 does not know the newest key of ``environment:``, and makes no deployments anyway."""
    return text.replace("      deployment: false\n", "")


def _wiring(bench: Bench, folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    return {
        "STAND_IN_ARTIFACTS": str(folder / "artifacts"),
        "STAND_IN_CACHE": str(bench.cache),
        "STAND_IN_SHA": environ["GITHUB_SHA"],
        "STAND_IN_REF": environ["GITHUB_REF"],
    }


def _outer_environ(folder: Path) -> dict[str, str]:
    """Of act itself, which hands it to the steps: the tools of this environment, a home of its own."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "LC_", "SSL_", "REQUESTS_"))}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    home = str(folder / "home")
    return {**kept, "PATH": path, "HOME": home, "XDG_CACHE_HOME": f"{home}/.cache", "LANG": "C.UTF-8"}


def _read(status: int, stdout: str, stderr: str) -> ActRun:
    jobs: dict[str, str] = {}
    logs: dict[tuple[str, str], list[str]] = {}
    results: dict[tuple[str, str], str] = {}
    told: list[str] = []
    for line in stdout.splitlines():
        try:
            item = json.loads(line)
        except ValueError:
            told.append(line)
            continue
        job, step = str(item.get("job", "")).strip(), str(item.get("step", ""))
        message = str(item.get("msg", "")).rstrip()
        told.append(f"[{job}] {message}")
        if "jobResult" in item:
            jobs[job] = item["jobResult"]
        elif item.get("stage") == "Main" and step:
            logs.setdefault((job, step), []).append(message)
            if "stepResult" in item and len(item.get("stepID", [])) == 1:
                results[job, step] = item["stepResult"]
    steps = [
        Step(job=job, name=step, result=result, log="\n".join(logs[job, step]))
        for (job, step), result in results.items()
    ]
    log = "\n".join([*told, stderr])
    outputs = dict(re.findall(r"::set-output:: ([\w-]+)=(.*)", log))
    return ActRun(status=status, jobs=jobs, steps=steps, log=log, outputs=outputs)
