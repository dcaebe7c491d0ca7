"""JUnit reports as real producers write them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from junitparser import Error, Failure, JUnitXml, TestSuite

from honk_ci import reports
from honk_ci.domain import FailedTest, Report, case_key
from honk_ci.reports.junit import JUnit
from tests.reports import samples


def read(tmp_path: Path, text: str | bytes) -> Report:
    path = tmp_path / "report.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return JUnit().read(path)


def only(report: Report) -> FailedTest:
    assert len(report.failed) == 1, [test.key for test in report.failed]
    return report.failed[0]


def wrap(cases: str) -> str:
    return f'<testsuites><testsuite name="s">{cases}</testsuite></testsuites>'


@pytest.mark.parametrize("producer", samples.ALL)
def test_counts_each_case_once_by_its_state(tmp_path: Path, producer: str) -> None:
    text, expected = samples.ALL[producer]
    report = read(tmp_path, text)
    counts = report.counts
    assert (counts.passed, counts.failed, counts.skipped, counts.flaky) == expected
    assert len(report.failed) == counts.failed
    assert len(report.passed_hashes) == counts.passed
    assert len(report.skipped_hashes) == counts.skipped
    assert not report.is_partial
    assert report.notes == ()


@pytest.mark.parametrize("producer", samples.ALL)
def test_agrees_with_junitparser_on_what_failed(tmp_path: Path, producer: str) -> None:
    text, _ = samples.ALL[producer]
    parsed: JUnitXml | TestSuite = JUnitXml.fromstring(text.encode())
    suites = list(parsed) if isinstance(parsed, JUnitXml) else [parsed]
    failing = {
        case_key(case.classname or "", case.name or "")
        for suite in suites
        for case in suite
        if any(isinstance(result, Failure | Error) for result in case.result)
    }
    found = {test.key for test in read(tmp_path, text).failed}
    if producer == "gotestsum":
        failing -= {"example.com/cart::TestSum"}  # fails only because its subtest does
    if producer == "node":  # junitparser does not see cases directly under testsuites
        found -= {"test::adds"}
    assert found == failing


def test_pytest(tmp_path: Path) -> None:
    total, setup, twice = read(tmp_path, samples.PYTEST).failed
    assert (total.case.classname, total.case.name, total.suite) == ("tests.test_cart", "test_total", "pytest")
    assert (total.exception, total.line, total.is_error) == ("AssertionError", 12, False)
    assert total.message.startswith("AssertionError: assert 3 == 4")
    assert "E        +  where 3 = f()" in total.text
    assert (setup.exception, setup.is_error, setup.line) == ("RuntimeError", True, None)
    assert (twice.exception, twice.is_error) == ("AssertionError", False)
    assert "KeyError" in twice.text


def test_surefire(tmp_path: Path) -> None:
    report = read(tmp_path, samples.SUREFIRE)
    total, state = report.failed
    assert total.exception == "org.opentest4j.AssertionFailedError"
    assert (total.line, total.duration_s) == (17, 1234.5)
    assert "--- output ---\nprinted" in total.text
    assert (state.exception, state.is_error, state.line) == ("java.lang.IllegalStateException", True, 23)
    assert report.commits == ("0123456789012345678901234567890123456789",)


def test_gotestsum_drops_the_parent_that_only_echoes_its_subtest(tmp_path: Path) -> None:
    names = [test.case.name for test in read(tmp_path, samples.GOTESTSUM).failed]
    assert names == ["TestSum/two", "TestBoth", "TestBoth/a"]


def test_a_slash_in_other_names_makes_no_parent(tmp_path: Path) -> None:
    report = read(
        tmp_path, wrap('<testcase name="reads a"><failure/></testcase><testcase name="reads a/b"><failure/></testcase>')
    )
    assert report.counts.failed == 2


@pytest.mark.parametrize(
    ("producer", "exception", "message", "line"),
    [
        ("jest-junit", "Error", "Error: expect(received).toBe(expected) // Object.is equality", None),
        ("vitest", "AssertionError", "expected 3 to be 4 // Object.is equality", 7),
        (
            "phpunit",
            "PHPUnit\\Framework\\ExpectationFailedException",
            "CartTest::testTotals with data set #0 (3, 4)",
            15,
        ),
        ("rspec", "RSpec::Expectations::ExpectationNotMetError", "expected: 4\n     got: 3\n\n(compared using ==)", 9),
        ("googletest", "", "cart_test.cc:14\nExpected equality of these values:\n  3\n  4", 13),
    ],
)
def test_what_one_failure_says(tmp_path: Path, producer: str, exception: str, message: str, line: int | None) -> None:
    failed = only(read(tmp_path, samples.ALL[producer][0]))
    assert (failed.exception, failed.message, failed.line) == (exception, message, line)


def test_nextest_panics(tmp_path: Path) -> None:
    failed = only(read(tmp_path, samples.NEXTEST))
    assert failed.exception == "panic"
    assert "running 1 test" in failed.text


def test_node_tells_the_cause_and_forgives_todo(tmp_path: Path) -> None:
    adds, inner = read(tmp_path, samples.NODE).failed
    assert (adds.case.name, adds.exception, adds.message) == ("adds", "AssertionError", "1 == 2")
    assert (inner.case.name, inner.exception, inner.suite) == ("inner", "TypeError", "outer")
    assert inner.line is None  # "node:internal/test_runner/test:796" is no place in the class "test"


def test_file_of_the_suite_serves_where_the_case_has_none(tmp_path: Path) -> None:
    text = '<testsuites><testsuite name="s" file="spec/a_spec.js"><testcase name="x"><failure/></testcase></testsuite></testsuites>'
    assert only(read(tmp_path, text)).case.file == "spec/a_spec.js"


def test_a_suite_that_failed_as_such_is_a_failed_case(tmp_path: Path) -> None:
    text = wrap(
        '<error message="no database" type="java.sql.SQLException">trace <b>deep</b></error><testcase name="a"/>'
    )
    report = read(tmp_path, text)
    failed = only(report)
    assert (failed.key, failed.message, failed.is_error) == ("s", "no database", True)
    assert failed.exception == "java.sql.SQLException"
    assert report.counts.passed == 1


def test_worst_state_wins_whatever_the_order(tmp_path: Path) -> None:
    passed, failed, skipped = (
        '<testcase name="t"/>',
        '<testcase name="t"><failure/></testcase>',
        '<testcase name="t"><skipped/></testcase>',
    )
    for order in (passed + failed + skipped, failed + skipped + passed, skipped + passed + failed):
        counts = read(tmp_path, wrap(order)).counts
        assert (counts.passed, counts.failed, counts.skipped) == (0, 1, 0)
    counts = read(tmp_path, wrap(passed + skipped)).counts
    assert (counts.passed, counts.skipped) == (0, 1)


def test_a_rerun_beside_no_failure_is_flaky(tmp_path: Path) -> None:
    counts = read(tmp_path, wrap('<testcase name="t"><rerunFailure/></testcase><testcase name="t"/>')).counts
    assert (counts.passed, counts.flaky) == (1, 1)


def test_status_attribute_counts_where_no_element_says_more(tmp_path: Path) -> None:
    text = wrap(
        '<testcase name="a" status="failed"/><testcase name="b" status="passed"/><testcase name="c" status="skipped"/>'
    )
    report = read(tmp_path, text)
    assert only(report).key == "a"
    assert (report.counts.passed, report.counts.skipped) == (1, 1)


def test_output_before_the_failure_is_kept(tmp_path: Path) -> None:
    failed = only(
        read(tmp_path, wrap('<testcase name="a"><system-out>printed</system-out><failure>x</failure></testcase>'))
    )
    assert failed.text == "x\n--- output ---\nprinted"


def test_failure_without_any_words(tmp_path: Path) -> None:
    failed = only(read(tmp_path, wrap('<testcase name="a"><failure/></testcase>')))
    assert (failed.message, failed.text, failed.exception) == ("", "", "")


def test_colours_are_taken_out_of_text(tmp_path: Path) -> None:
    failed = only(
        read(
            tmp_path,
            wrap(
                '<testcase name="a"><failure message="\x1b[31mred\x1b[0m">#x1B[1mE   x[1] == y[2]</failure></testcase>'
            ),
        )
    )
    assert (failed.message, failed.text) == ("red", "red\nE   x[1] == y[2]")


def test_text_is_capped_with_head_and_tail_kept(tmp_path: Path) -> None:
    failed = only(
        read(
            tmp_path,
            wrap(f'<testcase name="a"><failure message="{"m" * 9_000}">HEAD{"x" * 3_000_000}TAIL</failure></testcase>'),
        )
    )
    assert failed.text.startswith("m" * 100)
    assert failed.text.endswith("TAIL")
    assert "left out" in failed.text
    assert len(failed.text) < 17_000
    assert len(failed.message) < 2_100


def test_failures_beyond_the_limit_are_counted(tmp_path: Path) -> None:
    cases = "".join(f'<testcase name="t{n}"><failure>boom</failure></testcase>' for n in range(5_100))
    report = read(tmp_path, wrap(cases))
    assert (report.counts.failed, len(report.failed)) == (5_100, 5_000)
    assert "100 failures beyond 5000 are counted only" in report.notes[0]


def test_hashes_are_those_of_the_keys_and_names_come_back(tmp_path: Path) -> None:
    report = read(tmp_path, samples.PYTEST)
    assert list(report.passed_hashes) == [hash("tests.test_cart::test_ok")]
    wanted = frozenset(report.skipped_hashes) | frozenset(report.passed_hashes)
    names = ["tests.test_cart::test_ok", "tests.test_cart::test_skip", "tests.test_cart::test_xfail"]
    assert reports.names_of([tmp_path / "report.xml", tmp_path / "gone.xml"], wanted) == names


def test_time_stamps_count_only_with_a_time_zone(tmp_path: Path) -> None:
    assert read(tmp_path, samples.VITEST).written_at == 1795194000.0
    assert read(tmp_path, samples.JEST_JUNIT).written_at is None


def test_pytest_itself(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "def test_ok(): print('x')\n"
        "def test_bad():\n    print('printed')\n    assert [1] == [2]\n"
        "@pytest.mark.parametrize('s', ['é<&>', 'a/b', '\\x1b[0m'])\n"
        "def test_odd(s): raise LookupError(s)\n"
        "@pytest.mark.skip\ndef test_skip(): ...\n"
        "@pytest.fixture\ndef late():\n    yield\n    raise KeyError('late')\n"
        "def test_teardown(late): assert 0, 'first'\n"
    )
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=yes", "--junitxml=out.xml"],
        cwd=tmp_path, check=False, timeout=60, capture_output=True,
    )  # fmt: skip
    report = JUnit().read(tmp_path / "out.xml")
    assert (report.counts.passed, report.counts.failed, report.counts.skipped) == (1, 5, 1)
    exceptions = [test.exception for test in report.failed]
    assert exceptions == ["AssertionError", "LookupError", "LookupError", "LookupError", "AssertionError"]
    assert [test.line for test in report.failed] == [5, 7, 7, 7, 14]
    assert report.written_at is not None


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_node_itself(tmp_path: Path) -> None:
    (tmp_path / "a.test.mjs").write_text(
        "import test from 'node:test'; import assert from 'node:assert';\n"
        "test('adds', () => assert.equal(1, 2));\n"
        "test('ok', () => {});\n"
        "test.describe('outer', () => { test.it('inner', () => { throw new TypeError('no'); }); });\n"
        "test('later', { todo: true }, () => { throw new Error('t'); });\n"
        "test('off', { skip: true }, () => {});\n"
    )
    environ = {name: value for name, value in os.environ.items() if not name.startswith("NODE_")}
    done = subprocess.run(
        ["node", "--test", "--test-reporter=junit"],
        cwd=tmp_path,
        check=False,
        timeout=60,
        capture_output=True,
        env=environ,
    )
    if b"<testsuites" not in done.stdout:
        pytest.skip("this node has no junit reporter")
    report = read(tmp_path, done.stdout)
    assert {test.case.name: test.exception for test in report.failed} == {
        "adds": "AssertionError",
        "inner": "TypeError",
    }
    assert (report.counts.passed, report.counts.skipped) == (1, 2)


def test_failures_stated_but_not_listed_are_noted(tmp_path: Path) -> None:
    report = read(
        tmp_path, '<testsuites failures="0" errors="2"><testsuite><testcase name="a"/></testsuite></testsuites>'
    )
    assert report.notes == ("report.xml says that 2 failed, but does not say which",)
