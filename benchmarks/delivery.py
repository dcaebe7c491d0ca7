"""Delivery: what a heal asks of forge and remote, and how long that takes without a network.

    python -m benchmarks.delivery [--repeats 3]

A red pull request on the loopback forge of the tests, healed by whole `honk` processes; requests
as the server counted them, wall seconds as medians from one run. The forge answers at once, so a
real one adds its latency once per request: the count is the figure that travels.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.honk import Ended
from tests.e2e.red_request import RedRequest, red_request
from tests.forge import LoopbackForge


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """Of one run."""

    wall_s: float
    own_s: float
    api: int
    git: int


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    runs = [one_round() for _ in range(repeats)]
    print(f"{'run':<34} {'API':>5} {'git':>5} {'wall':>8} {'own':>8}   medians of {repeats}")
    for name in runs[0]:
        costs = [run[name] for run in runs]
        api, git = (int(statistics.median(counts)) for counts in ([c.api for c in costs], [c.git for c in costs]))
        wall, own = (statistics.median(times) for times in ([c.wall_s for c in costs], [c.own_s for c in costs]))
        print(f"{name:<34} {api:>5} {git:>5} {wall:>6.2f} s {own:>6.2f} s")


def one_round() -> dict[str, Cost]:
    """The same red request healed in each way, on a forge of its own."""
    with tempfile.TemporaryDirectory(prefix="honk-delivery-") as folder, LoopbackForge(Path(folder) / "f") as forge:
        scene = red_request(forge, Path(folder))
        reader = forge.add_token("ghs_reader", kind="job", rights={"contents": "read"})
        bundle = str(Path(folder) / "bundle")
        think, write, again = scene.job("think", token=reader), scene.writing_job(), scene.job("again")
        return {
            "heal, none (think, with bundle)": measured(
                scene, lambda: think.heal("--deliver", "none", "--bundle", bundle)
            ),
            "deliver that bundle (write)": measured(
                scene, lambda: write.start("deliver", bundle, "--deliver", "pull-request").end()
            ),
            "heal, pull-request, there already": measured(scene, lambda: again.heal("--deliver", "pull-request")),
            **first_time(),
        }


def first_time() -> dict[str, Cost]:
    """A heal that finds nothing of an earlier one."""
    costs = {}
    for mode in ("branch", "pull-request"):
        with tempfile.TemporaryDirectory(prefix="honk-delivery-") as folder, LoopbackForge(Path(folder) / "f") as forge:
            scene = red_request(forge, Path(folder))
            costs[f"heal, {mode}, first time"] = measured(scene, heal_with(scene, mode))
    return costs


def heal_with(scene: RedRequest, mode: str) -> Callable[[], Ended]:
    job = scene.job("first")
    return lambda: job.heal("--deliver", mode)


def measured(scene: RedRequest, run: Callable[[], Ended]) -> Cost:
    """What one run costs; it must end well, or its figures say nothing."""
    before = len(scene.forge.calls)
    started = time.perf_counter()
    ended = run()
    wall_s = time.perf_counter() - started
    assert ended.status == 0, ended.err
    calls: Sequence[str] = [call.path for call in scene.forge.calls[before:]]
    git = sum(".git/" in path for path in calls)
    return Cost(wall_s=wall_s, own_s=ended.record["timing"]["own_s"], api=len(calls) - git, git=git)


if __name__ == "__main__":
    main()
