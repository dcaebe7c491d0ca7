"""``honk init``: what it finds out, what it writes, and that it never writes unasked."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from honk_ci.cli import main
from honk_ci.config_file import load_config
from honk_ci.setup_files.github import USES
from honk_ci.setup_files.project import look_at
from tests.repos import Repo

PYTEST = {"pyproject.toml": "[tool.pytest.ini_options]\n", "tests/test_a.py": "def test_a(): pass\n"}
VITEST = {
    "package.json": '{"scripts": {"test": "vitest"}, "devDependencies": {"vitest": "^3"}}',
    "package-lock.json": "{}",
    "a.test.js": "",
}
GO = {"go.mod": "module shop\n", "Makefile": "test:\n\tgo test ./...\n"}
CI = "name: {name}\non: [push]\njobs:\n  t:\n    runs-on: x\n    steps:\n      - run: pytest\n"
TOX = "[tox]\nenvlist = py312\n[testenv]\ndeps = pytest\ncommands = pytest\n"
LAYOUTS = ("one-job", "two-jobs", "workflow-run")
WORKFLOW = ".github/workflows/honk.yml"


def init(repo: Repo, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["init", "--repo", str(repo.path), *arguments])


def written(repo: Repo, *arguments: str) -> Any:
    done = init(repo, "--forge", "github", "--yes", *arguments)
    assert done.exit_code == 0, done.output
    return yaml.safe_load((repo.path / WORKFLOW).read_text())


def steps(workflow: Any, job: str = "test") -> Mapping[str, Any]:
    """By name, or by the action's repository."""
    found = workflow["jobs"][job]["steps"]
    return {step.get("name") or step["uses"].split("@")[0]: step for step in found}


# --- asking ----------------------------------------------------------------------------------------------


def test_where_nobody_can_be_asked_it_shows_and_writes_nothing(repo: Repo) -> None:
    repo.commit("a project", PYTEST)

    done = init(repo, "--forge", "github")

    assert done.exit_code == 3
    assert "+++ b/.github/workflows/honk.yml" in done.output
    assert "+++ b/.honk.yml" in done.output
    assert repo.git("status", "--porcelain") == ""


def test_a_dry_run_shows_and_writes_nothing(repo: Repo) -> None:
    repo.commit("a project", PYTEST)

    done = init(repo, "--forge", "github", "--yes", "--dry-run")

    assert done.exit_code == 0
    assert "+++ b/.github/workflows/honk.yml" in done.output
    assert repo.git("status", "--porcelain") == ""


def test_what_is_written_is_shown_first_and_says_what_remains(repo: Repo) -> None:
    repo.commit("a project", PYTEST)

    done = init(repo, "--forge", "github", "--yes")

    assert done.exit_code == 0
    assert "+++ b/.github/workflows/honk.yml" in done.output
    assert "secret HONK_TOKEN" in done.output
    assert "tick 'Allow GitHub Actions to create and approve pull requests'" in done.output
    assert "OWNER/honk-ci@0000" in done.output.split("What remains to do")[1]
    load_config((repo.path / ".honk.yml").read_text(), source=".honk.yml")


def test_a_second_time_there_is_nothing_to_write(repo: Repo) -> None:
    repo.commit("a project", PYTEST)
    init(repo, "--forge", "github", "--yes")

    done = init(repo, "--forge", "github")

    assert (done.exit_code, done.output) == (0, "There is nothing to write.\n")


def test_a_config_that_is_there_is_left_alone_and_a_workflow_is_shown_as_a_change(repo: Repo) -> None:
    repo.commit("a project", {**PYTEST, ".honk.yml": "limits: {cost_usd: 1}\n", WORKFLOW: "name: mine\n"})

    done = init(repo, "--forge", "github")

    assert done.exit_code == 3
    assert "-name: mine" in done.output
    assert ".honk.yml" not in done.output


def test_a_folder_that_takes_no_file_is_told(repo: Repo) -> None:
    repo.commit("a project", {**PYTEST, ".github": "a file\n"})

    done = init(repo, "--forge", "github", "--yes")

    assert done.exit_code == 10
    assert ".github/workflows/honk.yml cannot be" in done.output


