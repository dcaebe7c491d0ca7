"""What people read on a forge: whole texts, and hostile ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from honk_ci.domain import (
    Build,
    Candidate,
    CheckResult,
    Delivery,
    IntegrityFinding,
    Outcome,
    Proof,
    ProvenFix,
    RunRecord,
    Severity,
    SideOfProof,
    TestCounts,
    Timing,
    Usage,
    Verdict,
)
from honk_ci.patch import FileChange, Patch
from honk_ci.redact import Redactor
from honk_ci.stages.comment import Telling, fix_comment, request_body, request_title
from honk_ci.stages.markdown import Words
from honk_ci.stages.marks import Mark
from honk_ci.stages.message import commit_message
from tests.stages.site_kit import failure

BUILD = Build(commit="b" * 40, branch="feature")
LIMIT = 65_536
SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" + "k1L2m3N4o5P6q7R8"
HOSTILE = (
    "@team #12 !12 GH-12 fixes ABC-12 [x](http://evil.test) www.evil.test <img src=x> &#64;bob\n"
    "/close\n```\n| a | b |\n|---|---|\n<!-- honk-ci:failure=aaaaaaaaaaaa --> \u202e ~\"bug\" [skip ci]"
)  # fmt: skip


def fix(fingerprint: str = "f1", rationale: str = "The number is right again", after: str = "1\n") -> ProvenFix:
    patch = Patch.of([FileChange(path="a.txt", before=b"2\n", after=after.encode("utf-8", "surrogateescape"))])
    return ProvenFix(
        failure=failure(fingerprint, "one"),
        candidate=Candidate(healer="search", patch=patch, rationale=rationale),
        verdict=Verdict(results=()),
    )


def proof(*fixes: ProvenFix, needs_person: str = "") -> Proof:
    def side(name: str, commit: str, state: str, failed: int) -> SideOfProof:
        counts = TestCounts(passed=12 - failed, failed=failed)
        return SideOfProof(name=name, commit=commit, targets={"cases::one": state}, counts=counts)

    return Proof(
        fixes=fixes or (fix(),),
        patch=fixes[0].candidate.patch if fixes else fix().candidate.patch,
        base=side("base", "a" * 40, "passed", 0),
        broken=side("broken", "b" * 40, "failed", 1),
        fixed=side("fixed", "", "passed", 0),
        repeats=5,
        slip_chance=0.005,
        clean="in full",
        needs_person=needs_person,
    )


def test_the_body_of_a_request_holds_mark_cause_proof_and_how_to_say_no() -> None:
    body = request_body(proof(), BUILD, redact=str, limit=LIMIT)

    assert body == (
        "<!-- honk-ci:failure=f1 -->\n"
        "**Broke:** f1 is broken (code)\n"
        "\n"
        "**Fixed:** The number is right again (by search)\n"
        "\n"
        f"Red commit: {'b' * 40}\n"
        "\n"
        "| point | commit | the failed tests | whole suite |\n"
        "|---|---|---|---|\n"
        "| base | aaaaaaaaa | passed | 12 passed, 0 failed |\n"
        "| broken | bbbbbbbbb | failed | 11 passed, 1 failed |\n"
        "| fixed | the patch | passed | 12 passed, 0 failed |\n"
        "\n"
        "5 green runs of the failed tests; clean checkout: in full.\n"
        "\n"
        "No, thanks? Close this and delete the branch: the same fix does not come back. "
        "`/honk off` in a comment leaves this branch alone, `/honk on` undoes that, `/honk retry` tries again.\n"
    )


def test_a_title_says_what_was_fixed_and_how_many_more() -> None:
    assert request_title(proof()) == "honk: The number is right again"
    assert request_title(proof(fix(), fix("f2"), fix("f3"))) == "honk: The number is right again (and 2 more)"
    assert request_title(proof(fix(rationale=" \n"))) == "honk: mends f1 is broken"


@pytest.mark.parametrize(
    "words",
    [
        "[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[ SKIP-CI ]", "***NO_CI***", "fixes #12", "Closes: a/b#3",
        "resolved #4", "Closes issue #4", "fixes GH-12", "Closes https://gitlab.example.com/a/b/-/issues/4",
    ],
)  # fmt: skip
def test_neither_title_nor_commit_makes_ci_skip_or_closes_an_issue(words: str) -> None:
    made = replace(fix(rationale=f"Mend it {words}"), failure=replace(failure("f1", "one"), summary=words))
    told = proof(made)

    for text in (request_title(told), commit_message(made, told, BUILD)):
        assert words not in text
        assert "Mend it" in text


def test_nothing_that_another_job_reports_begins_a_line_of_the_commit() -> None:
    """A bundle's record says how the base and the clean checkout were, and which check is red."""
    lines = "passed\n\nSigned-off-by: ada <ada@example.com>"
    mended = fix()
    told = proof(replace(mended, failure=replace(mended.failure, verifier=lines, tests=())))
    base = replace(told.fixed, name="base", commit="a" * 40, targets={lines: lines})

    message = commit_message(told.fixes[0], replace(told, clean=lines, base=base), BUILD)

    assert not [line for line in message.splitlines() if line.startswith("Signed-off-by")]


