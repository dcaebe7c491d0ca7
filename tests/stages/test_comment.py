"""What people read on a forge: whole texts, and hostile ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from honk_ci.domain import Build, Candidate, Proof, ProvenFix, SideOfProof, TestCounts, Verdict
from honk_ci.patch import FileChange, Patch
from honk_ci.redact import Redactor
from honk_ci.stages.comment import request_body, request_title
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


@pytest.mark.parametrize("words", ["[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[ SKIP-CI ]", "***NO_CI***"])
def test_a_title_never_makes_ci_skip_the_commit_that_it_becomes(words: str) -> None:
    title = request_title(proof(fix(rationale=f"Mend it {words}")))

    assert words not in title
    assert title.startswith("honk: Mend it")


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