@pytest.mark.parametrize(("answer", "status"), [("y", 0), ("n", 3), ("", 0)])
def test_at_a_terminal_it_asks(repo: Repo, answer: str, status: int) -> None:
    repo.commit("a project", PYTEST)
    mine, theirs = pty.openpty()
    command = [sys.executable, "-m", "honk_ci", "init", "--forge", "github"]
    asked = subprocess.Popen(command, cwd=repo.path, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    os.write(mine, f"{answer}\n".encode())

    said, _ = asked.communicate(timeout=30)

    os.close(mine)
    os.close(theirs)
    assert asked.returncode == status, said
    assert b"Write this?" in said
    assert (repo.path / WORKFLOW).exists() is (status == 0)


def test_outside_of_a_repository_there_is_nothing_to_set_up(tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["init", "--repo", str(tmp_path)]).exit_code == 14


# --- which forge -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["https://github.com/acme/shop.git", "git@github.com:acme/shop", "ssh://git@github.acme.test:22/a/b"]
)
def test_the_remote_tells_the_forge(repo: Repo, address: str) -> None:
    repo.commit("a project", PYTEST)
    repo.git("remote", "add", "origin", address)

    assert "+++ b/.github/workflows/honk.yml" in init(repo).output


def test_without_a_remote_the_files_tell_the_forge(repo: Repo) -> None:
    repo.commit("a project", {**PYTEST, ".github/CODEOWNERS": "* @acme\n"})

    assert "+++ b/.github/workflows/honk.yml" in init(repo).output


def test_where_nothing_tells_the_forge_it_is_asked_for(repo: Repo) -> None:
    repo.commit("a project", PYTEST)

    done = init(repo)

    assert done.exit_code == 11
    assert "--forge github or gitlab" in done.output


# --- what is filled in ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_python_project(repo: Repo, layout: str) -> None:
    repo.commit("a project", {**PYTEST, "requirements.txt": "flask\n", "requirements-dev.txt": "pytest\n"})

    job = steps(written(repo, "--layout", layout), "think" if layout == "workflow-run" else "test")

    assert job["Install"]["run"] == "python -m pip install -r requirements-dev.txt -r requirements.txt"
    assert "actions/setup-python" in job
    if layout != "workflow-run":
        assert job["Test"]["run"] == "python -m pytest --junitxml=report.xml"
        assert job["Heal"]["with"]["reports"] == "report.xml"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_node_project(repo: Repo, layout: str) -> None:
    repo.commit("a project", {**VITEST, ".nvmrc": "22\n"})

    job = steps(written(repo, "--layout", layout), "think" if layout == "workflow-run" else "test")

    assert job["Install"]["run"] == "npm ci"
    assert job["actions/setup-node"]["with"] == {"node-version-file": ".nvmrc"}
    if layout != "workflow-run":
        assert job["Test"]["run"].startswith("npx vitest run --reporter=default --reporter=junit")
        assert job["Heal"]["with"]["reports"] == "report.xml"


def test_a_command_without_a_report_leaves_a_log(repo: Repo) -> None:
    repo.commit("a project", {"a.txt": "\n"})

    job = steps(written(repo, "--test-command", "make check: 'all' # now"))

    assert job["Test"]["run"] == "make check: 'all' # now 2>&1 | tee test.log"
    assert job["Test"]["shell"] == "bash"
    assert job["Heal"]["with"]["logs"] == "test.log"
    assert "Install" not in job
    assert "actions/setup-python" not in job


def test_a_command_with_a_place_for_the_report_writes_one(repo: Repo) -> None:
    repo.commit("a project", GO)

    job = steps(written(repo, "--test-command", "gotestsum --junitfile {report} ./..."))

    assert job["Test"]["run"] == "gotestsum --junitfile report.xml ./..."
    assert job["Heal"]["with"]["reports"] == "report.xml"


def test_a_project_in_a_folder_is_installed_and_tested_there(repo: Repo) -> None:
    repo.commit("a project", {f"web/{name}": text for name, text in VITEST.items()})

    job = steps(written(repo, "--layout", "one-job"))

    assert job["Install"]["run"] == "cd web\nnpm ci\n"
    assert job["Test"]["run"].startswith("cd web && npx vitest run")
    assert job["Heal"]["with"]["reports"] == "web/report.xml"


