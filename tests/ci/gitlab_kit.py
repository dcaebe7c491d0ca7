"""Runs the GitLab template with ``gitlab-ci-local``, against the loopback forge."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.scenes import BROKEN, GOOD
from tests.forge import LoopbackForge, Project
from tests.npm import Install
from tests.repos import Repo

TOP = Path(__file__).parents[2]
TEMPLATE = TOP / ".gitlab-ci-template.yml"
# 4.74 and later need a newer node than 20
PACKAGE = "gitlab-ci-local@4.73.0"
PROJECT = "group/shop"
TOKEN = "glpat-honk"

TESTS = """
stages: [test]

test:
  stage: test
  script:
    - python -m pytest -q --junitxml=report.xml
  artifacts:
    when: always
    paths: [report.xml]

told:
  stage: .post
  needs: [{job: "JOB", artifacts: true}]
  when: always
  script:
    - echo "told outcome=$HONK_OUTCOME branch=$HONK_BRANCH url=$HONK_URL"
"""


def documents(text: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Header and body of a template."""
    header, body = yaml.safe_load_all(text)
    return header, body


def filled(text: str, **inputs: str) -> str:
    """The body with its inputs, given or by default, as GitLab would put them in."""
    header, _ = documents(text)
    values = {name: str(about.get("default", "")) for name, about in header["spec"]["inputs"].items()}
    values |= {name.replace("_", "-"): value for name, value in inputs.items()}
    body = text[text.index("\n---\n") + 5 :]
    return re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", lambda found: values[found[1]].replace("False", "false"), body)


def script_of(job: str, body: Mapping[str, Any]) -> str:
    """All that a job's shell gets, in one text."""
    sections: dict[str, Any] = {}
    names = [job]
    while names[-1] in body and "extends" in body[names[-1]]:
        names.append(body[names[-1]]["extends"])
    for name in reversed(names):
        sections |= {key: body[name][key] for key in ("before_script", "script") if key in body[name]}
    return "\n".join(line for key in ("before_script", "script") for line in sections.get(key, []))


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalRun:
    """How a pipeline ended."""

    status: int
    log: str

    @property
    def told(self) -> Mapping[str, str]:
        """What a later job saw of the dotenv report."""
        found = re.findall(r"> told outcome=(\S*) branch=(\S*) url=(\S*)", self.log)
        assert found, self.log
        return dict(zip(("outcome", "branch", "url"), found[-1], strict=True))

    def passed(self, job: str) -> bool:
        return bool(re.search(rf"PASS\s+{re.escape(job)}\s", self.log))


@dataclass(frozen=True, kw_only=True, slots=True)
class Pipeline:
    """A project on the loopback forge whose branch ``change`` is red, and its CI."""

    forge: LoopbackForge
    project: Project
    repo: Repo
    red: str
    program: Path
    home: Path
    more: dict[str, str] = field(default_factory=dict)  # variables besides those of a push

    def variables(self) -> dict[str, str]:
        return {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": self.forge.gitlab_url,
            "CI_SERVER_URL": self.forge.url,
            "CI_PROJECT_PATH": PROJECT,
            "CI_DEFAULT_BRANCH": "main",
            "CI_COMMIT_SHA": self.red,
            "CI_PIPELINE_ID": "77",
            "CI_PIPELINE_SOURCE": "push",
            "GITLAB_USER_LOGIN": "ann",
            **self.more,
        }

    def run(self, *jobs: str, secrets: Mapping[str, str] | None = None, timeout_s: float = 400) -> LocalRun:
        done = self._call([*jobs], {**self.variables(), **(secrets or {})}, timeout_s)
        return LocalRun(status=done.returncode, log=f"{done.stdout}\n{done.stderr}")

    def listed(self, **more: str) -> Mapping[str, Mapping[str, Any]]:
        """The jobs that would be in the pipeline, by name."""
        done = self._call(["--list-json"], {**self.variables(), **more}, 60)
        assert done.returncode == 0, done.stderr
        return {job["name"]: job for job in json.loads(done.stdout) if job["when"] != "never"}

    def preview(self) -> Mapping[str, Any]:
        done = self._call(["--preview"], self.variables(), 60)
        assert done.returncode == 0, done.stderr
        return yaml.safe_load(done.stdout)  # type: ignore[no-any-return]  # a mapping of jobs

    def _call(
        self, arguments: Sequence[str], variables: Mapping[str, str], timeout_s: float
    ) -> subprocess.CompletedProcess[str]:
        command = [str(self.program), *arguments]
        command += ["--force-shell-executor", "--shell-isolation", "--no-artifacts-to-source"]
        command += [word for name, value in variables.items() for word in ("--variable", f"{name}={value}")]
        command += ["--ignore-predefined-vars", ",".join(variables)]
        kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "LC_", "SSL_"))}
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        environ = {**kept, "PATH": path, "HOME": str(self.home), "PIP_CACHE_DIR": str(self.home / "pip")}
        return subprocess.run(
            command,
            cwd=self.repo.path,
            env={**environ, "PIP_NO_COMPILE": "1"},
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )


def make_pipeline(
    forge: LoopbackForge, folder: Path, node_modules: Install, home: Path, *, source: str, **inputs: str | bool
) -> Pipeline:
    """The project with the template in it, included with inputs."""
    if shutil.which("rsync") is None:
        pytest.skip("gitlab-ci-local needs rsync, which is not installed here")
    program = node_modules(PACKAGE) / ".bin" / "gitlab-ci-local"
    project = forge.add_project(PROJECT)
    forge.add_token(TOKEN, kind="project", login="project_1_bot_a")
    forge.add_user("ann", project)
    repo = Repo.create(folder / "shop", GOOD)
    repo.git("remote", "add", "origin", forge.git_url(PROJECT))
    repo.git("push", "--quiet", str(project.folder), "main")
    repo.git("checkout", "--quiet", "-b", "change")
    shutil.copy(TEMPLATE, repo.path / ".honk-template.yml")
    given = {"source": source, "reports": "report.xml", **{key.replace("_", "-"): inputs[key] for key in inputs}}
    config = yaml.safe_dump({"include": [{"local": "/.honk-template.yml", "inputs": given}]})
    config += TESTS.replace("JOB", "honk:deliver" if inputs.get("split") else "honk:heal")
    (repo.path / ".gitlab-ci.yml").write_text(config)
    red = repo.commit("a change", BROKEN)
    repo.git("push", "--quiet", str(project.folder), "change")
    branch = {"CI_COMMIT_BRANCH": "change", "CI_COMMIT_REF_NAME": "change"}
    return Pipeline(forge=forge, project=project, repo=repo, red=red, program=program, home=home, more=branch)


def merge_request(pipeline: Pipeline, *, source_project: str = PROJECT) -> dict[str, str]:
    """What GitLab sets in the pipeline of a merge request of ``change`` into ``main``."""
    return {
        "CI_PIPELINE_SOURCE": "merge_request_event",
        "CI_COMMIT_REF_NAME": "change",
        "CI_MERGE_REQUEST_IID": "1",
        "CI_MERGE_REQUEST_PROJECT_PATH": PROJECT,
        "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": source_project,
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "change",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
    }
