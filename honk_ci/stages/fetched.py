"""What a red run of another job has left on the forge: reports among its artifacts, logs of its failed jobs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from honk_ci.errors import ForgeError
from honk_ci.forges.interface import Job, Runs
from honk_ci.text import one_line, plural

LOGS_AT_MOST = 20  # failed jobs whose logs are read; what fails in more of them fails in these too
REPORTS_AT_MOST = 2_000
LOOKED_AT_BYTES = 4_096  # of a file, for the element that a report begins with

# The root elements of JUnit XML behind a byte order mark, declaration, comments and style sheets, in
# an encoding that writes ASCII as it is. A coverage report begins otherwise. What was matched once is
# not matched otherwise ("*+"): strangers write artifacts, and the ways to part them double with each.
_JUNIT = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*+<(?:testsuites|testsuite|testrun)[\s>/]", re.DOTALL
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """Files of a red run, brought here."""

    reports: tuple[Path, ...] = ()
    logs: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()  # what could not be brought, and why


def fetch_run(runs: Runs, run_id: str, folder: Path) -> Fetched:
    """Bring what a run has left into ``folder``; what the forge does not give becomes a note, never an error.

    Reports are told by what they hold: artifacts are named and packed as people please.
    """
    reports, of_reports = _reports(runs, run_id, folder / "artifacts")
    logs, of_logs = _logs(runs, run_id, folder / "logs")
    return Fetched(reports=tuple(reports), logs=tuple(logs), notes=(*of_reports, *of_logs))


def _reports(runs: Runs, run_id: str, folder: Path) -> tuple[list[Path], list[str]]:
    notes = []
    try:
        files = runs.save_artifacts(run_id, folder)
    except ForgeError as error:
        notes.append(f"not all artifacts of run {run_id} could be read: {error}")
        files = sorted(folder.rglob("*"))
    found = [file for file in files if _is_junit(file)]
    if files and not found:
        notes.append(f"no JUnit XML is among the {plural(len(files), 'file')} in the artifacts of run {run_id}")
    if len(found) > REPORTS_AT_MOST:
        notes.append(f"{len(found) - REPORTS_AT_MOST} more reports in the artifacts of run {run_id} were left out")
    return found[:REPORTS_AT_MOST], notes


def _is_junit(file: Path) -> bool:
    if file.is_symlink() or not file.is_file():
        return False
    try:
        with file.open("rb") as stream:
            return bool(_JUNIT.match(stream.read(LOOKED_AT_BYTES)))
    except OSError:
        return False


def _logs(runs: Runs, run_id: str, folder: Path) -> tuple[list[Path], list[str]]:
    try:
        failed = [job for job in runs.jobs(run_id) if job.state == "failed"]
    except ForgeError as error:
        return [], [f"the jobs of run {run_id} could not be listed: {error}"]
    folder.mkdir(parents=True, exist_ok=True)
    saved: list[Path] = []
    notes: list[str] = []
    for job, file in _files(failed[:LOGS_AT_MOST], folder):
        try:
            runs.save_log(job, file)
        except ForgeError as error:
            notes.append(f"the log of job {one_line(job.name, 80)} could not be read: {error}")
        else:
            saved.append(file)
    if len(failed) > LOGS_AT_MOST:
        notes.append(f"the logs of {len(failed) - LOGS_AT_MOST} more failed jobs of run {run_id} were not read")
    return saved, notes


def _files(jobs: Sequence[Job], folder: Path) -> Iterator[tuple[Job, Path]]:
    """A file for each job, named after it as far as a file can be."""
    for number, job in enumerate(jobs, start=1):
        name = re.sub(r"[^\w.-]+", "-", job.name).strip("-.")[:60] or "job"
        yield job, folder / f"{number:02}-{name}.log"
