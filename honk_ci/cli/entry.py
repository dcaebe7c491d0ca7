"""Where the ``honk`` command begins and ends."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from honk_ci.cli import main


def entry() -> NoReturn:
    """Run the command, and leave without taking the interpreter apart.

    Freeing hundreds of modules one by one costs 17 ms CPU, and more once the model's client is
    loaded; mypy ends in the same way (``mypy.util.hard_exit``). Temporary folders are gone by
    then, since each belongs to a context. A bug's traceback takes the ordinary way out.
    """
    try:
        main(prog_name="honk")
    except SystemExit as end:
        status = end.code
    _leave(status)


def _leave(status: str | int | None) -> NoReturn:
    if isinstance(status, str):
        print(status, file=sys.stderr)
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:  # whoever read our output has gone
        status = status or 1
    os._exit(status if isinstance(status, int) else int(status is not None))
