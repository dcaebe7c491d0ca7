"""Collect: reports and logs of the red build become one value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from honk_ci import reports
from honk_ci.config import Config
from honk_ci.domain import Build, LogFinding, Report
from honk_ci.errors import GitError, ReportError
from honk_ci.git import Repository
from honk_ci.reports.interface import LogReading

if TYPE_CHECKING:
    from honk_ci.stages.fetched import Fetched

HINT = "give the JUnit XML of the failed job with --report, or its console log with --log"
CLOCK_SLACK_S = 2.0
NAMED_AT_MOST = 5  # files in one note


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildRequest:
    """Which build to look at, as the command line and the CI environment name it; empty means "find out"."""

    reports: tuple[str, ...] = ()  # globs
    logs: tuple[str, ...] = ()  # globs
    base: str = ""  # any revision
    branch: str = ""
    target_branch: str = ""  # what a pull or merge request asks to be merged into
    head: str = ""  # tip of the branch, where a forge has merged it with its target for this build
    extra_report_globs: tuple[str, ...] = ()  # looked at when no report is named: the runner's usual places
    fetch: Callable[[], Fetched] | None = None  # brings what a red run of another job has left on the forge


def collect(request: BuildRequest, *, repository: Repository, config: Config) -> Build:
    """Read all reports and logs of the build that is red at the checkout's HEAD.

    Raises ReportError when there is nothing to read or nothing of it can be read, GitError when
    there is no commit or ``request.base`` names none.
    """
    commit = repository.resolve("HEAD")
    if commit is None:
        raise GitError("the repository has no commit yet", hint="honk heals the commit that is checked out")
    intake = _Intake(repository.root)
    found, log = intake.read_fetched(request)
    if not intake.sources:
        found = intake.read_reports(request, config)
        log = intake.read_logs(_given(request.logs) or _given(config.test.logs))
    if not intake.sources:
        where = f"; relative paths start at {repository.root}" if request.reports or request.logs else ""
        raise ReportError("; ".join(intake.notes) or "no test report and no console log was found", hint=HINT + where)
    doubts = _doubts(found, commit, repository.commit_time(commit))
    base, base_notes = _base(request, repository, config, commit)
    report = reports.merge(found) if found else None
    return Build(
        commit=commit,
        branch=request.branch.strip() or repository.current_branch(),
        head=request.head if request.head != commit else "",
        base=base,
        report=report,
        findings=log.findings,
        sources=tuple(intake.sources),
        notes=(*intake.notes, *(report.notes if report else ()), *log.notes, *doubts, *base_notes),
    )


def unread(request: BuildRequest, *, repository: Repository) -> Build:
    """The build as it is known without its reports and logs."""
    return Build(commit=repository.resolve("HEAD") or "", branch=request.branch.strip(), head=request.head)


def _given(values: Sequence[str]) -> tuple[str, ...]:
    """Without empty values: the inputs of a CI step default to empty strings."""
    return tuple(value.strip() for value in values if value.strip())


class _Intake:
    """Finds and reads files, and keeps book of what came of each."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.sources: list[str] = []
        self.notes: list[str] = []

    def read_fetched(self, request: BuildRequest) -> tuple[list[Report], LogReading]:
        """What the red run has left on the forge, where it is another run than this job's.

        Files that are named here go before. What lies in the usual places does not: this job has
        run no tests yet.
        """
        if request.fetch is None or _given(request.reports) or _given(request.logs):
            return [], LogReading()
        fetched = request.fetch()
        self.notes += fetched.notes
        return self._read(fetched.reports), self._read_logs(fetched.logs)

    def read_reports(self, request: BuildRequest, config: Config) -> list[Report]:
        named = _given(request.reports) or _given(config.test.reports)
        return self._read(self._matching(named, "report") if named else self._usual(request.extra_report_globs))

    def _read(self, paths: Iterable[Path]) -> list[Report]:
        found: list[Report] = []
        for path in paths:
            try:
                found.append(reports.read(path))
            except ReportError as error:
                self.notes.append(str(error))
            else:
                self.sources.append(self._name(path))
        return found

    def read_logs(self, globs: Sequence[str]) -> LogReading:
        return self._read_logs(self._matching(globs, "log"))

    def _read_logs(self, paths: Iterable[Path]) -> LogReading:
        whole = LogReading()
        for path in paths:
            try:
                reading = reports.read_log(path)
            except ReportError as error:
                self.notes.append(str(error))
                continue
            self.sources.append(self._name(path))
            whole = replace(whole, findings=(*whole.findings, *reading.findings), notes=(*whole.notes, *reading.notes))
        return replace(whole, findings=_without_repeats(whole.findings))

    def _matching(self, globs: Sequence[str], what: str) -> list[Path]:
        paths: dict[Path, None] = {}
        for glob in globs:
            matched = reports.expand(self._root, glob)
            if not matched:
                self.notes.append(f"no {what} file matches {glob}")
            paths.update(dict.fromkeys(matched))
        return list(paths)

    def _usual(self, globs: Sequence[str]) -> list[Path]:
        return list(dict.fromkeys(path for glob in globs for path in reports.expand(self._root, glob)))

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self._root) if path.is_relative_to(self._root) else path)


