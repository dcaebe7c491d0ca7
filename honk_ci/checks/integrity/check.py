"""The gate's integrity check: reads the patch against the tests that it must satisfy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from honk_ci.checks.integrity.literals import literals_of_tests
from honk_ci.checks.integrity.review import review
from honk_ci.checks.integrity.trace import Scope
from honk_ci.checks.interface import PatchCase
from honk_ci.checks.protection import matches_any
from honk_ci.domain import Cause, CheckResult, FindingKind, IntegrityFinding, Severity
from honk_ci.paths import is_test_path

DETAIL_LINES = 40
FILES_READ = 20  # test files read for the literals of failing tests

# Of a file that one of these names, the build complains whatever its tests say.
_COMPLAINTS = frozenset(
    {FindingKind.LINT, FindingKind.FORMAT, FindingKind.TYPES, FindingKind.SYNTAX, FindingKind.COMPILE}
)


class Integrity:
    """Refuses patches that take something from the tests or from what guards them.

    It reads the files before and after and runs nothing. Tests are read-only, but for new ones;
    where the triage or the configuration opens them, a clean change is for a person to decide,
    while a weaker test is refused even then.
    """

    name = "integrity"

    def check(self, case: PatchCase) -> CheckResult:
        """Judge the candidate's patch; each finding is one line of the detail."""
        findings = review(case.candidate.patch, scope_of(case))
        vetoes = [found for found in findings if found.severity is Severity.VETO]
        people = [found for found in findings if found.severity is Severity.PERSON]
        return CheckResult(
            check=self.name,
            passed=not vetoes,
            summary=_summary(vetoes, people, len(findings)),
            detail="\n".join(line_for(found) for found in (vetoes or people)[:DETAIL_LINES]),
            findings=findings,
            needs_person=bool(people) and not vetoes,
        )


def scope_of(case: PatchCase) -> Scope:
    """What of the gate's case the review depends on."""
    failure = case.reproduction.failure
    files = frozenset(_test_files(case))
    return Scope(
        tests_may_change=failure.cause is Cause.TEST or case.config.policy.tests == "propose",
        open_files=frozenset(_open_files(case)),
        test_files=files,
        modules=frozenset(_modules(case)),
        expected=frozenset(key for path in sorted(files)[:FILES_READ] for key in _expected(case, path)),
    )


def _open_files(case: PatchCase) -> Iterator[str]:
    """Files that the build complains of as such, and those that the configuration lets a patch touch."""
    findings = case.reproduction.failure.findings
    yield from (f.file.removeprefix("./") for f in findings if f.file and f.kind in _COMPLAINTS)
    allowed = case.config.policy.allowed
    yield from (path for path in case.candidate.patch.paths if matches_any(path, allowed))


def _modules(case: PatchCase) -> Iterator[str]:
    """The top names of the product: packages and modules at the top of the repository or of ``src``."""
    for path in case.workspace.files():
        top, _, rest = path.removeprefix("src/").partition("/")
        if path.endswith(".py") and not is_test_path(path):
            yield top if rest else top.removesuffix(".py")


def _test_files(case: PatchCase) -> Iterator[str]:
    failure = case.reproduction.failure
    for test in failure.tests:
        source = case.testbed.runner.test_source(test)
        if source:
            yield source
    yield from (frame.path for frame in failure.frames if frame.is_test)


def _expected(case: PatchCase, path: str) -> frozenset[str]:
    """The literals of the failing tests in a file, as they were before the patch."""
    change = case.candidate.patch.change(path)
    content = change.before if change is not None else case.workspace.read(path)
    names = frozenset(test.case.name for test in case.reproduction.failure.tests)
    return literals_of_tests(path, content or b"", names)


def line_for(found: IntegrityFinding) -> str:
    """One finding as one line."""
    place = f"{found.path}:{found.line}" if found.line else found.path
    quotes = " -> ".join(part for part in (found.before, found.after) if part)
    return f"{place}: {found.rule}: {found.why}" + (f" ({quotes})" if quotes else "")


def _summary(vetoes: Sequence[IntegrityFinding], people: Sequence[IntegrityFinding], total: int) -> str:
    heaviest = vetoes or people
    if not heaviest:
        return "the tests and what guards them are as they were" + (f" ({total} note(s))" if total else "")
    more = f" (and {len(heaviest) - 1} more)" if len(heaviest) > 1 else ""
    return f"{line_for(heaviest[0])}{more}"
