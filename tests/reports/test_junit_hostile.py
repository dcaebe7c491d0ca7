"""JUnit reports that are broken, odd or made to harm."""

from __future__ import annotations

import os
import threading
import time
import tracemalloc
from pathlib import Path

import pytest

from honk_ci import reports
from honk_ci.domain import Report
from honk_ci.errors import ReportError
from honk_ci.reports.junit import JUnit
from tests.reports import samples

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1 if n > 1 else str()};" * 10}">' for n in range(1, 10))
    + ']><testsuites><testsuite name="s"><testcase name="&lol9;"/></testsuite></testsuites>'
)
QUADRATIC = f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]><testsuite name="{"&a;" * 50_000}"/>'
EXTERNAL = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><testsuite><testcase name="&f;"/></testsuite>'
EXTERNAL_DTD = '<!DOCTYPE testsuite SYSTEM "http://127.0.0.1:9/x.dtd"><testsuite><testcase name="a"/></testsuite>'


def write(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "report.xml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(tmp_path: Path, content: str | bytes) -> Report:
    return JUnit().read(write(tmp_path, content))


@pytest.mark.parametrize("attack", [LAUGHS, QUADRATIC, EXTERNAL, EXTERNAL_DTD])
def test_refuses_every_document_type_declaration_at_once(tmp_path: Path, attack: str) -> None:
    started = time.process_time()
    with pytest.raises(ReportError, match="document type declaration"):
        read(tmp_path, attack)
    assert time.process_time() - started < 1


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_refuses_them_in_other_encodings_too(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(ReportError, match="document type declaration"):
        read(tmp_path, f'<?xml version="1.0" encoding="{encoding}"?>{EXTERNAL}'.encode(encoding))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n\0\n", "is empty"),
        (b"\xef\xbb\xbf", "holds no test report"),
        (b"{}", "holds no test report"),
        (b"x" * 400_000, "is not XML"),
        (b"<html><body>502 Bad Gateway</body></html>", "its root is <html>"),
        (b"<assemblies><assembly/></assemblies>", "its root is <assemblies>"),
        (b"<", "holds no test report"),
        (b'<?xml version="1.0"?>', "holds no test report"),
        (b"<testsui", "holds no test report"),
        (bytes(range(256)) * 20, "holds no test report"),
    ],
)
def test_what_is_no_report_is_refused_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(ReportError, match=words):
        read(tmp_path, content)


@pytest.mark.parametrize(
    "encoding",
    [
        "utf-8",
        "utf-8-sig",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "iso-8859-1",
        "cp1252",
        "shift_jis",
        "gb18030",
        "koi8-r",
    ],
)
def test_encodings(tmp_path: Path, encoding: str) -> None:
    name = {"shift_jis": "合計", "gb18030": "总计", "koi8-r": "сумма"}.get(encoding, "prüft")
    declared = encoding.removesuffix("-sig").removesuffix("-le").removesuffix("-be")
    text = f'<?xml version="1.0" encoding="{declared}"?><testsuite name="s"><testcase name="{name}"><failure message="{name}">{name * 200_000}</failure></testcase></testsuite>'
    report = read(tmp_path, text.encode(encoding))
    assert report.failed[0].case.name == name
    assert report.failed[0].message == name
    assert not report.is_partial


@pytest.mark.parametrize(
    "declared", ["utf-16", "utf8", "UTF-8", "ascii", "x-unknown", "zlib", "unicode_escape", "punycode", "utf-7"]
)
def test_a_declaration_that_lies_does_no_harm(tmp_path: Path, declared: str) -> None:
    text = f"<?xml version='1.0' encoding='{declared}'?><testsuite><testcase name='prüft\\n'><failure/></testcase></testsuite>"
    assert read(tmp_path, text.encode()).failed[0].case.name == "prüft\\n"


def test_bytes_that_are_no_utf8_are_replaced(tmp_path: Path) -> None:
    report = read(tmp_path, b"<testsuite><testcase name='a\xff\xe9'><failure>x\xc3</failure></testcase></testsuite>")
    assert report.failed[0].case.name == "a\ufffd\ufffd"
    assert not report.is_partial