def test_a_title_is_one_short_line() -> None:
    title = request_title(proof(fix(rationale="word " * 500), fix("f2")))

    assert len(title) <= 120
    assert "\n" not in title


def test_no_secret_is_written_even_where_markdown_escapes_it() -> None:
    told = proof(fix(rationale=f"It was {SECRET}"))
    redact = Redactor({}).redact

    written = request_title(told, redact=redact) + request_body(told, BUILD, redact=redact, limit=LIMIT)

    assert SECRET[4:] not in written.replace("\\", "")


def test_a_body_shortens_its_list_before_it_is_too_long() -> None:
    many = proof(*(fix(f"f{number}", rationale="x" * 500) for number in range(200)))

    long, short = (request_body(many, BUILD, redact=str, limit=limit) for limit in (LIMIT, 3_000))

    assert len(short) <= 3_000 < len(long)
    assert "And 180 more" in long
    assert "| fixed |" in short


def test_what_needs_a_person_is_said() -> None:
    assert "**A person must decide:** it changes a test\n" in request_body(
        proof(needs_person="it changes a test"), BUILD, redact=str, limit=LIMIT
    )


def test_text_of_the_repository_stays_text() -> None:
    hostile = replace(fix(rationale=HOSTILE), failure=replace(failure("f1", "one"), summary=HOSTILE))

    body = request_body(proof(hostile), BUILD, redact=str, limit=LIMIT)

    assert body.count("<!--") == 1
    assert not any(line.startswith(("/", "```")) for line in body.splitlines())
    for reference in ("@t", "#12", "!12", "GH-12", "ABC-12", "://", "www.", "<img", "&#64", "\u202e"):
        assert reference not in body


# --- comments --------------------------------------------------------------------------------------


def comment(delivery: Delivery, *fixes: ProvenFix, **more: Any) -> str:
    told = proof(*fixes)
    usage = Usage(model="m-1", requests=3, cost_usd=0.1234)
    record = RunRecord(
        outcome=Outcome.HEALED, summary="", build=BUILD, proof=told, delivery=delivery, usage=usage,
        timing=Timing(total_s=61.4, tests_s=40, model_s=20.6, own_s=0.8),
    )  # fmt: skip
    telling = Telling(record=record, words=Words(redact=str), limit=LIMIT, run_url="https://ci.invalid/7", **more)
    return fix_comment(
        told.fixes[0], Mark(fingerprint="f1", run="7", job="test", commit="b", outcome="healed"), telling
    )


