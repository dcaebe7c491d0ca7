"""Names the cause of a group of symptoms, by rules that state what they rest on."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from honk_ci.domain import Cause, Evidence, FindingKind
from honk_ci.paths import is_ci_config, is_dependency_file, is_documentation, is_test_path
from honk_ci.stages.triage.changes import Changes
from honk_ci.stages.triage.diagnosis import Diagnosis
from honk_ci.stages.triage.imports import ImportRules
from honk_ci.stages.triage.modules import Modules
from honk_ci.stages.triage.plugins import FIXTURE_PLUGINS, MISSING_PLUGINS
from honk_ci.stages.triage.symptoms import Symptom
from honk_ci.stages.triage.tree import Tree

Ruling = tuple[Cause, str]  # the cause and the rule that named it, one line

_INSTALLED_PACKAGE = re.compile(
    r"(?:site-packages|dist-packages|node_modules)[\\/](@[\w.-]+[\\/][\w.-]+|[\w.-]+?)(?:\.py)?(?:[\\/]|$)"
)
# Code that runs or imports what no import statement names.
_LOADS_BY_NAME = re.compile(
    r"\b(?:subprocess|importlib|import_module|__import__|runpy|entry_points|pkgutil|os\.system|pytester|testdir|exec|eval|django"
    r"|INSTALLED_APPS|pexpect|create_subprocess_\w+)\b"
)
_TEST_TOOLS = frozenset({
    "_pytest", "pluggy", "pytest", "pytest_asyncio", "anyio", "hypothesis", "jest", "jest-circus", "jest-runner", "vitest",
    "mocha", "chai", "expect", "@jest", "@vitest", "tinypool", "unittest", "nose", "xdist", "pytest_mock", "freezegun", "mock",
})  # fmt: skip


class Judge:
    """Decides between code, test, dependency, lint, build and infrastructure."""

    def __init__(self, tree: Tree, modules: Modules, changes: Changes, verifier_names: Collection[str]) -> None:
        self._tree = tree
        self._modules = modules
        self._changes = changes
        self._verifiers = verifier_names
        self._imports = ImportRules(tree, modules, changes)

    def rule(self, group: Sequence[Diagnosis]) -> tuple[Cause, tuple[Evidence, ...]]:
        """The cause of a group whose members share one identity, and why."""
        first = group[0]
        cause, why = (
            self._by_kind(first)
            or self._by_plugin(first)
            or self._by_origin(first)
            or self._by_changes(group)
            or self._code(first)
        )
        doubt = first.disturbance
        notes = [Evidence(kind="rule", text=why)]
        if doubt is not None and not doubt.is_infrastructure:
            notes.append(Evidence(kind="not_infrastructure", text=doubt.why))
        return cause, tuple(notes)

    def _by_kind(self, found: Diagnosis) -> Ruling | None:
        match found.kind:
            case "infrastructure":
                return Cause.INFRASTRUCTURE, found.disturbance.why if found.disturbance else "infrastructure"
            case "check":
                return self._check(found)
            case "build":
                return Cause.BUILD, "a compiler refuses the code"
            case "dependency":
                return Cause.DEPENDENCY, "the dependencies could not be resolved or installed"
            case "import" if found.missing is not None:
                return self._imports.judge(found.missing)
            case "syntax":
                return _syntax(found)
            case "fixture":
                return _fixture(found)
            case "log" if found.symptom.finding is not None and found.symptom.finding.kind is FindingKind.OTHER:
                return Cause.BUILD, "the build stopped, and no test says why"
            case _:
                return None

    def _check(self, found: Diagnosis) -> Ruling:
        finding = found.symptom.finding
        tool = finding.tool if finding else ""
        if tool == "tsc" and "tsc" not in self._verifiers:
            return Cause.BUILD, "tsc builds this repository"
        return Cause.LINT, f"{tool or 'a checker'} complains, no test fails of it"

    def _by_plugin(self, found: Diagnosis) -> Ruling | None:
        """What pytest says when a plug-in that the repository relies on is not there."""
        for words, plugin in MISSING_PLUGINS.items():
            if words in found.symptom.message:
                return Cause.DEPENDENCY, f"“{words}” comes with {plugin}, which is not installed"
        return None

    def _by_origin(self, found: Diagnosis) -> Ruling | None:
        """Code of a dependency that broke right below ours, after the dependencies changed."""
        package = raising_package(found.symptom)
        changed = self._changes.dependency_files
        if package and changed:
            return (
                Cause.DEPENDENCY,
                f"raised inside {package}, and {', '.join(changed)} changed since the last good commit",
            )
        return None

    def _by_changes(self, group: Sequence[Diagnosis]) -> Ruling | None:
        """The test itself is at fault where it changed and nothing that it runs did, or where it names nothing."""
        symptom = group[0].symptom
        frame = symptom.frames[0] if symptom.frames else None
        if frame is None or not frame.is_test:
            return None
        if symptom.exception in {"NameError", "UnboundLocalError"} and frame.path.endswith(".py"):
            return Cause.TEST, f"{frame.path} uses a name that it does not have"
        places = {d.symptom.frames[0].path for d in group if d.symptom.frames}
        if not self._changes.paths or not places <= self._changes.paths:
            return None
        if self._changes.requirement_lines or self.product_changes(group):
            return None
        if new := next((d.symptom.name for d in group if self._is_new(d.symptom)), ""):
            return Cause.CODE, f"{new} is new since the last good commit: nothing says yet that the test is wrong"
        changed = ", ".join(sorted(places))
        return Cause.TEST, f"{changed} changed since the last good commit, and nothing that it runs did"

    def _is_new(self, symptom: Symptom) -> bool:
        """Whether the base does not have the test; a helper or fixture that broke is judged by its own change."""
        frame = next(iter(symptom.frames), None)
        if frame is None or frame.path != symptom.file:
            return False
        before = self._changes.before(symptom.file)
        if before is None or not frame.path.endswith(".py"):
            return before is None
        name = symptom.name.rpartition(".")[2]
        return frame.function == symptom.name and not re.search(rf"\bdef {re.escape(name)}\b", before)

    def product_changes(self, group: Sequence[Diagnosis]) -> list[str]:
        """Files that changed since base, tests aside, and that the failed tests may run or read."""
        changed = sorted(path for path in self._changes.paths if _may_matter(path))
        files = {d.symptom.file or d.symptom.frames[0].path for d in group if d.symptom.file or d.symptom.frames}
        if not changed or not files or not all(path.endswith(".py") for path in files):
            return changed
        starts = [("conftest.py", *self._tree.named("conftest.py")), *((path,) for path in sorted(files))]
        reached = frozenset[str]().union(*map(self._modules.closure, starts))
        if any(_LOADS_BY_NAME.search(self._tree.source(path)) for path in reached):
            return changed
        return [path for path in changed if not path.endswith(".py") or path in reached or path not in self._tree]

    def _code(self, found: Diagnosis) -> Ruling:
        symptom = found.symptom
        frame = symptom.product_frame
        if found.kind == "raised" and frame is not None:
            return Cause.CODE, f"{symptom.exception or 'the failure'} was raised in {frame.path}"
        if found.subject is not None:
            return Cause.CODE, f"the failing statement judges {found.subject.name} of {found.subject.path}"
        if symptom.finding is not None and symptom.finding.kind is FindingKind.TIMEOUT:
            return Cause.CODE, "a test hangs"
        return Cause.CODE, "nothing points at the test, a dependency or the surroundings"


def raising_package(symptom: Symptom) -> str:
    """The installed package in which the exception was raised, "" where it was our code or a test tool.

    Between it and our code there may be more installed code, but something of ours must have called.
    """
    if not symptom.places or symptom.is_assertion or not symptom.frames:
        return ""
    found = _INSTALLED_PACKAGE.search(symptom.places[0].path)
    package = found[1].replace("\\", "/") if found else ""
    return "" if package.split("/")[0] in _TEST_TOOLS else package


def _syntax(found: Diagnosis) -> Ruling:
    symptom, place = found.symptom, found.identity[1]
    if is_test_path(place):
        return Cause.TEST, f"{place} itself cannot be parsed"
    return Cause.CODE, f"{place if symptom.frames or symptom.file else 'a file'} cannot be parsed"


def _fixture(found: Diagnosis) -> Ruling:
    name = found.identity[1]
    if plugin := FIXTURE_PLUGINS.get(name):
        return Cause.DEPENDENCY, f"the fixture {name} comes with {plugin}, which is not installed"
    return Cause.TEST, f"no conftest and no plug-in has a fixture {name}"


def _may_matter(path: str) -> bool:
    """Whether a changed file can make a test fail: no test, no text for people, no CI configuration."""
    harmless = is_test_path(path) or is_documentation(path) or is_ci_config(path)
    return not harmless and not is_dependency_file(path)  # their requirements are judged line by line
