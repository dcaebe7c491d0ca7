"""Unpacking archives that nobody vouches for."""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

_CHUNK = 64 * 1024
_NAME_BYTES = 200  # of one part of a path; file systems take 255
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED = 0x1


@dataclass(frozen=True, kw_only=True, slots=True)
class Caps:
    """What may still be unpacked, of all archives of a run together."""

    files: int = 20_000
    total_bytes: int = 1024 * 1024 * 1024
    file_bytes: int = 256 * 1024 * 1024  # of each


def unpack_zip(archive: Path, folder: Path, caps: Caps) -> tuple[Sequence[Path], Caps]:
    """Unpack into a folder of its own; gives the files, and what may be unpacked after this.

    Entries are left out whose path leaves the folder, which are no plain files, are encrypted,
    broken, or beyond the caps; so is an archive that is none. What an entry says of its own size
    is not believed.
    """
    folder.mkdir(parents=True)
    found: list[Path] = []
    try:
        with zipfile.ZipFile(archive) as opened:
            for entry in opened.infolist():
                if not (caps.files and caps.total_bytes):
                    break
                size = _unpack_entry(opened, entry, folder, min(caps.file_bytes, caps.total_bytes), found)
                caps = replace(caps, files=caps.files - 1, total_bytes=caps.total_bytes - size)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return found, caps
    return found, caps


def folder_name(name: str, number: int, *, taken: Path) -> str:
    """A name for a folder that is good on every file system and not used in ``taken`` yet."""
    plain = re.sub(r"[^\w.+-]+", "-", name).strip(".-")[:80] or "artifact"
    return plain if not (taken / plain).exists() else f"{plain}-{number}"


def _unpack_entry(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, limit: int, found: list[Path]) -> int:
    """Bytes that were written, also of an entry that was given up then."""
    target = _target(entry, folder)
    if target is None:
        return 0
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        out = target.open("xb")
    except OSError:  # an entry of that name is there already, or a file where this one needs a folder
        return 0
    with out:
        written, is_whole = _copy(opened, entry, out, limit)
    if is_whole:
        found.append(target)
    else:
        target.unlink()
    return written


def _copy(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, out: BinaryIO, limit: int) -> tuple[int, bool]:
    """Bytes that were written, and whether that is all of the entry."""
    written = 0
    try:
        with opened.open(entry) as source:
            while chunk := source.read(_CHUNK):
                if written + len(chunk) > limit:
                    return written, False
                written += out.write(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError):
        return written, False
    return written, True


def _target(entry: zipfile.ZipInfo, folder: Path) -> Path | None:
    """Where an entry goes; None where it must not go anywhere."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    is_plain = not entry.is_dir() and kind in {0, stat.S_IFREG}
    if not is_plain or entry.flag_bits & _ENCRYPTED or entry.compress_type not in _METHODS:
        return None
    name = entry.filename
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or "\\" in name or "\0" in name or ".." in parts or ":" in parts[0]:
        return None
    if any(len(part.encode("utf-8", "replace")) > _NAME_BYTES for part in parts) or len(parts) > 64:
        return None
    return folder.joinpath(*parts)
