"""Black, isort, flake8 and pre-commit as they really are."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from honk_ci.healers.autofix import Autofix
from tests.repos import Repo
from tests.verifiers.bench import bench, lint_failure, logged
from tests.verifiers.tools import detected, keys_of

pytestmark = pytest.mark.slow

CONFIG = {
    "pyproject.toml": "[tool.black]\nline-length = 100\n[tool.isort]\nprofile = 'black'\n",
    ".flake8": "[flake8]\nmax-line-length = 100\n",
}
UNTIDY = "import sys\nimport os\nx  = [os, sys]\n"
CLEAN = "import os\nimport sys\n\nx = [os, sys]\n"


@pytest.fixture
def environ(python_tools: Path) -> Mapping[str, str]:
    return {**os.environ, "VIRTUAL_ENV": str(python_tools)}


def test_each_finds_its_own_complaints(repo: Repo, environ: Mapping[str, str]) -> None:
    repo.commit("red", {**CONFIG, "pkg/a b.py": UNTIDY, "ok.py": CLEAN, "broken.py": "def f(:\n"})
    found = {name: keys_of(repo, verifier) for name, verifier in detected(repo, environ).items()}
    assert found == {
        "isort": {"pkg/a b.py: unsorted imports are incorrectly sorted"},
        "flake8": {
            "pkg/a b.py: E221 multiple spaces before operator",
            "unread: broken.py: E999 SyntaxError: invalid syntax",
        },
        "black": {
            "pkg/a b.py: unformatted the file would be reformatted",
            "unread: broken.py: the file cannot be parsed",
        },
    }
    assert repo.git("status", "--porcelain", "--ignored") == ""


@pytest.mark.parametrize("tool", ["black", "isort"])
def test_autofix_heals(repo: Repo, environ: Mapping[str, str], tmp_path: Path, tool: str) -> None:
    repo.commit("red", {**CONFIG, "a.py": UNTIDY, "b.py": CLEAN})
    failure = lint_failure(logged("a.py", ""), verifier=tool)
    with bench(repo, tmp_path, failure=failure, environ=environ) as at:
        [candidate] = Autofix().heal(at.heal_case())
        assert candidate.patch.paths == ("a.py",)
        assert candidate.kind == ("format" if tool == "black" else "codemod")
        assert at.judge_patch(candidate.patch).passed


def test_flake8_does_not_look_into_the_projects_environment(repo: Repo, environ: Mapping[str, str]) -> None:
    repo.commit("red", {**CONFIG, "a.py": CLEAN})
    (repo.path / ".venv").mkdir()
    (repo.path / ".venv" / "installed.py").write_text(UNTIDY)
    assert keys_of(repo, detected(repo, environ)["flake8"]) == set()


LOCAL_HOOKS = """
    repos:
    - repo: local
      hooks:
      - id: spaces
        name: two spaces to one
        entry: sed -i 's/  / /g'
        language: system
        types: [python]
      - id: words
        name: no bad words
        entry: bad
        language: pygrep
        types: [python]
"""


def test_pre_commit_is_run_on_a_copy(repo: Repo, environ: Mapping[str, str]) -> None:
    repo.commit("red", {".pre-commit-config.yaml": LOCAL_HOOKS, "a.py": "x  = 1\n", "d e/b.py": "y = 'bad'\n"})
    assert keys_of(repo, detected(repo, environ)["pre-commit"]) == {
        "two spaces to one: failed",
        "no bad words: failed",
        "a.py: changed by a hook",
        "d e/b.py: no bad words: y = 'bad'",
    }
    assert repo.git("status", "--porcelain") == ""
    assert (repo.path / "a.py").read_text() == "x  = 1\n"


def test_hooks_of_the_project_find_its_environments_in_the_copy(repo: Repo, environ: Mapping[str, str]) -> None:
    local = LOCAL_HOOKS.replace("sed -i 's/  / /g'", ".venv/bin/tool").replace("entry: bad", "entry: worse")
    files = {".gitignore": ".venv/\n", ".pre-commit-config.yaml": local, "a.py": "x = 1\n"}
    repo.commit("red", {**files, ".venv/bin/tool": "#!/bin/sh\nblack --version\n"})
    (repo.path / ".venv" / "bin" / "tool").chmod(0o755)
    assert keys_of(repo, detected(repo, environ)["pre-commit"]) == set()
    assert (repo.path / ".venv" / "bin" / "tool").exists()


def test_pre_commit_is_green_when_its_hooks_are(repo: Repo, environ: Mapping[str, str]) -> None:
    repo.commit("red", {".pre-commit-config.yaml": LOCAL_HOOKS, "a.py": "x = 1\n"})
    (repo.path / "a.py").unlink()  # deleted files are still in the index
    assert keys_of(repo, detected(repo, environ)["pre-commit"]) == set()


def test_pre_commit_heals_what_its_hooks_fix(repo: Repo, environ: Mapping[str, str], tmp_path: Path) -> None:
    repo.commit("red", {".pre-commit-config.yaml": LOCAL_HOOKS, "a.py": "x  = 1\n", "b.py": "x = 1\n"})
    with bench(repo, tmp_path, failure=lint_failure(verifier="pre-commit"), environ=environ) as at:
        [candidate] = Autofix().heal(at.heal_case())
        assert candidate.patch.paths == ("a.py",)
        assert at.judge_patch(candidate.patch).passed


def test_pre_commit_waits_for_no_network(repo: Repo, environ: Mapping[str, str], tmp_path: Path) -> None:
    hooks = "repos:\n- repo: https://example.invalid/hooks\n  rev: v1\n  hooks:\n  - id: x\n"
    repo.commit("red", {".pre-commit-config.yaml": hooks, "a.py": "x = 1\n"})
    assert "pre-commit" not in detected(repo, {**environ, "PRE_COMMIT_HOME": str(tmp_path)})


def test_pre_commit_counts_once_its_hooks_are_installed(
    repo: Repo, environ: Mapping[str, str], tmp_path: Path, python_tools: Path
) -> None:
    manifest = '- id: x\n  name: no tabs\n  entry: "\\t"\n  language: pygrep\n  types: [python]\n'
    hooks = Repo.create(tmp_path / "hooks", {".pre-commit-hooks.yaml": manifest})
    hooks.git("tag", "v1")
    config = f"repos:\n- repo: {hooks.path}\n  rev: v1\n  hooks:\n  - id: x\n"
    repo.commit("red", {".pre-commit-config.yaml": config, "a.py": "if x:\n\ty = 1\n"})
    full = {**environ, "PRE_COMMIT_HOME": str(tmp_path / "store")}
    assert "pre-commit" not in detected(repo, full)
    install_hooks(repo, python_tools, full)
    assert keys_of(repo, detected(repo, full)["pre-commit"], full) == {"no tabs: failed", "a.py: no tabs: y = 1"}


def install_hooks(repo: Repo, python_tools: Path, environ: Mapping[str, str]) -> None:
    command = [str(python_tools / "bin" / "pre-commit"), "install-hooks"]
    done = subprocess.run(command, cwd=repo.path, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
