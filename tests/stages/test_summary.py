"""The record as Markdown and JSON: all of the contract, no secrets, and no markup of a test's making."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from honk_ci.domain import Build, Delivery, Healing, Outcome, RunRecord
from honk_ci.redact import Redactor
from honk_ci.stages.markdown import plain
from honk_ci.stages.record import record
from honk_ci.stages.record_json import to_json
from honk_ci.stages.summary import headline, title, to_markdown
from honk_ci.stages.verify import Refusal, verify
from tests.stages.site_kit import candidate, opened, project, reproduced

SECRET = "hunter2-and-more-9"
FIELDS = {
    "build": {"commit", "branch", "head", "base", "sources", "counts", "notes"},
    "patch": {
        "files", "lines_added", "lines_removed", "diff", "healer", "rationale", "confidence", "needs_person", "fixes",
    },
    "proof": {"base", "broken", "fixed", "runs", "slip_chance", "clean", "is_clean", "commands", "checks"},
    "integrity": {"verdict", "findings"},
    "delivery": {
        "mode", "done", "branch", "commit", "remote", "url", "request", "is_draft", "target", "comment_url", "starts_ci",
        "note", "notes", "kept", "rejected", "forge_refused", "is_capped",
    },
    "usage": {
        "model", "requests", "input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens", "cost_usd",
    },
    "timing": {"total_s", "tests_s", "model_s", "own_s"},
    "versions": {"honk-ci"},
}  # fmt: skip


def healed(tmp_path: Path, rationale: str = "The number is right again") -> RunRecord:
    repo = project(tmp_path / "repo", {"cases/one": "grep -q 1 a.txt\n", "a.txt": f"{SECRET}\n2\n"})
    with opened(repo, tmp_path) as site:
        reproduction, proposed = reproduced("f1", "one"), candidate(site, {"a.txt": f"{SECRET}\n1\n"}, rationale)
        verdict = site.gate.judge(proposed, reproduction)
        healing = Healing(reproduction=reproduction, candidate=proposed, verdict=verdict)
        proof = verify([healing], site)
        assert not isinstance(proof, Refusal)
        delivery = Delivery(
            mode="branch", done=False, branch="honk/fix-f1", commit="c" * 40, remote="origin",
            note=f"it said {SECRET}", kept=("/tmp/a_b/fix.patch",),
        )  # fmt: skip
        return record(site.build, [healing], proof, delivery, meter=site.meter, versions={"honk-ci": "0"})


@pytest.fixture
def redactor() -> Redactor:
    return Redactor({"DEPLOY_TOKEN": SECRET})


def test_the_record_has_every_field_of_the_contract(tmp_path: Path, redactor: Redactor) -> None:
    told = to_json(healed(tmp_path), redact=redactor.redact)
    assert (told["schema"], told["outcome"]) == ("honk-ci/run-record/1", "healed")
    assert {name: set(told[name]) for name in FIELDS} == FIELDS
    assert set(told) == {*FIELDS, "schema", "outcome", "summary", "failures", "attempts", "remaining", "notes"}
    (failure,) = told["failures"]
    assert {"fingerprint", "cause", "tests", "summary", "evidence", "reproduction"} <= set(failure)
    assert failure["healed"] is True
    assert told["proof"]["fixed"]["targets"] == {"cases::one": "passed"}
    assert told["proof"]["broken"]["counts"]["failed"] == 1


def test_no_secret_is_written(tmp_path: Path, redactor: Redactor) -> None:
    done = healed(tmp_path, f"It was {SECRET}")
    written = json.dumps(to_json(done, redact=redactor.redact)) + to_markdown(done, redact=redactor.redact)
    assert SECRET not in written
    assert "[redacted:DEPLOY_TOKEN]" in written


def test_a_patch_without_a_word_of_its_maker_is_told_too(tmp_path: Path, redactor: Redactor) -> None:
    done = healed(tmp_path, " \n")
    assert "**Fixed:**" in to_markdown(done, redact=redactor.redact)
    assert done.summary


def test_paths_can_be_copied_from_the_summary(tmp_path: Path, redactor: Redactor) -> None:
    assert "`/tmp/a_b/fix.patch`" in to_markdown(healed(tmp_path), redact=redactor.redact)


@pytest.mark.parametrize("text", ["[x](http://evil.test)", "http://evil.test", "www.evil.test", "@team", "<img>", "#1"])
def test_text_of_the_repository_neither_links_nor_mentions(text: str) -> None:
    shown = plain(text)
    assert not any(mark in shown.replace("\\[", "").replace("\\<", "") for mark in ("://", "www.", "@t", "<", "["))
    assert "#" not in shown or "\\#" in shown


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("failed again", "Red, and it stays red"),  # as reproduce says it: nobody has tried to heal it
        ("handed over to people: tried 3 times", "Handed over to people"),
        ("another run is at it: https://ci.invalid/9", "Not healed"),
    ],
)
def test_the_headline_says_whether_anybody_tried(why: str, said: str) -> None:
    reproduction = replace(reproduced("f1", "one"), why="failed again")
    left = RunRecord(
        outcome=Outcome.GAVE_UP, summary=why, build=Build(commit="b" * 40),
        healings=(Healing(reproduction=reproduction, why=why),),
    )  # fmt: skip

    assert headline(left) == said
    assert title(left).casefold().count(said.casefold()) == 1
    assert title(left).endswith(why.removeprefix("handed over to people"))


def told(*healings: Healing, delivery: Delivery | None = None) -> str:
    """The summary of a run that came to this; the outcome is not what it is about."""
    remaining = tuple(f"not healed: {one.reproduction.failure.summary} ({one.why})" for one in healings)
    return to_markdown(
        RunRecord(
            outcome=Outcome.GAVE_UP, summary="", build=Build(commit="b" * 40), healings=healings,
            remaining=(*remaining, "and another thing"), delivery=delivery,
        ),
        redact=str,
    )  # fmt: skip


def test_what_is_left_is_told_once() -> None:
    text = told(Healing(reproduction=reproduced("f1", "one"), why="nobody knew"))

    assert text.count("nobody knew") == 1
    assert "- and another thing\n" in text


def test_a_hand_over_says_what_to_do_next_however_long_the_tries_are() -> None:
    tries = "; ".join(f"agent: {'it tried this and that ' * 12}{number}" for number in range(3))
    why = f"handed over to people: tried 3 times: {tries}; `honk memory --lift f1` lets it be tried again"

    text = told(Healing(reproduction=reproduced("f1", "one"), why=why))

    assert text.count("\n- agent: it tried") + text.count("\n- tried 3 times: agent: it tried") == 3
    assert "`/honk retry` in a comment, or `honk memory --lift f1` in a checkout, lets honk try again." in text


def test_a_commit_is_not_to_be_merged_and_a_suggestion_is_in_no_file_of_the_runner() -> None:
    committed = Delivery(mode="commit", done=True, branch="topic", remote="origin", note="committed onto topic")
    suggested = Delivery(mode="suggest", done=True, note="suggested", kept=("/runner/fix.patch",))

    assert "committed onto topic. Pull before you push." in told(delivery=committed)
    assert "/runner" not in told(delivery=suggested)
    assert "/runner" in told(delivery=replace(suggested, done=False))
