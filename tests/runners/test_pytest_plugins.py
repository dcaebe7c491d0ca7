"""pytest of other versions and with plug-ins, installed into environments of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from honk_ci.runners import detect_runner
from tests.repos import Repo
from tests.runners.runs import environ, run_subset, run_suite

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

Environment = Callable[..., Path]


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """A function that gives a virtual environment with packages of exact versions; skips where it cannot."""
    done: dict[tuple[str, ...], Path] = {}

    def make(*packages: str) -> Path:
        if packages not in done:
            done[packages] = _install(tmp_path_factory.mktemp("python") / "venv", packages)
        return done[packages]

    return make


def _install(folder: Path, packages: tuple[str, ...]) -> Path:
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=120)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, *packages], capture_output=True, text=True, timeout=240, check=False)
    if done.returncode:
        pytest.skip(f"pip cannot install {' '.join(packages)} here: {done.stderr[-300:]}")
    return folder


OLD, NEW = "pytest==6.2.5", "pytest==8.4.2"
PLUGINS = ("pytest-cov==6.2.1", "pytest-randomly==3.16.0", "pytest-xdist==3.8.0")

PROJECT = {
    "pytest.ini": "[pytest]\naddopts = --cov=cart --cov-fail-under=100 -x\nfilterwarnings = error\n",
    "cart.py": "def total(prices):\n    return sum(prices) + 1\n\n\ndef unused():\n    return 1\n",
    "tests/test_cart.py": """
        import pytest
        from cart import total, unused

        @pytest.mark.parametrize("prices", [[1], [2, 3]], ids=["a::b", "c d"])
        def test_total(prices): assert total(prices) == sum(prices)

        def test_unused(): assert unused() == 1
        """,
}


@pytest.mark.parametrize("packages", [(OLD, "pytest-cov==4.1.0"), (NEW, *PLUGINS)])
def test_thresholds_and_early_stops_of_plug_ins(
    repo: Repo, environment: Environment, packages: tuple[str, ...]
) -> None:
    active = environ(VIRTUAL_ENV=str(environment(*packages)))
    repo.write(PROJECT)
    runner = detect_runner(repo.path, command="", environ=active)
    whole = run_suite(runner, repo.path, env=active)
    assert whole.failed == {"tests.test_cart::test_total[a::b]", "tests.test_cart::test_total[c d]"}
    assert whole.passed == {"tests.test_cart::test_unused"}

    repo.write({"cart.py": PROJECT["cart.py"].replace(" + 1", "")})
    part = run_subset(runner, repo.path, whole.report.failed, env=active)
    assert part.passed == whole.failed
    assert part.finished.ok, part.output
    assert run_suite(runner, repo.path, env=active).finished.ok


def test_workers(repo: Repo, environment: Environment) -> None:
    active = environ(VIRTUAL_ENV=str(environment(NEW, *PLUGINS)))
    repo.write({**PROJECT, "pytest.ini": "[pytest]\naddopts = -n 2 --dist loadscope -p no:randomly\n"})
    runner = detect_runner(repo.path, command="", environ=active)
    whole = run_suite(runner, repo.path, env=active)
    part = run_subset(runner, repo.path, whole.report.failed, env=active)
    assert part.ran == whole.failed
    assert "-n0" in part.command.argv
