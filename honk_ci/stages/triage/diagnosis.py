"""What one symptom comes down to: the identity of its cause, the same wherever and however often it shows."""

from __future__ import annotations

import re
from dataclasses import dataclass

from honk_ci.domain import FindingKind
from honk_ci.stages.triage.changes import Changes
from honk_ci.stages.triage.imports import ImportRules, Missing, is_syntax_error, missing_import
from honk_ci.stages.triage.infrastructure import Disturbance, disturbance
from honk_ci.stages.triage.modules import Definition, Modules
from honk_ci.stages.triage.script_subjects import script_subject
from honk_ci.stages.triage.shapes import shape
from honk_ci.stages.triage.subjects import Subjects
from honk_ci.stages.triage.symptoms import Symptom
from honk_ci.stages.triage.templates import template_of
from honk_ci.stages.triage.tree import Tree

CHECKING_KINDS = frozenset({FindingKind.LINT, FindingKind.FORMAT, FindingKind.TYPES})

# Babel's, and so jest's: the file that asked for the one that cannot be parsed may be all the frames there are.
_UNPARSED = re.compile(r"SyntaxError: (?P<path>[^\s:][^\n:]*\.[cm]?[jt]sx?): ")
_FIXTURE = re.compile(r"fixture '(?P<name>[^'\n]+)' not found")


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnosis:
    """A symptom and the identity of its cause: two symptoms with one identity have one cause."""

    symptom: Symptom
    kind: str  # "infrastructure", "import", "syntax", "fixture", "raised", "setup", "subject", "test", "build", …
    identity: tuple[str, ...]  # without numbers of lines, values and all else that varies
    subject: Definition | None = None
    missing: Missing | None = None
    disturbance: Disturbance | None = None  # also one that was judged to be none


