"""The GitLab template: judged by schema and shellcheck, read by a shell, run by gitlab-ci-local."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.gitlab_kit import (
    PROJECT,
    TEMPLATE,
    TOKEN,
    TOP,
    Pipeline,
    documents,
    filled,
    make_pipeline,
    merge_request,
    script_of,
)
from tests.forge import LoopbackForge
from tests.npm import Install

TEXT = TEMPLATE.read_text(encoding="utf-8")
PAGE = TOP / "docs" / "gitlab.md"
JOBS = ("honk:heal", "honk:think", "honk:deliver")
SOURCE = "git+https://git.example.com/honk-ci.git@v1"
HEADER, BODY = documents(TEXT)
INPUTS = HEADER["spec"]["inputs"]


def tool(name: str) -> str:
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.is_file() else shutil.which(name)
    if not found:
        pytest.skip(f"{name} is not installed here")
    return found


def fits_schema(file: Path) -> None:
    command = [tool("check-jsonschema"), "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]
    done = subprocess.run([*command, str(file)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# --- the text --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_body_fits_the_schema(tmp_path: Path) -> None:
    file = tmp_path / ".gitlab-ci.yml"
    file.write_text(filled(TEXT, source=SOURCE))

    fits_schema(file)


def test_the_header_declares_what_the_body_uses() -> None:
    used = set(re.findall(r"\$\[\[ inputs\.([\w-]+) \]\]", TEXT))

    assert used == set(INPUTS)
    assert set(HEADER) == {"spec"}
    for about in INPUTS.values():
        assert set(about) <= {"description", "default", "type", "options", "regex"}
        assert about["description"]
        assert "options" not in about or about["default"] in about["options"]


def test_only_what_cannot_be_known_has_no_default() -> None:
    assert [name for name, about in INPUTS.items() if "default" not in about] == ["source"]


@pytest.mark.parametrize("job", JOBS)
def test_scripts_are_plain_sh_and_hold_no_input(job: str, tmp_path: Path) -> None:
    script = script_of(job, BODY)
    assert "$[[" not in script
    file = tmp_path / "script.sh"
    file.write_text(f"#!/bin/sh\nset -e\n{script}\n")

    done = subprocess.run([tool("shellcheck"), str(file)], capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stdout


def test_variables_of_the_thinking_job_cannot_reach_the_writing_one() -> None:
    body = yaml.safe_load(filled(TEXT, source=SOURCE))

    assert "reports" not in body["honk:think"]["artifacts"]
    assert body["honk:deliver"]["variables"]["GIT_STRATEGY"] == "none"
    assert "cache" not in {**body[".honk-ci"], **body["honk:deliver"]}
    names = {job: body[job]["environment"]["name"] for job in JOBS}
    assert names == {"honk:heal": "honk/heal", "honk:think": "honk/think", "honk:deliver": "honk/deliver"}


def test_no_default_of_the_project_runs_beside_the_secrets() -> None:
    body = yaml.safe_load(filled(TEXT, source=SOURCE))

    kept = {name for job in (".honk-ci-heal", "honk:deliver") for name in body[job]["inherit"]["default"]}
    assert kept == {"services", "tags"}


# --- docs ------------------------------------------------------------------------------------------


def examples() -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(examples())))
@pytest.mark.slow
def test_examples_of_the_page_fit_the_schema_and_the_inputs(number: int, tmp_path: Path) -> None:
    file = tmp_path / ".gitlab-ci.yml"
    file.write_text(examples()[number])

    fits_schema(file)
    for include in yaml.safe_load(examples()[number]).get("include", []):
        given = include.get("inputs", {})
        assert "source" in given
        assert set(given) <= set(INPUTS)


def test_the_page_names_every_input() -> None:
    rows = dict(re.findall(r"^\| `([\w-]+)` \| (.*?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))

    assert set(INPUTS) <= set(rows)


# --- the shell -------------------------------------------------------------------------------------


def run_script(
    script: str, folder: Path, *, programs: tuple[str, ...] = (), **variables: str
) -> subprocess.CompletedProcess[str]:
    """As a runner does in an image without bash: with sh, in the checkout, stopping at the first failure."""
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    for name in ("mkdir", "mktemp", "mv", "rm", "cat", "sed", *programs):
        found = shutil.which(name)
        assert found
        (tools / name).symlink_to(found)
    checkout = folder / "checkout"
    checkout.mkdir(exist_ok=True)
    return subprocess.run(
        ["/bin/sh", "-e", "-c", script],
        cwd=checkout,
        env={"PATH": str(tools), "HOME": str(folder), "TMPDIR": str(folder), **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


INSTALL = "\n".join(BODY[".honk-ci"]["before_script"])


def test_an_image_without_git_is_told(tmp_path: Path) -> None:
    done = run_script(INSTALL, tmp_path, HONK_SOURCE="x")

    assert (done.returncode, done.stderr) == (
        10,
        "honk-ci: this image has no git; take one that has, or install it\n",
    )


def test_an_image_without_python_is_told(tmp_path: Path) -> None:
    done = run_script(INSTALL, tmp_path, programs=("git",), HONK_SOURCE="x")

    assert done.returncode == 10
    assert "this image has no Python of 3.11 or newer" in done.stderr


def test_a_python_that_is_named_is_the_only_one(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "python3").symlink_to(sys.executable)

    done = run_script(INSTALL, tmp_path, programs=("git",), HONK_SOURCE="x", HONK_PYTHON="/opt/absent/python")

    assert done.returncode == 10
    assert "/opt/absent/python has no Python of 3.11" in done.stderr


STAND_IN = """#!/bin/sh
# stands for the Python of honk's environment: tells how it was called
case "$*" in *--version) exit 0;; esac
printf '%s\\n' "$@" >"$TOLD"
[ -z "${RECORD:-}" ] || printf '%s' "$RECORD" >"$6"
exit "$STATUS"
"""


def stand_in(folder: Path, status: int) -> dict[str, str]:
    """An environment of honk's that is there already; the variables that lead to it."""
    venv = folder / "checkout.honk-ci" / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").write_text(STAND_IN)
    (venv / "bin" / "python").chmod(0o755)
    about = subprocess.run(
        [sys.executable, "-I", "-c", "import sys; print(sys.executable, sys.version)"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    ).stdout.rstrip("\n")
    (venv / "honk-stamp").write_text(f"git+https://host/honk.git {about} {folder}/checkout.honk-ci\n")
    named = {"HONK_SOURCE": "git+https://me:secret@host/honk.git", "HONK_PYTHON": sys.executable}
    return {**named, "TOLD": str(folder / "told"), "STATUS": str(status)}


@pytest.mark.parametrize("status", [0, 3, 15])
@pytest.mark.slow
def test_inputs_reach_the_command_as_they_are(tmp_path: Path, status: int) -> None:
    inputs = {
        "HONK_TEST_COMMAND": """pytest -k 'a "b": c' $HOME `id` # no comment""",
        "HONK_REPORTS": "build/**/*.xml,other reports/*.xml",
        "HONK_DELIVER": "pull-request",
        "HONK_SPLIT": "false",
    }
    empty = dict.fromkeys(
        [f"HONK_{name}" for name in ("LOGS", "SETUP_COMMAND", "BASE", "HEALERS", "MODEL", "MAX_COST_USD")], ""
    )
    (tmp_path / "checkout" / "build").mkdir(parents=True)
    (tmp_path / "checkout" / "build" / "a.xml").write_text("")

    given = {**stand_in(tmp_path, status), **empty, **inputs}
    done = run_script(script_of("honk:heal", BODY), tmp_path, programs=("git",), **given)

    assert done.returncode == status, done.stderr
    told = (tmp_path / "told").read_text().splitlines()
    assert told[:4] == ["-I", "-m", "honk_ci", "heal"]
    options = list(zip(told[4::2], told[5::2], strict=True))
    assert ("--test-command", inputs["HONK_TEST_COMMAND"]) in options
    assert ("--deliver", "pull-request") in options
    assert [value for name, value in options if name == "--report"] == ["build/**/*.xml", "other reports/*.xml"]
    assert (tmp_path / "checkout" / "honk-report").is_dir()
    assert (tmp_path / "checkout" / ".honk-ci" / "venv" / "bin" / "python").is_file()


@pytest.mark.parametrize(
    ("more", "is_read"),
    [
        ({"HONK_TOKEN": "glpat-x"}, True),
        ({}, False),
        ({"HONK_TOKEN": "glpat-x", "HONK_REPORTS": "report.xml"}, False),
    ],
    ids=["with a token", "without", "reports are named"],
)
def test_without_a_report_the_logs_of_the_pipeline_are_read(
    tmp_path: Path, more: dict[str, str], is_read: bool
) -> None:
    names = re.findall(r"\$\{?(HONK_[A-Z_]+)", script_of("honk:heal", BODY))
    empty = {name: "" for name in names if name not in {"HONK_FRESH", "HONK_TOKEN"}}
    given = {**empty, "CI_PIPELINE_ID": "77", **stand_in(tmp_path, 12), **more}

    done = run_script(script_of("honk:heal", BODY), tmp_path, programs=("git",), **given)

    assert done.returncode == 12, done.stderr
    told = (tmp_path / "told").read_text().splitlines()
    assert (told[-2:] == ["--from-run", "77"]) is is_read


@pytest.mark.parametrize(
    ("outcome", "more", "is_read"),
    [
        ("nothing_to_heal", {"HONK_TOKEN": "glpat-x"}, True),
        ("nothing_to_heal", {}, False),
        ("nothing_to_heal", {"HONK_TOKEN": "glpat-x", "HONK_REPORTS": "report.xml"}, False),
        ("healed", {"HONK_TOKEN": "glpat-x"}, False),
    ],
)
@pytest.mark.slow
def test_where_the_reports_are_green_the_log_of_what_is_red_is_read(
    tmp_path: Path, outcome: str, more: dict[str, str], is_read: bool
) -> None:
    names = re.findall(r"\$\{?(HONK_[A-Z_]+)", script_of("honk:heal", BODY))
    empty = {name: "" for name in names if name not in {"HONK_FRESH", "HONK_TOKEN"}}
    record = json.dumps({"outcome": outcome}, indent=2)
    given = {**empty, "CI_PIPELINE_ID": "77", "RECORD": record, **stand_in(tmp_path, 0), **more}

    done = run_script(script_of("honk:heal", BODY), tmp_path, programs=("git", "grep"), **given)

    assert done.returncode == 0, done.stderr
    told = (tmp_path / "told").read_text().splitlines()
    assert (told[-2:] == ["--from-run", "77"]) is is_read
    assert ("tell of nothing red" in done.stderr) is is_read


def test_a_cached_environment_is_put_back_where_it_works(tmp_path: Path) -> None:
    given = stand_in(tmp_path, 0)
    cached = tmp_path / "checkout" / ".honk-ci"
    cached.mkdir(parents=True)
    (tmp_path / "checkout.honk-ci" / "venv").rename(cached / "venv")

    done = run_script(f"{INSTALL}\nhonk cached", tmp_path, programs=("git",), **given)

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "told").read_text().splitlines()[-1] == "cached"
    assert not cached.exists()


