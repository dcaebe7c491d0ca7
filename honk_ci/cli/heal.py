"""``honk heal``: the whole pipeline in a checkout of the red commit."""

from __future__ import annotations

import os
from typing import Any

import click

from honk_ci.cli.options import DELIVER_MODES, Mode, Number, build_options, folder, text


@click.command(short_help="Heal the red build in this checkout.")
@build_options
@text("--healers", "Healers in order, separated by commas.  [default: config]", metavar="LIST")
@text("--model", "Model of the agent, or replay:FILE.  [default: config]", metavar="NAME")
@click.option("--deliver", "mode", type=Mode(DELIVER_MODES), help="What is made of a proven fix.  [default: config]")
@text("--remote", "Git remote that takes the fix branch.  [default: origin]", metavar="NAME")
@folder("--bundle", "Write the proof bundle here, for another job to deliver.")
@click.option("--max-cost-usd", type=Number(), metavar="N", help="Most dollars to spend on the model.")
def heal(**options: Any) -> None:
    """Heal the red build in this checkout: find the cause, patch it, prove the patch, deliver it.

    Exit status: 0 healed and delivered, or green already; 3 not green yet, and the summary says
    why; 2 wrong usage; 10 and up a fault of honk's own.
    """
    from honk_ci.cli.run import run
    from honk_ci.pipeline import heal_build

    raise SystemExit(run(heal_build, options, os.environ))
