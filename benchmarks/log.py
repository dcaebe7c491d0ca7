"""Reducing a long console log against ripgrep searching it for the same words.

    python -m benchmarks.log [--mib 200] [--repeats 7]

The log holds ordinary CI lines and 20 failing ones, spread evenly. Both run as whole processes, in
turn; times are wall clock, medians. Target: at most 6 times ripgrep. The reducer searches the end
of the log for all its words and the rest for those that come with nearly every failure; the second
figure gives ripgrep only the latter.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from honk_ci.reports.console.scan import STRONG, WORDS

FAILING = 20
RATIO_TARGET = 6.0
TIMEOUT_S = 300

READER = """
import sys
from pathlib import Path
from honk_ci import reports
print(len(reports.read_log(Path(sys.argv[1])).findings))
"""

VOCABULARY = [
    "Downloading", "Compiling", "resolved", "package", "layer", "cached", "test", "passed", "ok", "module",
    "running", "step", "done", "info", "worker", "handled", "item", "request", "batch", "in", "ms", "GET", "200",
    "/api/v1/items", "collected", "pulling", "extracting", "building", "wheel", "installed", "deprecated",
]  # fmt: skip


def make_log(path: Path, mib: int) -> None:
    """Lines with GitHub's time stamps; the same few thousand over and over, as in a real job."""
    dice = random.Random(7)
    lines = [
        f"2026-11-20T17:{n // 60 % 60:02}:{n % 60:02}.{n:07}Z {' '.join(dice.choices(VOCABULARY, k=dice.randint(5, 14)))} {n}\n"
        for n in range(5_000)
    ]
    block = "".join(lines).encode()
    blocks = (mib << 20) // len(block)
    failing_after = {round((n + 0.5) * blocks / FAILING) for n in range(FAILING)}
    with path.open("wb") as file:
        for number in range(blocks):
            file.write(block)
            if number in failing_after:
                file.write(f"FAILED tests/test_{number}.py::test_it - AssertionError: assert {number} == 2\n".encode())


def seconds(command: list[str]) -> tuple[float, str]:
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=TIMEOUT_S)
    return time.perf_counter() - started, done.stdout


def compare(ripgrep: str, log: Path, words: tuple[bytes, ...], repeats: int) -> tuple[float, float, float]:
    """Medians of ripgrep, of the reader, and of their ratios."""
    patterns = [argument for word in words for argument in ("-e", word.decode())]
    rows = []
    for _ in range(repeats):
        theirs, _ = seconds([ripgrep, "--no-config", "-F", *patterns, str(log)])
        ours, found = seconds([sys.executable, "-c", READER, str(log)])
        assert int(found) == FAILING, f"found {found.strip()} of {FAILING} failing lines"
        rows.append((theirs, ours, ours / theirs))
    theirs, ours, ratio = (statistics.median(column) for column in zip(*rows, strict=True))
    return theirs, ours, ratio


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mib", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    ripgrep = shutil.which("rg")
    if ripgrep is None:
        print("skipped: ripgrep (rg) is not installed")
        return 0
    with tempfile.TemporaryDirectory(prefix="honk-benchmark-") as folder:
        log = Path(folder) / "job.log"
        make_log(log, options.mib)
        theirs, ours, ratio = compare(ripgrep, log, WORDS, options.repeats)
        print(f"{options.mib} MiB, {FAILING} failing lines")
        print(f"  ripgrep, {len(WORDS)} words  {theirs:6.2f} s")
        print(f"  honk               {ours:6.2f} s")
        print(
            f"  ratio              {ratio:6.1f}   (target {RATIO_TARGET}) {'ok' if ratio <= RATIO_TARGET else 'MISSED'}"
        )
        theirs, ours, strong = compare(ripgrep, log, STRONG, options.repeats)
        print(f"  ripgrep, {len(STRONG)} words   {theirs:6.2f} s, ratio {strong:.1f}")
    return 0 if ratio <= RATIO_TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
