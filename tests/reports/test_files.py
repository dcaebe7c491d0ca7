"""Which files a pattern names, and how their reports become one."""

from __future__ import annotations

from pathlib import Path

import pytest

from honk_ci import reports
from tests.reports import samples

TREE = (
    "report.xml", "build/a.xml", "build/deep/b.xml", "build/deep/c.txt", ".git/x.xml", "sub/.git/y.xml", ".hidden/h.xml",
    "node_modules/pkg/n.xml", "report[1].xml", "with space/ü.xml",
)  # fmt: skip


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in TREE:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    return tmp_path


def names(root: Path, pattern: str) -> list[str]:
    return [str(path.relative_to(root)) for path in reports.expand(root, pattern)]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("report.xml", ["report.xml"]),
        ("./report.xml", ["report.xml"]),
        ("*.xml", ["report.xml", "report[1].xml"]),
        ("report[1].xml", ["report[1].xml"]),
        ("build/*.xml", ["build/a.xml"]),
        ("build/**/*.xml", ["build/a.xml", "build/deep/b.xml"]),
        ("build", ["build/a.xml", "build/deep/b.xml"]),
        ("build/", ["build/a.xml", "build/deep/b.xml"]),
        ("build/**", ["build/a.xml", "build/deep/b.xml", "build/deep/c.txt"]),
        (
            "**/*.xml",
            [".hidden/h.xml", "build/a.xml", "build/deep/b.xml", "report.xml", "report[1].xml", "with space/ü.xml"],
        ),
        ("build/{a,deep/b,none}.xml", ["build/a.xml", "build/deep/b.xml"]),
        ("node_modules/**/*.xml", ["node_modules/pkg/n.xml"]),
        ("b?ild/[ab].xml", ["build/a.xml"]),
        ("with space/*", ["with space/ü.xml"]),
        (".git/*.xml", []),
        (".git/x.xml", []),
        ("*/.git/*.xml", []),
        ("none/*.xml", []),
        ("report.xml/*", []),
        ("", []),
        ("  ", []),
        ("a\0b", []),
        ("[", []),
        ("***", []),
    ],
)
def test_expand(tree: Path, pattern: str, expected: list[str]) -> None:
    found = names(tree, pattern)
    assert found == expected or (pattern == "***" and found == ["report.xml", "report[1].xml"])


def test_expand_takes_absolute_patterns(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert reports.expand(elsewhere, str(tree / "build" / "*.xml")) == [tree / "build" / "a.xml"]
    assert reports.expand(elsewhere, str(tree / "report.xml")) == [tree / "report.xml"]


def test_expand_goes_up(tree: Path) -> None:
    assert [path.resolve() for path in reports.expand(tree / "build", "../*.xml")] == [
        tree / "report.xml",
        tree / "report[1].xml",
    ]


def test_expand_never_walks_in_circles(tree: Path) -> None:
    (tree / "build" / "again").symlink_to(tree / "build", target_is_directory=True)
    (tree / "build" / "link.xml").symlink_to("a.xml")
    assert names(tree, "build/**/*.xml") == ["build/a.xml", "build/deep/b.xml", "build/link.xml"]


def test_expand_many_stars_end(tmp_path: Path) -> None:
    deep = tmp_path / "/".join("d" * 12)
    deep.mkdir(parents=True)
    (deep / "r.xml").write_text("x")
    assert len(reports.expand(tmp_path, "/".join(["**"] * 8) + "/*.xml")) == 1


def test_files_of_a_matrix_are_one_report(tmp_path: Path) -> None:
    green = (
        samples.PYTEST.replace("<failure", "<system-out")
        .replace("</failure", "</system-out")
        .replace("<error", "<system-out")
        .replace("</error", "</system-out")
    )
    (tmp_path / "a.xml").write_text(green)
    (tmp_path / "b.xml").write_text(samples.PYTEST)
    (tmp_path / "c.xml").write_text(samples.VITEST)
    report = reports.read_all([tmp_path / "a.xml", tmp_path / "b.xml", tmp_path / "c.xml"])
    assert (report.counts.passed, report.counts.failed, report.counts.skipped) == (2, 4, 2)
    assert [test.key for test in report.failed][-1] == "src/cart.test.ts::cart > totals"
    assert len(report.paths) == 3
    assert len(report.passed_hashes) == 2


def test_merging_keeps_what_a_reader_must_know(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(samples.SUREFIRE)
    (tmp_path / "b.xml").write_text(samples.PYTEST[:-40])
    report = reports.read_all([tmp_path / "a.xml", tmp_path / "b.xml"])
    assert report.is_partial
    assert report.commits == ("0123456789012345678901234567890123456789",)
    assert report.written_at is not None
    assert any("breaks off" in note for note in report.notes)
    assert report.counts.flaky == 1