def test_the_action_is_pinned_where_it_is_known(repo: Repo) -> None:
    repo.commit("a project", PYTEST)
    commit = "a" * 40

    done = init(repo, "--forge", "github", "--yes", "--uses", f"acme/honk-ci@{commit}")

    assert f"uses: acme/honk-ci@{commit}\n" in (repo.path / WORKFLOW).read_text()
    assert "OWNER" not in done.output


def test_the_action_that_people_have_put_there_stays(repo: Repo) -> None:
    repo.commit("a project", PYTEST)
    init(repo, "--forge", "github", "--yes", "--layout", "one-job")
    file = repo.path / WORKFLOW
    file.write_text(file.read_text().replace(USES, f"acme/my-honk@{'a' * 40}"))

    done = init(repo, "--forge", "github", "--yes", "--layout", "two-jobs")

    assert file.read_text().count(f"uses: acme/my-honk@{'a' * 40}\n") == 2
    assert "OWNER" not in done.output


@pytest.mark.parametrize("uses", ["acme/honk-ci", "acme/honk-ci@v1", "acme/honk-ci@" + "a" * 40 + "\n  x: y"])
def test_an_action_that_is_not_pinned_is_refused(repo: Repo, uses: str) -> None:
    repo.commit("a project", PYTEST)

    assert init(repo, "--forge", "github", "--yes", "--uses", uses).exit_code == 2


def test_a_project_whose_tests_tox_sets_up_is_tested_in_its_environment(repo: Repo) -> None:
    repo.commit("a project", {**PYTEST, "tox.ini": TOX})

    job = steps(written(repo, "--layout", "one-job"))

    assert job["Test"]["run"] == ".tox/py/bin/python -m pytest --junitxml=report.xml"


@pytest.mark.parametrize("forge", ["github", "gitlab"])
def test_a_command_that_somebody_gives_is_the_one_that_heals(repo: Repo, forge: str) -> None:
    repo.commit("a project", {"a.txt": "\n"})
    command = "sh 'my tests.sh' {report} # \"all\""

    assert init(repo, "--forge", forge, "--yes", "--test-command", command).exit_code == 0

    config = load_config((repo.path / ".honk.yml").read_text(), source=".honk.yml")
    assert config.test.command == command


def test_a_command_for_a_config_that_is_there_is_told(repo: Repo) -> None:
    repo.commit("a project", {"a.txt": "\n", ".honk.yml": ""})

    done = init(repo, "--forge", "github", "--yes", "--test-command", "make test")

    assert 'see that .honk.yml says command: "make test" under test:' in done.output


@pytest.mark.parametrize("config", ["", "test: {command: ./check}\n"])
@pytest.mark.parametrize(
    ("forge", "file", "ci"),
    [
        ("gitlab", ".gitlab-ci.yml", "unit: {script: [./check]}\n"),
        ("github", ".github/workflows/ci.yml", CI.format(name="CI").replace("run: pytest", "run: make test")),
    ],
)
def test_beside_a_ci_whose_tests_are_unknown_it_says_that_they_must_be_told(
    repo: Repo, forge: str, file: str, ci: str, config: str
) -> None:
    repo.commit("a project", {"a.txt": "\n", ".honk.yml": config, file: ci})

    done = init(repo, "--forge", forge, "--yes")

    assert done.exit_code == 0
    assert ("say how the tests are run, in .honk.yml under test: as command" in done.output) is (not config)


def test_without_tests_it_asks_how_they_are_run(repo: Repo) -> None:
    repo.commit("a project", {"a.txt": "\n"})

    done = init(repo, "--forge", "github", "--yes")

    assert done.exit_code == 17
    assert "--test-command" in done.output


# --- beside the CI that is there ---------------------------------------------------------------------------


