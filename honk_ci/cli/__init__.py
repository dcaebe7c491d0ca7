"""The command line: one module a command; nothing else imports click."""

from __future__ import annotations

import click

from honk_ci import __version__
from honk_ci.cli.errors import HonkGroup


@click.group(
    cls=HonkGroup,
    commands_in={
        "heal": "honk_ci.cli.heal:heal",
        "diagnose": "honk_ci.cli.diagnose:diagnose",
        "deliver": "honk_ci.cli.deliver:deliver",
        "demo": "honk_ci.cli.demo:demo",
        "init": "honk_ci.cli.init:init",
        "doctor": "honk_ci.cli.doctor:doctor",
        "memory": "honk_ci.cli.memory:memory",
    },
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="honk-ci")
def main() -> None:
    """Heals failing builds, proves the fix, and hands you a branch to merge."""
