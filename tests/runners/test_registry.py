from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from honk_ci.errors import RunnerError
from honk_ci.process import run
from honk_ci.runners import RUNNER_KINDS, detect_all, detect_runner
from tests.repos import Repo
from tests.runners.runs import environ, failed_test, run_subset, run_suite

PYPROJECT = "[tool.pytest.ini_options]\n"
REPORT = Path("/scratch/it's here/r.xml")


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("pytest", "pytest"),
        ("pytest -q", "pytest"),
        ("python -m pytest tests", "pytest"),
        ("python3.12 -W error -m pytest", "pytest"),
        (".venv/bin/python -m pytest --junitxml={report}", "pytest"),
        ("./venv/bin/pytest -n auto", "pytest"),
        ("uv run pytest", "pytest"),
        ("uv run --frozen --extra test pytest tests/unit", "pytest"),
        ("poetry run pytest -x", "pytest"),
        ("PYTHONPATH=src DJANGO_SETTINGS_MODULE=a.b pytest", "pytest"),
        ("coverage run --branch -m pytest", "pytest"),
        ("python -m coverage run -m pytest", "pytest"),
        ("xvfb-run -a pytest", "pytest"),
        ("tox", "command"),
        ("nox -s tests", "command"),
        ("make test", "command"),
        ("make pytest", "command"),
        ("cd backend && pytest", "command"),
        ("pytest; true", "command"),
        ("pytest | tee log", "command"),
        ("pytest > log", "command"),
        ("pip install pytest", "command"),
        ("uv pip install pytest", "command"),
        ("uv add pytest", "command"),
        ("python setup.py pytest", "command"),
        ("echo 'unclosed", "command"),
        ("npx jest --ci", "jest"),
        ("node_modules/.bin/jest", "jest"),
        ("node --experimental-vm-modules node_modules/jest/bin/jest.js", "jest"),
        ("npx vitest run", "vitest"),
        ("node --import tsx --test", "node"),
        ("node test.js", "command"),
        ("npx mocha", "mocha"),
        ("npm test", "command"),
        ("eslint . && jest", "command"),
    ],
)
def test_a_configured_command_is_recognised_only_where_it_plainly_calls_a_runner(
    repo: Repo, command: str, name: str
) -> None:
    assert detect_runner(repo.path, command=command, environ=environ()).name == name


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("pytest -q tests/unit", "pytest -q tests/test_a.py::test_a"),
        ("python -m pytest -n 2 -k 'not slow' a b", "python -m pytest -n 2 -k 'not slow' tests/test_a.py::test_a"),
        ("uv run pytest tests -p no:x --tb short", "uv run pytest -p no:x --tb short tests/test_a.py::test_a"),
        ("pytest -x", "pytest -x --maxfail=0 tests/test_a.py::test_a"),
        (
            "pytest --junitxml={report}",
            f"pytest '--junitxml={REPORT}' tests/test_a.py::test_a".replace("it's", "it'\"'\"'s"),
        ),
        (
            "pytest --cov=src",
            "pytest --cov=src --no-cov -W 'ignore:Coverage disabled via --no-cov' tests/test_a.py::test_a",
        ),
        ("pytest --new-option tests", None),  # may take the word after it
        ("pytest --new-option", "pytest --new-option tests/test_a.py::test_a"),
        ("pytest --new-option=1 tests", "pytest --new-option=1 tests/test_a.py::test_a"),
        ("pytest $ARGS", None),
        ("pytest -c tests/x.ini", "pytest -c tests/x.ini tests/test_a.py::test_a"),
        ("pytest tests/*_test.py", None),
    ],
)
def test_some_tests_take_the_place_of_a_commands_paths(repo: Repo, command: str, expected: str | None) -> None:
    repo.write({"tests/test_a.py": "def test_a(): pass\n"})
    if "x.ini" in command:
        repo.write({"tests/pytest.ini": "[pytest]\n"})
    runner = detect_runner(repo.path, command=command, environ=environ())
    part = runner.subset([failed_test("test_a", "tests.test_a")], REPORT)
    assert (None if part is None else _without_added_report(str(part), command)) == expected


def _without_added_report(text: str, command: str) -> str:
    """A command that names no report is given one."""
    if "--junitxml" in command:
        return text
    option = " " + shlex.quote(f"--junitxml={REPORT}")
    assert text.count(option) == 1
    return text.replace(option, "")