@pytest.mark.parametrize(
    "bad", ["\x00", "\x01", "\x1b[31m", "\x0b\x0c", "&#27;[0m", "&#x0;", "&#x1B;", "&#0027;", "\ufffe", "\ufffe\uffff"]
)
def test_what_xml_forbids_is_left_out(tmp_path: Path, bad: str) -> None:
    report = read(
        tmp_path,
        f"<testsuite><testcase name='a'><failure message='m{bad}'>x{bad}y</failure></testcase><testcase name='b'/></testsuite>",
    )
    assert report.failed[0].message == "m"
    assert report.failed[0].text.replace("m\n", "") == "xy"
    assert (report.counts.passed, report.is_partial) == (1, False)


@pytest.mark.parametrize("position", range(0, 40, 3))
def test_forbidden_references_across_block_borders(tmp_path: Path, position: int) -> None:
    filler = "x" * (256 * 1024 - 120 + position)
    report = read(
        tmp_path,
        f"<testsuite><testcase name='a'><failure>{filler}&#27;&amp;&#x1b;END & GO &nbsp;</failure></testcase></testsuite>",
    )
    assert report.failed[0].text.endswith("x&END & GO &nbsp;")
    assert not report.is_partial


def test_stray_ampersands_are_text(tmp_path: Path) -> None:
    report = read(
        tmp_path, "<testsuite><testcase name='a && b &lt;c'><failure message='x & y'/></testcase></testsuite>"
    )
    assert (report.failed[0].case.name, report.failed[0].message) == ("a && b <c", "x & y")


@pytest.mark.parametrize("before", ["\n\n  ", "\ufeff\n", "npm warn something\n", "\x00\x00"])
def test_what_stands_before_the_first_tag_is_passed_over(tmp_path: Path, before: str) -> None:
    assert read(tmp_path, before + samples.PYTEST).counts.total == 6


@pytest.mark.parametrize("after", ["\n", "\x00" * 5_000, "\n\n"])
def test_padding_behind_the_end_is_passed_over(tmp_path: Path, after: str) -> None:
    report = read(tmp_path, samples.PYTEST + after)
    assert (report.counts.total, report.is_partial) == (6, False)


def test_a_second_document_in_the_file_makes_it_partial(tmp_path: Path) -> None:
    report = read(tmp_path, samples.RSPEC + samples.VITEST.replace('<?xml version="1.0" encoding="UTF-8" ?>', ""))
    assert report.counts.total == 3
    assert report.is_partial
    assert "breaks off after 3 cases: junk after document element" in report.notes[0]


@pytest.mark.parametrize("producer", samples.ALL)
def test_cut_anywhere_it_neither_crashes_nor_invents(tmp_path: Path, producer: str) -> None:
    assert_cuts_are_safe(tmp_path, producer, step=13)


@pytest.mark.slow
@pytest.mark.parametrize("producer", samples.ALL)
def test_cut_at_every_byte_it_neither_crashes_nor_invents(tmp_path: Path, producer: str) -> None:
    assert_cuts_are_safe(tmp_path, producer, step=1)


def assert_cuts_are_safe(tmp_path: Path, producer: str, *, step: int) -> None:
    """Whatever is reported failed, passed or skipped of a cut file is so in the whole file, too."""
    whole_bytes = samples.ALL[producer][0].rstrip().encode()
    whole = read(tmp_path, whole_bytes)
    failed = {test.key for test in whole.failed} | {"example.com/cart::TestSum"}  # its subtest may be cut off
    known = frozenset(whole.passed_hashes) | frozenset(whole.skipped_hashes)
    for size in range(0, len(whole_bytes), step):
        try:
            part = read(tmp_path, whole_bytes[:size])
        except ReportError:
            continue
        assert {test.key for test in part.failed} <= failed, size
        assert frozenset(part.passed_hashes) | frozenset(part.skipped_hashes) <= known, size
        assert part.is_partial, size


def test_a_cut_failure_still_counts(tmp_path: Path) -> None:
    report = read(tmp_path, "<testsuite><testcase name='a'/><testcase name='b'><failure message='m'>half a tra")
    assert (report.counts.passed, report.failed[0].key, report.failed[0].text) == (1, "b", "m\nhalf a tra")
    assert report.is_partial


