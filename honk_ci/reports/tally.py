"""Counts distinct cases by state in flat memory: a million of them in some ten megabytes.

Hashes are spread over many small arrays while they come in. Equal ones meet in the same array, so
repeats are found with sets of a few thousand at a time; one set of a million would take sixty
megabytes, and sorting a list of them as much.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable

from honk_ci.domain import TestCounts

SPREAD = 64  # a power of two: a bucket is picked by the low bits


def buckets() -> list[array[int]]:
    return [array("q") for _ in range(SPREAD)]


class Tally:
    """Hashes of cases by the state each report gave them; the worst state of a case is its own.

    Worst first: failed, skipped, passed. A case skipped in one place and passed in another is
    skipped: only so does a skip that somebody adds show.
    """

    def __init__(self) -> None:
        self.passed = buckets()
        self.skipped = buckets()
        self.failed = buckets()
        self.flaky = buckets()
        self.passed_hashes = array("q")
        self.skipped_hashes = array("q")

    def add_all(self, kind: list[array[int]], hashes: Iterable[int]) -> None:
        for number in hashes:
            kind[number & (SPREAD - 1)].append(number)

    def settle(self) -> TestCounts:
        """Resolve the repeats into ``passed_hashes`` and ``skipped_hashes``; empties the buckets."""
        failed = flaky = 0
        while self.passed:
            failed_here = set(self.failed.pop())
            skipped_here = set(self.skipped.pop()) - failed_here
            stated = self.passed.pop()
            passed_here = set(stated) - failed_here - skipped_here
            failed += len(failed_here)
            flaky += len(passed_here.intersection(self.flaky.pop()))
            self.skipped_hashes.extend(skipped_here)
            self.passed_hashes.extend(stated if len(stated) == len(passed_here) else passed_here)
        return TestCounts(passed=len(self.passed_hashes), failed=failed, skipped=len(self.skipped_hashes), flaky=flaky)
