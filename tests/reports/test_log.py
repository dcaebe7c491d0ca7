"""Whole console logs: cleaning, order, size, encodings."""

from __future__ import annotations

import os
import time
import tracemalloc
from pathlib import Path

import pytest

from honk_ci import reports
from honk_ci.domain import FindingKind, LogFinding
from honk_ci.errors import ReportError
from honk_ci.reports.console import LOG_FORMATS, reading, scan
from honk_ci.reports.console.clean import clean
from honk_ci.reports.exceptions import exception_of

FAILED = "FAILED tests/test_{}.py::test_it - AssertionError: no"


def write(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "job.log"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(tmp_path: Path, content: str | bytes) -> tuple[LogFinding, ...]:
    return reports.read_log(write(tmp_path, content)).findings


@pytest.mark.parametrize(
    "raw",
    [
        "FAILED a.py::t - x\n",
        "FAILED a.py::t - x\r\n",
        "\x1b[31mFAILED\x1b[0m a.py::\x1b[1mt\x1b[0m - x\n",
        "\x1b]8;;https://h/\x07FAILED a.py::t - x\x1b]8;;\x07\n",
        "\x1b]0;title\x1b\\FAILED a.py::t - x\n",
        "2026-11-20T17:04:55.1234567Z FAILED a.py::t - x\n",
        "\ufeff2026-11-20T17:04:55.1234567Z FAILED a.py::t - x\n",
        "2026-11-20T17:04:55.123456Z 00O FAILED a.py::t - x\n",
        "2026-11-20T17:04:55.123456Z 01E FAILED a.py::t - x\n",
        "2026-11-20T17:04:55.123456Z 00O+FAILED a.py::t - x\n",
        "[2026-11-20 17:04:55] FAILED a.py::t - x\n",
        "test (3.11)\tRun tests\t2026-11-20T17:04:55.1234567Z FAILED a.py::t - x\n",
        "test\tUNKNOWN STEP\t\ufeff2026-11-20T17:04:55.1234567Z FAILED a.py::t - x\n",
        "section_start:1732122295:step_script\r\x1b[0KFAILED a.py::t - x\n",
        "\x1b[0Ksection_end:1732122295:step_script[collapsed=true]\r\x1b[0KFAILED a.py::t - x\n",
        "  12% [=====>      ]\r  99% [===========>]\rFAILED a.py::t - x\n",
        "2026-11-20T17:04:55.1234567Z \x1b[36;1m##[error]FAILED a.py::t - x\x1b[0m\n",
        "FAILED a.py::t - x\x00\x08",
    ],
)
def test_clean(raw: str) -> None:
    assert clean(raw) == "FAILED a.py::t - x"


@pytest.mark.parametrize("line", ["", "a\tb\tc", "  indented", "1 passed", "20 files", "[section] x", "é ✖ ●"])
def test_clean_leaves_other_lines_alone(line: str) -> None:
    assert clean(line + "\n") == line


def test_github_log_end_to_end(tmp_path: Path) -> None:
    lines = [
        "##[group]Run pip install -r requirements.txt",
        "pip install",
        "##[endgroup]",
        "##[group]Run pytest",
        "##[endgroup]",
        "E   ModuleNotFoundError: No module named 'x'",
        FAILED.format("a"),
        "##[error]Process completed with exit code 1.",
    ]
    text = "".join(f"test\tRun\t2026-11-20T17:04:5{n}.1234567Z {line}\r\n" for n, line in enumerate(lines))
    assert [one.file for one in read(tmp_path, text)] == ["tests/test_a.py"]


def test_the_failed_step_comes_first(tmp_path: Path) -> None:
    text = "\n".join([
        "##[group]Run make lint", "a.py:1:8: F401 'os' imported but unused", "##[endgroup]",
        "##[group]Run make test", FAILED.format("a"), FAILED.format("b"), "##[error]Process completed with exit code 2.",
        "##[group]Run make later", "b.py:1:8: F401 'os' imported but unused",
    ])  # fmt: skip
    found = [one.file for one in read(tmp_path, text)]
    assert found == ["tests/test_a.py", "tests/test_b.py", "a.py", "b.py"]


TRACE = 'Traceback (most recent call last):\n  File "{0}.py", line 3, in f\n    g()\nValueError: {0}\n'


def test_tracebacks_of_passing_tests_yield_to_what_failed(tmp_path: Path) -> None:
    text = TRACE.format("expected") + "ok\n" * 100 + FAILED.format("a") + "\n" + "bye\n" * 100
    assert [one.tool for one in read(tmp_path, text)] == ["pytest"]


def test_of_several_tracebacks_the_last_leads(tmp_path: Path) -> None:
    text = TRACE.format("first") + "ok\n" * 100 + TRACE.format("last")
    assert [one.file for one in read(tmp_path, text)] == ["last.py", "first.py"]


def test_a_traceback_at_the_very_end_stays_beside_verdicts(tmp_path: Path) -> None:
    text = FAILED.format("a") + "\n" + "ok\n" * 100 + TRACE.format("deploy")
    assert [one.file for one in read(tmp_path, text)] == ["tests/test_a.py", "deploy.py"]


def test_hints_outside_the_failed_step_are_dropped(tmp_path: Path) -> None:
    text = (
        "##[group]Run a\n" + TRACE.format("harmless") + "##[group]Run b\n" + TRACE.format("cause")
        + "##[error]Process completed with exit code 1.\n" + "cleaning up\n" * 100
    )  # fmt: skip
    assert [one.file for one in read(tmp_path, text)] == ["cause.py"]


def test_gitlab_tells_of_the_failure_after_it_has_cleaned_up(tmp_path: Path) -> None:
    text = (
        "section_start:1:get_sources\r\x1b[0KGetting source\n" + TRACE.format("harmless")
        + "section_start:2:step_script\r\x1b[0KExecuting\n" + TRACE.format("cause")
        + "section_start:3:cleanup_file_variables\r\x1b[0KCleaning up\n" + "x\n" * 100 + "ERROR: Job failed: exit code 1\n"
    )  # fmt: skip
    assert [one.file for one in read(tmp_path, text)] == ["cause.py"]


def test_repeats_are_told_once_and_findings_are_bounded(tmp_path: Path) -> None:
    assert len(read(tmp_path, (FAILED.format("a") + "\n") * 50)) == 1
    whole = reports.read_log(write(tmp_path, "".join(FAILED.format(n) + "\n" for n in range(900))))
    assert len(whole.findings) == 500
    assert "400 more findings" in whole.notes[0]


def test_excerpt_holds_the_lines_around(tmp_path: Path) -> None:
    found = read(tmp_path, "one\ntwo\nthree\na.c:1:2: error: bad\n    1 | x\n      | ^\nfour\n")
    assert found[0].excerpt.splitlines()[:4] == ["two", "three", "a.c:1:2: error: bad", "    1 | x"]


# --- size and shape ------------------------------------------------------------------------------------

FILLER = "2026-11-20T17:04:55.1234567Z compiling module and handling items as usual\n"


def big(megabytes: int, at: tuple[float, ...], line: str) -> bytes:
    """``line`` (numbered) at the given fractions of a long ordinary log."""
    count = megabytes * 1_000_000 // len(FILLER)
    places = {int(fraction * (count - 1)): number for number, fraction in enumerate(at)}
    return "".join(FILLER + (line.format(places[n]) + "\n" if n in places else "") for n in range(count)).encode()


def test_finds_failures_anywhere_in_a_long_log(tmp_path: Path) -> None:
    content = big(12, (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0), FAILED)
    assert [one.file for one in read(tmp_path, content)] == [f"tests/test_{n}.py" for n in range(8)]


@pytest.mark.parametrize("offset", range(-12, 3))
@pytest.mark.slow
def test_finds_words_across_block_borders(tmp_path: Path, offset: int) -> None:
    content = bytearray(big(4, (), ""))
    line = b"\n" + FAILED.format("x").encode() + b"\n"
    start = scan.BLOCK_BYTES + offset
    content[start : start + len(line)] = line
    assert [one.file for one in read(tmp_path, bytes(content))] == ["tests/test_x.py"]


def test_tells_a_traceback_whose_only_strong_word_is_its_last(tmp_path: Path) -> None:
    content = big(6, (), "") + TRACE.format("deep").encode() + big(6, (), "")
    assert [(one.file, one.line) for one in read(tmp_path, content)] == [("deep.py", 3)]


def test_memory_and_time_stay_small(tmp_path: Path) -> None:
    path = write(tmp_path, big(40, (0.2, 0.8), FAILED))
    reports.read_log(path)  # imports are not the log's cost
    tracemalloc.start()
    started = time.process_time()
    found = reports.read_log(path).findings
    used = time.process_time() - started
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found) == 2
    assert peak < 4 * 1024 * 1024
    assert used < 4


