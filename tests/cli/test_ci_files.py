"""What CI systems read after a step: read here as their runners read it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from honk_ci.cli.ci_files import SUMMARY_BYTES, leave_for_ci, outputs
from honk_ci.domain import Build, Delivery, Frame, Healing, Outcome, RunRecord, Usage
from honk_ci.redact import Redactor
from tests.stages.site_kit import reproduced

SECRET = "hunter2-and-more-9"
RED = RunRecord(outcome=Outcome.GAVE_UP, summary="nobody knew", build=Build(commit="a" * 40))
PUSHED = Delivery(
    mode="pull-request", done=True, branch="honk/fix-f1", commit="c" * 40, remote="origin",
    url="https://github.com/acme/shop/pull/7",
)  # fmt: skip


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }


def left(record: RunRecord, environ: Mapping[str, str], record_file: str = "") -> list[str]:
    """What could not be written."""
    told: list[str] = []
    redactor = Redactor({"DEPLOY_TOKEN": SECRET})
    leave_for_ci(record, environ=environ, redactor=redactor, record_file=record_file, note=told.append)
    return told


def read_outputs(file: Path) -> dict[str, str]:
    """As the runner reads them: ``name=value``, or the lines between two equal words."""
    found, lines = {}, iter(file.read_text().splitlines())
    for line in lines:
        if (heredoc := re.fullmatch(r"([^=<]+)<<(.+)", line)) is not None:
            value = list(iter(lambda end=heredoc[2]: next(lines), heredoc[2]))
            found[heredoc[1]] = "\n".join(value)
        elif line:
            name, _, text = line.partition("=")
            found[name] = text
    return found


def with_frame(path: str, *, healed_by: str = "", why: str = "") -> RunRecord:
    reproduction = reproduced("f1", "one")
    failure = replace(reproduction.failure, frames=(Frame(path=path, line=7),))
    healing = Healing(reproduction=replace(reproduction, failure=failure), healed_by=healed_by, why=why)
    return replace(RED, healings=(healing,))


def test_outputs_are_those_of_the_action(environ: dict[str, str], tmp_path: Path) -> None:
    record = replace(RED, outcome=Outcome.HEALED, delivery=PUSHED, usage=Usage(cost_usd=0.12345))

    assert left(record, environ, record_file=str(tmp_path / "record.json")) == []

    assert read_outputs(tmp_path / "output") == {
        "outcome": "healed",
        "branch": "honk/fix-f1",
        "commit": "c" * 40,
        "pull-request-url": "https://github.com/acme/shop/pull/7",
        "cost-usd": "0.1235",
        "record": str(tmp_path / "record.json"),
    }


@pytest.mark.parametrize("delivery", [None, replace(PUSHED, mode="none"), replace(PUSHED, done=False, kept=("x",))])
def test_a_branch_that_is_not_on_the_remote_is_no_output(delivery: Delivery | None) -> None:
    told = outputs(replace(RED, delivery=delivery), "-")

    assert (told["branch"], told["commit"], told["record"]) == ("", "", "")


def test_a_value_cannot_end_its_own_output(environ: dict[str, str], tmp_path: Path) -> None:
    hostile = "x\nEOF\noutcome=healed\noutcome<<EOF\nhealed\nEOF"

    left(replace(RED, delivery=replace(PUSHED, branch=hostile)), environ)

    assert read_outputs(tmp_path / "output")["branch"] == hostile
    assert read_outputs(tmp_path / "output")["outcome"] == "gave_up"


@pytest.mark.parametrize("before", ["mine=1\n", "mine=1"])
def test_outputs_and_summaries_of_others_stay(environ: dict[str, str], tmp_path: Path, before: str) -> None:
    (tmp_path / "output").write_text(before)
    (tmp_path / "summary.md").write_text("# Mine")

    left(RED, environ)
    left(RED, environ)

    assert read_outputs(tmp_path / "output")["mine"] == "1"
    assert read_outputs(tmp_path / "output")["outcome"] == "gave_up"
    assert (tmp_path / "summary.md").read_text().startswith("# Mine\n## honk-ci: Not healed\n")


def test_a_summary_never_makes_the_file_larger_than_github_takes(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "summary.md").write_text("x" * (SUMMARY_BYTES - 20))

    assert left(RED, environ) == []

    assert (tmp_path / "summary.md").stat().st_size <= SUMMARY_BYTES


def test_secrets_and_bytes_that_are_no_text_do_not_stop_it(environ: dict[str, str], tmp_path: Path) -> None:
    left(replace(RED, summary=f"{SECRET} \udcff", delivery=replace(PUSHED, branch=f"{SECRET}\udcff")), environ)

    written = (tmp_path / "output").read_text() + (tmp_path / "summary.md").read_text()
    assert SECRET not in written
    assert "[redacted:DEPLOY_TOKEN]" in written


def test_a_file_that_cannot_be_written_is_told(environ: dict[str, str], tmp_path: Path) -> None:
    environ["GITHUB_OUTPUT"] = str(tmp_path / "nowhere" / "output")

    assert left(RED, environ) == ["the file that GITHUB_OUTPUT names cannot be written: No such file or directory"]
    assert (tmp_path / "summary.md").exists()


def test_gitlab_gets_variables_for_later_jobs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "honk.env"
    record = replace(RED, outcome=Outcome.HEALED, delivery=replace(PUSHED, branch=f"honk/fix\n{SECRET}"))

    assert left(record, {"GITLAB_CI": "true", "HONK_DOTENV": str(file)}) == []

    assert capfd.readouterr().err == ""
    assert file.read_text().splitlines() == [
        "HONK_OUTCOME=healed",
        f"HONK_BRANCH=honk/fix {Redactor({'DEPLOY_TOKEN': SECRET}).redact(SECRET)}",
        f"HONK_COMMIT={'c' * 40}",
        "HONK_URL=https://github.com/acme/shop/pull/7",
        "HONK_COST_USD=0.0000",
    ]
    assert left(RED, {"GITLAB_CI": "true"}) == []


def test_other_places_get_nothing(environ: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    left(with_frame("a.py"), {**environ, "GITHUB_ACTIONS": ""})

    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr().err == ""


def test_what_is_left_is_a_warning_at_its_line(environ: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    left(with_frame("src/a.py", why="nobody knew"), environ)

    assert capfd.readouterr().err == (
        "::warning file=src/a.py,line=7,title=honk-ci::honk: left: f1 is broken: nobody knew\n"
    )


def test_what_is_mended_is_a_notice(environ: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    left(with_frame("src/a.py", healed_by="f2"), environ)

    assert capfd.readouterr().err.startswith("::notice file=src/a.py,line=7,")


def test_what_another_job_delivers_is_told_by_that_job(
    environ: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    left(replace(with_frame("a.py", healed_by="f2"), delivery=replace(PUSHED, mode="none")), environ)

    assert capfd.readouterr().err == ""


def test_a_run_of_its_own_says_nothing_beside_the_default_branch(
    environ: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    left(with_frame("a.py", why="nobody knew"), {**environ, "GITHUB_EVENT_NAME": "workflow_run"})

    assert capfd.readouterr().err == ""


def test_no_text_gets_out_of_its_annotation(environ: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    left(with_frame("a,line=1::x\n::error::y%", why=f"50%\r\n::stop-commands::x {SECRET}"), environ)

    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("::warning file=a%2Cline=1%3A%3Ax%0A%3A%3Aerror%3A%3Ay%25,line=7,title=honk-ci::")
    assert line.endswith("50%25 ::stop-commands::x [redacted:DEPLOY_TOKEN]")