def test_a_ci_that_is_there_is_left_and_its_red_runs_are_healed(repo: Repo) -> None:
    files = {
        "ci.yml": CI.format(name="'Tests: all'"),
        "unnamed.yaml": CI.replace("name: {name}\n", ""),
        "deploy.yml": "name: Deploy\non: [push]\njobs: {d: {steps: [{run: ./deploy.sh}]}}\n",
        "nightly.yml": "name: By hand\non: {workflow_dispatch: {}}\njobs: {d: {steps: [{run: pytest}]}}\n",
        "broken.yml": "name: [\n",
        "list.yml": "- pytest\n",
    }
    repo.commit("a project", {**PYTEST, **{f".github/workflows/{name}": text for name, text in files.items()}})

    workflow = written(repo)

    started = workflow.get("on", workflow.get(True))["workflow_run"]
    assert started["workflows"] == ["Tests: all", ".github/workflows/unnamed.yaml"]


def test_a_workflow_of_its_own_has_another_name_than_the_ci_that_is_there(repo: Repo) -> None:
    repo.commit("a project", {**PYTEST, ".github/workflows/ci.yml": CI.format(name="CI")})

    assert written(repo, "--layout", "two-jobs")["name"] == "CI with honk"


@pytest.mark.parametrize("name", ["on", "null", "1.0", "a, b", "[x]", "&a", "*", "'", "x: y", "# z", "ü", "2026-01-01"])
@pytest.mark.slow
def test_names_of_workflows_are_texts(repo: Repo, name: str) -> None:
    text = CI.format(name=json.dumps(name))
    repo.commit("a project", {**PYTEST, ".github/workflows/ci.yml": text})

    workflow = written(repo)

    assert workflow.get("on", workflow.get(True))["workflow_run"]["workflows"] == [name]


def test_names_of_workflows_cannot_write_another_workflow(repo: Repo) -> None:
    name = '"x]\\n    types: [requested] # ${{ secrets.A }} \\" \'"'
    repo.commit("a project", {**PYTEST, ".github/workflows/ci.yml": CI.format(name=name)})

    workflow = written(repo)

    started = workflow.get("on", workflow.get(True))["workflow_run"]
    assert started["workflows"] == [yaml.safe_load(name)]
    assert started["types"] == ["completed"]


# --- GitLab ----------------------------------------------------------------------------------------------

GITLAB_CI = (
    "default: {image: python:3.11}\n"
    "unit: # my own words\n"
    "  script: [pytest --junitxml=out/unit.xml]\n"
    "  artifacts: {when: always, paths: [out/], reports: {junit: out/unit.xml}}\n"
    "docs:\n  script: !reference [unit, script]"
)


def gitlab(repo: Repo, *arguments: str) -> Any:
    done = init(repo, "--forge", "gitlab", "--yes", *arguments)
    assert done.exit_code == 0, done.output
    return yaml.safe_load((repo.path / ".gitlab-ci.yml").read_text().replace("!reference", ""))


def inputs(ci: Any) -> Any:
    (include,) = ci["include"]
    assert include["local"] == "/.gitlab/honk-ci.yml"
    return include["inputs"]


def test_a_repository_without_ci_gets_a_job_that_keeps_its_report_and_the_include(repo: Repo) -> None:
    repo.commit("a project", PYTEST)

    ci = gitlab(repo, "--source", "git+https://git.test/honk-ci.git@abc")

    assert ci["test"]["script"] == ["python -m pip install pytest", "python -m pytest --junitxml=report.xml"]
    assert ci["test"]["artifacts"] == {
        "when": "always", "paths": ["report.xml"], "reports": {"junit": "report.xml"},
    }  # fmt: skip
    assert inputs(ci) == {
        "source": "git+https://git.test/honk-ci.git@abc",
        "image": "python:3.12",
        "setup-command": "python -m pip install pytest",
    }
    assert (repo.path / ".gitlab/honk-ci.yml").read_text().startswith("# Heals a red pipeline")


def test_every_input_is_one_of_the_templates(repo: Repo) -> None:
    repo.commit("a project", VITEST)

    given = inputs(gitlab(repo, "--layout", "two-jobs", "--test-command", "make test"))

    header = next(yaml.safe_load_all((repo.path / ".gitlab/honk-ci.yml").read_text()))
    assert set(given) <= set(header["spec"]["inputs"])
    assert given["split"] is True
    assert given["logs"] == "test.log"


