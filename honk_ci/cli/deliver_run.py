"""One delivery of a bundle from the command line: what it is made of, its record, its exit status."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from honk_ci.bundle_pipeline import BundleParts, deliver_bundle
from honk_ci.cli.ending import CtrlC, Ending, exit_status, told
from honk_ci.cli.links import Links, checkout_environ, need_forge
from honk_ci.cli.parts import versions
from honk_ci.cli.recollection import open_memory
from honk_ci.cli.secrets import bundle_key
from honk_ci.cli.trusted_config import config_of
from honk_ci.cli.view import make_view
from honk_ci.config import Config
from honk_ci.domain import Build, RunRecord
from honk_ci.errors import ConfigError, GitError, HonkError
from honk_ci.forges import make_forge
from honk_ci.forges.credentials import Token, find_token
from honk_ci.forges.environment import CiContext, ci_context
from honk_ci.forges.interface import Forge
from honk_ci.git import Repository
from honk_ci.meter import Meter
from honk_ci.outbox import Access, Outbox
from honk_ci.progress import Progress
from honk_ci.redact import Redactor
from honk_ci.remote import Remote
from honk_ci.stages.admission import Admission, admit
from honk_ci.stages.bundle.origin import Origin, trace
from honk_ci.stages.bundle.read import BundleRefused, read_bundle
from honk_ci.stages.deliver import Dispatch
from honk_ci.stages.recall import Remembering
from honk_ci.stages.record import record_of_fault, record_of_refusal

DEFAULT_REMOTE = "origin"
_MODEL_KEYS = re.compile(r"ANTHROPIC_.*(?:KEY|TOKEN)")


def run_delivery(options: Mapping[str, Any], environ: Mapping[str, str]) -> int:
    """The exit status; faults of honk's own are raised as HonkError, after the record is written."""
    redactor = Redactor(environ)
    view = make_view(environ, redactor)
    ending = Ending(
        json=options["json"] or "",
        summary=options["summary"] or "",
        environ=environ,
        redactor=redactor,
        view=view,
    )
    meter = Meter(time_limit_s=Config().limits.time_s, cost_cap_usd=0)
    with view, told():
        try:
            with told():
                record = _delivered(options, environ, view, redactor, meter)
        except BundleRefused as refused:
            why = f"{refused}; {refused.hint}" if refused.hint else str(refused)
            record = record_of_refusal(Build(commit=""), why, meter=meter, versions=versions())
        except (HonkError, KeyboardInterrupt) as end:
            fault = end if isinstance(end, HonkError) else CtrlC("interrupted; run it again to complete the delivery")
            ending.of_fault(record_of_fault(fault, commit="", meter=meter, versions=versions()))
            raise fault from end
    ending.tell(record)
    ending.write(record)
    return exit_status(record)


def _delivered(
    options: Mapping[str, Any],
    environ: Mapping[str, str],
    progress: Progress,
    redactor: Redactor,
    meter: Meter,
) -> RunRecord:
    bundle = read_bundle(options["bundle"], key=bundle_key(environ))
    with tempfile.TemporaryDirectory(prefix="honk-", ignore_cleanup_errors=True) as scratch:
        links = _links(options, environ, Path(scratch))
        root = _Root(links=links, mode=options["mode"], environ=environ, redactor=redactor, scratch=Path(scratch))
        parts = BundleParts(
            bundle=bundle,
            repository=links.remote.repository,
            meter=meter,
            progress=progress,
            trace=lambda: trace(bundle, links.context, links.forge, links.remote, base=options["base"] or ""),
            config_of=root.config_of,
            admit=root.admit,
            open_memory=root.open_memory,
            dispatch=root.dispatch,
            versions=versions(),
            notes=tuple(_notes(environ)),
        )
        return deliver_bundle(parts)


def _notes(environ: Mapping[str, str]) -> Iterator[str]:
    if any(value and _MODEL_KEYS.fullmatch(name) for name, value in environ.items()):
        yield "a key of the model is visible to the job that delivers, which needs none: give it to the other job alone"


# --- the remote ------------------------------------------------------------------------------------


def _links(options: Mapping[str, Any], environ: Mapping[str, str], scratch: Path) -> Links:
    context = ci_context(environ)
    token = find_token(context, environ)
    forge = make_forge(context, token)
    access, label = _access(options, context, forge, token, environ)
    outbox = Outbox(scratch / "outbox", access, environ=environ)
    remote = Remote(repository=outbox, name=access.address, label=label)
    ours = token is not None and access.header == token.git_header
    return Links(context=context, token=token, forge=forge, remote=remote, pushes_with_token=ours)


def _access(
    options: Mapping[str, Any],
    context: CiContext,
    forge: Forge | None,
    token: Token | None,
    environ: Mapping[str, str],
) -> tuple[Access, str]:
    """How the remote is reached, and what people call it."""
    named = options["remote"] or ""
    if forge is not None and token is not None and not named:
        return Access(address=forge.git_url, header=token.git_header), forge.project
    if re.search(r"[/:]", named):
        return _with_header(str(Path(named).absolute()) if Path(named).exists() else named), ""
    try:
        checkout = Repository(options["repo"], environ=checkout_environ(context, environ))
        address = checkout.text("remote", "get-url", "--push", "--", named or DEFAULT_REMOTE)
    except GitError as error:
        raise ConfigError(
            f"nothing says where to deliver to: {error}",
            hint="in CI set HONK_TOKEN; by hand give a checkout with --repo, or an address with --remote",
        ) from error
    here = checkout.root / address  # what is absolute stays so
    return _with_header(str(here) if here.exists() else address), named or DEFAULT_REMOTE


def _with_header(address: str) -> Access:
    """A password in an address travels as a header: command lines can be read by every process."""
    try:
        parts = urlsplit(address)
        password = parts.password
    except ValueError:
        return Access(address=address)
    if parts.scheme not in ("http", "https") or not password:
        return Access(address=address)
    host = parts.netloc.rpartition("@")[2]
    token = Token(value=password, source="--remote", user=parts.username or "", is_job_token=False)
    return Access(address=urlunsplit(parts._replace(netloc=host)), header=token.git_header)


# --- the rest ---------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _Root:
    """What depends on what has been found out of a bundle."""

    links: Links
    mode: str | None  # what the command line asks for
    environ: Mapping[str, str]
    redactor: Redactor
    scratch: Path

    def config_of(self, origin: Origin) -> Config:
        """The configuration of the trusted commit, with the command line's mode on top."""
        overrides = {"deliver.mode": self.mode} if self.mode else {}
        config = config_of(self.links.remote.repository, origin.trusted, overrides)
        need_forge(self.links.forge, config.deliver)
        return config

    def admit(self, origin: Origin, config: Config) -> Admission:
        links = self.links
        repository = links.remote.repository
        return admit(
            origin.context, config, repository=repository, forge=links.forge, token=links.token, runs_code=False
        )

    def open_memory(
        self, origin: Origin, config: Config, admission: Admission
    ) -> AbstractContextManager[Remembering | None]:
        links = replace(self.links, context=origin.context)
        return open_memory(links, config, origin.build, admission, environ=self.environ, thinks=False)

    def dispatch(self, origin: Origin, config: Config, admission: Admission) -> Dispatch:
        return Dispatch(
            build=origin.build,
            repository=self.links.remote.repository,
            remote=self.links.remote,
            config=config,
            mode=admission.mode,
            redactor=self.redactor,
            keep_folder=self.scratch / "kept",
            context=origin.context,
            forge=self.links.forge,
            starts_ci=self.links.starts_ci,
            prove_again=None,
        )
