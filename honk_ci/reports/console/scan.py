"""Which parts of a log are worth reading line by line; a log of 200 MB is never held.

Three zones, from the end, where a build says why it stopped: the last part is read whole; a larger
one before it is searched for all words that findings contain; the rest only for those that come
with nearly every failure, in the text itself or in what the runner says of it. Around each hit some
lines are read as well. Searching for one word more costs a long log about as much as reading it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from honk_ci.reports import xml_stream

BLOCK_BYTES = 256 * 1024
WHOLE_BYTES = 128 * 1024  # read line by line
NEAR_BYTES = 2 * 1024 * 1024  # searched for every word
BEFORE_BYTES, AFTER_BYTES = 6 * 1024, 4 * 1024  # read around a hit
MAX_READ_BYTES = 16 * 1024 * 1024  # of a log in which every other line is a hit
LINE_BYTES = 8 * 1024

STRONG = (b"rror", b"FAIL", b"ERR")
WORDS = (*STRONG, b"ailed", b"xception", b"Traceback", b"illed", b"imed out", b"exceeded", b"refused", b"fatal", b"denied",
         b"panic", b"o space left", b"ould not", b"ould reformat", b"No solution", b"not ok ", b"annot ", b"\xe2\x9c\x96",
         b"\xe2\x97\x8f", b"out of memory", b"OOM", b"rate limit", b"credentials", b"undefined", b"not found", b"incorrectly",
         b"[warn]", b"Unable to", b"o module named", b"imeout", b"No matching", b"would be", b"terminated", b"signal")  # fmt: skip

Span = tuple[int, int]


@contextmanager
def open_log(path: Path) -> Iterator[BinaryIO]:
    """The log as bytes in an ASCII superset; what PowerShell writes as UTF-16 is turned into UTF-8."""
    with xml_stream.open_regular(path) as file:
        encoding = xml_stream.marked_encoding(file.read(4))
        file.seek(0)
        if not encoding:
            yield file
            return
        with tempfile.TemporaryFile() as copy:
            for text in xml_stream.texts(file, encoding):
                copy.write(text.encode())
            copy.seek(0)
            yield copy


def spans(file: BinaryIO) -> tuple[list[Span], bool]:
    """The byte ranges to read, in order and apart from each other; whether some had to be left out."""
    size = file.seek(0, os.SEEK_END)
    whole_from, near_from = max(0, size - WHOLE_BYTES), max(0, size - NEAR_BYTES)
    far = _merged(_around(file, 0, near_from, STRONG))
    kept, left_out = _within(far, MAX_READ_BYTES)
    near = _around(file, near_from, whole_from, WORDS)
    return _merged([*kept, *near, (whole_from, size)]), left_out


def _around(file: BinaryIO, start: int, end: int, words: tuple[bytes, ...]) -> list[Span]:
    """Ranges around each hit in ``start:end``, by block and so nearly sorted."""
    found: list[Span] = []
    overlap = max(map(len, words)) - 1
    file.seek(start)
    at, rest = start, b""
    while at < end and (block := file.read(min(BLOCK_BYTES, end - at))):
        text = rest + block
        offset = at - len(rest)
        for word in words:
            hit = text.find(word)
            while hit >= 0:
                found.append((max(0, offset + hit - BEFORE_BYTES), offset + hit + AFTER_BYTES))
                hit = text.find(word, hit + AFTER_BYTES)  # what lies between is read anyway
        at += len(block)
        rest = text[-overlap:]
    return found


def _merged(found: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _within(found: list[Span], budget: int) -> tuple[list[Span], bool]:
    """The last ranges that together fit the budget: the end of a log says more than its middle."""
    kept: list[Span] = []
    for start, end in reversed(found):
        budget -= end - start
        if budget < 0:
            return kept[::-1], True
        kept.append((start, end))
    return kept[::-1], False


def lines(file: BinaryIO, found: list[Span]) -> Iterator[tuple[int, str]]:
    """The lines of the ranges with numbers that rise by one from line to line, and by more over a gap."""
    number = 0
    for start, end in found:
        number += 1  # the gap
        file.seek(start)
        if start and not _is_line_start(file, start):
            file.readline(LINE_BYTES)
        while file.tell() < end and (line := file.readline(LINE_BYTES)):
            number += 1
            yield number, line.decode("utf-8", "replace")


def _is_line_start(file: BinaryIO, start: int) -> bool:
    file.seek(start - 1)
    return file.read(1) == b"\n"