def _without_repeats(findings: Sequence[LogFinding]) -> tuple[LogFinding, ...]:
    """Each thing once, though several cells of a matrix complain of it."""
    first: dict[LogFinding, LogFinding] = {}
    for finding in findings:
        first.setdefault(replace(finding, excerpt=""), finding)
    return tuple(first.values())


# --- does the report belong to the commit? -------------------------------------------------------


def _doubts(found: Sequence[Report], commit: str, committed_at: int) -> list[str]:
    """Why reports may not belong to the commit: one note a reason."""
    old = [
        path for report in found for path in report.paths if _written_at(report, path) < committed_at - CLOCK_SLACK_S
    ]
    others = [report for report in found if report.commits and commit not in report.commits]
    notes = []
    if old:
        day = datetime.fromtimestamp(committed_at, UTC).isoformat(" ", "seconds")
        notes.append(f"{_listed(old)}: older than the commit ({day}), so it may not be a report of it")
    if others:
        named = ", ".join(dict.fromkeys(other[:12] for report in others for other in report.commits))
        paths = [path for report in others for path in report.paths]
        notes.append(f"{_listed(paths)}: made from commit {named}, not from {commit[:12]}")
    return notes


def _written_at(report: Report, path: Path) -> float:
    """Its own word goes before the file's time, which a download or a cache may have set."""
    if report.written_at is not None:
        return report.written_at
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _listed(paths: Sequence[Path]) -> str:
    names = ", ".join(path.name for path in paths[:NAMED_AT_MOST])
    return f"{names} and {len(paths) - NAMED_AT_MOST} more" if len(paths) > NAMED_AT_MOST else names


# --- the last commit known good ------------------------------------------------------------------


def _base(request: BuildRequest, repository: Repository, config: Config, commit: str) -> tuple[str | None, list[str]]:
    """The base named, else where the branch left its target, else the parent; and what to tell of it."""
    named = request.base.strip()
    notes: list[str] = []
    if named:
        base = repository.resolve(named) or repository.resolve(f"{config.deliver.remote}/{named}")
        if base is None:
            raise GitError(f"there is no commit {named} here", hint=_how_to_get(repository))
        if base != commit:
            return base, notes
        notes.append(f"the base {named} is the red commit itself, so another one was looked for")
    base = _fork_point_or_parent(request, repository, config, commit)
    if base is None and _is_shallow(repository):
        notes.append("the checkout is shallow, so there is no base to compare with (fetch-depth: 0 would give one)")
    return base, notes


def _how_to_get(repository: Repository) -> str:
    if _is_shallow(repository):
        return "fetch the whole history: git fetch --unshallow"
    return "name a commit, branch or tag that git rev-parse knows here; git fetch brings those of the remote"


def _is_shallow(repository: Repository) -> bool:
    return repository.text("rev-parse", "--is-shallow-repository") == "true"


def _fork_point_or_parent(request: BuildRequest, repository: Repository, config: Config, commit: str) -> str | None:
    """Where HEAD left the target branch; its parent where it is on it, None where there is no parent."""
    remote, target = config.deliver.remote, request.target_branch.strip()
    names = [target] if target else ["HEAD", "main", "master"]
    # by their full names: a tag may be called "origin/main", and tags go first
    branches = [*(f"refs/remotes/{remote}/{name}" for name in names), *([f"refs/heads/{target}"] if target else [])]
    # by its id: in a shallow clone HEAD^1 is nothing, even where that commit has been fetched
    *tips, parent = repository.resolve_all([*branches, next(iter(repository.parents(commit)), "HEAD^1")])
    tip = next((tip for tip in tips if tip), None)
    if tip is None or tip == commit:
        return parent
    base = repository.merge_base(tip, commit)
    return base if base and base != commit else parent