def test_a_case_cut_before_its_end_does_not_count(tmp_path: Path) -> None:
    report = read(tmp_path, "<testsuite><testcase name='a'/><testcase name='b'><system-out>x")
    assert report.counts.total == 1


@pytest.mark.parametrize("tag", ["testsuite", "a", "testcase", "failure"])
def test_nesting_without_end_is_refused(tmp_path: Path, tag: str) -> None:
    with pytest.raises(ReportError, match="1000 deep"):
        read(tmp_path, "<testsuite><testcase name='x'>" + f"<{tag}>" * 200_000)
    with pytest.raises(ReportError, match="1000 deep"):
        read(tmp_path, "<testsuite>" * 200_000)


def test_a_tag_without_end_stops_the_reading(tmp_path: Path) -> None:
    path = tmp_path / "report.xml"
    with path.open("wb") as file:
        file.write(b"<testsuite><testcase name='ok'/><testcase name='")
        for _ in range(12):
            file.write(b"a" * (1 << 20))
    report = JUnit().read(path)
    assert (report.counts.total, report.is_partial) == (1, True)
    assert "a tag is longer than" in report.notes[0]


def test_time_limit(tmp_path: Path) -> None:
    path = write(tmp_path, "<testsuite>" + "<testcase name='x'/>" * 200_000 + "</testsuite>")
    report = JUnit(time_limit_s=0.0).read(path)
    assert report.is_partial
    assert "took too long" in report.notes[0]


@pytest.mark.slow
def test_memory_stays_flat(tmp_path: Path) -> None:
    path = tmp_path / "report.xml"
    with path.open("w") as file:
        file.write("<testsuite>")
        for number in range(30_000):
            file.write(f"<testcase classname='c' name='t{number}'><system-out>{'o' * 100}</system-out></testcase>")
        file.write("</testsuite>")
    JUnit().read(write(tmp_path / "..", samples.PYTEST))  # imports are not the file's cost
    tracemalloc.start()
    report = JUnit().read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert report.counts.passed == 30_000
    assert peak < 3 * 1024 * 1024


def test_nested_cases_and_strange_tags_do_not_confuse_it(tmp_path: Path) -> None:
    text = (
        "<testsuite name='s'><testcase name='a'><properties><property name='x'/><testcase name='n'/></properties>"
        "<failure><testcase name='deep'/>text</failure></testcase><odd><testcase name='b'/></odd><testcase/>"
        "<testcase name='c'><odd><failure/></odd></testcase></testsuite>"
    )
    report = read(tmp_path, text)
    assert [test.key for test in report.failed] == ["a", "c"]
    assert report.failed[0].text == "text"
    assert report.counts.passed == 2


# --- files ---------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_fifo_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "report.xml")
    done: list[str] = []

    def attempt() -> None:
        with pytest.raises(ReportError, match="not a regular file") as raised:
            reports.read_all([tmp_path / "report.xml"])
        done.append(str(raised.value))

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(10)
    assert done


def test_folders_and_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"not a regular file.*gone\.xml cannot be read: No such file"):
        reports.read_all([tmp_path, tmp_path / "gone.xml"])


def test_a_loop_of_links(tmp_path: Path) -> None:
    (tmp_path / "a.xml").symlink_to("b.xml")
    (tmp_path / "b.xml").symlink_to("a.xml")
    with pytest.raises(ReportError, match="symbolic links"):
        reports.read_all([tmp_path / "a.xml"])
    assert reports.expand(tmp_path, "*.xml") == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_rights(tmp_path: Path) -> None:
    path = write(tmp_path, samples.PYTEST)
    path.chmod(0)
    with pytest.raises(ReportError, match="Permission denied"):
        reports.read_all([path])


def test_one_bad_file_beside_a_good_one_is_a_note(tmp_path: Path) -> None:
    good = write(tmp_path, samples.PYTEST)
    (tmp_path / "bad.xml").write_text("<html/>")
    report = reports.read_all([tmp_path / "bad.xml", good])
    assert report.counts.failed == 3
    assert report.paths == (good,)
    assert "its root is <html>" in report.notes[0]
