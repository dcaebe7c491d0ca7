"""XML from files nobody vouches for: streamed through expat, hostile input refused, broken input rescued.

Expat itself is driven, not ElementTree on top of it: building elements costs twice the time of the
parse, and nearly all of a report is passing cases of which only the name counts.
"""

from __future__ import annotations

import codecs
import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar
from xml.parsers import expat

from honk_ci.errors import ReportError

BLOCK_BYTES = 256 * 1024
MAX_TOKEN_BYTES = 8 * 1024 * 1024  # expat holds an unfinished tag whole, and scans it anew with each block
TIME_LIMIT_S = 60.0

# What XML 1.0 forbids although producers write it: ANSI escapes and the like, raw and by number.
_CONTROL = bytes([*range(9), 0x0B, 0x0C, *range(0x0E, 0x20)])
_CONTROL_TEXT = dict.fromkeys([*_CONTROL, 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)])
_COLOUR = re.compile(r"(?:\x1b|&#27;|&#x1b;)\[[\d;]*[A-Za-z]", re.IGNORECASE)
_FORBIDDEN_REFERENCE = re.compile(r"&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|x0*(?:[0-8bcef]|1[\da-f]));", re.IGNORECASE)
_STRAY_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\da-fA-F]{1,6});)")
_LONGEST_REFERENCE = 24  # a coloured one, held back where a block may end in its middle

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark starts with that one's
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z][\w.:-]{0,40})[\"']")
# Python also registers codecs that are no character sets (zlib, punycode, unicode_escape, …).
_CHARACTER_SET = re.compile(
    r"(?:utf[-_]?(?:8|16|32)|latin|l\d|iso|windows|cp|ibm|us[-_]|ascii|koi8|mac|gb|big5|euc|shift|s[-_]?jis|hz|tis|viscii)",
    re.IGNORECASE,
)
_READ_AS_UTF8 = frozenset({"utf-8", "ascii"})  # names as codecs.lookup gives them

# Expat's codes for "the document ends too early", as opposed to "this is not XML".
_CUT_OFF = frozenset(
    expat.errors.codes[name]
    for name in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)

Handler = TypeVar("Handler")


@dataclass(frozen=True, kw_only=True, slots=True)
class Parsed(Generic[Handler]):
    """What a parse left in its handlers, and why it broke off: "" when it did not."""

    handler: Handler
    broke_off: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Broken:
    why: str
    is_malformed: bool = False  # worth another pass that mends on the way


def parse(
    path: Path, attach: Callable[[expat.XMLParserType], Handler], *, time_limit_s: float = TIME_LIMIT_S
) -> Parsed[Handler]:
    """Stream one file through the handlers that ``attach`` sets on a new parser.

    ``attach`` is called a second time, for a second pass, when the file is not well-formed: the
    first pass feeds bytes as they are, the second decodes and mends. Mending at once would cost
    sound files a third of the parse. Raises ReportError for what
    is no regular file, cannot be read, is empty, holds no markup, or has a DTD.
    """
    with open_regular(path) as file:
        encoding = _encoding_of(path, file.read(4096))
        deadline = time.monotonic() + time_limit_s
        blocks = _decoded(file, encoding) if encoding else _raw(file)
        handler, broken = _one_pass(path, blocks, attach, deadline)
        if broken is not None and broken.is_malformed:
            handler, broken = _one_pass(path, _mended(texts(file, encoding or "utf-8")), attach, deadline)
    return Parsed(handler=handler, broke_off=broken.why if broken else "")


