"""``honk deliver``: the writing half alone, from a bundle that another job has made."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from honk_ci.cli.options import DELIVER_MODES, Mode, text


@click.command(short_help="Check a proof bundle and deliver its fix.")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--repo",
    type=click.Path(path_type=Path),
    default=Path(),
    help="A checkout that names the remote, where CI does not; nothing else of it is used.  [default: .]",
)
@click.option("--deliver", "mode", type=Mode(DELIVER_MODES), help="What is made of the fix.  [default: config]")
@text(
    "--remote", "Git remote of the checkout, or an address.  [default: the forge of this CI job, else origin]", "NAME"
)
@text("--base", "Branch or commit whose config counts.  [default: the target branch, else the red commit]", "REF")
@text("--json", "Write the run record here; '-' is standard output.", metavar="FILE")
@text("--summary", "Write a summary in Markdown here.", metavar="FILE")
def deliver(**options: Any) -> None:
    """Check the proof bundle in folder BUNDLE, which honk heal --bundle has made, and deliver its fix.

    Runs no code of the repository, needs no model, and works without a checkout. The hashes and
    (where HONK_BUNDLE_KEY is set) the signature of the bundle must be right, its red commit must be
    in the history of its branch, and the patch passes the policy and integrity checks again.

    Exit status: 0 healed and delivered; 3 refused, proposed or not healed, and the summary says
    why; 2 wrong usage; 10 and up a fault of honk's own.
    """
    from honk_ci.cli.deliver_run import run_delivery

    raise SystemExit(run_delivery(options, os.environ))