class Diagnostician:
    """Applies the rules in order; the first that knows the symptom says what it is."""

    def __init__(self, tree: Tree, modules: Modules, changes: Changes) -> None:
        self._tree = tree
        self._changes = changes
        self._subjects = Subjects(tree, modules)
        self._imports = ImportRules(tree, modules, changes)

    def diagnose(self, symptom: Symptom) -> Diagnosis:
        suspected = disturbance(symptom, self._changes)
        if suspected is not None and suspected.is_infrastructure:
            identity = (suspected.kind.value, suspected.target)
            return _diagnosis(symptom, "infrastructure", identity, disturbance=suspected)
        found = self._of_finding(symptom) or self._of_loading(symptom) or self._of_code(symptom)
        return Diagnosis(
            symptom=symptom, kind=found.kind, identity=found.identity, subject=found.subject, missing=found.missing,
            disturbance=suspected,
        )  # fmt: skip

    def _of_finding(self, symptom: Symptom) -> Diagnosis | None:
        finding = symptom.finding
        if finding is None:
            return None
        place = symptom.file or finding.file
        words = shape(finding.message, "NameError")
        if finding.kind in CHECKING_KINDS:
            return _diagnosis(symptom, "check", (finding.tool, place, finding.code, words))
        if finding.kind is FindingKind.COMPILE:
            return _diagnosis(symptom, "build", (finding.tool, place, finding.code, words))
        if finding.kind is FindingKind.DEPENDENCY:
            return _diagnosis(symptom, "dependency", (finding.tool, words))
        return None

    def _of_loading(self, symptom: Symptom) -> Diagnosis | None:
        """What keeps tests from being loaded at all, whichever test file stumbled over it."""
        if missing := missing_import(symptom, self._tree):
            # a package that is not ours is missing as a whole, whichever of its modules was asked for
            whose = missing.module if missing.name or self._imports.is_ours(missing) else _package(missing.module)
            return _diagnosis(symptom, "import", (whose, missing.name), missing=missing)
        if is_syntax_error(symptom):
            return _diagnosis(symptom, "syntax", (self._unparsed_file(symptom) or shape(symptom.message),))
        if fixture := _FIXTURE.search(f"{symptom.message}\n{symptom.traceback}"):
            return _diagnosis(symptom, "fixture", (fixture["name"],))
        return None

    def _unparsed_file(self, symptom: Symptom) -> str:
        stated = _UNPARSED.search(f"SyntaxError: {symptom.message}\n{symptom.traceback}")
        if stated and (path := self._tree.locate(stated["path"])):
            return path
        return symptom.frames[0].path if symptom.frames else symptom.file

    def _of_code(self, symptom: Symptom) -> Diagnosis:
        frame = symptom.product_frame
        is_judged_by_test = symptom.is_assertion and symptom.frames[:1] and symptom.frames[0].is_test
        if frame is not None and not is_judged_by_test:
            words = template_of(self._tree, frame.path, frame.line, symptom.message) or _words(symptom)
            return _diagnosis(symptom, "raised", (frame.path, frame.function, symptom.exception, words))
        helper = self._failing_helper(symptom)
        if helper is not None:
            return _diagnosis(symptom, "setup", (*helper, symptom.exception, _words(symptom)))
        if subject := self._subject(symptom):
            identity = (subject.path, subject.name, symptom.exception, _words(symptom))
            return _diagnosis(symptom, "subject", identity, subject=subject)
        return self._of_test(symptom)

    def _failing_helper(self, symptom: Symptom) -> tuple[str, str] | None:
        """The fixture or helper that broke: test code, yet not the test's own function."""
        if symptom.is_assertion or not symptom.frames:
            return None
        frame = symptom.frames[0]
        own = symptom.name.rpartition(".")[2]
        is_own = frame.path == symptom.file and (not own or own in frame.function.split("."))  # or inside of it
        return None if is_own or not frame.function else (frame.path, frame.function)

    def _subject(self, symptom: Symptom) -> Definition | None:
        if not symptom.file:
            return None
        frame = next((frame for frame in reversed(symptom.frames) if frame.path == symptom.file), None)
        line = frame.line if frame else symptom.test.line if symptom.test else None
        if symptom.file.endswith(".py"):
            return self._subjects.of(symptom.file, symptom.name, line) if symptom.name else None
        return script_subject(self._tree, symptom.file, line) if line else None

    def _of_test(self, symptom: Symptom) -> Diagnosis:
        """Nothing but the test is known: the function in Python, elsewhere its block and what it says."""
        if symptom.test is None and not symptom.name:
            where = symptom.file or (symptom.finding.file if symptom.finding else "")
            return _diagnosis(symptom, "log", (where, symptom.exception, shape(symptom.message, symptom.exception)))
        if symptom.name and (symptom.is_python or symptom.test is None):
            return _diagnosis(symptom, "test", (symptom.file, symptom.name, symptom.exception))
        block = _block(symptom)
        return _diagnosis(symptom, "test", (symptom.file, block, symptom.exception, shape(symptom.message)))


def _words(symptom: Symptom) -> str:
    """The message's shape; what an assertion says is about its values, and they vary."""
    return "" if symptom.is_assertion else shape(symptom.message, symptom.exception)


def _package(module: str) -> str:
    """``yaml`` of ``yaml.loader``; ``@scope/name`` of ``@scope/name/file``."""
    if "/" in module:
        return "/".join(module.split("/")[: 2 if module.startswith("@") else 1])
    return module.partition(".")[0]


def _block(symptom: Symptom) -> str:
    """The ``describe`` block or class; jest-junit repeats the test's name behind it."""
    test = symptom.test
    assert test is not None
    case = test.case
    own = case.name.rsplit(" > ", 1)
    stated = case.classname.removesuffix(case.name).strip()
    block = test.suite if stated in {"", "test"} else stated  # node --test calls every class "test"
    block = own[0] if len(own) > 1 and not block else block
    return shape(block) if block else ("" if symptom.file else shape(case.classname))


def _diagnosis(
    symptom: Symptom,
    kind: str,
    identity: tuple[str, ...],
    *,
    subject: Definition | None = None,
    missing: Missing | None = None,
    disturbance: Disturbance | None = None,
) -> Diagnosis:
    return Diagnosis(
        symptom=symptom,
        kind=kind,
        identity=(kind, *identity),
        subject=subject,
        missing=missing,
        disturbance=disturbance,
    )
