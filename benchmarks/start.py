"""Start-up: CPU of commands that call no model, and what they import.

    python -m benchmarks.start [--repeats 9]

Whole processes, children (git) included; medians of CPU seconds from one run. Target: 0.15 s, and
no `anthropic`. The checkout is a small one made for this; what the repository's own tests cost is
left out by a test command that answers at once.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

TARGET_S = 0.15
TIMEOUT_S = 60
GREEN = '<testsuite tests="1"><testcase classname="t" name="a"/></testsuite>'
COMMANDS: dict[str, Sequence[str]] = {
    "honk --help": ("--help",),
    "honk heal --help": ("heal", "--help"),
    "honk doctor --offline": ("doctor", "--offline", "--test-command", "true"),
    "honk heal, no report (an error)": ("heal", "--report", "nowhere.xml"),
    "honk diagnose, green report": ("diagnose", "--report", "junit.xml", "--test-command", "true"),
    "honk heal, green report": ("heal", "--report", "junit.xml", "--test-command", "true"),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=9)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory(prefix="honk-start-") as folder:
        checkout = make_checkout(Path(folder))
        print(f"target {TARGET_S} s CPU; medians of {repeats}")
        print(f"{'python -c pass':<34} {median_cpu([sys.executable, '-c', 'pass'], checkout, repeats):.3f} s")
        for name, arguments in COMMANDS.items():
            command = [sys.executable, "-m", "honk_ci", *arguments]
            heavy = "" if not imports_anthropic(arguments, checkout) else "  imports anthropic"
            print(f"{name:<34} {median_cpu(command, checkout, repeats):.3f} s{heavy}")


def make_checkout(folder: Path) -> Path:
    """Two commits and a green report."""
    who = ("-c", "user.name=bench", "-c", "user.email=bench@example.invalid")
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True, timeout=TIMEOUT_S)
    for number in range(2):
        (folder / "a.py").write_text(f"a = {number}\n")
        subprocess.run(["git", "add", "a.py"], cwd=folder, check=True, timeout=TIMEOUT_S)
        subprocess.run(["git", *who, "commit", "--quiet", "-m", "c"], cwd=folder, check=True, timeout=TIMEOUT_S)
    (folder / "junit.xml").write_text(GREEN)
    return folder


def median_cpu(command: Sequence[str], folder: Path, repeats: int) -> float:
    """CPU seconds of the command and its children; one run goes before that is not counted."""
    figures = [_cpu(command, folder) for _ in range(repeats + 1)][1:]
    return statistics.median(figures)


def _cpu(command: Sequence[str], folder: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, env=_environ(), capture_output=True, timeout=TIMEOUT_S, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def imports_anthropic(arguments: Sequence[str], folder: Path) -> bool:
    """Whether the command loads the model's client."""
    command = [sys.executable, "-X", "importtime", "-m", "honk_ci", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=_environ(), capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    return any(line.rpartition("|")[2].strip() == "anthropic" for line in done.stderr.splitlines())


def _environ() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}


if __name__ == "__main__":
    main()
