"""Triage: the failed tests and log findings of a build, grouped by root cause."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from honk_ci.domain import Build, Failure, FindingKind
from honk_ci.git import Repository
from honk_ci.stages.triage.causes import Judge
from honk_ci.stages.triage.changes import Changes
from honk_ci.stages.triage.describe import Describer
from honk_ci.stages.triage.diagnosis import Diagnosis, Diagnostician
from honk_ci.stages.triage.findings import Owners, is_hearsay, knows_more
from honk_ci.stages.triage.groups import grouped
from honk_ci.stages.triage.modules import Modules
from honk_ci.stages.triage.symptoms import Reader
from honk_ci.stages.triage.tree import Tree

if TYPE_CHECKING:  # their packages load every plug-in, which most starts of the command never need
    from honk_ci.runners.interface import Runner


def triage(
    build: Build, *, repository: Repository, runner: Runner | None, verifier_names: Collection[str]
) -> tuple[Failure, ...]:
    """One failure per root cause, those with most tests first.

    ``verifier_names`` are the repository's own checks that can be run here. Reads the red commit
    and its difference from the base in git; runs nothing.
    """
    tree = Tree(repository, build.commit)
    modules = Modules(tree)
    changes = Changes(repository, build.base, build.commit)
    diagnoses = _diagnoses(build, Reader(tree, runner), Diagnostician(tree, modules, changes))
    judge = Judge(tree, modules, changes, verifier_names)
    describer = Describer(changes, judge, verifier_names)
    failures = [describer.failure(group) for group in grouped(diagnoses)]
    return tuple(sorted(failures, key=lambda failure: (-len(failure.tests), failure.fingerprint)))


def _diagnoses(build: Build, reader: Reader, diagnostician: Diagnostician) -> list[list[Diagnosis]]:
    """Bundles of what belongs together: a failed test with the findings that repeat it, or a finding alone."""
    failed = build.report.failed if build.report else ()
    once = {test.key: test for test in reversed(failed)}  # a matrix reports the same case several times
    reader.preload(failed)
    tests = [diagnostician.diagnose(reader.test(once[key])) for key in dict.fromkeys(test.key for test in failed)]
    findings = [diagnostician.diagnose(reader.finding(finding)) for finding in build.findings]
    named = [found for found in findings if found.symptom.name]
    unnamed = [found for found in findings if not found.symptom.name]
    bundles: list[list[Diagnosis]] = [[test] for test in tests]
    bundles += [[found] for found in _attach(named, bundles)]  # they say what those without a name are about
    alone = _attach(unnamed, bundles, beside=bool(bundles))
    return [*bundles, *([found] for found in _telling(alone))]


def _attach(findings: Sequence[Diagnosis], bundles: list[list[Diagnosis]], *, beside: bool = False) -> list[Diagnosis]:
    """Put each finding to the test that it is about; those that are left.

    ``beside`` tests that are known, traces that nothing names are left out.
    """
    owners = Owners([bundle[0] for bundle in bundles])
    alone: list[Diagnosis] = []
    for found in findings:
        owner = owners.of(found)
        if owner is not None:
            bundle = bundles[owner]
            # the first of a bundle says what the cause is: whoever knows more of it
            bundle.insert(0 if knows_more(found, bundle[0]) else len(bundle), found)
        elif not (beside and is_hearsay(found)):
            alone.append(found)
    return alone


def _telling(found: Sequence[Diagnosis]) -> Sequence[Diagnosis]:
    """Findings of no known kind count only where nothing else of the log explains the build."""
    known = [d for d in found if d.symptom.finding is None or d.symptom.finding.kind is not FindingKind.OTHER]
    return known or found