@pytest.mark.slow
def test_a_log_of_nothing_but_errors_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "job.log"
    with path.open("w") as file:
        for number in range(500_000):
            file.write(f"level=info an error counter of the service rose to {number} again\n")
        file.write(FAILED.format("end") + "\n")
    started = time.process_time()
    whole = reports.read_log(path)
    assert time.process_time() - started < 30
    assert [one.file for one in whole.findings] == ["tests/test_end.py"]
    assert "only the last of them were read" in whole.notes[0]


def test_a_line_without_end(tmp_path: Path) -> None:
    content = b"x" * 6_000_000 + b" error " + b"y" * 6_000_000 + b"\n" + FAILED.format("end").encode()
    assert [one.file for one in read(tmp_path, content)] == ["tests/test_end.py"]


def test_progress_bars_of_carriage_returns(tmp_path: Path) -> None:
    content = b"\r".join(b" %d%%" % n for n in range(200_000)) + b"\n" + FAILED.format("end").encode() + b"\n"
    assert [one.file for one in read(tmp_path, content)] == ["tests/test_end.py"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    text = "prüfe …\n".replace("…", "." if encoding == "latin-1" else "…") + FAILED.format("ä") + "\n"
    found = read(tmp_path, text.encode(encoding))
    assert len(found) == 1
    assert found[0].kind is FindingKind.TEST


def test_binary_noise_is_survived(tmp_path: Path) -> None:
    assert read(tmp_path, bytes(range(256)) * 4_000) == ()


def test_what_is_no_log_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="is empty"):
        read(tmp_path, b"")
    with pytest.raises(ReportError, match="not a regular file"):
        reports.read_log(tmp_path)
    with pytest.raises(ReportError, match="cannot be read"):
        reports.read_log(tmp_path / "gone.log")
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(ReportError, match="not a regular file"):
        reports.read_log(tmp_path / "fifo")