def test_a_ci_that_is_there_keeps_every_byte_and_gets_an_include_below(repo: Repo) -> None:
    repo.commit("a project", {**PYTEST, ".gitlab-ci.yml": GITLAB_CI})

    assert "let the test jobs keep" not in init(repo, "--forge", "gitlab", "--dry-run").output
    ci = gitlab(repo)

    assert (repo.path / ".gitlab-ci.yml").read_text().startswith(f"{GITLAB_CI}\n\ninclude:\n")
    assert inputs(ci)["image"] == "python:3.11"
    assert init(repo, "--forge", "gitlab").output == "There is nothing to write.\n"


@pytest.mark.slow
def test_a_long_ci_file_is_kept_whole(repo: Repo) -> None:
    long = GITLAB_CI + "\n" + "# words\r\n" * 150_000
    repo.commit("a project", PYTEST)
    (repo.path / ".gitlab-ci.yml").write_bytes(long.encode())

    assert init(repo, "--forge", "gitlab", "--yes").exit_code == 0

    assert (repo.path / ".gitlab-ci.yml").read_bytes().startswith(f"{long}\ninclude:\n".encode())


def test_includes_that_are_there_are_left_to_their_owner(repo: Repo) -> None:
    own = "include:\n  - local: /mine.yml\n" + GITLAB_CI
    repo.commit("a project", {**PYTEST, ".gitlab-ci.yml": own, ".honk.yml": ""})

    done = init(repo, "--forge", "gitlab", "--yes")

    assert (repo.path / ".gitlab-ci.yml").read_text() == own
    assert "has includes of its own; add this to them:\n  - local: /.gitlab/honk-ci.yml\n    inputs:\n" in done.output


@pytest.mark.parametrize(
    ("junit", "given"),
    [("out/unit.xml", None), ("report.xml", None), ("[out/unit.xml, b/junit.xml]", "out/unit.xml,b/junit.xml")],
)
def test_reports_are_named_only_where_honk_would_not_find_them(repo: Repo, junit: str, given: str | None) -> None:
    ci = GITLAB_CI.replace("--junitxml=out/unit.xml", "").replace("junit: out/unit.xml", f"junit: {junit}")
    repo.commit("a project", {**PYTEST, ".gitlab-ci.yml": ci})

    assert inputs(gitlab(repo)).get("reports") == given


def test_a_ci_without_reports_is_healed_from_its_logs_and_told_of_what_tells_more(repo: Repo) -> None:
    repo.commit("a project", {**PYTEST, ".gitlab-ci.yml": "unit: {script: [pytest]}\n"})

    done = init(repo, "--forge", "gitlab", "--yes")

    assert "reports:" not in done.output
    assert "let the test job write JUnit XML" in done.output


def test_reports_that_no_other_job_gets_are_told(repo: Repo) -> None:
    ci = GITLAB_CI.replace("paths: [out/], ", "")
    repo.commit("a project", {**PYTEST, ".gitlab-ci.yml": ci})

    done = init(repo, "--forge", "gitlab", "--yes")

    assert "let the test jobs keep out/unit.xml" in done.output


@pytest.mark.parametrize("content", [b"a: [\n", b"a: \xff\n", b"a: " + b"[" * 5000])
@pytest.mark.slow
def test_a_ci_file_that_cannot_be_read_is_told(repo: Repo, content: bytes) -> None:
    repo.commit("a project", PYTEST)
    (repo.path / ".gitlab-ci.yml").write_bytes(content)

    done = init(repo, "--forge", "gitlab", "--yes")

    assert done.exit_code == 11
    assert ".gitlab-ci.yml cannot be read" in done.output


def test_a_layout_of_github_is_refused_on_gitlab(repo: Repo) -> None:
    repo.commit("a project", PYTEST)

    assert init(repo, "--forge", "gitlab", "--layout", "workflow-run").exit_code == 11


@pytest.mark.slow
@pytest.mark.parametrize("files", [PYTEST, VITEST, {**PYTEST, ".gitlab-ci.yml": GITLAB_CI}], ids=["py", "node", "ci"])
def test_what_is_written_for_gitlab_fits_its_schema(repo: Repo, files: dict[str, str]) -> None:
    repo.commit("a project", files)
    gitlab(repo)

    _passes(
        "check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci",
        str(repo.path / ".gitlab-ci.yml"),
    )  # fmt: skip