def open_regular(path: Path) -> BinaryIO:
    """Opens without waiting for a writer, should the path be a FIFO."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ReportError(f"{path} cannot be read: {reason}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ReportError(f"{path} is not a regular file")
    return os.fdopen(descriptor, "rb")


def _encoding_of(path: Path, head: bytes) -> str:
    """The encoding to decode from; "" where expat can take the bytes as UTF-8."""
    if not head.strip(b"\0 \t\r\n"):
        raise ReportError(f"{path} is empty")
    if marked := marked_encoding(head):
        return marked
    if head[:4] == b"<\0?\0" or head[:4] == b"<\0t\0":
        return "utf-16-le"
    if head[:4] == b"\0<\0?" or head[:4] == b"\0<\0t":
        return "utf-16-be"
    declared = _DECLARED.search(head)
    return _known_encoding(declared[1].decode("ascii")) if declared else ""


def marked_encoding(head: bytes) -> str:
    """The encoding that a byte order mark names; "" for UTF-8, and where there is none."""
    return next((name for mark, name in _BOMS if head.startswith(mark)), "")


def _known_encoding(name: str) -> str:
    try:
        known = codecs.lookup(name).name if _CHARACTER_SET.match(name) else "utf-8"
    except LookupError:
        known = "utf-8"
    # A file that says UTF-16 in single bytes was converted by somebody who left the declaration alone.
    return "" if known in _READ_AS_UTF8 or known.startswith(("utf-16", "utf-32")) else known


def _raw(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while block := file.read(BLOCK_BYTES):
        yield block


def texts(file: BinaryIO, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    file.seek(0)
    while block := file.read(BLOCK_BYTES):
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def _decoded(file: BinaryIO, encoding: str) -> Iterator[bytes]:
    return (text.encode() for text in texts(file, encoding))


def _mended(texts: Iterator[str]) -> Iterator[bytes]:
    """Without colours, other control characters and references to them, and with stray ampersands escaped."""
    rest = ""
    for text in texts:
        whole = rest + text
        last = max(0, len(whole) - _LONGEST_REFERENCE)
        cut = min((at for at in (whole.find("&", last), whole.find("\x1b", last)) if at >= 0), default=len(whole))
        yield _mend(whole[:cut])
        rest = whole[cut:]
    yield _mend(rest)


def _mend(text: str) -> bytes:
    legal = _FORBIDDEN_REFERENCE.sub("", _COLOUR.sub("", text)).translate(_CONTROL_TEXT)
    return _STRAY_AMPERSAND.sub("&amp;", legal).encode()


def _one_pass(
    path: Path, blocks: Iterator[bytes], attach: Callable[[expat.XMLParserType], Handler], deadline: float
) -> tuple[Handler, _Broken | None]:
    parser = expat.ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = _refuse_dtd(path)
    handler = attach(parser)
    try:
        broken = _feed(parser, _from_first_tag(path, blocks), deadline)
        if broken is None:
            parser.Parse(b"", True)
    except expat.ExpatError as error:
        why = f"{expat.errors.messages[error.code]} in line {error.lineno}"
        return handler, _Broken(why=why, is_malformed=error.code not in _CUT_OFF)
    return handler, broken


def _feed(parser: expat.XMLParserType, blocks: Iterator[bytes], deadline: float) -> _Broken | None:
    fed = 0
    for block in blocks:
        parser.Parse(block, False)
        fed += len(block)
        if fed - parser.CurrentByteIndex > MAX_TOKEN_BYTES:
            return _Broken(why=f"a tag is longer than {MAX_TOKEN_BYTES >> 20} MiB")
        if time.monotonic() > deadline:
            return _Broken(why=f"reading took too long and was stopped after {fed >> 20} MiB")
    return None


def _from_first_tag(path: Path, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Drops what stands before the first tag: blank lines, or what the producer printed to the same file."""
    for block in blocks:
        start = block.find(b"<")
        if start >= 0:
            yield block[start:]
            break
        if len(block) > _LONGEST_REFERENCE:
            raise ReportError(f"{path} is not XML")
    yield from blocks


def _refuse_dtd(path: Path) -> Callable[..., None]:
    def refuse(*_: object) -> None:
        raise ReportError(f"{path} has a document type declaration, which test reports do not need and attacks do")

    return refuse
