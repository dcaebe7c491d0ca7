"""What a step of ``action.yml`` runs: its inputs, which come in environment variables, become a command line.

The command runs in this very process: a cancelled job reaches it, and no second process keeps its
secrets in an environment that others can read.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from honk_ci import cilog
from honk_ci.cli import main

WRONG_USAGE = 2
NOT_GREEN = 3
COMMANDS = ("heal", "diagnose", "deliver", "doctor")
FAIL_ON = ("faults", "not-healed")

# Input of the action -> option of the command.
OPTIONS = {
    "reports": "--report",
    "logs": "--log",
    "from-run": "--from-run",
    "test-command": "--test-command",
    "setup-command": "--setup-command",
    "base": "--base",
    "healers": "--healers",
    "model": "--model",
    "max-cost-usd": "--max-cost-usd",
    "time-limit": "--time-limit",
    "deliver": "--deliver",
    "bundle": "--bundle",
    "record": "--json",
    "working-directory": "--repo",
}
SEVERAL = ("reports", "logs")  # one value a line


class WrongInput(Exception):
    """An input of the action that cannot be used."""


def arguments(environ: Mapping[str, str]) -> list[str]:
    """The command line that the inputs stand for; raises WrongInput for what the command does not take."""
    command = _one_of(COMMANDS, "command", environ)
    _one_of(FAIL_ON, "fail-on", environ)
    known = _options_of(command)
    words = [command]
    if command == "deliver":
        words.append(_needed("bundle", command, environ))
    for name, option in OPTIONS.items():
        values = [] if (command, name) == ("deliver", "bundle") else _values(name, environ)
        if values and option not in known:
            raise WrongInput(f"the input {name} is not for the command {command}")
        words += [word for value in values for word in (option, value)]
    if "--json" in known and "--json" not in words:
        words += ["--json", str(_temporary(environ) / f"honk-{command}-record.json")]
    return words


def step_status(status: int, environ: Mapping[str, str]) -> int:
    """The exit status of the step for that of the command.

    The tests have made the job red already, so a build that stays red fails the step only where
    the input ``fail-on`` asks for it. A fault of honk's own always does.
    """
    reports_only = _input("command", environ) != "doctor" and _input("fail-on", environ) != "not-healed"
    return 0 if status == NOT_GREEN and reports_only else status


def model_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """The key of the model service under the name that its client reads; an empty input takes none away."""
    key = environ.get("HONK_MODEL_KEY", "").strip()
    return {"ANTHROPIC_API_KEY": key} if key else {}


def run_action() -> int:
    """Run the command that the inputs name and leave its outputs; the exit status of the step."""
    try:
        words = arguments(os.environ)
    except WrongInput as problem:
        click.echo(cilog.remark("error", str(problem)), err=True)
        return WRONG_USAGE
    os.environ.update(model_environ(os.environ))
    os.environ.pop("HONK_MODEL_KEY", None)
    bundle = Path(_input("bundle", os.environ)) / "manifest.json"
    before = _written_at(bundle)
    status = _status_of(words)
    is_new = words[0] == "heal" and _written_at(bundle) != before
    _leave_outputs(os.environ, {"exit-code": str(status), "bundle": str(bundle.parent) if is_new else ""})
    return step_status(status, os.environ)


def _status_of(words: list[str]) -> int:
    try:
        main(args=words, prog_name="honk")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _written_at(file: Path) -> int:
    """In nanoseconds; 0 where there is no such file."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def _leave_outputs(environ: Mapping[str, str], values: Mapping[str, str]) -> None:
    """Beside those that the command has written itself."""
    file = environ.get("GITHUB_OUTPUT")
    if file:
        with Path(file).open("a", encoding="utf-8") as stream:
            stream.writelines(f"{name}={value}\n" for name, value in values.items())


def _input(name: str, environ: Mapping[str, str]) -> str:
    return environ.get(f"HONK_INPUT_{name.upper().replace('-', '_')}", "").strip()


def _values(name: str, environ: Mapping[str, str]) -> list[str]:
    text = _input(name, environ)
    if name in SEVERAL:
        return [line.strip() for line in text.splitlines() if line.strip()]
    return [text] if text else []


def _one_of(choices: tuple[str, ...], name: str, environ: Mapping[str, str]) -> str:
    chosen = _input(name, environ) or choices[0]
    if chosen not in choices:
        raise WrongInput(f"the input {name} is {chosen!r}; it can be {', '.join(choices)}")
    return chosen


def _needed(name: str, command: str, environ: Mapping[str, str]) -> str:
    value = _input(name, environ)
    if not value:
        raise WrongInput(f"the command {command} needs the input {name}")
    return value


def _options_of(command: str) -> frozenset[str]:
    context = click.Context(main)
    found = main.get_command(context, command)
    return frozenset(name for parameter in (found.params if found else ()) for name in parameter.opts)


def _temporary(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("RUNNER_TEMP") or os.curdir)


if __name__ == "__main__":
    sys.exit(run_action())
