"""The one way to run a command: a time-out, a process group of its own, and output kept on a kill."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

OUTPUT_CAP_BYTES = 256 * 1024
GRACE_S = 2.0  # between SIGTERM and SIGKILL
POLL_S = 0.02


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A command to run: ``argv`` runs as it is, ``shell`` text through ``sh -c``; exactly one is set."""

    argv: tuple[str, ...] = ()
    shell: str = ""
    env: Mapping[str, str] = field(default_factory=dict)  # on top of the caller's environment
    cwd: str = ""  # relative to the repository; "" is its top

    def __str__(self) -> str:
        return self.shell or shlex.join(self.argv)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """How a command ended. ``output`` is standard output and error as they came, its middle cut out."""

    exit_code: int | None  # None when it was killed for time
    output: str
    duration_s: float
    timed_out: bool = False
    cpu_s: float = 0.0  # of the process and its waited-for children

    @property
    def ok(self) -> bool:
        return self.exit_code == 0


def run(
    command: Command,
    *,
    cwd: Path,
    env: Mapping[str, str],
    timeout_s: float,
    output_cap_bytes: int = OUTPUT_CAP_BYTES,
    on_tick: Callable[[], None] | None = None,
) -> Finished:
    """Run ``command`` to its end or to ``timeout_s``; never raises for what the command does.

    The command gets a session and process group of its own, and the whole group is killed at the
    time-out, on an interrupt, and when the command ends but leaves children behind. Output goes
    through a file, so that nothing is lost on a kill and a background child that holds the pipe
    cannot hang us.
    """
    argv = ["sh", "-c", command.shell] if command.shell else list(command.argv)
    started = time.monotonic()
    with tempfile.TemporaryFile() as sink:
        try:
            process = subprocess.Popen(
                argv,
                cwd=cwd / command.cwd,
                env={**env, **command.env},
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            return Finished(exit_code=127, output=f"{argv[0]}: {error.strerror}", duration_s=0.0)
        try:
            timed_out, cpu_s = _wait(process, started + timeout_s, on_tick)
        finally:
            kill_group(process)
        return Finished(
            exit_code=None if timed_out else process.returncode,
            output=_read_capped(sink, output_cap_bytes),
            duration_s=time.monotonic() - started,
            timed_out=timed_out,
            cpu_s=cpu_s,
        )


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """End what is left of the group of ``process``: SIGTERM, a grace, SIGKILL."""
    if not _signal_group(process.pid, signal.SIGTERM):
        process.wait()
        return
    deadline = time.monotonic() + GRACE_S
    while time.monotonic() < deadline and _group_lives(process):
        time.sleep(POLL_S)
    _signal_group(process.pid, signal.SIGKILL)
    process.wait()


def _group_lives(process: subprocess.Popen[bytes]) -> bool:
    process.poll()  # reap the leader, else its zombie keeps the group alive
    return _signal_group(process.pid, 0)


def _wait(process: subprocess.Popen[bytes], deadline: float, on_tick: Callable[[], None] | None) -> tuple[bool, float]:
    """Whether the time ran out, and the CPU seconds used."""
    before = os.times()
    pause = 0.001
    while process.poll() is None:
        if time.monotonic() > deadline:
            return True, 0.0
        if on_tick is not None:
            on_tick()
        try:
            process.wait(pause if on_tick is None else min(pause, 0.2))
        except subprocess.TimeoutExpired:
            pause = min(pause * 2, max(0.0, min(deadline - time.monotonic(), 1.0)) + 0.001)
    after = os.times()
    return False, (after.children_user + after.children_system) - (before.children_user + before.children_system)


def _signal_group(pid: int, number: int) -> bool:
    """Whether a process of the group was there to get the signal."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _read_capped(sink: IO[bytes], cap_bytes: int) -> str:
    size = sink.seek(0, os.SEEK_END)
    if size <= cap_bytes:
        sink.seek(0)
        return sink.read().decode("utf-8", "replace")
    half = cap_bytes // 2
    sink.seek(0)
    head = sink.read(half)
    sink.seek(size - half)
    tail = sink.read(half)
    gap = f"\n… {size - cap_bytes} bytes left out …\n"
    return head.decode("utf-8", "replace") + gap + tail.decode("utf-8", "replace")
