"""The workflow for a repository on GitHub: an example, with what is known of the repository in its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Literal

from honk_ci.setup_files import example
from honk_ci.setup_files.project import Project, known_tests

Layout = Literal["one-job", "two-jobs", "workflow-run"]
FILE = ".github/workflows/honk.yml"
PULL_REQUESTS_SETTING = "Allow GitHub Actions to create and approve pull requests"
USES = "OWNER/honk-ci@0000000000000000000000000000000000000000"

_SETUP_NODE = "actions/setup-node@820762786026740c76f36085b0efc47a31fe5020 # v7.0.0"
_SETUP = re.compile(r"      - uses: (actions/setup-python@.*)\n        with:\n          (python-version: .*)\n")
_INSTALL = re.compile(r"      - name: Install\n        run: .*\n")
_TEST = re.compile(r"      - name: Test\n        run: .*\n")
_REPORTS = re.compile(r"          reports: .*\n")
_NAME = re.compile(r"^name: .*\n", re.MULTILINE)
_WORKFLOWS = re.compile(r"    workflows: \[.*?\]")
_USES = re.compile(re.escape(USES) + r"(?: #.*)?")
_FILLED_IN = re.compile(r"uses: +([\w.-]+/[\w.-]*honk[\w.-]*(?:/[\w.-]+)*@[0-9a-f]{40})\b")


def best_layout(project: Project) -> Layout:
    """Beside a CI that is there; else two jobs, since the tests should not run beside a token that writes."""
    return "workflow-run" if project.workflows else "two-jobs"


def workflow(project: Project, layout: Layout, *, uses: str = "") -> str:
    """The text of the workflow; ``uses`` is the action with its commit, "" where that is not known."""
    text = example(f"github/{layout}.yml")
    text = _put(_SETUP, _setup(project, text), text)
    text = _put(_INSTALL, _step("Install", project.packages.commands), text)
    if layout == "workflow-run":
        names = project.workflows or ("CI",)
        text = _put(_WORKFLOWS, f"    workflows: [{', '.join(_scalar(name, in_list=True) for name in names)}]", text)
    else:
        text = _with_tests(project, text)
    return _put(_USES, uses, text) if uses else text


def filled_in(text: str) -> str:
    """The action that a workflow written earlier names, "" where nobody has put one there."""
    return next((uses for uses in _FILLED_IN.findall(text) if uses != USES), "")


def _with_tests(project: Project, text: str) -> str:
    tests = known_tests(project)
    there = f"{project.folder}/" if project.folder else ""
    line = f"cd {project.folder} && {tests.line}" if project.folder else tests.line
    reads = f"          {'reports' if tests.report else 'logs'}: {there}{tests.report or tests.log}\n"
    shell = "" if tests.report else "        shell: bash # with pipefail: the tests' exit status counts, not tee's\n"
    text = _put(_TEST, _step("Test", (line,), shell=shell), text)
    text = _put(_REPORTS, reads, text)
    if "CI" in project.workflows:
        text = _put(_NAME, "name: CI with honk\n", text)
    return text


def _setup(project: Project, text: str) -> str:
    found = _SETUP.search(text)
    assert found is not None
    packages = project.packages
    if packages.language == "python":
        return _uses(found[1], packages.version or found[2])
    return _uses(_SETUP_NODE, packages.version) if packages.language == "node" else ""


def _uses(action: str, version: str) -> str:
    return f"      - uses: {action}\n        with:\n          {version}\n"


def _step(name: str, commands: tuple[str, ...], *, shell: str = "") -> str:
    """A step that runs commands, "" where there are none."""
    if not commands:
        return ""
    if len(commands) == 1:
        return f"      - name: {name}\n{shell}        run: {_scalar(commands[0])}\n"
    lines = "".join(f"          {command}\n" for command in commands)
    return f"      - name: {name}\n{shell}        run: |\n{lines}"


def _scalar(text: str, *, in_list: bool = False) -> str:
    """``text`` as it stands where YAML reads it as that, else in quotes."""
    import yaml

    try:
        is_plain = yaml.safe_load(f"[{text}]" if in_list else f"a: {text}") == ([text] if in_list else {"a": text})
    except yaml.YAMLError:
        is_plain = False
    return text if is_plain and text.isprintable() else json.dumps(text)


def _put(pattern: re.Pattern[str], new: str, text: str) -> str:
    """``text`` with ``new`` at every place; the examples hold each of them."""
    replaced, count = pattern.subn(lambda _: new, text)
    assert count, pattern.pattern
    return replaced


def to_do(project: Project, layout: Layout, *, uses: str) -> Iterator[str]:
    """What remains for people to do, one line each."""
    if not uses:
        yield f"put your copy of honk-ci, and a commit of it, where {FILE} says OWNER/honk-ci@0000…"
    yield f"let the job open pull requests: tick '{PULL_REQUESTS_SETTING}' in Settings > Actions > General"
    yield "let CI run on the fixes: a token of an app or a bot as secret HONK_TOKEN (docs/github.md says how)"
    yield "for healing with a model: its key as secret ANTHROPIC_API_KEY; without it there is healing without one"
    if layout == "workflow-run":
        yield f"merge {FILE} into the default branch: GitHub starts it from there alone"
        if not project.uploads_reports:
            yield "let your CI keep its JUnit reports with actions/upload-artifact: they tell more than its logs do"
