"""Go reports a failed test beside its failed subtests; the subtests are the cause."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set

from honk_ci.domain import FailedTest

_GO_TEST = re.compile(r"(?:Test|Fuzz|Example|Benchmark)[^\s/]*(?:/|\Z)")
_OWN_WORDS = re.compile(r"^\s+\S+_test\.go:\d+: |^panic: ", re.MULTILINE)


def echoing_parents(failed: Mapping[str, FailedTest]) -> Set[str]:
    """Keys of the failed tests that only repeat that a subtest failed."""
    parents = {(test.case.classname, parent) for test in failed.values() for parent in _ancestors(test.case.name)}
    return {
        key
        for key, test in failed.items()
        if (test.case.classname, test.case.name) in parents and not _OWN_WORDS.search(test.text)
    }


def _ancestors(name: str) -> list[str]:
    """The tests that a Go subtest is part of: "TestA" and "TestA/b" for "TestA/b/c"."""
    if "/" not in name or not _GO_TEST.match(name):
        return []
    return [name[: match.start()] for match in re.finditer("/", name)]
