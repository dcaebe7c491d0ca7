"""Whatever tests, logs and models write, a real Markdown parser finds nothing of it but text."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest

from honk_ci.domain import Build, Delivery, Healing, Outcome, RunRecord, SideOfProof
from honk_ci.redact import Redactor
from honk_ci.stages.comment import Telling, fix_comment, hand_over_comment, line_comment, request_body
from honk_ci.stages.markdown import Words, code, fenced, link, plain
from honk_ci.stages.marks import Mark, read_mark
from honk_ci.stages.summary import to_markdown
from tests.stages.site_kit import reproduced
from tests.stages.test_comment import HOSTILE, fix, proof

markdown_it = pytest.importorskip("markdown_it", reason="rich brings it")

GITHUB_CHARS = 65_536
PIECES = [
    "`", "``", "```", "~~~", "\n", "\r\n", "\n\n", "\t", "    ", "|", "| a | b |\n|---|---|\n", "# ", "- ", "1. ", "> ",
    "*", "**", "_", "__", "~~", "[a](http://b.test)", "![a](b)", "[", "]", "(", ")", "<b>", "<img src=x onerror=y>",
    "<!--", "-->", "<!-- honk-ci:failure=0123456789ab -->", "</details>", "<a href=x>", "&lt;", "&#64;", "&amp;", "@team",
    "@acme/owners", "#12", "!3", "GH-4", "acme/shop#5", "ABC-6", "~label", "%milestone", "$snippet", "$x$", "http://e.test",
    "https://e.test/?a=b", "www.e.test", "a@b.test", "\\", "\\\\", "\0", "\x1b[31m", "\u202e", "\u2028", "\x0b", "\x0c",
    "\x85", "\udcff", "ü", "字", "🦆", "/close\n", "\n/merge", "+++", "---\n", "===\n", "[^1]", "[x]: http://e.test", ":smile:",
    "words of a test", "AssertionError: assert 1 == 2", " ",
]  # fmt: skip


def shape(text: str) -> Counter[str]:
    """How often each kind of token occurs, links of honk's own aside."""
    parser = markdown_it.MarkdownIt("commonmark").enable(["table", "strikethrough"])
    found: Counter[str] = Counter()
    for token in parser.parse(text):
        found[token.type] += 1
        found.update(child.type for child in token.children or [])
    for words in ("text", "inline", "text_special"):
        found.pop(words, None)
    return found


def noise(dice: random.Random, most: int = 30) -> str:
    return "".join(dice.choice(PIECES) for _ in range(dice.randrange(1, most)))


def references(text: str) -> list[str]:
    """What a forge would make something of outside code, found in the rendered text."""
    parser = markdown_it.MarkdownIt("commonmark").enable(["table", "strikethrough"])
    said = "\n".join(
        child.content
        for token in parser.parse(text)
        for child in token.children or []
        if child.type in {"text", "text_special"}
    )
    return [sign for sign in ("@t", "@a", "@b", "#1", "#5", "!3", "GH-4", "ABC-6", "://", "www.e") if sign in said]


def told(dice: random.Random, *, limit: int = GITHUB_CHARS, kept: bool = False, carries: bool = False) -> str:
    """A comment in which everything that the repository has a say in is noise."""
    made = fix(rationale=noise(dice), after=f"{noise(dice)}\n")
    made = replace(made, failure=replace(made.failure, summary=noise(dice)))
    delivery = Delivery(
        mode="branch", done=not kept, branch=noise(dice, 4), commit="c" * 40, remote="origin", note=noise(dice),
        notes=(noise(dice), noise(dice)),
    )  # fmt: skip
    record = RunRecord(
        outcome=Outcome.HEALED, summary=noise(dice), build=Build(commit="b" * 40),
        proof=replace(proof(made, needs_person=noise(dice)), clean=noise(dice)), delivery=delivery,
        remaining=(noise(dice), noise(dice)),
    )  # fmt: skip
    telling = Telling(record=record, words=Words(redact=str), limit=limit, carries_diff=carries)
    return fix_comment(made, Mark(fingerprint="f1", run=noise(dice, 3), job=noise(dice, 3)), telling)


def test_no_text_becomes_markup_in_a_comment() -> None:
    dice = random.Random(11)
    calm = shape(told(random.Random(1)))
    for _ in range(40):
        text = told(dice)
        found = shape(text)
        assert found.keys() - calm.keys() <= set(), text
        assert (found["heading_open"], found["table_open"], found["fence"], found["html_block"]) == (1, 1, 2, 2), text
        assert (found["link_open"], found["image"], found["html_inline"], found["blockquote_open"]) == (0, 0, 0, 0), (
            text
        )
        assert references(text) == [], text


def test_no_line_of_a_comment_is_a_command_of_the_forge() -> None:
    dice = random.Random(12)
    for _ in range(40):
        lines = told(dice).split("\n")
        assert not [line for line in lines if line.startswith("/")]


def test_nothing_unprintable_is_written_but_gaps_and_tabs() -> None:
    dice = random.Random(13)
    for _ in range(40):
        text = told(dice)
        assert {c for c in text if not c.isprintable()} <= {"\n", "\t", "\u200b"}, ascii(text)


@pytest.mark.parametrize("carries", [False, True])
def test_a_comment_fits_and_is_whole_whatever_the_limit(*, carries: bool) -> None:
    dice = random.Random(14)
    for limit in [600, 1_000, 2_000, 4_000, 8_000, 16_000, GITHUB_CHARS]:
        for _ in range(4):
            text = told(dice, limit=limit, carries=carries, kept=carries)
            found = shape(text)
            assert len(text) <= limit
            assert read_mark(text) is not None
            assert found["link_open"] == found["image"] == found["html_inline"] == 0
            assert text.count("\n|---|---|---|---|\n") == found["table_open"]
            assert references(text) == []


