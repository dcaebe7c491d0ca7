"""The composition root: the one place that knows every concrete class."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from honk_ci import __version__, reports
from honk_ci.checks import checks
from honk_ci.checks.gate import Gate, RedState
from honk_ci.cli.history import bring_start
from honk_ci.cli.links import Links, checkout_environ, make_links
from honk_ci.cli.recollection import allowed_healers, open_memory
from honk_ci.cli.secrets import model_keys
from honk_ci.config import Config
from honk_ci.domain import Build, Candidate, Proof, Reproduction, Verdict
from honk_ci.errors import ConfigError, ForgeError, RunnerError
from honk_ci.forges.environment import CiContext, ci_context
from honk_ci.forges.interface import Forge
from honk_ci.git import Repository
from honk_ci.healers import make_healers
from honk_ci.healers.interface import HealCase, Healer
from honk_ci.meter import Meter
from honk_ci.patch import Patch
from honk_ci.pipeline import Parts
from honk_ci.process import Command
from honk_ci.progress import Progress
from honk_ci.redact import Redactor
from honk_ci.stages.admission import Admission, admit
from honk_ci.stages.collect import BuildRequest
from honk_ci.stages.deliver import Dispatch
from honk_ci.stages.deliver.dispatch import IsMended, ProveAgain
from honk_ci.stages.fetched import Fetched, fetch_run
from honk_ci.stages.heal import NewCase
from honk_ci.stages.recall import Recollection
from honk_ci.stages.site import Site
from honk_ci.text import clip
from honk_ci.workspaces.environment import child_environ
from honk_ci.workspaces.in_place import InPlaceWorkspace, in_place
from honk_ci.workspaces.testbed import Testbed

if TYPE_CHECKING:  # their packages load every plug-in, which most starts of the command never need
    from honk_ci.runners.interface import Runner
    from honk_ci.verifiers.interface import Verifier

CONFIG_FILE = ".honk.yml"

# Which option overrides which key of the config.
_OVERRIDES = {
    "test_command": "test.command",
    "setup_command": "test.setup",
    "model": "agent.model",
    "mode": "deliver.mode",
    "remote": "deliver.remote",
    "max_cost_usd": "limits.cost_usd",
    "time_limit": "limits.time_s",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What the command line asks for."""

    repo: Path
    reports: tuple[str, ...]
    logs: tuple[str, ...]
    base: str
    overrides: Mapping[str, Any]  # config key -> value
    json: str = ""
    summary: str = ""
    bundle: Path | None = None
    from_run: str = ""  # the CI run whose artifacts and logs are read

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Request:
        overrides = {key: options[name] for name, key in _OVERRIDES.items() if options.get(name) is not None}
        if options.get("healers"):
            overrides["healers.order"] = [name.strip() for name in options["healers"].split(",") if name.strip()]
        return cls(
            repo=options["repo"],
            reports=options["reports"],
            logs=options["logs"],
            base=options.get("base") or "",
            overrides=overrides,
            json=options.get("json") or "",
            summary=options.get("summary") or "",
            bundle=Path(options["bundle"]) if options.get("bundle") else None,
            from_run=(options.get("from_run") or "").strip(),
        )


def read_config(
    repository: Repository, context: CiContext, base: str, overrides: Mapping[str, Any], *, start: str = ""
) -> Config:
    """The repository's config with the command line's options on top.

    In a pull or merge request it is read from the base commit: what strangers propose must not
    steer the run that judges it. ``start`` is that commit where a shallow checkout had to fetch it.
    """
    from honk_ci.config_file import load_config, with_overrides

    if context.is_pull_request:
        commit = _trusted_commit(repository, context, base, start, remote=overrides.get("deliver.remote", ""))
        stored = repository.show(commit, CONFIG_FILE)
        source = f"{CONFIG_FILE} of {commit[:9]}"
    else:
        file = repository.root / CONFIG_FILE
        stored = file.read_bytes() if file.is_file() else None
        source = CONFIG_FILE
    config = load_config(stored.decode("utf-8", "replace"), source=source) if stored is not None else Config()
    return with_overrides(config, dict(overrides)) if overrides else config