# --- packages ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "commands"),
    [
        ({"uv.lock": ""}, ("python -m pip install uv", "uv sync --locked --all-extras")),
        ({"poetry.lock": ""}, ("python -m pip install poetry", "poetry install --all-extras")),
        ({"Pipfile.lock": ""}, ("python -m pip install pipenv", "pipenv sync --dev")),
        ({}, ("python -m pip install pytest",)),
        ({"tox.ini": TOX}, ("python -m pip install tox", "python -m tox run -e py --notest")),
        ({"tox.ini": TOX, "requirements-dev.txt": "pytest\n"}, ("python -m pip install -r requirements-dev.txt",)),
        ({"tox.ini": "[tox]\n[pytest]\n"}, ("python -m pip install pytest",)),
        (
            {"pyproject.toml": "[tool.pytest.ini_options]\n[tool.tox.env_run_base]\ndeps = ['pytest']\n"},
            ("python -m pip install tox", "python -m tox run -e py --notest"),
        ),
        ({"requirements/test.txt": "pytest\n"}, ("python -m pip install -r requirements/test.txt",)),
        ({"requirements.txt": "flask\n"}, ("python -m pip install -r requirements.txt pytest",)),
        (
            {
                "pyproject.toml": "[project]\nname = 'x'\n[project.optional-dependencies]\ntest = ['pytest']\n"
                "docs = ['x']\n[tool.pytest.ini_options]\n"
            },
            ("python -m pip install -e '.[test]'",),
        ),
        (
            {"pyproject.toml": "[dependency-groups]\ndev = ['pytest']\n[tool.pytest.ini_options]\n"},
            ("python -m pip install --group dev",),
        ),
        ({"pyproject.toml": "[project\n", "pytest.ini": "[pytest]\n"}, ("python -m pip install pytest",)),
    ],
)
def test_python_packages(repo: Repo, files: dict[str, str], commands: tuple[str, ...]) -> None:
    repo.commit("a project", {**PYTEST, **files})

    assert look_at(repo.path, environ=os.environ).packages.commands == commands


@pytest.mark.parametrize(
    ("files", "commands"),
    [
        ({"package-lock.json": None, "pnpm-lock.yaml": ""}, ("corepack enable", "pnpm install --frozen-lockfile")),
        ({"yarn.lock": ""}, ("yarn install --frozen-lockfile",)),
        ({"yarn.lock": "", ".yarnrc.yml": ""}, ("corepack enable", "yarn install --immutable")),
        ({"package-lock.json": None}, ("npm install",)),
    ],
)
def test_node_packages(repo: Repo, files: dict[str, str | None], commands: tuple[str, ...]) -> None:
    whole = {**VITEST, **files}
    repo.commit("a project", {name: text for name, text in whole.items() if text is not None})

    assert look_at(repo.path, environ=os.environ).packages.commands == commands


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({}, 'node-version: "lts/*"'),
        ({"pnpm-lock.yaml": ""}, 'node-version: "24"'),  # the last one that brings corepack
        ({"pnpm-lock.yaml": "", ".nvmrc": "22\n"}, "node-version-file: .nvmrc"),
    ],
)
def test_the_version_of_node_brings_what_installs_the_packages(repo: Repo, files: dict[str, str], line: str) -> None:
    repo.commit("a project", {**VITEST, **files})

    assert look_at(repo.path, environ=os.environ).packages.version == line


# --- what the tools of the field say ------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("files", [PYTEST, VITEST, GO], ids=["python", "node", "go"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_written_is_clean(repo: Repo, layout: str, files: dict[str, str]) -> None:
    repo.commit("a project", files)
    written(repo, "--layout", layout, "--test-command", "make test")
    file = str(repo.path / WORKFLOW)

    _passes("zizmor", "--offline", "--no-progress", "--persona=auditor", file)
    _passes("check-jsonschema", "--builtin-schema", "vendor.github-workflows", file)


def _passes(name: str, *arguments: str) -> None:
    beside = Path(sys.executable).parent / name
    tool = str(beside) if beside.is_file() else shutil.which(name)
    if not tool:
        pytest.skip(f"{name} is not installed here")
    done = subprocess.run([tool, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
