"""``honk doctor``: proves the wiring on a green day."""

from __future__ import annotations

import os
from pathlib import Path

import click

from honk_ci.cli.errors import safe
from honk_ci.cli.options import text


@click.command(short_help="Say what is missing here for healing.")
@click.option("--repo", type=click.Path(path_type=Path), default=Path(), help="Checkout to look at.  [default: .]")
@click.option("--report", "reports", multiple=True, metavar="GLOB", help="Reports that CI writes; repeatable.")
@text("--test-command", "Runs the whole suite.  [default: detected]")
@text("--model", "Model of the agent.  [default: config]", metavar="NAME")
@text("--remote", "Git remote that takes the fix branch.  [default: origin]", metavar="NAME")
@click.option("--offline", is_flag=True, help="Ask neither the remote nor the model service.")
def doctor(repo: Path, reports: tuple[str, ...], offline: bool, **options: str | None) -> None:
    """Check config, reports, test runner, git remote and model; say what is missing and how to fix it.

    Exit status: 0 when a red build could be healed here, 3 when something is missing.
    """
    from honk_ci.cli.checkup import Answer, Checkup

    given = tuple(glob for glob in reports if glob.strip())
    checkup = Checkup(repo=repo, reports=given, options=options, environ=os.environ, is_offline=offline)
    missing = 0
    for finding in checkup.findings():
        missing += finding.answer is Answer.MISSING
        click.echo(safe(f"{_MARKS[finding.answer]} {finding.subject:<9} {finding.text}"))
        if finding.hint:
            click.echo(safe(f"  {'':<9} hint: {finding.hint}"))
    raise SystemExit(3 if missing else 0)


_MARKS = {"ok": "✓", "missing": "✗", "note": "·"}
