"""Keeps a wrong edit from harming the machine: what touches the outside is stopped unless the tests did the same.

An edit may turn ``rmtree(folder / "cache")`` into ``rmtree(folder)``. So the control runs, with
the code as it is, note every removal, write, started program and connection; runs with an edit may
repeat those, and do as they like in their own temporary folder, and nothing else.
"""

from __future__ import annotations

import os
import sys
import tempfile
from typing import Any

PATHS_OF = {  # audit event -> positions of its paths; https://docs.python.org/3/library/audit_events.html
    "os.remove": (0,),
    "os.rmdir": (0,),
    "os.rename": (0, 1),
    "os.truncate": (0,),
    "os.chmod": (0,),
    "os.chown": (0,),
    "os.link": (0, 1),
    "os.symlink": (1,),
    "os.mkdir": (0,),
    "os.utime": (0,),
    "shutil.rmtree": (0,),
    "shutil.move": (0, 1),
}
NAMED_BY = {"subprocess.Popen": 0, "os.system": 0, "os.exec": 0, "os.posix_spawn": 0, "os.startfile": 0}
ANY = ("os.kill", "os.killpg", "signal.pthread_kill", "os.fork", "os.forkpty", "pty.spawn")
ADDRESSED = ("socket.connect", "socket.bind", "socket.sendto")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

Deed = str


class Guard:
    """Watches this process from ``start`` to its end; an audit hook cannot be taken off again."""

    def __init__(self, *, allowed: set[Deed] | None) -> None:
        """``allowed`` None: stop nothing, note all."""
        self.deeds: set[Deed] = set()
        self.was_needed = False
        self._allowed = allowed
        self._free = os.path.realpath(tempfile.gettempdir()) + os.sep

    def start(self) -> None:
        sys.addaudithook(self._on_event)

    def _on_event(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" and event not in WATCHED:
            return
        for deed in self._deeds(event, arguments):
            if self._allowed is None:
                self.deeds.add(deed)
            elif deed not in self._allowed:
                self.was_needed = True
                raise PermissionError(f"stopped: {deed}, which the tests do not do without the edit")

    def _deeds(self, event: str, arguments: tuple[Any, ...]) -> list[Deed]:
        if event == "open":
            is_write = isinstance(arguments[2], int) and arguments[2] & WRITES
            return self._path_deeds(event, arguments[:1]) if is_write else []
        if event in PATHS_OF:
            return self._path_deeds(event, [arguments[i] for i in PATHS_OF[event]])
        if event in NAMED_BY:
            return [f"{event} {arguments[NAMED_BY[event]]!r}"]
        if event in ADDRESSED:
            return [f"{event} {_host(arguments[1])!r}"]
        return [event]

    def _path_deeds(self, event: str, paths: Any) -> list[Deed]:
        real = [os.path.realpath(os.fsdecode(path)) for path in paths if isinstance(path, (str, bytes, os.PathLike))]
        return [f"{event} {path}" for path in real if not path.startswith(self._free) and path != os.devnull]


WATCHED = frozenset([*PATHS_OF, *NAMED_BY, *ANY, *ADDRESSED])


def _host(address: Any) -> Any:
    return address[0] if isinstance(address, tuple) else address
