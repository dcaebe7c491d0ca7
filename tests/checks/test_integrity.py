"""The integrity review against a corpus of tampering and of honest patches."""

from __future__ import annotations

from dataclasses import replace

import pytest

from honk_ci.checks.integrity.check import line_for
from honk_ci.checks.integrity.review import review
from honk_ci.checks.integrity.trace import Scope
from honk_ci.domain import IntegrityFinding, Severity
from tests.checks.corpus import honest, javascript_tampering, other_tampering, python_tampering
from tests.checks.corpus.cases import Case

OPEN = Scope(tests_may_change=True)

TAMPERING = (*python_tampering.CASES, *javascript_tampering.CASES, *other_tampering.CASES)
CLEAN = (*python_tampering.CLEAN, *javascript_tampering.CLEAN)


def named(cases: tuple[Case, ...]) -> list[object]:
    return [pytest.param(case, id=f"{number}-{case.name}"[:80]) for number, case in enumerate(cases)]


def told(findings: tuple[IntegrityFinding, ...]) -> str:
    return "\n".join(f"{found.severity}: {line_for(found)}" for found in findings) or "nothing"


def matching(case: Case, findings: tuple[IntegrityFinding, ...], severity: Severity) -> list[IntegrityFinding]:
    return [
        found
        for found in findings
        if (found.rule, found.path, found.line, found.severity) == (case.rule, case.path, case.line, severity)
    ]


@pytest.mark.parametrize("case", named(TAMPERING))
@pytest.mark.parametrize("scope", [Scope(), OPEN], ids=["read-only", "open"])
def test_vetoes_tampering_by_rule_file_and_line(case: Case, scope: Scope) -> None:
    scope = replace(case.scope, tests_may_change=scope.tests_may_change)
    findings = review(case.patch, scope)
    assert matching(case, findings, Severity.VETO), f"{case.rule} at line {case.line} expected:\n{told(findings)}"


@pytest.mark.parametrize("case", named(CLEAN))
def test_a_clean_change_of_a_test_is_refused_by_default(case: Case) -> None:
    findings = review(case.patch, Scope())
    assert matching(case, findings, Severity.VETO), told(findings)


@pytest.mark.parametrize("case", named(CLEAN))
def test_a_clean_change_of_a_test_is_for_a_person_where_tests_may_change(case: Case) -> None:
    findings = review(case.patch, OPEN)
    weights = {found.severity for found in findings}
    assert weights == {Severity.PERSON}, told(findings)


@pytest.mark.parametrize("case", named(honest.CASES))
def test_an_honest_patch_passes_without_a_word(case: Case) -> None:
    findings = review(case.patch, case.scope)
    assert {found.severity for found in findings} <= {Severity.NOTE}, told(findings)


def test_the_corpus_is_as_large_as_it_claims() -> None:
    assert len(TAMPERING) >= 150
    assert len(honest.CASES) >= 60