def test_a_command_without_a_report_is_given_one_and_others_keep_theirs(repo: Repo) -> None:
    for command in ("pytest -q", "pytest -q --junitxml=own.xml", "pytest --junit-xml own.xml"):
        suite = str(detect_runner(repo.path, command=command, environ=environ()).suite(REPORT))
        assert (str(REPORT.name) in suite) == (command == "pytest -q")


def test_assignments_of_a_command_become_its_environment(repo: Repo) -> None:
    repo.write({"tests/test_a.py": "def test_a(): pass\n"})
    runner = detect_runner(repo.path, command="A='b c' PYTHONPATH=src pytest tests", environ=environ())
    part = runner.subset([failed_test("test_a", "tests.test_a")], REPORT)
    assert part is not None
    assert part.env == {"A": "b c", "PYTHONPATH": "src"}


def test_a_configured_pytest_runs_whole_and_in_part(repo: Repo) -> None:
    repo.write(
        {
            "pyproject.toml": PYPROJECT,
            "unit/test_a.py": "def test_a(): assert 0\n\ndef test_b(): pass\n",
            "other/test_c.py": "def test_c(): pass\n",
        }
    )
    command = f"{sys.executable} -m pytest -x --junitxml={{report}} unit"
    runner = detect_runner(repo.path, command=command, environ=environ())
    whole = run_suite(runner, repo.path)
    assert whole.ran == {"unit.test_a::test_a", "unit.test_a::test_b"}
    assert run_subset(runner, repo.path, whole.report.failed).ran == {"unit.test_a::test_a"}


def test_any_command_writes_the_report_that_it_is_given(repo: Repo, tmp_path: Path) -> None:
    report = tmp_path / "it's a $report.xml"
    runner = detect_runner(repo.path, command="cat in.xml > {report}; false", environ=environ())
    repo.write({"in.xml": "<testsuites/>"})
    done = run(runner.suite(report), cwd=repo.path, env=environ(), timeout_s=10)
    assert done.exit_code == 1
    assert report.read_text() == "<testsuites/>"
    assert runner.subset([failed_test("a")], report) is None


@pytest.mark.slow
def test_the_suite_of_a_hanging_command_is_killed_with_its_children(repo: Repo, tmp_path: Path) -> None:
    runner = detect_runner(repo.path, command="echo started; sleep 1000 & sleep 1000", environ=environ())
    done = run(runner.suite(tmp_path / "r.xml"), cwd=repo.path, env=environ(), timeout_s=1)
    assert done.timed_out
    assert "started" in done.output


def test_nothing_recognised_says_what_to_do(repo: Repo) -> None:
    with pytest.raises(RunnerError) as raised:
        detect_runner(repo.path, command="", environ=environ())
    assert "--test-command" in raised.value.hint
    assert detect_all(repo.path) == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"Makefile": "all:\n\ntest: all\n\ttrue\n"}, "make test"),
        ({"Makefile": "test := x\n"}, None),
        ({"package.json": '{"scripts": {"test": "ava"}}'}, "CI=true npm test"),
        ({"package.json": '{"scripts": {"test": "ava"}}', "yarn.lock": ""}, "CI=true yarn test"),
        ({"package.json": '{"scripts": {"test": "ava"}, "packageManager": "pnpm@9.1.0"}'}, "CI=true pnpm test"),
        ({"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'}, None),
        ({"package.json": "\ufeff{}"}, None),
        ({"package.json": "not json"}, None),
        ({"package.json": "[]"}, None),
    ],
)
def test_falls_back_to_the_usual_command_of_the_project(
    repo: Repo, files: dict[str, str], expected: str | None
) -> None:
    repo.write(files)
    found = detect_all(repo.path, environ=environ())
    if expected in RUNNER_KINDS:
        assert found[0].name == expected
    else:
        assert [str(runner.suite(REPORT)) for runner in found] == ([expected] if expected else [])


def test_pytest_goes_before_node_where_a_repository_has_both(repo: Repo) -> None:
    repo.write({"pyproject.toml": PYPROJECT, "package.json": '{"scripts": {"test": "jest"}}'})
    assert [runner.name for runner in detect_all(repo.path, environ=environ())] == ["pytest", "jest"]


def test_no_kind_runs_or_writes_anything_to_detect(repo: Repo) -> None:
    repo.write({"pyproject.toml": PYPROJECT, "package.json": '{"scripts": {"test": "jest"}}'})
    before = sorted(repo.path.iterdir())
    detect_all(repo.path, environ={"PATH": ""})
    assert sorted(repo.path.iterdir()) == before
