"""The same test under two names: the CI's report and a rerun here may come from different reporters.

jest-junit lets each project choose what goes into ``classname``; pytest names modules from the
folder it was started in; unittest's reports leave out the folder. Keys are compared first, and
only a test that the rerun does not know at all is looked for by its other features.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from honk_ci.domain import FailedTest, Failure, TestRun
from honk_ci.workspaces.testbed import target_states

_SEPARATORS = re.compile(r"[\s./\\:>\u203a\u00bb#]+")
_EXTENSION = re.compile(r"\.(?:py|[cm]?[jt]sx?)(?=$|::|\s)")


def recognise(failure: Failure, run: TestRun) -> Failure:
    """``failure`` with the names of its tests as ``run`` reports them; tests that it lacks keep theirs."""
    states = target_states(failure.tests, run)
    own = {test.key for test in failure.tests}
    spare = [test for test in run.report.failed if test.key not in own]
    if not spare or "absent" not in states.values():
        return failure
    return replace(failure, tests=tuple(_renamed(test, states[test.key], spare) for test in failure.tests))


def _renamed(test: FailedTest, state: str, spare: list[FailedTest]) -> FailedTest:
    if state != "absent":
        return test
    ranked = sorted(spare, key=lambda other: -_likeness(test, other))
    if not ranked or _likeness(test, ranked[0]) == 0:
        return test
    if len(ranked) > 1 and _likeness(test, ranked[1]) == _likeness(test, ranked[0]):
        return test  # two fit equally well: no guess
    spare.remove(ranked[0])
    return ranked[0]


def _likeness(one: FailedTest, other: FailedTest) -> int:
    """0 where the cases cannot be the same; more words of the whole name in common rank higher."""
    if not _is_suffix(_words(one.case.name), _words(other.case.name)) and not _is_told_alike(one, other):
        return 0
    mine, theirs = _whole_name(one), _whole_name(other)
    return 1 + len(set(mine) & set(theirs))


def _is_told_alike(one: FailedTest, other: FailedTest) -> bool:
    """Whether both broke with the same words, and most of one's whole name is in the other's, in any order.

    jest-junit may put titles into ``classname``, and "[cart] adds up" for "cart adds up".
    """
    if not one.message.strip() or one.message.split() != other.message.split():
        return False
    mine, theirs = (set(re.findall(r"\w+", " ".join(_whole_name(test)).casefold())) for test in (one, other))
    return 2 * len(mine & theirs) > min(len(mine), len(theirs))


def _is_suffix(one: Sequence[str], other: Sequence[str]) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return bool(shorter) and longer[-len(shorter) :] == shorter


def _whole_name(test: FailedTest) -> list[str]:
    return _words(f"{test.case.file} {test.case.classname} {test.case.name}")


def _words(text: str) -> list[str]:
    return [word for word in _SEPARATORS.split(_EXTENSION.sub("", text)) if word]
