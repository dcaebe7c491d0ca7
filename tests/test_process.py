"""Commands end in time, with their children, and keep what they printed."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from honk_ci.process import Command, run


def test_output_and_exit_status(tmp_path: Path) -> None:
    done = run(Command(shell="echo out; echo err >&2; exit 3"), cwd=tmp_path, env=os.environ, timeout_s=10)
    assert (done.exit_code, done.output, done.ok) == (3, "out\nerr\n", False)


def test_a_time_out_kills_the_whole_group_and_keeps_the_output(tmp_path: Path) -> None:
    script = "echo started; (sleep 300 & echo $! > child; wait)"
    started = time.monotonic()
    done = run(Command(shell=script), cwd=tmp_path, env=os.environ, timeout_s=0.5)
    assert time.monotonic() - started < 10
    assert done.timed_out
    assert done.exit_code is None
    assert done.output == "started\n"
    assert not _is_alive(int((tmp_path / "child").read_text()))


@pytest.mark.slow
def test_a_command_that_ignores_the_first_signal_is_killed(tmp_path: Path) -> None:
    script = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('x', flush=True); time.sleep(60)"
    )
    done = run(Command(argv=(sys.executable, "-c", script)), cwd=tmp_path, env=os.environ, timeout_s=1)
    assert done.timed_out
    assert done.output == "x\n"


@pytest.mark.slow
def test_children_left_behind_do_not_outlive_the_command(tmp_path: Path) -> None:
    started = time.monotonic()
    done = run(Command(shell="sleep 300 & echo $! > child"), cwd=tmp_path, env=os.environ, timeout_s=60)
    assert done.ok
    assert time.monotonic() - started < 10
    assert not _is_alive(int((tmp_path / "child").read_text()))


def test_endless_output_is_capped_in_its_middle(tmp_path: Path) -> None:
    script = "echo first; yes | head -c 3000000; echo last"
    done = run(Command(shell=script), cwd=tmp_path, env=os.environ, timeout_s=60, output_cap_bytes=1000)
    assert done.output.startswith("first\n")
    assert done.output.endswith("last\n")
    assert len(done.output) < 1100


def test_a_command_that_is_not_there_ends_with_127(tmp_path: Path) -> None:
    done = run(Command(argv=("no-such-program",)), cwd=tmp_path, env=os.environ, timeout_s=10)
    assert done.exit_code == 127
    assert "no-such-program" in done.output


def _is_alive(pid: int) -> bool:
    """Whether the process runs; one that ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
