"""What ``honk doctor`` looks at, one finding a part of the wiring."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from honk_ci import reports as report_files
from honk_ci.cli.parts import read_config
from honk_ci.config import Config
from honk_ci.errors import GitError, HonkError, InterruptedRun
from honk_ci.forges.environment import ci_context
from honk_ci.git import Repository
from honk_ci.runners import detect_all, detect_runner
from honk_ci.text import one_line, plural
from honk_ci.verifiers import detect_verifiers
from honk_ci.workspaces.environment import child_environ

PROBE_REF = "refs/heads/honk/doctor-probe"


class Answer(StrEnum):
    """What a finding means for healing here."""

    OK = "ok"
    MISSING = "missing"  # a red build could not be healed
    NOTE = "note"  # something less than that


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One line of the check-up."""

    subject: str
    answer: Answer
    text: str
    hint: str = ""


def ok(subject: str, text: str) -> Finding:
    return Finding(subject=subject, answer=Answer.OK, text=text)


@dataclass(kw_only=True)
class Checkup:
    """Looks at one checkout; changes nothing in it."""

    repo: Path
    reports: tuple[str, ...]
    options: Mapping[str, str | None]
    environ: Mapping[str, str]
    is_offline: bool = False
    _config: Config = field(default_factory=Config)

    def findings(self) -> Iterator[Finding]:
        """Every part in order; one that fails does not hide the next."""
        try:
            repository = Repository(self.repo, environ=self.environ)
        except GitError as error:
            yield _missing("git", error)
            return
        commit = repository.resolve("HEAD")
        yield (
            ok("git", f"{repository.root}, at {commit[:9]}")
            if commit
            else Finding(subject="git", answer=Answer.MISSING, text="no commit yet", hint="commit something first")
        )
        for subject, look in (
            ("config", self._look_at_config),
            ("base", self._look_at_base),
            ("runner", self._look_at_runner),
            ("reports", self._look_at_reports),
            ("checks", self._look_at_verifiers),
            ("remote", self._look_at_remote),
            ("model", self._look_at_model),
        ):
            yield _finding(subject, look, repository)

    def _look_at_config(self, repository: Repository) -> Finding:
        overrides = {
            key: value
            for key, value in (
                ("test.command", self.options.get("test_command")),
                ("agent.model", self.options.get("model")),
                ("deliver.remote", self.options.get("remote")),
            )
            if value
        }
        self._config = read_config(repository, ci_context(self.environ), "", overrides)
        there = (repository.root / ".honk.yml").is_file()
        return ok("config", ".honk.yml is valid" if there else "no .honk.yml: the defaults serve")

    def _look_at_base(self, repository: Repository) -> Finding:
        if repository.resolve("HEAD~1"):
            return ok("base", "the parent commit is here")
        is_shallow = repository.text("rev-parse", "--is-shallow-repository") == "true"
        return Finding(
            subject="base",
            answer=Answer.NOTE,
            text="no commit before this one is here, so nothing can be called already red",
            hint=""
            if not is_shallow
            else "check out with history: actions/checkout with fetch-depth: 0, GitLab with GIT_DEPTH: 0",
        )

    def _look_at_runner(self, repository: Repository) -> Finding:
        children = child_environ(self.environ, passed=self._config.test.pass_env)
        runner = detect_runner(repository.root, command=self._config.test.command, environ=children)
        return ok("runner", f"{runner.name}: {one_line(str(runner.suite(Path('{report}'))), 120)}")

    def _look_at_reports(self, repository: Repository) -> Finding:
        named = self.reports or self._config.test.reports
        usual = [g for r in detect_all(repository.root, environ=self.environ) for g in r.report_globs]
        found = [path for glob in (named or usual) for path in report_files.expand(repository.root, glob)]
        if not found:
            return Finding(
                subject="reports",
                answer=Answer.NOTE,
                text=f"no report is here now ({', '.join(named) if named else 'usual places'})",
                hint="let the test job write JUnit XML and give it with --report, or its console log with --log",
            )
        read = report_files.read_all(found)
        return ok(
            "reports", f"{plural(len(found), 'file')}, {plural(read.counts.total, 'test')}, {read.counts.failed} failed"
        )

    def _look_at_verifiers(self, repository: Repository) -> Finding:
        names = [verifier.name for verifier in detect_verifiers(repository.root, child_environ(self.environ))]
        return ok("checks", ", ".join(names) or "no linter or type checker is configured here")

    def _look_at_remote(self, repository: Repository) -> Finding:
        remote = self._config.deliver.remote
        if self.is_offline:
            return Finding(subject="remote", answer=Answer.NOTE, text=f"{remote} was not asked (--offline)")
        commit = repository.resolve("HEAD")
        try:
            repository.remote_ref(remote, PROBE_REF)
        except GitError as error:
            raise GitError(str(error), hint=_how_to_reach(repository, remote)) from error
        try:
            repository.push(remote, str(commit), PROBE_REF, expected=None, dry_run=True)
        except GitError as error:
            raise GitError(str(error), hint="give the job's token write access to the repository's contents") from error
        return ok("remote", f"{remote} can be read, and takes branches as far as a dry run tells")

    def _look_at_model(self, _: Repository) -> Finding:
        if "agent" not in self._config.healers.order:
            return Finding(subject="model", answer=Answer.NOTE, text="the agent is not among the configured healers")
        from honk_ci.healers.agent.reach import key_problem, reach

        if problem := key_problem(self._config.agent, self.environ):
            return Finding(
                subject="model", answer=Answer.NOTE, text=f"{problem}: only the healers that need no model will run"
            )
        if self.is_offline:
            return Finding(subject="model", answer=Answer.NOTE, text="the service was not asked (--offline)")
        return ok("model", reach(self._config.agent, self.environ))


def _how_to_reach(repository: Repository, remote: str) -> str:
    known = repository.text("remote").split()
    if remote in known:
        return f"see that git can log in: git ls-remote {remote}"
    if known:
        return (
            f"there is {', '.join(known)}: name one with --remote or deliver.remote, or git remote add {remote} ADDRESS"
        )
    return f"git remote add {remote} ADDRESS, or heal with --deliver none"


def _finding(subject: str, look: Callable[[Repository], Finding], repository: Repository) -> Finding:
    try:
        return look(repository)
    except InterruptedRun:
        raise
    except HonkError as error:
        return _missing(subject, error)


def _missing(subject: str, error: HonkError) -> Finding:
    return Finding(subject=subject, answer=Answer.MISSING, text=one_line(str(error), 400), hint=error.hint)
