"""What ``honk doctor`` says of the repository's CI files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import honk_ci
from honk_ci.cli.checkup import Answer, Finding
from honk_ci.cli.checkup.ci_files import look_at_ci_files
from honk_ci.cli.checkup.finding import Wiring
from honk_ci.config import Config, DeliverConfig
from honk_ci.forges.environment import CiContext
from honk_ci.git import Repository
from honk_ci.setup_files.github import USES
from honk_ci.setup_files.gitlab import SOURCE
from tests.repos import Repo

EXAMPLES = sorted((Path(honk_ci.__file__).parent / "setup_files" / "github").glob("*.yml"))
WORKFLOW = """
on: {push: {branches-ignore: ["honk/**"]}, pull_request: }
jobs:
  test:
    permissions: {contents: write, pull-requests: write, checks: write}
    steps:
      - uses: actions/checkout@v7
        with: {fetch-depth: 0, persist-credentials: false}
      - uses: acme/honk-ci@v1
"""


def look(repo: Repo) -> list[Finding]:
    wiring = Wiring(
        repository=Repository(repo.path, environ=os.environ),
        config=Config(deliver=DeliverConfig(mode="pull-request")),
        context=CiContext(),
        reports=(),
        environ=os.environ,
        scratch=repo.path,
        is_offline=True,
    )
    return list(look_at_ci_files(wiring))


def workflow(repo: Repo, content: str) -> list[Finding]:
    """What is said of a workflow."""
    repo.write({".github/workflows/ci.yml": content})
    return look(repo)


def test_examples_are_there_to_be_looked_at() -> None:
    assert len(EXAMPLES) >= 3


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.stem)
def test_nothing_is_found_in_the_workflows_that_honk_brings(repo: Repo, example: Path) -> None:
    found = workflow(repo, example.read_text().replace(USES, f"acme/honk-ci@{'a' * 40}"))

    assert found
    assert {finding.answer for finding in found} == {Answer.OK}, found


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.stem)
def test_an_action_that_nobody_has_filled_in_is_missing(repo: Repo, example: Path) -> None:
    found = workflow(repo, example.read_text())

    assert {finding.answer for finding in found} == {Answer.MISSING}, found
    assert "OWNER/honk-ci@000000000 stands for your copy" in found[0].text


def test_an_include_whose_source_nobody_has_filled_in_is_missing(repo: Repo) -> None:
    repo.write({".gitlab-ci.yml": f"include: [{{local: /.gitlab/honk-ci.yml, inputs: {{source: '{SOURCE}'}}}}]"})

    (found,) = look(repo)
    assert found.answer is Answer.MISSING
    assert "input source" in found.hint


def test_a_workflow_that_is_well_wired_is_told_with_its_job(repo: Repo) -> None:
    assert [finding.text for finding in workflow(repo, WORKFLOW)] == ["ci.yml, job test: heal"]


@pytest.mark.parametrize(
    ("old", "new", "answer", "hint"),
    [
        ('{branches-ignore: ["honk/**"]}', "", Answer.NOTE, 'branches-ignore: ["honk/**"]'),
        ('{branches-ignore: ["honk/**"]}', '{branches: ["**"]}', Answer.NOTE, 'branches-ignore: ["honk/**"]'),
        ('{branches-ignore: ["honk/**"]}', '{branches: ["honk/*"]}', Answer.NOTE, 'branches-ignore: ["honk/**"]'),
        ("pull_request:", "pull_request_target:", Answer.MISSING, "workflow_run"),
        ("pull-requests: write", "issues: write", Answer.MISSING, "pull-requests: write"),
        ("contents: write", "contents: read", Answer.MISSING, "contents: write"),
        (
            "permissions: {contents: write, pull-requests: write, checks: write}",
            "permissions: {}",
            Answer.MISSING,
            "contents: write",
        ),
        (
            "permissions: {contents: write, pull-requests: write, checks: write}",
            "permissions: read-all",
            Answer.MISSING,
            "contents",
        ),
        ("checks: write", "checks: read", Answer.NOTE, "checks: write"),
        ("fetch-depth: 0", "fetch-depth: 2", Answer.NOTE, "fetch-depth: 0"),
        ("persist-credentials: false", "ref: main", Answer.NOTE, "persist-credentials: false"),
    ],
)
def test_what_is_wired_badly_is_told(repo: Repo, old: str, new: str, answer: Answer, hint: str) -> None:
    assert old in WORKFLOW

    found = workflow(repo, WORKFLOW.replace(old, new))

    assert found[0].answer is answer
    assert Answer.OK not in {finding.answer for finding in found}
    assert hint in found[0].hint
    assert found[0].text.startswith("ci.yml, job test: ")


@pytest.mark.parametrize(
    "push",
    [
        "{branches: [main]}",
        '{branches: ["**", "!honk/**"]}',
        '{branches: ["*"]}',
        '{branches-ignore: ["honk/fix-*"]}',
        '{branches-ignore: ["hon[jk]/**"]}',
        "{tags: [v*]}",
    ],
)
def test_a_push_filter_that_leaves_fix_branches_out_is_enough(repo: Repo, push: str) -> None:
    found = workflow(repo, WORKFLOW.replace('{branches-ignore: ["honk/**"]}', push))

    assert {finding.answer for finding in found} == {Answer.OK}


@pytest.mark.parametrize("on", ["push", "[push, pull_request]"])
def test_events_without_filters_take_every_branch(repo: Repo, on: str) -> None:
    content = WORKFLOW.replace('{push: {branches-ignore: ["honk/**"]}, pull_request: }', on)

    assert "starts it again" in workflow(repo, content)[0].text


def test_a_token_of_ones_own_needs_no_permissions(repo: Repo) -> None:
    content = WORKFLOW.replace("permissions: {contents: write, pull-requests: write, checks: write}", "permissions: {}")
    own = f"{content.rstrip()}\n        with: {{token: '${{{{ secrets.HONK_TOKEN }}}}'}}\n"

    assert {finding.answer for finding in workflow(repo, own)} == {Answer.OK}


def test_a_script_that_calls_the_command_counts(repo: Repo) -> None:
    content = WORKFLOW.replace(
        "uses: acme/honk-ci@v1", "run: python -m pip install honk-ci && honk heal --report r.xml"
    )

    assert [finding.text for finding in workflow(repo, content)] == ["ci.yml, job test: heal"]


def test_a_repository_whose_workflows_do_not_know_honk_is_led_to_init(repo: Repo) -> None:
    found = workflow(repo, "on: push\njobs: {test: {steps: [{run: make}]}}\n")

    assert [(finding.answer, finding.hint) for finding in found] == [
        (Answer.NOTE, "honk init writes a workflow that does")
    ]


@pytest.mark.parametrize(
    "content",
    [
        "", "a: [", "- 1\n", "jobs: 3\n", "jobs: {test: }\n", "jobs: {test: {steps: [1, {run: 3}, {uses: []}]}}", "\t", "a: *b",
        "on: {push: 3}\njobs: {test: {steps: [{uses: x/honk-ci@v1, with: 3}]}}",
        "on: {push: {branches: 3}}\njobs: {test: {permissions: 3, steps: [{uses: x/honk-ci@v1}]}}",
    ],
)  # fmt: skip
def test_a_workflow_of_any_content_is_survived(repo: Repo, content: str) -> None:
    assert workflow(repo, content)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("include: [{remote: 'https://example.invalid/.gitlab-honk-template.yml', inputs: {stage: heal}}]", "includes honk's"),
        ("include: {component: gitlab.com/acme/honk-ci/heal@1}", "includes honk's"),
        ("spec: {}\n---\ntest:\n  script: [!reference [.base, script], honk heal]\n", "runs honk"),
        ("test: {script: [make]}", "no job of .gitlab-ci.yml runs honk"),
        ("a: [", "cannot be read"),
    ],
)  # fmt: skip
def test_a_pipeline_is_looked_at_where_there_are_no_workflows(repo: Repo, content: str, text: str) -> None:
    repo.write({".gitlab-ci.yml": content})

    (found,) = look(repo)
    assert text in found.text