def test_a_huge_fix_is_told_within_the_limit_and_its_fence_closed() -> None:
    huge = fix(after="".join(f"{'x' * 90} {number}\n" for number in range(20_000)), rationale="y" * 100_000)
    delivery = Delivery(mode="comment", done=True, note="", kept=("/tmp/x",))
    record = RunRecord(
        outcome=Outcome.HEALED, summary="", build=Build(commit="b" * 40), proof=proof(huge), delivery=delivery
    )
    telling = Telling(record=record, words=Words(redact=str), limit=GITHUB_CHARS, carries_diff=True)

    text = fix_comment(huge, Mark(fingerprint="f1"), telling)

    assert len(text) <= GITHUB_CHARS
    assert shape(text)["fence"] == 1
    assert "more lines" in text


def test_one_endless_line_does_not_hide_the_proof() -> None:
    text = told_with_diff("x" * 200_000 + "\n")

    assert "| fixed |" in text
    assert len(text) <= GITHUB_CHARS


def told_with_diff(after: str) -> str:
    made = fix(after=after)
    record = RunRecord(
        outcome=Outcome.HEALED, summary="", build=Build(commit="b" * 40), proof=proof(made),
        delivery=Delivery(mode="comment", done=True),
    )  # fmt: skip
    telling = Telling(record=record, words=Words(redact=str), limit=GITHUB_CHARS, carries_diff=True)
    return fix_comment(made, Mark(fingerprint="f1"), telling)


@pytest.mark.parametrize(
    "after", ["```\n# out\n```\n", "`````\n~~~\n", "a\u2028/close\u2028b\x0b/merge\x85```\n", "\u202e\n"]
)
def test_a_diff_stays_in_its_fence(after: str) -> None:
    text = told_with_diff(after)

    assert shape(text)["fence"] == 1
    assert not [line for line in text.split("\n") if line.startswith("/")]
    assert "\u202e" not in text
    assert "\u2028" not in text


def test_summaries_bodies_hand_overs_and_lines_are_as_tame() -> None:
    dice = random.Random(15)
    for _ in range(25):
        made = replace(fix(rationale=noise(dice)), failure=replace(fix().failure, summary=noise(dice)))
        healing = Healing(reproduction=reproduced("f1", "one"), why=f"handed over: {noise(dice)}")
        record = RunRecord(
            outcome=Outcome.GAVE_UP, summary=noise(dice), build=Build(commit="b" * 40), healings=(healing,),
            remaining=(noise(dice),), notes=(noise(dice),),
        )  # fmt: skip
        telling = Telling(record=record, words=Words(redact=str), limit=GITHUB_CHARS, run_url="https://ci.test/1")
        hidden = Mark(fingerprint="f1", run="7")
        for text, links in (
            (hand_over_comment(healing, hidden, telling), 1),
            (line_comment(hidden, noise(dice), telling), 1),
            (to_markdown(record, redact=str), 0),
            (request_body(proof(made), Build(commit="b" * 40), redact=str, limit=GITHUB_CHARS), 0),
        ):
            found = shape(text)
            assert (found["link_open"], found["image"], found["html_inline"], found["fence"]) == (links, 0, 0, 0), text
            assert [sign for sign in references(text) if sign != "://"] == [], text
            assert not [line for line in text.split("\n") if line.startswith("/")], text


def test_a_table_cell_stays_one_cell() -> None:
    side = SideOfProof(name="broken", commit="a|b", targets={"cases::one": "fa|iled\n|---|"})
    text = request_body(replace(proof(), broken=side), Build(commit="b" * 40), redact=str, limit=GITHUB_CHARS)

    assert shape(text)["td_open"] == 12


@pytest.mark.parametrize("limit", [0, 1, 5, 40])
def test_plain_text_is_cut_before_it_is_escaped(limit: int) -> None:
    assert len(plain("*" * 100, max(1, limit))) <= 2 * max(1, limit)


@pytest.mark.parametrize("text", ["a", "`", "``a``", "a`b", " ", "", "`a", "a|b", "\n\n"])
def test_code_is_one_span(text: str) -> None:
    found = shape(f"x {code(text)} y")

    assert found["code_inline"] == 1


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "",
        "http://a b",
        "https://a.test/)x",
        "https://a.test/\n# x",
        "ftp://a.test",
        "https://a\u202eb",
    ],
)
def test_an_address_that_is_none_makes_no_link(url: str) -> None:
    assert link("text", url) == "text"


def test_fences_show_what_does_not_print() -> None:
    assert list(fenced(["a\tb\r", "c\u202ed\x1b"])) == ["```", "a\tb", "c<U+202E>d<U+001B>", "```"]


def test_a_secret_that_markdown_would_hide_is_found_first() -> None:
    secret = "hunter_2*and~more#9"
    words = Words(redact=Redactor({"DEPLOY_TOKEN": secret}).redact)

    for text in (words.plain(f"it was {secret}"), words.code(secret), *words.lines(f"a\n{secret}\n")):
        assert "hunter" not in text


def test_hostile_marks_are_not_read() -> None:
    assert read_mark(HOSTILE) is None
    assert read_mark("x <!-- honk-ci:failure=f1 -->") is None
    assert read_mark(
        "<!-- honk-ci:failure=f1 -->\r\n<!-- honk-ci:run=1 job= commit=c outcome=o suggested= -->"
    ) == Mark(fingerprint="f1", run="1", commit="c", outcome="o")
    assert read_mark(str(Mark(fingerprint="f-1 -->", run="a b", job="-->\n"))) == Mark(
        fingerprint="f_1____", run="a_b", job="____"
    )