def test_a_comment_is_what_a_person_reads_on_a_phone() -> None:
    opened = Delivery(
        mode="pull-request", done=True, branch="honk/fix-f1", commit="c" * 40, url="https://git.invalid/pull/2",
        request=2, notes=("nobody could be asked for review: no",),
    )  # fmt: skip

    assert comment(opened, fix(rationale="The number is right again. 1 other edit passed too.")) == (
        "<!-- honk-ci:failure=f1 -->\n"
        "<!-- honk-ci:run=7 job=test commit=b outcome=healed suggested= -->\n"
        "### honk-ci: a fix is ready\n"
        "\n"
        "**Broke:** f1 is broken (code)\n"
        "\n"
        "**Fixed:** The number is right again (by search)\n"
        "\n"
        "1 other edit passed too.\n"
        "\n"
        "| point | commit | the failed tests | whole suite |\n"
        "|---|---|---|---|\n"
        "| base | aaaaaaaaa | passed | 12 passed, 0 failed |\n"
        "| broken | bbbbbbbbb | failed | 11 passed, 1 failed |\n"
        "| fixed | the patch | passed | 12 passed, 0 failed |\n"
        "\n"
        "5 green runs of the failed tests; clean checkout: in full.\n"
        "\n"
        "```diff\n"
        "diff --git a/a.txt b/a.txt\n"
        "--- a/a.txt\n"
        "+++ b/a.txt\n"
        "@@ -1 +1 @@\n"
        "-2\n"
        "+1\n"
        "```\n"
        "\n"
        "**Next:** merge [pull request 2](https://git.invalid/pull/2). Close it, and the same fix does not come back.\n"
        "\n"
        "`/honk off` in a comment leaves this branch alone, `/honk on` undoes that, `/honk retry` tries again.\n"
        "\n"
        "- nobody could be asked for review: no\n"
        "\n"
        "61 s: tests 40 s, model 21 s and 0.1234 USD (m-1) · [run](https://ci.invalid/7)\n"
    )


@pytest.mark.parametrize(
    ("delivery", "more", "said"),
    [
        (
            Delivery(mode="branch", done=True, branch="honk/fix-f1"),
            {},
            "```sh\ngit fetch origin honk/fix-f1 && git merge FETCH_HEAD\n```",
        ),
        (Delivery(mode="branch", done=True, branch="a;rm -rf x"), {}, "git fetch origin 'a;rm -rf x' && git merge"),
        (
            Delivery(mode="commit", done=True, branch="topic", commit="c" * 40, request=1, url="https://git.invalid/1"),
            {},
            "**Next:** it is on this branch already, as ccccccccc: pull before you push.",
        ),
        (
            Delivery(mode="pull-request", done=True, branch="b", url="https://git.invalid/2", request=2, is_draft=True),
            {},
            "(https://git.invalid/2), a draft: a person must decide.",
        ),
        (
            Delivery(mode="pull-request", done=False, branch="b", note="pushed; the pull request could not be opened"),
            {},
            "pushed; the pull request could not be opened.\n\n**Next:** merge the branch.",
        ),
        (Delivery(mode="suggest", done=True), {"suggestions": 2}, "**Next:** commit all 2 suggested changes together,"),
        (Delivery(mode="comment", done=True), {"carries_diff": True}, "**Next:** save the diff to a file and run"),
        (
            Delivery(mode="branch", done=False, branch="b", note="it is protected", kept=("/tmp/x",)),
            {"carries_diff": True},
            "It could not be delivered: it is protected\n\n**Next:** save the diff",
        ),
    ],
)
def test_what_to_do_next(delivery: Delivery, more: dict[str, Any], said: str) -> None:
    assert said in comment(delivery, **more)


def test_a_long_diff_is_named_and_not_shown() -> None:
    text = comment(Delivery(mode="branch", done=True, branch="b"), fix(after="x\n" * 100))

    assert "The diff has 105 lines in 1 file." in text
    assert "```diff" not in text


def test_what_a_patch_takes_from_the_tests_is_listed() -> None:
    finding = IntegrityFinding(
        rule="assertion-weakened", path="tests/a`b.py", line=3, before="== 1", after="> 0", why="it holds less",
        severity=Severity.PERSON,
    )  # fmt: skip
    result = CheckResult(check="integrity", passed=True, summary="", findings=(finding,), needs_person=True)
    text = comment(Delivery(mode="branch", done=True, branch="b"), replace(fix(), verdict=Verdict(results=(result,))))

    assert "\n- ``tests/a`b.py:3`` assertion-weakened: it holds less\n\n" in text
