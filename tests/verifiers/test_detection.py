from __future__ import annotations

import os
from pathlib import Path

import pytest

from honk_ci.verifiers import detect_verifiers
from tests.repos import Repo
from tests.verifiers.tools import detected, own_tools


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, set()),
        ({"pyproject.toml": "[project]\nname = 'x'\n"}, set()),
        ({"pyproject.toml": "[tool.ruff]\n"}, {"ruff"}),
        ({"ruff.toml": ""}, {"ruff"}),
        ({".ruff.toml": ""}, {"ruff"}),
        ({"pyproject.toml": "[tool.ruff.format]\nquote-style = 'single'\n"}, {"ruff", "ruff-format"}),
        ({".pre-commit-config.yaml": "repos:\n- repo: x\n  hooks:\n  - id: ruff\n  - id: ruff-format\n"},
         {"ruff", "ruff-format"}),
        ({".pre-commit-config.yaml": "repos:\n- repo: x\n  hooks: [{id: mypy}]\n"}, {"mypy"}),
        ({".pre-commit-config.yaml": "repos:\n- repo: x\n  hooks:\n  - args: []\n    id: mypy\n"}, {"mypy"}),
        ({"mypy.ini": "[mypy]\n"}, {"mypy"}),
        ({"setup.cfg": "[mypy]\nstrict = True\n"}, {"mypy"}),
        ({"setup.cfg": "[metadata]\nname = x\n"}, set()),
        ({"pyproject.toml": "[tool.mypy]\n"}, {"mypy"}),
        ({"Makefile": "check:\n\truff check .\n\truff format --check .\n"}, {"ruff", "ruff-format"}),
        ({".github/workflows/ci.yml": "jobs:\n  a:\n    steps:\n    - run: mypy src\n"}, {"mypy"}),
        ({".github/workflows/ci.yml": "jobs:\n  a:\n    steps:\n    - run: pip install mypy ruff\n"}, set()),
        ({"tox.ini": "[testenv]\ncommands =\n    mypy --strict src\n"}, {"mypy"}),
        ({"pyproject.toml": "not [ toml"}, set()),
        ({"setup.cfg": "not an ini file"}, set()),
    ],
)  # fmt: skip
def test_a_tool_counts_where_the_repository_says_so(repo: Repo, files: dict[str, str], expected: set[str]) -> None:
    repo.commit("start", files)
    assert set(detected(repo)) == expected


def test_a_tool_that_is_not_installed_is_left_out(repo: Repo) -> None:
    repo.commit("start", {"ruff.toml": ""})
    assert detected(repo, {"PATH": "/nowhere"}) == {}


def script(path: Path, first_line: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(f"{first_line}\n")
    path.chmod(0o755)


def test_the_projects_own_environment_goes_first(repo: Repo) -> None:
    repo.commit("start", {"ruff.toml": ""})
    script(repo.path / ".venv" / "bin" / "ruff", "#!/bin/sh")
    assert detected(repo)["ruff"].check.argv[0] == str(repo.path / ".venv" / "bin" / "ruff")


def test_a_script_of_a_moved_environment_does_not_count(repo: Repo) -> None:
    repo.commit("start", {"ruff.toml": ""})
    script(repo.path / ".venv" / "bin" / "ruff", "#!/gone/bin/python")
    assert not detected(repo)["ruff"].check.argv[0].startswith(str(repo.path))


def test_tools_of_the_path_count(repo: Repo) -> None:
    repo.commit("start", {"ruff.toml": ""})
    folder = Path(own_tools()["VIRTUAL_ENV"]) / "bin"
    assert set(detected(repo, {"PATH": f"{folder}{os.pathsep}/bin"})) == {"ruff"}


def test_mypy_runs_on_the_files_that_its_configuration_names(repo: Repo) -> None:
    repo.commit("start", {"mypy.ini": "[mypy]\nfiles = src\n"})
    assert "." not in detected(repo)["mypy"].check.argv


def test_mypy_keeps_its_cache_out_of_the_tree_of_a_linked_work_tree(repo: Repo, tmp_path: Path) -> None:
    repo.commit("start", {"mypy.ini": "[mypy]\n"})
    repo.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    argv = detected(Repo(tmp_path / "linked"))["mypy"].check.argv
    assert any(word.startswith(f"--cache-dir={repo.path / '.git' / 'worktrees'}") for word in argv)


@pytest.mark.parametrize(
    ("recipe", "scope"),
    [
        ("run: mypy src", ["src"]),
        ("run: mypy --strict src/ tests", ["--strict", "src/", "tests"]),
        ("run: python -m mypy src && pytest", ["src"]),
        ("run: uv run mypy --python-version 3.11 src", ["src"]),
        ("run: mypy ${{ matrix.folder }}", ["."]),
        ("run: mypy gone", ["."]),
        ("run: mypy " + "a" * 5000, ["."]),
        ("- name: Run mypy on everything", ["."]),
        ("run: pip install mypy src", ["."]),
    ],
)
def test_mypy_runs_on_what_the_ci_gives_it(repo: Repo, recipe: str, scope: list[str]) -> None:
    workflow = f"jobs:\n  a:\n    steps:\n    - {recipe}\n"
    repo.commit(
        "start", {"mypy.ini": "[mypy]\n", ".github/workflows/ci.yml": workflow, "src/a.py": "", "tests/a.py": ""}
    )
    argv = detected(repo)["mypy"].check.argv
    assert list(argv[argv.index("--no-color-output") + 1 :]) == scope


def test_a_part_that_configures_a_tool_goes_before_a_call_in_a_recipe(repo: Repo) -> None:
    files = {
        "Makefile": "check:\n\tcd backend && mypy .\n",
        "backend/pyproject.toml": "[tool.mypy]\n",
        "backend/a.py": "",
    }
    repo.commit("start", files)
    assert detected(repo)["mypy"].check.cwd == "backend"


def test_the_top_goes_before_its_parts(repo: Repo) -> None:
    repo.commit("start", {"mypy.ini": "[mypy]\n", "backend/pyproject.toml": "[tool.mypy]\n"})
    assert detected(repo)["mypy"].check.cwd == ""


def test_parts_of_parts_and_fixtures_of_tests_do_not_count(repo: Repo) -> None:
    config = "[tool.mypy]\n"
    files = {"one/pyproject.toml": config, "one/two/pyproject.toml": config, "tests/fixture/pyproject.toml": config}
    repo.commit("start", files)
    assert detected(repo)["mypy"].check.cwd == "one"


def test_a_tool_that_only_the_log_names_counts_where_it_is_installed(repo: Repo) -> None:
    repo.commit("start", {"a.py": ""})
    assert [v.name for v in detect_verifiers(repo.path, own_tools(), named={"ruff", "eslint"})] == ["ruff"]
