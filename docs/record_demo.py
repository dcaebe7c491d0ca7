"""Draws ``docs/demo.svg``: what ``honk demo`` shows on a terminal, from a real run.

    python docs/record_demo.py [FILE]

Runs the command on a pseudo-terminal, plays what it wrote into a screen (lines that replace each
other included), and lets rich draw that screen. Needs a Unix system, as pseudo-terminals do.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

COLUMNS = 104
TIMEOUT_S = 300.0
TITLE = "honk demo"
SHOWN = ("── 2.", "── 4.")  # the red build and its healing; what the repository looks like is left out
HERE = Path(__file__).parent

# What would make programs write otherwise than for this terminal.
_STEERING = frozenset({"CI", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "PYTEST_ADDOPTS"})

_THEME = TerminalTheme(
    (250, 250, 248),
    (42, 46, 52),
    [(42, 46, 52), (190, 40, 40), (30, 120, 60), (150, 105, 0), (35, 85, 170), (130, 60, 150), (0, 115, 130), (90, 95, 100)],
    [(110, 115, 120), (205, 50, 50), (35, 140, 70), (170, 120, 0), (45, 100, 200), (150, 70, 170), (0, 130, 150), (20, 22, 25)],
)  # fmt: skip

# A terminal's language as far as rich speaks it: text, colours, new lines, and what moves or wipes.
_PIECES = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|(\r?\n)|(\r)|([^\x1b\r\n]+)|(\x1b.)")


def main(arguments: list[str]) -> int:
    target = Path(arguments[0]) if arguments else HERE / "demo.svg"
    lines = screen(record([sys.executable, "-m", "honk_ci", "demo"]))
    target.write_text(drawn(between(lines, *SHOWN)), encoding="utf-8")
    return 0


def between(lines: list[str], first: str, after: str) -> list[str]:
    """The part of the run from one title up to another, without empty lines around it."""
    start = next(number for number, line in enumerate(lines) if line.startswith(first))
    end = next(number for number, line in enumerate(lines) if line.startswith(after))
    return "\n".join(lines[start:end]).strip("\n").split("\n")


def record(command: list[str]) -> str:
    """What ``command`` writes on a terminal; raises CalledProcessError when it fails."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in _STEERING}
    environ = {**kept, "TERM": "xterm-256color"}
    process = subprocess.Popen(command, env=environ, stdin=follower, stdout=follower, stderr=follower)
    os.close(follower)
    written = _read_all(leader, process)
    os.close(leader)
    if process.wait():
        raise subprocess.CalledProcessError(process.returncode, command, output=written)
    return written


def _read_all(leader: int, process: subprocess.Popen[bytes]) -> str:
    deadline, parts = time.monotonic() + TIMEOUT_S, list[bytes]()
    while True:
        ready, _, _ = select.select([leader], [], [], 0.2)
        try:
            part = os.read(leader, 65536) if ready else b""
        except OSError:  # Linux: the other side is closed
            part, ready = b"", [leader]
        if ready and not part:
            break
        parts.append(part)
        if time.monotonic() > deadline:
            process.kill()
            break
    return b"".join(parts).decode("utf-8", "replace")


def screen(written: str) -> list[str]:
    """The lines as they stand at the end, with their colours."""
    lines, row, is_fresh = [""], 0, True
    for match in _PIECES.finditer(written):
        code, kind, new_line, carriage_return, text, _ = match.groups()
        if new_line:
            row, is_fresh = row + 1, True
            lines += [""] * (row + 1 - len(lines))
        elif carriage_return:
            is_fresh = True
        elif kind == "A":
            row, is_fresh = max(0, row - int(code or 1)), True
        elif kind == "K":
            lines[row], is_fresh = "", False
        elif text or kind == "m":
            lines[row] = ("" if is_fresh else lines[row]) + match.group(0)
            is_fresh = False
    return [line.rstrip() for line in lines]


def drawn(lines: list[str]) -> str:
    """The lines as a picture that needs nothing from the network."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True, color_system="truecolor")
        for line in lines:
            console.print(Text.from_ansi(line))
        svg = console.export_svg(title=TITLE, theme=_THEME, unique_id="honk-demo")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL).replace("Fira Code", "ui-monospace")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
