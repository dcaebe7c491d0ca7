"""``honk init``: writes the workflow and the config for the repository at hand."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import click

from honk_ci.cli.errors import safe
from honk_ci.cli.options import text

NOT_WRITTEN = 3
_USES = re.compile(r"[\w.-]+/[\w.-]+(?:/[\w.-]+)*@[0-9a-f]{40}")


def _pinned(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str:
    if value and not _USES.fullmatch(value):
        raise click.BadParameter(f"{value!r} is not OWNER/NAME@COMMIT, with the commit's 40 digits")
    return value or ""


@click.command(short_help="Write the workflow and the config for this repository.")
@click.option("--repo", type=click.Path(path_type=Path), default=Path(), help="Checkout to set up.  [default: .]")
@click.option("--forge", type=click.Choice(["github", "gitlab"]), help="Where it is hosted.  [default: detected]")
@click.option(
    "--layout",
    type=click.Choice(["one-job", "two-jobs", "workflow-run"]),
    help="Heal in one job, in two that do not trust each other, or (GitHub) beside the CI that is there.  "
    "[default: GitHub: workflow-run beside a CI, else two-jobs; GitLab: one-job]",
)
@text("--test-command", "Runs the whole suite; {report} stands for the JUnit file to write.  [default: detected]")
@click.option("--uses", metavar="OWNER/NAME@COMMIT", callback=_pinned, help="GitHub: the action, pinned to a commit.")
@text("--source", "GitLab: what pip installs honk-ci from, such as git+https://HOST/OWNER/honk-ci.git@COMMIT.")
@text("--remote", "Git remote whose address tells the forge.  [default: origin]", metavar="NAME")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--yes", is_flag=True, help="Write without asking.")
def init(repo: Path, dry_run: bool, yes: bool, **options: str | None) -> None:
    """Write what lets honk heal this repository: a workflow or an include, and .honk.yml; show it first.

    A file that is there is changed only after its changes were shown; a .honk.yml that is there is
    left alone.

    Exit status: 0 written, or nothing to write; 3 shown and not written.
    """
    from honk_ci.setup_files.plan import Wishes, make_plan

    wishes = Wishes(**{name: value or "" for name, value in options.items()})
    plan = make_plan(repo, wishes, os.environ)
    for line in plan.shown():
        click.echo(safe(line))
    if not plan.patch:
        click.echo("There is nothing to write.")
        return
    if not dry_run and (yes or _agreed()):
        plan.write()
        click.echo(f"\nWritten: {safe(', '.join(plan.patch.paths))}. What remains to do:")
        for line in plan.to_do:
            click.echo(safe(f"- {line}"))
        return
    raise SystemExit(0 if dry_run else NOT_WRITTEN)


def _agreed() -> bool:
    if not sys.stdin.isatty():
        click.echo("\nNothing was written: nobody can be asked here (--yes writes without asking).", err=True)
        return False
    return click.confirm("\nWrite this?", default=True)