def _trusted_commit(repository: Repository, context: CiContext, base: str, start: str, *, remote: str) -> str:
    # a fork's run tells no target branch to workflow_run
    target = context.target_branch or context.default_branch
    remotes = dict.fromkeys((remote, "origin"))
    branches = (*(f"{name}/{target}" for name in remotes if name), target)
    names = (base, *branches, _first_parent(repository, context), start)
    found = next((commit for name in names if name and (commit := repository.resolve(name))), None)
    if found is None:
        raise ConfigError(
            f"the target branch {target} is not in this checkout, so its {CONFIG_FILE} cannot be read",
            hint="check out with the whole history (fetch-depth: 0), or give --base",
        )
    return repository.merge_base(found, "HEAD") or found


def _first_parent(repository: Repository, context: CiContext) -> str:
    """The target's commit in the merge that the forge made of a request; "" where that is not checked out."""
    head = repository.resolve("HEAD")
    parents = repository.parents(head) if head and head == context.commit else ()
    return parents[0] if len(parents) == 2 and parents[1] == context.head_commit else ""


@contextmanager
def make_parts(
    request: Request, environ: Mapping[str, str], progress: Progress, redactor: Redactor
) -> Iterator[tuple[BuildRequest, Parts]]:
    """Everything a run needs; temporary files are gone when the context ends."""
    context = ci_context(environ)
    repository = Repository(request.repo, environ=checkout_environ(context, environ))
    start = bring_start(repository, context, environ)
    config = read_config(repository, context, request.base, request.overrides, start=start)
    meter = Meter(time_limit_s=config.limits.time_s, cost_cap_usd=config.limits.cost_usd)
    children = child_environ(environ, passed=config.test.pass_env)
    with tempfile.TemporaryDirectory(prefix="honk-", ignore_cleanup_errors=True) as scratch:
        links = make_links(repository, config, context, environ, scratch=Path(scratch))
        root = _SiteMaker(
            repository=repository,
            config=config,
            environ=environ,
            children=children,
            meter=meter,
            progress=progress,
            scratch=Path(scratch),
            report_globs=request.reports or config.test.reports,
        )
        yield (
            replace(
                _build_request(request, context, repository, config, children),
                fetch=_fetch(request, context, links.forge, Path(scratch)),
            ),
            Parts(
                repository=repository,
                config=config,
                meter=meter,
                progress=progress,
                admit=lambda: admit(
                    context,
                    config,
                    repository=repository,
                    forge=links.forge,
                    token=links.token,
                    remote=links.remote,
                    secrets=model_keys(environ),
                ),
                open_memory=lambda build, admission: open_memory(links, config, build, admission, environ=environ),
                healers=lambda admission, memories: _healers(config, admission, memories, links),
                open_site=root.open_site,
                new_case=root.new_case,
                dispatch=lambda build, site, admission: Dispatch(
                    build=build,
                    repository=repository,
                    remote=links.remote,
                    config=config,
                    mode=admission.mode,
                    redactor=redactor,
                    keep_folder=repository.git_dir / "honk" / "kept",
                    context=context,
                    forge=links.forge,
                    starts_ci=links.starts_ci,
                    prove_again=_prove_again(site),
                    is_mended=_is_mended(site),
                ),
                versions={"honk-ci": __version__, "python": ".".join(map(str, sys.version_info[:3]))},
            ),
        )


def _healers(
    config: Config, admission: Admission, memories: Mapping[str, Recollection], links: Links
) -> Callable[[], Sequence[Healer]]:
    """The ladder: fixes of earlier runs where there are any, then what the configuration names."""
    order = allowed_healers(config, admission)
    others = make_healers(replace(config, healers=replace(config.healers, order=order)))
    fixes = {fingerprint: known.fixes for fingerprint, known in memories.items() if known.fixes}
    if not fixes:
        return others
    from honk_ci.healers.earlier import Earlier

    earlier = Earlier(fixes, links.remote.repository)
    return lambda: (earlier, *others())


def _prove_again(site: Site | None) -> ProveAgain | None:
    if site is None:
        return None
    from honk_ci.stages.moved import holds_on

    def holds(proof: Proof, moved: Patch, fixed: Patch) -> str:
        return holds_on(proof, moved, fixed, site)

    return holds


def _is_mended(site: Site) -> IsMended:
    from honk_ci.stages.moved import is_mended

    return lambda proof, moved: is_mended(proof, moved, site)


