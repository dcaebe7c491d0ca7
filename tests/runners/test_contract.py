"""What holds for every runner, whichever kind made it."""

from __future__ import annotations

from pathlib import Path

import pytest

from honk_ci.runners import RUNNER_KINDS
from tests.repos import Repo
from tests.runners.runs import environ, failed_test

# A repository of each kind, with one failing test of the name "x".
PROJECTS: dict[str, dict[str, str]] = {
    "pytest": {"pytest.ini": "[pytest]\n", "test_x.py": "def x(): assert 0\n"},
    "jest": {"package.json": '{"scripts": {"test": "jest"}}', "x.test.js": "test('x', () => {});\n"},
    "vitest": {"package.json": '{"scripts": {"test": "vitest"}}', "x.test.js": "test('x', () => {});\n"},
    "node": {"package.json": '{"scripts": {"test": "node --test"}}', "x.test.js": "test('x', () => {});\n"},
    "mocha": {"package.json": '{"scripts": {"test": "mocha"}}', "x.test.js": "test('x', () => {});\n"},
    "workspaces": {"package.json": '{"workspaces": ["a"], "scripts": {"test": "lerna run test"}}'},
    "command": {"Makefile": "test:\n\tfalse\n"},
}


def test_every_kind_is_covered() -> None:
    assert list(PROJECTS) == list(RUNNER_KINDS)


@pytest.mark.parametrize("name", RUNNER_KINDS)
def test_contract(repo: Repo, tmp_path: Path, name: str) -> None:
    kind = RUNNER_KINDS[name](environ=environ())
    assert kind.name == name
    assert kind.detect(repo.path) is None
    repo.write(PROJECTS[name])
    runner = kind.detect(repo.path)
    assert runner is not None
    assert runner.name == name
    assert runner.report_globs
    report = tmp_path / "report.xml"
    whole = runner.suite(report)
    assert bool(whole.argv) != bool(whole.shell)
    assert (str(report) in str(whole)) == (name not in {"workspaces", "command"})
    assert runner.subset([], report) is None
    assert runner.subset([failed_test("nowhere to be found", "gone")], report) is None
    assert runner.test_source(failed_test("nowhere to be found", "gone")) is None


@pytest.mark.parametrize("name", [name for name in RUNNER_KINDS if name not in {"workspaces", "command"}])
def test_the_file_of_a_test_is_picked_out_and_named(repo: Repo, tmp_path: Path, name: str) -> None:
    repo.write(PROJECTS[name])
    runner = RUNNER_KINDS[name](environ=environ()).detect(repo.path)
    assert runner is not None
    file = "test_x.py" if name == "pytest" else "x.test.js"
    test = failed_test("x", "test_x" if name == "pytest" else "", file)
    command = runner.subset([test], tmp_path / "report.xml")
    assert command is not None
    assert file in str(command)
    assert str(tmp_path / "report.xml") in str(command)
    assert runner.test_source(test) == file


@pytest.mark.parametrize("name", RUNNER_KINDS)
@pytest.mark.parametrize(
    "content", ["", "\x00", "[", '{"scripts": []}', '{"scripts": {"test": 1}}', "[tool.pytest]\nx"]
)
def test_broken_project_files_are_no_project(repo: Repo, name: str, content: str) -> None:
    repo.write({"package.json": content, "setup.cfg": content, "tox.ini": content, "pyproject.toml": content})
    found = RUNNER_KINDS[name](environ=environ()).detect(repo.path)
    assert found is None or name == "pytest"
