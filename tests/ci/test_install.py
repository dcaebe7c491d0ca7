"""Honk's own environment: found, made and used beside the job's, which stays as it is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.ci.stand_ins import TOP, write_stand_ins

FIND = TOP / "action" / "find-python.sh"

# Names of pip's options in the environment that say how an index is reached; a job may set others.
_INDEX = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CERT", "PIP_TRUSTED_HOST", "PIP_CONFIG_FILE")


def _output(file: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in file.read_text().splitlines())


def _find(folder: Path, **environ: str) -> tuple[int, str, str]:
    """Exit status, the Python found, what was said."""
    output = folder / "output"
    output.unlink(missing_ok=True)
    output.touch()
    done = subprocess.run(
        ["bash", str(FIND)],
        env={
            "PATH": "/usr/bin:/bin",
            "GITHUB_OUTPUT": str(output),
            "RUNNER_TOOL_CACHE": str(folder / "tools"),
            **environ,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, _output(output).get("python", ""), done.stdout + done.stderr


def _fake(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)
    return file


@pytest.fixture
def bare_path(tmp_path: Path) -> str:
    """A PATH with bash and without any Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    bash = shutil.which("bash")
    assert bash
    (folder / "bash").symlink_to(bash)
    return str(folder)


def test_the_python_on_the_path_is_taken_behind_its_shim(tmp_path: Path, bare_path: str) -> None:
    _fake(Path(bare_path) / "python3", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')

    assert _find(tmp_path, PATH=bare_path)[:2] == (0, sys.executable)


def test_a_python_that_is_too_old_or_broken_is_passed_over(tmp_path: Path, bare_path: str) -> None:
    _fake(Path(bare_path) / "python3", "#!/bin/sh\nexit 1\n")
    _fake(Path(bare_path) / "python", "#!/bin/sh\necho 'pyenv: python: command not found' >&2\nexit 127\n")
    _fake(Path(bare_path) / "python3.12", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')

    assert _find(tmp_path, PATH=bare_path)[:2] == (0, sys.executable)


def test_the_tool_cache_of_the_runner_is_looked_into(tmp_path: Path, bare_path: str) -> None:
    _fake(tmp_path / "tools/Python/3.9.25/x64/bin/python", "#!/bin/sh\nexit 1\n")
    (tmp_path / "tools/Python/3.9.25/x64/bin/python3").symlink_to("python")
    _fake(tmp_path / "tools/Python/3.12.9/x64/bin/python", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')

    assert _find(tmp_path, PATH=bare_path)[:2] == (0, sys.executable)


def test_where_there_is_none_the_next_step_is_told_so(tmp_path: Path, bare_path: str) -> None:
    status, found, said = _find(tmp_path, PATH=bare_path)

    assert (status, found) == (0, "")
    assert "one is fetched" in said


def test_a_python_that_is_named_is_the_only_one_tried(tmp_path: Path, bare_path: str) -> None:
    _fake(Path(bare_path) / "python3", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')

    status, found, said = _find(tmp_path, PATH=bare_path, HONK_PYTHON="/no/such/python")

    assert (status, found) == (2, "")
    assert "::error::honk-ci: the input python names no CPython of 3.11 or newer" in said


def _install(script: Path, step: str, folder: Path, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", str(script), step],
        env={**environ, "RUNNER_TEMP": str(folder), "GITHUB_OUTPUT": str(folder / "output")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.slow
def test_the_key_changes_with_honk_and_its_extras_and_with_nothing_else(tmp_path: Path) -> None:
    source = write_stand_ins(tmp_path / "actions")["OWNER/honk-ci"]
    script = source / "action" / "install.py"

    def key(**environ: str) -> str:
        (tmp_path / "output").unlink(missing_ok=True)
        done = _install(script, "place", tmp_path, environ)
        assert done.returncode == 0, done.stdout + done.stderr
        return _output(tmp_path / "output")["key"]

    first = key()
    assert key(PATH="/elsewhere", HOME="/elsewhere") == first
    assert key(HONK_EXTRAS="bedrock") != first
    (source / "honk_ci" / "__pycache__").mkdir()
    (source / "honk_ci" / "__pycache__" / "x.pyc").write_bytes(b"1")
    assert key() == first
    (source / "honk_ci" / "new.py").write_text("x = 1\n")
    assert key() != first


@pytest.mark.slow
def test_an_index_that_cannot_be_reached_is_one_line_and_the_exit_status_of_a_fault(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0"}
    environ["PIP_CONFIG_FILE"] = os.devnull
    done = _install(TOP / "action" / "install.py", "install", tmp_path, environ)

    assert done.returncode == 10
    assert "::error::honk-ci cannot be installed: " in done.stdout


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_environment_of_the_job_neither_gets_into_honk_s_nor_is_changed(tmp_path: Path) -> None:
    project = tmp_path / "project"
    poison = project / "poison"
    poison.mkdir(parents=True)
    for name in ("click", "requests", "sitecustomize", "honk_ci"):
        (poison / f"{name}.py").write_text(f"raise SystemExit('the job's {name} was loaded')\n")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(project / "venv")], check=True, timeout=120)
    before = sorted(str(file) for file in project.rglob("*"))
    index = {name: os.environ[name] for name in _INDEX if name in os.environ}
    environ = {
        **index,
        "PATH": os.pathsep.join([str(project / "venv/bin"), os.environ["PATH"]]),
        "HOME": os.environ["HOME"],
        "VIRTUAL_ENV": str(project / "venv"),
        "PYTHONPATH": str(poison),
        "PYTHONHOME": "/nowhere",
        "PIP_TARGET": str(project / "target"),
        "PIP_PREFIX": str(project / "prefix"),
        "PIP_USER": "1",
        "PIP_REQUIRE_VIRTUALENV": "1",
        "PIP_CONSTRAINT": str(project / "no-such-file.txt"),
        "PIP_NO_DEPS": "1",
        "HONK_TOKEN": "not for pip",
    }

    script = write_stand_ins(tmp_path / "actions")["OWNER/honk-ci"] / "action" / "install.py"
    _install(script, "place", tmp_path, environ)
    _fake(Path(_output(tmp_path / "output")["folder"]) / "bin" / "python", "#!/bin/sh\nexit 1\n")  # as of a bad cache

    done = _install(script, "install", tmp_path, environ)

    assert done.returncode == 0, done.stdout + done.stderr
    python = _output(tmp_path / "output")["python"]
    assert sorted(str(file) for file in project.rglob("*")) == before
    command = [python, "-I", "-m", "honk_ci.cli.action"]
    ended = subprocess.run(
        command,
        env={
            **environ,
            "HONK_INPUT_COMMAND": "doctor",
            "HONK_INPUT_WORKING_DIRECTORY": str(project),
            "RUNNER_TEMP": str(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "was loaded" not in ended.stdout + ended.stderr
    assert ended.returncode in {3, 14}, ended.stdout + ended.stderr  # doctor speaks: this is no git repository

    again = _install(script, "install", tmp_path, environ)
    assert "honk is there already" in again.stdout