def _build_request(
    request: Request, context: CiContext, repository: Repository, config: Config, children: Mapping[str, str]
) -> BuildRequest:
    usual: tuple[str, ...] = ()
    if not (request.reports or config.test.reports):
        from honk_ci.runners import detect_all

        runners = detect_all(repository.root, environ=children)
        usual = tuple(dict.fromkeys(glob for runner in runners for glob in runner.report_globs))
    return BuildRequest(
        reports=request.reports,
        logs=request.logs,
        base=request.base,
        branch=context.branch,
        target_branch=context.target_branch,
        head=context.head_commit,
        extra_report_globs=usual,
    )


def _fetch(request: Request, context: CiContext, forge: Forge | None, scratch: Path) -> Callable[[], Fetched] | None:
    """How the red run's reports and logs come here; None where they are this job's own."""
    run_id = request.from_run or (context.run_id if context.is_detached else "")
    if not run_id:
        return None
    if forge is None:
        raise ForgeError(
            f"run {run_id} cannot be read: no forge is known here",
            hint="it is known in GitHub Actions and GitLab CI; by hand download its reports, and name them with --report",
        )
    return lambda: fetch_run(forge, run_id, scratch / "run")


@dataclass(frozen=True, kw_only=True, slots=True)
class _SiteMaker:
    repository: Repository
    config: Config
    environ: Mapping[str, str]
    children: Mapping[str, str]  # what commands of the repository see of it
    meter: Meter
    progress: Progress
    scratch: Path
    report_globs: tuple[str, ...]

    @contextmanager
    def open_site(self, build: Build) -> Iterator[Site]:
        root = self.repository.root
        kept = [path for glob in self.report_globs for path in reports.expand(root, glob)]
        with in_place(
            self.repository, environ=self.environ, pass_env=self.config.test.pass_env, kept=kept
        ) as workspace:
            self._set_up(workspace)
            yield self._site(build, workspace)
        for line in workspace.notes:
            self.progress.note(line)

    def _set_up(self, workspace: InPlaceWorkspace) -> None:
        if not self.config.test.setup:
            return
        self.progress.doing(f"set-up: {self.config.test.setup}")
        with self.meter.timed("tests"):
            limit = self.meter.within(self.config.test.timeout_s)
            done = workspace.run(Command(shell=self.config.test.setup), timeout_s=limit, purpose="setup")
        if not done.ok:
            raise RunnerError(
                f"the set-up command failed (exit status {done.exit_code}): {clip(done.output.strip(), 800)}",
                hint="it must prepare a fresh checkout by itself; try it by hand",
            )

    def _site(self, build: Build, workspace: InPlaceWorkspace) -> Site:
        from honk_ci.runners.none import NoTests
        from honk_ci.verifiers import detect_verifiers

        named = {finding.tool for finding in build.findings}
        verifiers = detect_verifiers(self.repository.root, self.children, named=named)
        runner = self._runner(verifiers)
        testbed = Testbed(
            workspace=workspace,
            runner=runner,
            has_tests=not isinstance(runner, NoTests),
            meter=self.meter,
            scratch=self.scratch / "runs",
            timeout_s=self.config.test.timeout_s,
            report_globs=self.report_globs or tuple(runner.report_globs),
        )
        gate = Gate(
            build=build,
            workspace=workspace,
            testbed=testbed,
            repository=self.repository,
            config=self.config,
            verifiers=verifiers,
            checks=checks,
            progress=self.progress,
            red=RedState(workspace, testbed, self.progress),
        )
        return Site(
            build=build,
            repository=self.repository,
            workspace=workspace,
            testbed=testbed,
            verifiers=verifiers,
            gate=gate,
            config=self.config,
            meter=self.meter,
            progress=self.progress,
        )

    def _runner(self, verifiers: Sequence[Verifier]) -> Runner:
        """The test runner; where there is none, linters and type checkers can still be healed."""
        from honk_ci.runners import detect_runner
        from honk_ci.runners.none import NoTests

        try:
            return detect_runner(self.repository.root, command=self.config.test.command, environ=self.children)
        except RunnerError:
            if not verifiers:
                raise
            return NoTests()

    def new_case(self, site: Site) -> NewCase:
        def case(reproduction: Reproduction, gate: Callable[[Candidate], Verdict]) -> HealCase:
            return HealCase(
                build=site.build,
                reproduction=reproduction,
                workspace=site.workspace,
                testbed=site.testbed,
                repository=site.repository,
                verifiers=site.verifiers,
                gate=gate,
                config=site.config,
                meter=site.meter,
                progress=site.progress,
                environ=self.environ,
                scratch=self.scratch,
            )

        return case
