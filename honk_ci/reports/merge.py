"""Several reports of one run as one: shards, matrix jobs, a file a class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from honk_ci.domain import FailedTest, Report
from honk_ci.reports.tally import Tally


def merge(reports: Sequence[Report]) -> Report:
    """A case reported in several files is one case, in its worst state."""
    if len(reports) == 1:
        return reports[0]
    failed: dict[str, FailedTest] = {}
    tally = Tally()
    for report in reports:
        tally.add_all(tally.passed, report.passed_hashes)
        tally.add_all(tally.skipped, report.skipped_hashes)
        for test in report.failed:
            failed.setdefault(test.key, test)
    tally.add_all(tally.failed, map(hash, failed))
    counts = tally.settle()
    unheld = sum(report.counts.failed - len(report.failed) for report in reports)
    flaky = min(counts.passed, sum(report.counts.flaky for report in reports))
    written = [report.written_at for report in reports if report.written_at is not None]
    return Report(
        counts=replace(counts, failed=counts.failed + unheld, flaky=flaky),
        failed=tuple(failed.values()),
        passed_hashes=tally.passed_hashes,
        skipped_hashes=tally.skipped_hashes,
        paths=tuple(path for report in reports for path in report.paths),
        notes=tuple(dict.fromkeys(note for report in reports for note in report.notes)),
        is_partial=any(report.is_partial for report in reports),
        commits=tuple(dict.fromkeys(commit for report in reports for commit in report.commits)),
        written_at=max(written, default=None),
    )
