"""The action, the workflows to copy, and the project's own: judged by the tools of the field, and by each other."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from honk_ci.cli.action import OPTIONS
from tests.ci.stand_ins import TOP, used_by

ACTION = TOP / "action.yml"
COPIED = sorted((TOP / "honk_ci" / "setup_files" / "github").glob("*.yml"))
WORKFLOWS = [*COPIED, *sorted((TOP / ".github" / "workflows").glob("*.yml"))]
SCRIPTS = [*sorted((TOP / "action").glob("*.sh")), TOP / ".ci" / "run"]
TIMEOUT_S = 60

# Inputs that are no option of the command.
_OTHER_INPUTS = {"command", "anthropic-api-key", "token", "bundle-key", "fail-on", "python", "extras", "cache"}


def _tool(name: str) -> str:
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.is_file() else shutil.which(name)
    if not found:
        pytest.skip(f"{name} is not installed here")
    return found


def _passes(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_finds_nothing() -> None:
    _passes(_tool("zizmor"), "--offline", "--no-progress", "--persona=auditor", *map(str, [ACTION, *WORKFLOWS]))


def test_the_action_fits_its_schema() -> None:
    _passes(_tool("check-jsonschema"), "--builtin-schema", "vendor.github-actions", str(ACTION))


def test_workflows_fit_their_schema() -> None:
    _passes(_tool("check-jsonschema"), "--builtin-schema", "vendor.github-workflows", *map(str, WORKFLOWS))


def test_shellcheck_finds_nothing() -> None:
    _passes(_tool("shellcheck"), *map(str, SCRIPTS))


def test_no_input_is_pasted_into_a_script() -> None:
    pasted = [script for file in [ACTION, *WORKFLOWS] for script in _scripts(_load(file)) if "${{" in script]

    assert pasted == []


def test_every_input_reaches_the_command() -> None:
    action = _load(ACTION)
    environ = action["runs"]["steps"][-1]["env"]
    passed = {f"HONK_INPUT_{name.upper().replace('-', '_')}": f"${{{{ inputs.{name} }}}}" for name in OPTIONS}

    assert set(action["inputs"]) == set(OPTIONS) | _OTHER_INPUTS
    assert {name: environ.get(name) for name in passed} == passed


@pytest.mark.parametrize("file", [ACTION, *WORKFLOWS], ids=lambda file: file.name)
def test_actions_are_pinned_by_commit_and_say_which_version_that_is(file: Path) -> None:
    lines = [line.strip() for line in file.read_text().splitlines() if re.search(r"\buses: ", line)]
    loose = [line for line in lines if not re.search(r"uses: (?:\./|\S+@[0-9a-f]{40} # \S)", line)]

    assert loose == []


def test_an_action_is_pinned_to_one_commit_everywhere() -> None:
    commits: dict[str, set[str]] = {}
    for file in [ACTION, *WORKFLOWS]:
        for name in used_by(file):
            repository, _, commit = name.partition("@")
            if not repository.startswith("./"):
                commits.setdefault("/".join(repository.split("/")[:2]), set()).add(commit)

    assert {name: found for name, found in commits.items() if len(found) > 1} == {}


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_no_checkout_leaves_its_token_to_the_tests(file: Path) -> None:
    checkouts = [step for job in _jobs(file) for step in job["steps"] if "actions/checkout@" in step.get("uses", "")]

    assert [step for step in checkouts if step["with"].get("persist-credentials") is not False] == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_nothing_may_be_written_but_where_a_job_says_so_and_no_job_runs_for_ever(file: Path) -> None:
    assert _load(file)["permissions"] == {}
    assert [job for job in _jobs(file) if "permissions" not in job or "timeout-minutes" not in job] == []


@pytest.mark.parametrize("file", [file for file in COPIED if file.stem != "one-job"], ids=lambda file: file.name)
def test_the_job_that_writes_has_no_model_key_and_the_others_no_token_that_writes(file: Path) -> None:
    for job in _jobs(file):
        writes = "write" in job["permissions"].values()
        runs_code = any("run" in step for step in job["steps"])
        text = str(job)
        assert not (writes and runs_code)
        assert not (writes and "ANTHROPIC" in text)
        assert not (runs_code and "HONK_TOKEN" in text)


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_fork_s_branch_takes_no_turn_of_a_branch_that_is_called_alike(file: Path) -> None:
    """A run that waits in a group gives way to the next one that comes to wait there."""
    workflow = _load(file)
    if "workflow_run" in workflow[True]:  # YAML 1.1 reads `on` so
        assert "head_repository" in workflow["concurrency"]["group"]


def _load(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def _jobs(file: Path) -> list[Mapping[str, Any]]:
    return list(_load(file)["jobs"].values())


def _scripts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("run"), str):
            yield value["run"]
        for item in value.values():
            yield from _scripts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _scripts(item)