def test_output_of_one_command_by_family() -> None:
    output = "a.py:1:8: F401 'os' imported but unused\n" + FAILED.format("a")
    assert [one.code for one in reports.findings_in(output, "linters")] == ["F401"]
    assert len(reports.findings_in(output)) == 2


def test_a_time_limit_holds(tmp_path: Path) -> None:
    path = write(tmp_path, (FAILED + "\n") * 1_000)
    stopped = reading.read_log(path, [make() for make in LOG_FORMATS.values()], time_limit_s=0.0)
    assert "took too long" in stopped.notes[0]


HOSTILE = (
    "a", "A", "aA.", "x::", " ", "\t", "x/", "\\", '"', "(", "[", "1:", "a.py:1:", "a.c:1:2: error:", "Error: ", "ERR! 429 ", "Failed 429 ",
    "dial tcp ", "Error: Get https://", "npm error ", "fatal: ", ".go:1: ", "[ERROR] ", "::error ", "a=b,", "Caused by: ", "* ", "_", "#", "\x1b[",
    "\x1b]", "exit code ", "-", "=",
)  # fmt: skip


@pytest.mark.parametrize("atom", HOSTILE)
def test_no_pattern_can_be_made_to_try_for_ever(atom: str) -> None:
    started = time.process_time()
    for before in ("", "error: ", "FAILED a.py::", "[ERROR] ", "E   "):
        line = clean((before + atom * 100_000)[:100_000])
        reports.findings_in(f"{line}\n{line}\n")
        exception_of((atom * 16_000)[:16_000])
        exception_of(((atom + "\n") * 16_000)[:16_000])
    assert time.process_time() - started < 3
