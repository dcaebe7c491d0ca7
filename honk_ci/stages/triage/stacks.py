"""Stack traces of the common languages, as places in files, innermost first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

PLACES_CAP = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """One line of a stack trace; ``path`` as printed."""

    path: str
    line: int
    function: str = ""


def places(text: str, is_ours: Callable[[str], bool]) -> tuple[Place, ...]:
    """The places of the first kind of stack trace found that has some of ours; else of the first found."""
    first: tuple[Place, ...] = ()
    for read in _READERS:
        found = tuple(read(text))[:PLACES_CAP]
        if any(is_ours(place.path) for place in found):
            return found
        first = first or found
    return first


# --- Python ---------------------------------------------------------------------------------------

_CHAINED = re.compile(
    r"^[ |+]*(?:The above exception was the direct cause of the following exception"
    r"|During handling of the above exception, another exception occurred):\s*$",
    re.MULTILINE,
)
_PYTHON_PLACE = re.compile(
    r"""^[ |+]*(?:E\s+)?File\ "(?P<native>[^"\n]+)",\ line\ (?P<native_line>\d+)(?:,\ in\ (?P<native_function>.+))?$
      | ^(?P<short>(?:[A-Za-z]:)?[^\s:][^:\n]*):(?P<short_line>\d+):\ ?
        (?:in\ (?P<short_function>\S.*)|(?:[A-Za-z_][\w.]*)?)$
      | ^file\ (?P<fixture>[^\n]+),\ line\ (?P<fixture_line>\d+)$
      | ^[> ]\ *(?:async\ )?def\ (?P<defined>\w+)\(
    """,
    re.VERBOSE | re.MULTILINE,
)
_PYTHON_FILE = re.compile(r"\.(?:py|pyx|pyi|pyw|txt|rst|md|ipynb)$|^<")


def _python(text: str) -> Iterator[Place]:
    """The final exception first, then those that led to it."""
    for section in reversed(_CHAINED.split(text)):
        yield from reversed(list(_python_section(section)))


def _python_section(text: str) -> Iterator[Place]:
    defined = ""
    for match in _PYTHON_PLACE.finditer(text):
        if match["defined"]:
            defined = defined or match["defined"]
            continue
        path = match["native"] or match["short"] or match["fixture"]
        number = match["native_line"] or match["short_line"] or match["fixture_line"]
        function = match["native_function"] or match["short_function"] or defined
        if _PYTHON_FILE.search(path):
            yield Place(path=path, line=int(number), function=function.strip())
        defined = ""


# --- JavaScript -------------------------------------------------------------------------------------

_JAVASCRIPT_PLACE = re.compile(
    r"""^[^\S\n]*+(?:at\ |\u276f\ |(?<=[^\S\n]))(?:async\ )?
        (?:(?P<function>[^()\n]{1,200}?)\ \((?P<inside>[^()\n]+?):(?P<inside_line>\d+):\d+\)
         | (?:(?P<shown>[\w.$<>]+)\ )?(?P<bare>(?:file://|[A-Za-z]:[\\/])?[^\s():][^():\n]*?\.[cm]?[jt]sx?(?:\?[^\s:]*)?):(?P<bare_line>\d+):\d+)
        \s*$""",
    re.VERBOSE | re.MULTILINE,
)
_ANONYMOUS = re.compile(r"^Object\.|^Module\.|^new |^async | \[as .*\]$")


def _javascript(text: str) -> Iterator[Place]:
    for match in _JAVASCRIPT_PLACE.finditer(text):
        path, number = match["inside"] or match["bare"], match["inside_line"] or match["bare_line"]
        printed = match["function"] or match["shown"] or ""
        function = "" if "<anonymous>" in printed else _ANONYMOUS.sub("", printed).strip(". ")
        yield Place(path=path, line=int(number), function=function)


# --- Java, Kotlin, Scala, Groovy; .NET ---------------------------------------------------------------

_JVM_PLACE = re.compile(
    r"^\s*at (?:[\w.@-]*/)*(?P<owner>[\w.$]+)\.(?P<function>[\w$<>]+)\((?P<file>[\w$-]+\.(?:java|kt|scala|groovy)):(?P<line>\d+)\)",
    re.MULTILINE,
)
_DOTNET_PLACE = re.compile(r"^\s*at (?P<function>[^\n]+?) in (?P<path>[^\n]+?):line (?P<line>\d+)", re.MULTILINE)


def _jvm(text: str) -> Iterator[Place]:
    """The deepest ``Caused by`` first."""
    for section in reversed(re.split(r"^\s*Caused by: ", text, flags=re.MULTILINE)):
        for match in _JVM_PLACE.finditer(section):
            package = match["owner"].split("$")[0].split(".")[:-1]
            yield Place(path="/".join([*package, match["file"]]), line=int(match["line"]), function=match["function"])


def _dotnet(text: str) -> Iterator[Place]:
    for match in _DOTNET_PLACE.finditer(text):
        function = match["function"].split("(")[0].rpartition(".")[2]
        yield Place(path=match["path"], line=int(match["line"]), function=function)


# --- Go, Rust, Ruby, PHP, and whatever writes "file:line" ---------------------------------------------

_GO_PLACE = re.compile(
    r"^(?:(?P<function>[\w./*()%-]+)\([^\n]*\)\n)?\s*(?:Error Trace:\s*)?(?P<path>[\w./\\:@+-]+\.go):(?P<line>\d+)(?::| \+0x|\s|$)",
    re.MULTILINE,
)
_RUST_PLACE = re.compile(
    r"panicked at (?:'[^\n]*', )?(?P<panic>[^\s:,']+\.rs):(?P<panic_line>\d+)"
    r"|^\s*\d+: (?P<function>[\w:<>{} ]+)\n\s+at (?P<path>\S+\.rs):(?P<line>\d+)",
    re.MULTILINE,
)
_RUBY_PLACE = re.compile(
    r"^\s*(?:from |# )?(?P<path>[^\s:()'\"]+\.(?:rb|rake|erb|ru)):(?P<line>\d+)(?::in [`'](?P<function>[^'\n]+)')?",
    re.MULTILINE,
)
_PHP_PLACE = re.compile(
    r"^\s*(?:#\d+ )?(?P<path>(?:[A-Za-z]:)?[\w./\\-]+\.php)[:(](?P<line>\d+)\)?(?:: (?P<function>[^\n(]+)\()?",
    re.MULTILINE,
)
_ANY_PLACE = re.compile(
    r"^\s*(?:\[?(?:ERROR|FAIL\w*)\]?:? )?(?P<path>[\w./\\@+-]+\.(?:c|cc|cpp|cxx|h|hpp|m|swift|exs?|dart|hs|ml|zig|lua|pl|t|sh|[cm]?[jt]sx?|java|kt))"
    r"[:(](?P<line>\d+)",
    re.MULTILINE,
)


def _go(text: str) -> Iterator[Place]:
    for match in _GO_PLACE.finditer(text):
        yield Place(path=match["path"], line=int(match["line"]), function=_last_name(match["function"] or ""))


def _rust(text: str) -> Iterator[Place]:
    for match in _RUST_PLACE.finditer(text):
        path, number = match["panic"] or match["path"], match["panic_line"] or match["line"]
        yield Place(path=path, line=int(number), function=_last_name(match["function"] or ""))


def _ruby(text: str) -> Iterator[Place]:
    for match in _RUBY_PLACE.finditer(text):
        function = re.sub(r"^(?:block |rescue |ensure )(?:\(\d+ levels\) )?in ", "", match["function"] or "")
        yield Place(path=match["path"], line=int(match["line"]), function=re.split(r"[#.]", function)[-1])


def _php(text: str) -> Iterator[Place]:
    for match in _PHP_PLACE.finditer(text):
        yield Place(
            path=match["path"], line=int(match["line"]), function=re.split(r"->|::", match["function"] or "")[-1]
        )


def _any(text: str) -> Iterator[Place]:
    for match in _ANY_PLACE.finditer(text):
        yield Place(path=match["path"], line=int(match["line"]))


def _last_name(qualified: str) -> str:
    return re.split(r"\.|::", qualified.strip())[-1].strip("()*")


_READERS: Sequence[Callable[[str], Iterator[Place]]] = (
    _python, _javascript, _jvm, _dotnet, _go, _rust, _ruby, _php, _any,
)  # fmt: skip
