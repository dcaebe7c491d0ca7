"""What a red run has left on the forge: told by content, within bounds, and never a fault of the healing run."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from honk_ci.config import Config
from honk_ci.errors import ReportError
from honk_ci.forges.credentials import Token
from honk_ci.forges.environment import CiContext
from honk_ci.forges.github import GitHub
from honk_ci.forges.http import Patience
from honk_ci.git import Repository
from honk_ci.stages.collect import BuildRequest, collect
from honk_ci.stages.fetched import LOGS_AT_MOST, Fetched, fetch_run
from tests.forge import Job, LoopbackForge, Project, Run
from tests.repos import Repo

RED = "<testcase classname='test_shop' name='test_total'><failure message='assert 1 == 2'>E</failure></testcase>"
GREEN = "<testcase classname='test_shop' name='test_total'/>"
LOG = (
    "\ufeff2026-11-20T10:11:12.1234567Z ##[group]Run python -m pytest\n"
    "2026-11-20T10:11:12.1234567Z \x1b[36;1mpython -m pytest\x1b[0m\n"
    "2026-11-20T10:11:12.1234567Z ##[endgroup]\n"
    "2026-11-20T10:11:13.0000000Z \x1b[31mFAILED\x1b[0m test_shop.py::\x1b[1mtest_total\x1b[0m - assert 1 == 2\n"
    "2026-11-20T10:11:13.0000000Z ##[error]Process completed with exit code 1.\n"
)


def _suite(*cases: str, head: str = "<?xml version='1.0' encoding='utf-8'?>") -> str:
    return f"{head}<testsuites><testsuite name='s'>{''.join(cases)}</testsuite></testsuites>"


def _zip(files: Mapping[str, str]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return held.getvalue()


@pytest.fixture
def project(forge: LoopbackForge) -> Project:
    return forge.add_project("acme/shop")


def _github(forge: LoopbackForge) -> GitHub:
    token = forge.add_token("ghs_job", kind="job")
    context = CiContext(name="github", server_url=forge.url, api_url=forge.github_url, project="acme/shop")
    held = Token(value=token.value, source="HONK_TOKEN", user="x-access-token", is_job_token=True)
    return GitHub(context, held, patience=Patience(tries=1))


def _run(project: Project, *, artifacts: Mapping[str, bytes] | None = None, jobs: list[Job] | None = None) -> Run:
    return project.add_run(
        Run(id=77, name="CI", commit="0" * 40, branch="change", jobs=jobs or [], artifacts=dict(artifacts or {}))
    )


def _job(project: Project, name: str, log: str | None, conclusion: str = "failure") -> Job:
    return Job(id=next(project.ids), name=name, log=log, conclusion=conclusion)


def _fetch(forge: LoopbackForge, folder: Path) -> Fetched:
    return fetch_run(_github(forge), "77", folder)


def test_reports_are_told_by_what_they_hold_wherever_they_lie(
    forge: LoopbackForge, project: Project, tmp_path: Path
) -> None:
    comment = "<?xml version='1.0'?>\n<!-- made by a tool -->\n<?xml-stylesheet href='x'?>\n"
    _run(
        project,
        artifacts={
            "a": _zip({"deep/er/out.txt": _suite(RED), "coverage.xml": "<?xml version='1.0'?><coverage/>"}),
            "b": _zip({"TEST-x.xml": _suite(GREEN, head=f"\ufeff{comment}"), "testsuites.md": "# <testsuites>"}),
        },
    )

    fetched = _fetch(forge, tmp_path / "run")

    assert sorted(path.name for path in fetched.reports) == ["TEST-x.xml", "out.txt"]
    assert fetched.notes == ()


def test_a_file_that_is_made_to_be_hard_to_read_holds_nobody_up(
    forge: LoopbackForge, project: Project, tmp_path: Path
) -> None:
    _run(project, artifacts={"a": _zip({"r.xml": "<??>" * 28 + "x", "s.xml": "<!---->" * 28 + "x"})})
    began = time.monotonic()

    fetched = _fetch(forge, tmp_path / "run")

    assert fetched.reports == ()
    assert time.monotonic() - began < 5


def test_logs_are_those_of_the_failed_jobs(forge: LoopbackForge, project: Project, tmp_path: Path) -> None:
    jobs = [_job(project, "Test / a: [3.12, ../x]", LOG), _job(project, "Lint", "fine", "success")]
    _run(project, jobs=jobs)

    fetched = _fetch(forge, tmp_path / "run")

    assert [path.name for path in fetched.logs] == ["01-Test-a-3.12-..-x.log"]
    assert [path.parent for path in fetched.logs] == [tmp_path / "run" / "logs"]


def test_what_the_forge_does_not_give_is_a_note_and_the_rest_is_used(
    forge: LoopbackForge, project: Project, tmp_path: Path
) -> None:
    _run(
        project,
        artifacts={"good": _zip({"report.xml": _suite(RED)}), "broken": b"PK\x03\x04 and no more"},
        jobs=[_job(project, "Kept", LOG), _job(project, "Gone", None)],
    )

    fetched = _fetch(forge, tmp_path / "run")

    assert [path.name for path in fetched.reports] == ["report.xml"]
    assert [path.name for path in fetched.logs] == ["01-Kept.log"]
    assert ["the log of job Gone could not be read" in note for note in fetched.notes] == [True]


def test_artifacts_that_came_before_a_fault_are_used(forge: LoopbackForge, project: Project, tmp_path: Path) -> None:
    run = _run(project, artifacts={name: _zip({"r.xml": _suite(RED)}) for name in ("one", "two")})
    second = max(run.artifact_ids.values())
    forge.fail("GET", f"/repos/{{owner}}/{{repo}}/actions/artifacts/{second}/zip", status=500, times=-1)

    fetched = _fetch(forge, tmp_path / "run")

    assert len(fetched.reports) == 1
    assert ["not all artifacts of run 77" in note for note in fetched.notes] == [True]


def test_a_run_that_may_not_be_read_is_two_notes(forge: LoopbackForge, project: Project, tmp_path: Path) -> None:
    for part in ("artifacts", "jobs"):
        forge.fail("GET", f"/repos/{{owner}}/{{repo}}/actions/runs/{{run}}/{part}", status=403, times=-1)

    fetched = _fetch(forge, tmp_path / "run")

    assert (fetched.reports, fetched.logs) == ((), ())
    assert len(fetched.notes) == 2


def test_no_more_logs_are_read_than_anybody_needs(forge: LoopbackForge, project: Project, tmp_path: Path) -> None:
    _run(project, jobs=[_job(project, f"cell {number}", LOG) for number in range(LOGS_AT_MOST + 3)])

    fetched = _fetch(forge, tmp_path / "run")

    assert len(fetched.logs) == LOGS_AT_MOST
    assert fetched.notes == ("the logs of 3 more failed jobs of run 77 were not read",)


# --- what collect makes of it ------------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path: Path) -> Repo:
    return Repo.create(tmp_path / "repo", {"shop.py": "x = 1\n", "report.xml": _suite(GREEN)})


def _collect(checkout: Repo, fetched: Fetched, *, reports: tuple[str, ...] = ()) -> list[str]:
    asked = BuildRequest(fetch=lambda: fetched, extra_report_globs=("report.xml",), reports=reports)
    build = collect(asked, repository=Repository(checkout.path, environ={}), config=Config())
    return [test.key for test in build.report.failed] if build.report else []


def _report(tmp_path: Path, name: str, *cases: str) -> Path:
    file = tmp_path / name
    file.write_text(_suite(*cases))
    return file


def test_a_test_that_fails_in_one_cell_and_passes_in_another_is_one_failed_test(checkout: Repo, tmp_path: Path) -> None:
    cells = [_report(tmp_path, "a.xml", GREEN), _report(tmp_path, "b.xml", RED), _report(tmp_path, "c.xml", RED)]

    assert _collect(checkout, Fetched(reports=tuple(cells))) == ["test_shop::test_total"]


def test_reports_that_lie_in_the_checkout_are_not_those_of_the_red_run(checkout: Repo, tmp_path: Path) -> None:
    assert _collect(checkout, Fetched(reports=(_report(tmp_path, "a.xml", RED),))) == ["test_shop::test_total"]


def test_reports_that_are_named_go_before_the_run(checkout: Repo, tmp_path: Path) -> None:
    fetched = Fetched(reports=(_report(tmp_path, "a.xml", RED),))

    assert _collect(checkout, fetched, reports=("report.xml",)) == []


def test_the_same_words_in_the_logs_of_two_cells_are_one_finding(checkout: Repo, tmp_path: Path) -> None:
    logs = []
    for name in ("1.log", "2.log"):
        (tmp_path / name).write_text(LOG)
        logs.append(tmp_path / name)

    asked = BuildRequest(fetch=lambda: Fetched(logs=tuple(logs)))
    build = collect(asked, repository=Repository(checkout.path, environ={}), config=Config())

    assert [(finding.tool, finding.message) for finding in build.findings] == [
        ("pytest", "test_shop.py::test_total - assert 1 == 2")
    ]
    assert len(build.sources) == 2


def test_a_run_that_has_left_nothing_is_told_with_the_reasons(tmp_path: Path) -> None:
    bare = Repo.create(tmp_path / "bare", {"shop.py": "x = 1\n"})
    asked = BuildRequest(fetch=lambda: Fetched(notes=("the artifacts of run 77 could not be read: 403",)))

    with pytest.raises(ReportError, match="run 77 could not be read: 403"):
        collect(asked, repository=Repository(bare.path, environ={}), config=Config())
