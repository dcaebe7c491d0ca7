"""Work done in a forked child under limits, and what it said before it ended."""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
import time
import warnings
from pathlib import Path
from typing import Any, BinaryIO, Callable  # noqa: UP035 (the other cannot be subscripted before 3.9)

MEMORY_HEADROOM_BYTES = 2 << 30
FILE_SIZE_BYTES = 256 << 20
REPEAT_S = 0.05  # a candidate may swallow the exception that ends it: it is raised again and again

Message = Any  # whatever JSON can carry
Send = Callable[[Message], None]


class Overtime(BaseException):
    """Raised inside code that used up its CPU time; not an Exception, so that few handlers catch it."""


def in_fork(work: Callable[[Send], None], wall_s: float) -> tuple[list[Message], bool]:
    """Run ``work`` in a child; its messages, and whether it came to its end by itself.

    The child stays in our process group, so that whoever ends this run ends it too.
    """
    read, write = os.pipe()
    _flush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 3.12+ warns of forks in threaded processes
        pid = os.fork()
    if pid == 0:
        os.close(read)
        _work_and_exit(work, os.fdopen(write, "wb"))
    os.close(write)
    try:
        return _listen(read, time.monotonic() + wall_s)
    finally:
        os.close(read)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def limit_cpu(seconds: float, *, on_overtime: Callable[[], None] | None = None) -> None:
    """From now on this process may use ``seconds`` of CPU; then ``on_overtime`` is called, if given, and Overtime raised."""

    def overtime(_number: int, _frame: Any) -> None:
        if on_overtime is not None:
            on_overtime()
        raise Overtime

    signal.signal(signal.SIGPROF, overtime)
    signal.setitimer(signal.ITIMER_PROF, max(seconds, 0.001), REPEAT_S)


def unlimit_cpu() -> None:
    signal.setitimer(signal.ITIMER_PROF, 0)


def _work_and_exit(work: Callable[[Send], None], pipe: BinaryIO) -> None:
    def send(message: Message) -> None:
        pipe.write(json.dumps(message).encode() + b"\n")
        pipe.flush()

    try:
        _limit_resources()
        work(send)
        unlimit_cpu()
        send("end")
    finally:
        os._exit(0)  # neither exit handlers nor buffers of the parent are ours to run


def _limit_resources() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower(resource.RLIMIT_FSIZE, FILE_SIZE_BYTES)
    if sys.platform == "linux":  # elsewhere the limit is not honoured or counts shared memory
        used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        _lower(resource.RLIMIT_AS, used + MEMORY_HEADROOM_BYTES)


def _lower(what: int, limit: int) -> None:
    _, hard = resource.getrlimit(what)
    soft = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(what, (soft, hard))


def _listen(read: int, deadline: float) -> tuple[list[Message], bool]:
    """Messages up to the child's last word; a grandchild may hold the pipe open long after that."""
    messages: list[Message] = []
    rest = b""
    poll = select.poll()
    poll.register(read, select.POLLIN | select.POLLHUP)
    while time.monotonic() < deadline:
        if not poll.poll(max(0, int((deadline - time.monotonic()) * 1000) + 1)):
            break
        chunk = os.read(read, 1 << 16)
        if not chunk:
            break
        *lines, rest = (rest + chunk).split(b"\n")
        messages += [json.loads(line) for line in lines]
        if messages and messages[-1] == "end":
            return messages[:-1], True
    return messages, False


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