@pytest.mark.slow  # makes an environment
def test_what_delivers_trusts_no_environment_that_others_left(tmp_path: Path) -> None:
    given = {**stand_in(tmp_path, 0), "HONK_SOURCE": "/opt/absent", "HONK_FRESH": "true", "PIP_NO_INDEX": "1"}
    planted = tmp_path / "checkout" / ".honk-ci" / "venv" / "bin"
    planted.mkdir(parents=True)
    (planted / "python").write_text(STAND_IN)
    (planted / "python").chmod(0o755)

    done = run_script(f"{INSTALL}\nhonk deliver", tmp_path, programs=("git",), **given)

    assert done.returncode == 10, done.stderr
    assert "pip cannot install honk-ci from the input source" in done.stderr
    assert not (tmp_path / "told").exists()


def test_nothing_to_deliver_is_no_success(tmp_path: Path) -> None:
    given = {**stand_in(tmp_path, 0), "HONK_DELIVER": "pull-request"}

    done = run_script(script_of("honk:deliver", BODY), tmp_path, programs=("git",), **given)

    assert done.returncode == 3
    assert "honk:think left no fix to deliver" in done.stderr
    assert not (tmp_path / "told").exists()


# --- whole pipelines -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runner")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory, home: Path) -> str:
    """This checkout as a wheel: what pip would make of it anew in each pipeline."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder)]
    done = subprocess.run(
        [*command, "--cache-dir", str(home / "pip"), str(TOP)], capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        pytest.skip(f"pip cannot build honk-ci here: {done.stderr[-300:]}")
    [file] = folder.glob("*.whl")
    return str(file)


def fix_branches(pipeline: Pipeline) -> list[str]:
    return [name for name in pipeline.project.branches() if name.startswith("honk/")]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_red_merge_request_gets_one_fix_and_one_comment(
    forge: LoopbackForge, tmp_path: Path, node_modules: Install, home: Path, wheel: str
) -> None:
    command = "python -m pytest -q --junitxml={report}"
    pipeline = make_pipeline(forge, tmp_path, node_modules, home, source=wheel, test_command=command)
    forge.state.open_request(pipeline.project, author="ann", head="change", base="main", title="A change")
    pipeline.more.clear()
    pipeline.more.update(merge_request(pipeline))

    first = pipeline.run(secrets={"HONK_TOKEN": TOKEN})

    assert first.status == 1, first.log  # the tests stay red
    assert first.passed("honk:heal"), first.log
    [branch] = fix_branches(pipeline)
    [fix] = [request for request in pipeline.project.requests if request.head == branch]
    assert (fix.base, fix.state, fix.labels) == ("change", "open", ["honk"])
    assert first.told == {
        "outcome": "healed",
        "branch": branch,
        "url": f"{forge.url}/{PROJECT}/-/merge_requests/{fix.number}",
    }
    assert (f"refs/heads/{branch}", pipeline.project.branches()[branch]) in forge.started_ci
    [comment] = pipeline.project.requests[0].comments
    assert "honk-ci:failure=" in comment.body

    second = pipeline.run(secrets={"HONK_TOKEN": TOKEN})

    assert second.passed("honk:heal"), second.log
    assert fix_branches(pipeline) == [branch]
    assert len(pipeline.project.requests) == 2
    assert [again.id for again in pipeline.project.requests[0].comments] == [comment.id]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_jobs_share_a_bundle_and_no_secret(
    forge: LoopbackForge, tmp_path: Path, node_modules: Install, home: Path, wheel: str
) -> None:
    pipeline = make_pipeline(forge, tmp_path, node_modules, home, source=wheel, split=True)
    job_token = forge.add_token("glcbt-job", kind="job", login="ann", rights={"contents": "read"})

    thinking = pipeline.run(secrets={"CI_JOB_TOKEN": job_token.value, "HONK_BUNDLE_KEY": "k" * 40})

    assert thinking.passed("honk:think"), thinking.log
    assert fix_branches(pipeline) == []
    [manifest] = pipeline.repo.path.glob(".gitlab-ci-local/artifacts/*/honk-report/bundle/manifest.json")
    assert json.loads(manifest.read_text())["signature"]

    # gitlab-ci-local holds back whatever comes after a red job; GitLab looks at the job alone that is needed
    writing = pipeline.run("honk:deliver", secrets={"HONK_TOKEN": TOKEN, "HONK_BUNDLE_KEY": "k" * 40})

    assert writing.status == 0, writing.log
    [branch] = fix_branches(pipeline)
    [fix] = pipeline.project.requests
    assert (fix.head, fix.base) == (branch, "change")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "jobs"),
    [
        ({"CI_COMMIT_BRANCH": "change"}, {"honk:heal": "on_failure"}),
        ({"CI_COMMIT_BRANCH": "main", "CI_PIPELINE_SOURCE": "schedule"}, {"honk:heal": "on_failure"}),
        ({"CI_COMMIT_BRANCH": "", "CI_COMMIT_TAG": "v1"}, {}),
        ({"CI_COMMIT_BRANCH": "", "MERGE": PROJECT}, {"honk:heal": "on_failure"}),
        ({"CI_COMMIT_BRANCH": "", "MERGE": "stranger/shop"}, {}),
    ],
    ids=["branch", "schedule", "tag", "merge request", "merge request of a fork"],
)
def test_the_job_is_in_the_pipelines_that_can_use_it(
    forge: LoopbackForge,
    tmp_path: Path,
    node_modules: Install,
    home: Path,
    variables: dict[str, str],
    jobs: dict[str, str],
) -> None:
    pipeline = make_pipeline(forge, tmp_path, node_modules, home, source="/opt/honk")
    more = {name: value for name, value in variables.items() if name != "MERGE"}
    if "MERGE" in variables:
        more |= merge_request(pipeline, source_project=variables["MERGE"])

    listed = pipeline.listed(**more)

    assert {name: job["when"] for name, job in listed.items() if name.startswith("honk")} == jobs


@pytest.mark.slow
def test_inputs_are_put_in_as_they_are(forge: LoopbackForge, tmp_path: Path, node_modules: Install, home: Path) -> None:
    command = """pytest -k 'a: "b"' # $HOME {report}"""
    pipeline = make_pipeline(forge, tmp_path, node_modules, home, source="/opt/honk", split=True, test_command=command)

    shown: Any = pipeline.preview()

    variables = {**shown.get(".honk-ci-heal", {}).get("variables", {}), **shown["honk:think"]["variables"]}
    value = variables["HONK_TEST_COMMAND"]
    # gitlab-ci-local doubles the dollars of what is not to be expanded
    assert (value["value"] if isinstance(value, dict) else value).replace("$$", "$") == command
    assert set(pipeline.listed()) >= {"test", "honk:think", "honk:deliver"}
    assert "honk:heal" not in pipeline.listed()
