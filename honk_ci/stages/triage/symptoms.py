"""One failed test or one finding of a log, read: exception, first words, places in the repository."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from honk_ci.domain import FailedTest, FindingKind, Frame, LogFinding, TestCase
from honk_ci.paths import is_test_path
from honk_ci.runners.interface import Runner
from honk_ci.stages.triage.shapes import plain, short_name
from honk_ci.stages.triage.stacks import Place, places
from honk_ci.stages.triage.tree import Tree
from honk_ci.stages.triage.wording import (
    clean_message,
    exception_lines,
    refined_exception,
    without_name,
    without_output,
    without_test,
)

_EXPECTATION = re.compile(r"expect\(|assert\b|expected\b", re.IGNORECASE)  # where no type says so
_PARAMETERS = re.compile(r"\[.*\]\Z|\(.*\)\Z", re.DOTALL)

# Findings whose excerpt is a stack trace.
_TRACED_KINDS = frozenset({FindingKind.TEST, FindingKind.COLLECTION, FindingKind.MISSING_MODULE, FindingKind.OTHER})

ASSERTIONS = frozenset({
    "AssertionError", "AssertionFailedError", "ComparisonFailure", "Failed", "MultipleFailuresError", "ExpectationNotMetError",
    "ExpectationFailedException", "AssertionFailedException", "JestAssertionError", "TestFailure", "AssertFailedException",
    "XunitException", "EqualException", "AssertionException", "ERR_ASSERTION", "Failure",
})  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Symptom:
    """What one failed test, or one log finding where no report names a test, tells of its cause."""

    test: FailedTest | None
    finding: LogFinding | None
    exception: str  # without its module; "" where unknown
    message: str  # the first statement, without the exception's name
    statement: str  # all lines that state an exception: where patterns are looked for
    traceback: str  # without what the test printed
    places: tuple[Place, ...]  # innermost first, also foreign ones
    frames: tuple[Frame, ...]  # the places that are ours
    file: str  # of the test or of the finding, inside the repository; "" where unknown
    name: str  # of the test, "Class.function" without parameters; "" where there is none

    @property
    def is_assertion(self) -> bool:
        stated = self.exception in {"", "Error"} and _EXPECTATION.match(self.message) is not None
        return stated or self.exception in ASSERTIONS

    @property
    def product_frame(self) -> Frame | None:
        return next((frame for frame in self.frames if not frame.is_test), None)

    @property
    def is_python(self) -> bool:
        return (self.frames[0].path if self.frames else self.file).endswith(".py")


class Reader:
    """Reads failed tests and findings against the files of the red commit."""

    def __init__(self, tree: Tree, runner: Runner | None) -> None:
        self._tree = tree
        self._runner = runner
        self._files: dict[TestCase, str] = {}

    def preload(self, tests: Sequence[FailedTest]) -> None:
        """Read the tests' files from git in one go."""
        self._tree.preload({file for test in tests if (file := self._file_of(test))})

    def test(self, test: FailedTest) -> Symptom:
        traceback = without_output(plain(test.text))
        file = self._file_of(test)
        message = clean_message(plain(test.message), traceback)
        return self._symptom(
            test=test,
            exception=test.exception,
            message=message,
            traceback=traceback,
            file=file,
            name=_test_name(test, file),
        )

    def finding(self, finding: LogFinding) -> Symptom:
        is_summary = finding.tool == "pytest" and finding.kind is FindingKind.TEST  # the lines around are other tests'
        tells_of_code = finding.kind in _TRACED_KINDS and not is_summary
        excerpt = plain(finding.excerpt)
        return self._symptom(
            finding=finding,
            exception=finding.exception,
            message=clean_message(without_test(finding), excerpt),
            traceback=excerpt if tells_of_code else "",
            file=(self._tree.locate(finding.file) or "") if finding.file else "",
            name=_named_by(finding),
        )

    def _symptom(
        self,
        *,
        exception: str,
        message: str,
        traceback: str,
        file: str,
        name: str,
        test: FailedTest | None = None,
        finding: LogFinding | None = None,
    ) -> Symptom:
        exception = refined_exception(short_name(exception), message, traceback)
        found = places(traceback, lambda path: self._tree.locate(path) is not None)
        message = without_name(message, exception)
        lines = [f"{exception}: {message}", *exception_lines(traceback)]
        frames = self._frames(found, file, name) or self._own_frame(test, finding, file, name)
        return Symptom(
            test=test,
            finding=finding,
            exception=exception or ("AssertionError" if message.startswith("assert ") else ""),
            message=message,
            statement="\n".join(lines),
            traceback=traceback,
            places=found,
            frames=frames,
            file=file or next((frame.path for frame in reversed(frames) if frame.is_test), ""),
            name=name,
        )

    def _frames(self, found: tuple[Place, ...], file: str, name: str) -> tuple[Frame, ...]:
        frames: dict[tuple[str, int], Frame] = {}
        for place in found:
            path = self._tree.locate(place.path)
            if path is not None:
                function = self._function(path, place)
                is_test = is_test_path(path) or (path == file and _is_test_function(function, name))
                frame = Frame(path=path, line=place.line, function=function, is_test=is_test)
                frames.setdefault((path, place.line), frame)
        return tuple(frames.values())

    def _function(self, path: str, place: Place) -> str:
        """The qualified name where the source agrees with what was printed."""
        printed = "" if place.function.startswith("<") and place.function != "<lambda>" else place.function
        around = self._tree.function_at(path, place.line)
        if around is None:
            return printed
        qualified = around[0]
        name = qualified.rpartition(".")[2]
        agrees = not printed or printed == "<lambda>" or printed.rpartition(".")[2] == name
        return qualified if agrees and place.function != "<module>" else printed

    def _own_frame(
        self, test: FailedTest | None, finding: LogFinding | None, file: str, name: str
    ) -> tuple[Frame, ...]:
        line = test.line if test else finding.line if finding else None
        if not file or line is None:
            return ()
        return (Frame(path=file, line=line, function=name, is_test=is_test_path(file)),)

    def _file_of(self, test: FailedTest) -> str:
        """The repository's file that holds the test, "" where nothing says so."""
        if test.case not in self._files:
            self._files[test.case] = self._find_file(test)
        return self._files[test.case]

    def _find_file(self, test: FailedTest) -> str:
        case = test.case
        if case.file and (file := self._tree.locate(case.file)):
            return file
        said = self._runner.test_source(test) if self._runner else None
        if said and said in self._tree:
            return said
        return self._by_dotted_name(case.classname) or self._by_dotted_name(case.name) or ""

    def _by_dotted_name(self, dotted: str) -> str | None:
        """``tests.test_cart.TestTotal`` is in ``tests/test_cart.py``, ``com.acme.CartTest`` in its ``.java``."""
        if file := self._tree.locate(dotted) if "/" in dotted else None:
            return file
        parts = [part for part in re.split(r"[.$]|::", dotted) if part]
        for end in range(len(parts), 0, -1):
            for suffix in (".py", ".java", ".kt", ".scala", ".groovy", ".php", ".cs"):
                if all(re.fullmatch(r"[\w-]+", part) for part in parts[:end]) and (
                    file := self._tree.locate("/".join(parts[:end]) + suffix)
                ):
                    return file
        return None


def _named_by(finding: LogFinding) -> str:
    """The test that a finding names, in the form of ``_test_name``; "" where it names none."""
    if finding.kind is not FindingKind.TEST:
        return ""
    name = _PARAMETERS.sub("", finding.code)
    return name.replace("::", ".") if finding.tool == "pytest" else name


def _is_test_function(function: str, test: str) -> bool:
    """Whether a function of a file that is not named like a test is the failed test itself; doctests are not."""
    own = function.rpartition(".")[2]
    return own == test.rpartition(".")[2] and own.lower().startswith(("test", "check", "should", "it_"))


def _test_name(test: FailedTest, file: str) -> str:
    """``TestTotal.test_total``: the classes that pytest puts behind the module, and the function."""
    name = _PARAMETERS.sub("", test.case.name).strip()
    if not file.endswith(".py"):
        return name
    stem = file.rpartition("/")[2].removesuffix(".py")
    parts = test.case.classname.split(".")
    classes = parts[len(parts) - parts[::-1].index(stem) :] if stem in parts else []
    is_collection = not test.case.classname and name.endswith(stem)
    return "" if is_collection else ".".join([*classes, name])
