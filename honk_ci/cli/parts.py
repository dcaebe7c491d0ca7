"""The composition root: the one place that knows every concrete class."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from honk_ci import __version__
from honk_ci.cli.history import bring_start
from honk_ci.cli.links import Links, by_hand, checkout_environ, make_links
from honk_ci.cli.recollection import allowed_healers, open_memory
from honk_ci.cli.request import Request
from honk_ci.cli.secrets import model_keys
from honk_ci.cli.site_maker import SiteMaker, is_mended_at, prove_again
from honk_ci.cli.trusted_config import read_config
from honk_ci.config import Config
from honk_ci.domain import Build
from honk_ci.errors import ForgeError
from honk_ci.forges.environment import CiContext, ci_context
from honk_ci.forges.interface import Forge
from honk_ci.git import Repository
from honk_ci.healers import make_healers
from honk_ci.healers.interface import Healer
from honk_ci.meter import Meter
from honk_ci.pipeline import Parts
from honk_ci.progress import Progress
from honk_ci.redact import Redactor
from honk_ci.stages.admission import Admission, admit
from honk_ci.stages.collect import BuildRequest
from honk_ci.stages.deliver import Dispatch
from honk_ci.stages.recall import Recollection, Remembering
from honk_ci.stages.site import Site
from honk_ci.workspaces.environment import child_environ

if TYPE_CHECKING:
    from honk_ci.stages.fetched import Fetched


@contextmanager
def make_parts(
    request: Request, environ: Mapping[str, str], progress: Progress, redactor: Redactor
) -> Iterator[tuple[BuildRequest, Parts]]:
    """Everything a run needs; temporary files are gone when the context ends."""
    context = ci_context(environ)
    repository = Repository(request.repo, environ=checkout_environ(context, environ))
    start = bring_start(repository, context, environ)
    config = read_config(repository, context, request.base, request.overrides, start=start)
    if "deliver.mode" not in request.overrides:
        config, note = by_hand(config, context, environ)
        if note:
            progress.note(note)
    meter = Meter(time_limit_s=config.limits.time_s, cost_cap_usd=config.limits.cost_usd)
    children = child_environ(environ, passed=config.test.pass_env)
    with tempfile.TemporaryDirectory(prefix="honk-", ignore_cleanup_errors=True) as scratch:
        links = make_links(repository, config, context, environ, scratch=Path(scratch))
        root = _Root(repository=repository, config=config, links=links, environ=environ, redactor=redactor)
        sites = SiteMaker(
            repository=repository,
            config=config,
            environ=environ,
            children=children,
            meter=meter,
            progress=progress,
            scratch=Path(scratch),
            report_globs=request.reports or config.test.reports,
        )
        asked = replace(
            _build_request(request, context, repository, config, children),
            fetch=_fetch(request, context, links.forge, Path(scratch)),
        )
        yield (
            asked,
            Parts(
                repository=repository,
                config=config,
                meter=meter,
                progress=progress,
                admit=root.admit,
                open_memory=root.open_memory,
                healers=root.healers,
                open_site=sites.open_site,
                new_case=sites.new_case,
                dispatch=root.dispatch,
                versions=versions(),
            ),
        )


def versions() -> Mapping[str, str]:
    """Of honk-ci and of the Python that it runs with."""
    return {"honk-ci": __version__, "python": ".".join(map(str, sys.version_info[:3]))}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Root:
    """What depends on what has been found out of the build."""

    repository: Repository
    config: Config
    links: Links
    environ: Mapping[str, str]
    redactor: Redactor

    def admit(self) -> Admission:
        links = self.links
        return admit(
            links.context,
            self.config,
            repository=self.repository,
            forge=links.forge,
            token=links.token,
            remote=links.remote,
            secrets=model_keys(self.environ),
        )

    def open_memory(self, build: Build, admission: Admission) -> AbstractContextManager[Remembering | None]:
        return open_memory(self.links, self.config, build, admission, environ=self.environ)

    def healers(self, admission: Admission, memories: Mapping[str, Recollection]) -> Callable[[], Sequence[Healer]]:
        """The ladder: fixes of earlier runs where there are any, then what the configuration names."""
        order = allowed_healers(self.config, admission)
        others = make_healers(replace(self.config, healers=replace(self.config.healers, order=order)))
        fixes = {fingerprint: known.fixes for fingerprint, known in memories.items() if known.fixes}
        if not fixes:
            return others
        from honk_ci.healers.earlier import Earlier

        earlier = Earlier(fixes, self.links.remote.repository)
        return lambda: (earlier, *others())

    def dispatch(self, build: Build, site: Site, admission: Admission) -> Dispatch:
        return Dispatch(
            build=build,
            repository=self.repository,
            remote=self.links.remote,
            config=self.config,
            mode=admission.mode,
            redactor=self.redactor,
            keep_folder=self.repository.git_dir / "honk" / "kept",
            context=self.links.context,
            forge=self.links.forge,
            starts_ci=self.links.starts_ci,
            prove_again=prove_again(site),
            is_mended=is_mended_at(site),
        )


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
    from honk_ci.stages.fetched import fetch_run

    return lambda: fetch_run(forge, run_id, scratch / "run")
