"""Prompt tokens of a whole heal, with and without the cache, beside mini-swe-agent.

    python -m benchmarks.prompt [--lines 15000] [--mini]

The same red build as in ``overhead``, and a model that plays the same script for each: read the
function, edit one line, run the failing test, finish (``honk heal`` needs no answers for the last
two). Tokens are characters/4 as the scripted service counts them, its prompt cache included;
billed = uncached + 1.25 x written + 0.1 x read, in input-token prices. ``--mini`` installs
mini-swe-agent and ``mcp`` (which it needs beside it) into a temporary environment; without it, or
where that fails, its line is left out and the reason printed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.overhead import (
    BUGGY,
    RIGHT,
    WRONG,
    bare_command,
    checkout,
    environment,
    honk_command,
    make_project,
    turns,
)
from honk_ci.testing.messages_api import MessagesAPI
from honk_ci.testing.messages_script import Call, Reply

TIMEOUT_S = 600
INSTALL_TIMEOUT_S = 900
MODEL = "anthropic/claude-sonnet-5-5"
TASK = "tests/test_shop.py::test_value fails: assert 205 == 195. Find the cause and mend it."


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """Tokens of all requests of one heal."""

    requests: int
    uncached: int
    written: int
    read: int

    @property
    def whole(self) -> int:
        return self.uncached + self.written + self.read

    @property
    def billed(self) -> float:
        return self.uncached + 1.25 * self.written + 0.1 * self.read


def prompt_of(api: MessagesAPI) -> Prompt:
    def total(name: str) -> int:
        return sum(usage[name] for usage in api.usages)

    return Prompt(
        requests=len(api.usages),
        uncached=total("input_tokens"),
        written=total("cache_creation_input_tokens"),
        read=total("cache_read_input_tokens"),
    )


def run(project: Path, script: Sequence[Reply], command: Any, extra: Mapping[str, str] | None = None) -> Prompt:
    """One heal of a fresh checkout; ``command`` makes the command line from the checkout's path."""
    with tempfile.TemporaryDirectory(prefix="honk-bench-") as name, MessagesAPI(script) as api:
        root = checkout(project, Path(name))
        env = {**environment(root, api.url), **(extra or {}), "ANTHROPIC_API_BASE": api.url}
        done = subprocess.run(
            command(root), cwd=root, env=env, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
        healed = RIGHT in (root / BUGGY).read_text() or len(_branches(root)) > 1
        if not healed or api.complaints:
            raise RuntimeError(f"healed nothing: {api.complaints}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return prompt_of(api)


def _branches(root: Path) -> list[str]:
    listing = subprocess.run(
        ["git", "ls-remote", "--heads", "origin"], cwd=root, capture_output=True, text=True, timeout=60, check=False
    )
    return listing.stdout.splitlines()


def mini_script() -> list[Reply]:
    """The same turns as shell commands, which is all that mini-swe-agent has."""
    commands = [
        f"grep -n -A6 'def area_3(' {BUGGY}",
        f"sed -i 's/{WRONG}/{RIGHT}/' {BUGGY}",
        "sh run-tests report.xml && echo green",
        "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT",
    ]
    return [Reply(text="Next step.", calls=(Call(name="bash", input={"command": command}),)) for command in commands]


def install_mini(folder: Path) -> Path | None:
    """The ``mini`` command in an environment of its own; None when it cannot be installed here."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=INSTALL_TIMEOUT_S)
    pip = [str(folder / "bin/pip"), "install", "--quiet", "mini-swe-agent", "mcp"]
    done = subprocess.run(pip, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S, check=False)
    if done.returncode != 0:
        print(f"mini-swe-agent cannot be installed here: {done.stderr.strip().splitlines()[-1:]}")
        return None
    return folder / "bin/mini"


def mini_prompt(project: Path, mini: Path) -> Prompt:
    extra = {"MSWEA_CONFIGURED": "true", "LITELLM_LOCAL_MODEL_COST_MAP": "True", "MSWEA_COST_TRACKING": "ignore_errors"}
    extra["PATH"] = f"{mini.parent}{os.pathsep}{os.environ['PATH']}"

    def command(root: Path) -> list[str]:
        output = str(root.parent / "trajectory.json")
        return [str(mini), "--model", MODEL, "--task", TASK, "--yolo", "--exit-immediately", "--output", output]

    return run(project, mini_script(), command, extra)


def main() -> int:
    """Print one line an agent."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prompt")
    parser.add_argument("--lines", type=int, default=15_000)
    parser.add_argument("--mini", action="store_true", help="install mini-swe-agent and compare with it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="honk-bench-") as name:
        project = make_project(Path(name), lines=options.lines)
        found = {
            "bare loop": run(project, turns(bare=True), bare_command),
            "honk heal": run(project, turns(bare=False), honk_command),
            # The first message holds the function already: what a model does that reads it.
            "honk, at once": run(project, turns(bare=False)[1:], honk_command),
        }
        mini = install_mini(Path(name) / "mini") if options.mini else None
        if mini is not None:
            found["mini-swe-agent"] = mini_prompt(project, mini)
    print(f"{'agent':15} requests  prompt  uncached  written   read  billed  without cache")
    for label, prompt in found.items():
        print(
            f"{label:15} {prompt.requests:8}  {prompt.whole:6}  {prompt.uncached:8}  {prompt.written:7}  {prompt.read:5}"
            f"  {prompt.billed:6.0f}  {prompt.whole:13}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
