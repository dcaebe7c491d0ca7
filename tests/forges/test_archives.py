"""Archives that nobody vouches for lose what is hostile in them, and nothing else."""

from __future__ import annotations

import stat
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from honk_ci.forges.archives import Caps, folder_name, unpack_zip


def archive(folder: Path, *entries: tuple[str | zipfile.ZipInfo, bytes], name: str = "a.zip") -> Path:
    file = folder / name
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        warnings.simplefilter("ignore")  # of names that come twice
        for entry, content in entries:
            out.writestr(entry, content)
    return file


def names(folder: Path, files: Sequence[Path]) -> list[str]:
    return [str(file.relative_to(folder)) for file in files]


def special(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    return entry


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "a/../../evil",
        "/etc/evil",
        "..\\evil",
        "C:\\evil",
        "C:evil",
        "a" * 300,
        "a/" * 100 + "b",
        "..",
        "./..",
    ],
)
def test_paths_that_leave_are_left_out(tmp_path: Path, name: str) -> None:
    target = tmp_path / "out"

    files, _ = unpack_zip(archive(tmp_path, (name, b"evil"), ("good", b"good")), target, Caps())

    assert names(target, files) == ["good"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "out"]


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK, stat.S_IFDIR])
def test_what_is_no_plain_file_is_left_out(tmp_path: Path, mode: int) -> None:
    target = tmp_path / "out"
    entries = ((special("link", mode | 0o777), b"/etc"), ("link/passwd", b"evil"), ("good", b"good"))

    files, _ = unpack_zip(archive(tmp_path, *entries), target, Caps())

    assert names(target, files) == ["link/passwd", "good"]
    assert (target / "link").is_dir()
    assert not (target / "link").is_symlink()


def test_a_name_that_comes_twice_keeps_its_first_content(tmp_path: Path) -> None:
    target = tmp_path / "out"

    files, _ = unpack_zip(
        archive(tmp_path, ("a", b"first"), ("a", b"second"), ("a/b", b"under a file")), target, Caps()
    )

    assert names(target, files) == ["a"]
    assert (target / "a").read_bytes() == b"first"


def test_what_an_entry_unpacks_to_is_counted_not_believed(tmp_path: Path) -> None:
    target = tmp_path / "out"
    bomb = archive(tmp_path, ("bomb", b"\0" * 5_000_000), ("good", b"good"))

    files, left = unpack_zip(bomb, target, Caps(file_bytes=100_000))

    assert names(target, files) == ["good"]
    assert not (target / "bomb").exists()
    assert left.total_bytes < Caps().total_bytes


def test_all_entries_together_are_bounded_across_archives(tmp_path: Path) -> None:
    caps = Caps(files=5, total_bytes=250, file_bytes=100)
    entries = [(f"f{number}", b"x" * 60) for number in range(4)]

    first, caps = unpack_zip(archive(tmp_path, *entries), tmp_path / "one", caps)
    second, caps = unpack_zip(archive(tmp_path, *entries, name="b.zip"), tmp_path / "two", caps)

    assert len(first) == 4
    assert second == []
    assert caps.files == 0


def test_a_million_entries_are_not_unpacked(tmp_path: Path) -> None:
    many = archive(tmp_path, *((f"{number}", b"") for number in range(300)))

    files, _ = unpack_zip(many, tmp_path / "out", Caps(files=100))

    assert len(files) == 100


def test_a_broken_entry_does_not_hide_the_next(tmp_path: Path) -> None:
    file = archive(tmp_path, ("broken", b"content of it" * 10), ("good", b"good"))
    content = bytearray(file.read_bytes())
    at = content.index(b"broken") + len("broken")
    content[at : at + 4] = b"\xff\xff\xff\xff"
    file.write_bytes(content)

    files, _ = unpack_zip(file, tmp_path / "out", Caps())

    assert names(tmp_path / "out", files) == ["good"]
    assert not (tmp_path / "out" / "broken").exists()


def test_an_encrypted_entry_is_left_out(tmp_path: Path) -> None:
    file = archive(tmp_path, ("locked", b"x"), ("good", b"good"))
    content = bytearray(file.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the flag, in the list at the archive's end
    file.write_bytes(content)

    files, _ = unpack_zip(file, tmp_path / "out", Caps())

    assert names(tmp_path / "out", files) == ["good"]


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04" + b"\0" * 50, b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_archive_has_no_files(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.zip"
    file.write_bytes(content)

    files, caps = unpack_zip(file, tmp_path / "out", Caps())

    assert (files, caps) == ([], Caps())


def test_every_cut_and_every_flip_of_an_archive_ends_without_a_fault(tmp_path: Path) -> None:
    whole = archive(tmp_path, ("a/b.xml", b"<testsuite/>" * 20), ("c", b"d")).read_bytes()
    file = tmp_path / "hurt.zip"
    for number in range(len(whole)):
        for hurt in (whole[:number], whole[:number] + bytes([whole[number] ^ 0xFF]) + whole[number + 1 :]):
            file.write_bytes(hurt)
            unpack_zip(file, tmp_path / f"out-{number}-{len(hurt)}", Caps())


def test_folders_get_names_that_are_good_and_new(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()

    assert folder_name("report", 7, taken=tmp_path) == "report-7"
    assert folder_name("../..", 7, taken=tmp_path) == "artifact"
    assert folder_name("a/b\\c d", 7, taken=tmp_path) == "a-b-c-d"
    assert len(folder_name("x" * 500, 7, taken=tmp_path)) == 80
