"""``honk doctor``: proves the wiring on a green day."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from honk_ci.cli.errors import safe
from honk_ci.cli.options import DELIVER_MODES, Mode, text
from honk_ci.errors import WorkspaceError

if TYPE_CHECKING:
    from honk_ci.cli.checkup import Finding

_MARKS = {"ok": "✓", "missing": "✗", "note": "·"}


@click.command(short_help="Say what is missing here for healing.")
@click.option("--repo", type=click.Path(path_type=Path), default=Path(), help="Checkout to look at.  [default: .]")
@click.option("--report", "reports", multiple=True, metavar="GLOB", help="Reports that CI writes; repeatable.")
@text("--test-command", "Runs the whole suite.  [default: detected]")
@text("--model", "Model of the agent.  [default: config]", metavar="NAME")
@click.option(
    "--deliver", "mode", type=Mode(DELIVER_MODES), help="What a fix is to become.  [default: config, else branch]"
)
@text("--remote", "Git remote that takes the fix branch.  [default: origin]", metavar="NAME")
@click.option("--offline", is_flag=True, help="Ask neither the remote nor the forge nor the model service.")
@click.option("--json", "file", default="", metavar="FILE", help="Write the findings here; '-' is standard output.")
def doctor(repo: Path, reports: tuple[str, ...], offline: bool, file: str, **options: str | None) -> None:
    """Check config, reports, test runner, CI files, token, git remote and model; say how to fix what is missing.

    Nothing is written anywhere: rights are looked up, and the push is a dry run.

    Exit status: 0 when a red build could be healed here, 3 when something is missing.
    """
    from honk_ci.cli.checkup import Answer, Checkup

    given = tuple(glob for glob in reports if glob.strip())
    checkup = Checkup(repo=repo, reports=given, options=options, environ=os.environ, is_offline=offline)
    findings: list[Finding] = []
    for finding in checkup.findings():
        findings.append(finding)
        if file != "-":
            _show(finding)
    if file:
        _write(findings, file)
    raise SystemExit(3 if any(finding.answer is Answer.MISSING for finding in findings) else 0)


def _show(finding: Finding) -> None:
    click.echo(safe(f"{_MARKS[finding.answer]} {finding.subject:<9} {finding.text}"))
    if finding.hint:
        click.echo(safe(f"  {'':<9} hint: {finding.hint}"))


def _write(findings: Sequence[Finding], file: str) -> None:
    content = json.dumps({"schema": "honk-ci/doctor/1", "findings": [asdict(one) for one in findings]}, indent=2)
    if file == "-":
        click.echo(content)
        return
    try:
        Path(file).write_text(f"{content}\n", encoding="utf-8")
    except OSError as error:
        raise WorkspaceError(f"{file} cannot be written: {error.strerror}") from error
