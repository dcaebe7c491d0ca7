"""``honk diagnose``: collect, triage and reproduce; changes nothing."""

from __future__ import annotations

import os
from typing import Any

import click

from honk_ci.cli.options import build_options


@click.command(short_help="Say what is red and why; change nothing.")
@build_options
def diagnose(**options: Any) -> None:
    """Say what is red and why, and whether it fails every time; changes nothing.

    Exit status as for heal: 0 only where the build is green.
    """
    from honk_ci.cli.run import run
    from honk_ci.pipeline import diagnose_build

    raise SystemExit(run(diagnose_build, options, os.environ))
