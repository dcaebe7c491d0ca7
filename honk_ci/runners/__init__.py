"""Test runners: the registry, in order of detection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from honk_ci.errors import RunnerError
from honk_ci.runners.command import CommandKind
from honk_ci.runners.interface import Runner, RunnerKind
from honk_ci.runners.jest import Jest
from honk_ci.runners.mocha import Mocha
from honk_ci.runners.node_test import NodeTest
from honk_ci.runners.pytest_runner import PytestKind
from honk_ci.runners.script_runner import ScriptKind, Tool
from honk_ci.runners.vitest import Vitest
from honk_ci.runners.workspaces_runner import WorkspacesKind

__all__ = ["RUNNER_KINDS", "detect_all", "detect_runner"]

_SCRIPT_TOOLS: Sequence[Tool] = (Jest(), Vitest(), NodeTest(), Mocha())


def _workspaces(*, environ: Mapping[str, str]) -> RunnerKind:
    kinds = [ScriptKind(tool, environ=environ) for tool in _SCRIPT_TOOLS]

    def detect_in(repo: Path, folder: Path) -> Runner | None:
        return next((runner for kind in kinds if (runner := kind.detect_in(repo, folder))), None)

    return WorkspacesKind(detect_in, environ=environ)


# Each is made with ``environ=``, from which it learns what is installed. "command" takes whatever
# the others do not recognise, so it is last.
RUNNER_KINDS: Mapping[str, Callable[..., RunnerKind]] = {
    "pytest": PytestKind,
    **{tool.name: partial(ScriptKind, tool) for tool in _SCRIPT_TOOLS},
    "workspaces": _workspaces,
    "command": CommandKind,
}


def detect_runner(repo: Path, *, command: str, environ: Mapping[str, str]) -> Runner:
    """The runner for the configured ``command``, or for what the repository is set up for if that is "".

    Raises RunnerError where nothing is recognised.
    """
    kinds = [make(environ=environ) for make in RUNNER_KINDS.values()]
    found = (kind.from_command(repo, command) if command.strip() else kind.detect(repo) for kind in kinds)
    runner = next((runner for runner in found if runner is not None), None)
    if runner is None:
        raise RunnerError(
            "no test runner was recognised in this repository",
            hint="say how the tests are run, such as --test-command 'make test' or "
            "--test-command 'pytest --junitxml={report}'",
        )
    return runner


def detect_all(repo: Path, *, environ: Mapping[str, str] | None = None) -> list[Runner]:
    """Every runner that the repository is set up for, in order of detection; a bare command only if it is the one."""
    kinds = [make(environ=environ or {}) for make in RUNNER_KINDS.values()]
    found = [runner for runner in (kind.detect(repo) for kind in kinds) if runner is not None]
    return [runner for runner in found if runner.name != "command"] or found
