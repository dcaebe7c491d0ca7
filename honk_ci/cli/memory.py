"""``honk memory``: what the repository remembers of its failures, and how to lift it."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from honk_ci.cli.errors import safe
from honk_ci.cli.options import text

if TYPE_CHECKING:
    from honk_ci.git import Repository
    from honk_ci.memory.listing import Entry
    from honk_ci.memory.refs import RefStore

_FINGERPRINT_DIGITS = 12


@click.command(short_help="Show what is remembered of failures, or lift it.")
@click.option("--repo", type=click.Path(path_type=Path), default=Path(), help="A checkout.  [default: .]")
@text("--remote", "Git remote that holds the memory.  [default: config]", metavar="NAME")
@text("--lift", "Let this failure be tried again: tombstones, attempts and a left claim.", metavar="FINGERPRINT")
@text("--healer", "With --lift: let this healer alone try again.", metavar="NAME")
@click.option("--json", "as_json", is_flag=True, help="As JSON on standard output.")
def memory(repo: Path, remote: str | None, lift: str | None, healer: str | None, *, as_json: bool) -> None:
    """Show what runs left in refs/honk of the remote: claims, attempts, and what people said no to.

    A healer whose fix people turned down (a closed request, a deleted branch, a revert) does not
    try that failure again until that is lifted here, or by `/honk retry` in a comment.

    Exit status: 0; 2 wrong usage; 14 when the remote refuses.
    """
    if healer and not lift:
        raise click.UsageError("--healer goes with --lift")
    with _store(repo, remote, os.environ) as store:
        if lift:
            _lift(store, lift.strip().lower(), (healer or "").strip(), as_json=as_json)
        else:
            _show(store, as_json=as_json)


@contextmanager
def _store(repo: Path, remote: str | None, environ: Mapping[str, str]) -> Iterator[RefStore]:
    """The memory of the remote, reached as a run would reach it."""
    from honk_ci.cli.links import checkout_environ, make_links
    from honk_ci.config import Config, DeliverConfig
    from honk_ci.errors import GitError
    from honk_ci.forges.environment import ci_context
    from honk_ci.git import Repository
    from honk_ci.memory.refs import RefStore

    context = ci_context(environ)
    repository = Repository(repo, environ=checkout_environ(context, environ))
    name = remote or _configured_remote(repository)
    config = Config(deliver=DeliverConfig(remote=name))
    with tempfile.TemporaryDirectory(prefix="honk-", ignore_cleanup_errors=True) as scratch:
        links = make_links(repository, config, context, environ, scratch=Path(scratch))
        try:
            yield RefStore(remote=links.remote)
        except GitError as error:
            hint = error.hint or f"see that git can log in: git ls-remote {name}"
            raise GitError(str(error), hint=hint) from error


def _configured_remote(repository: Repository) -> str:
    """Where runs in this checkout push to, and so remember."""
    from honk_ci.cli.trusted_config import read_config
    from honk_ci.forges.environment import CiContext

    return read_config(repository, CiContext(), "", {}).deliver.remote


def _lift(store: RefStore, fingerprint: str, healer: str, *, as_json: bool) -> None:
    from honk_ci.memory.changes import lift
    from honk_ci.memory.tombstones import is_healer_name

    if len(fingerprint) != _FINGERPRINT_DIGITS or set(fingerprint) - set("0123456789abcdef"):
        raise click.UsageError(f"{fingerprint!r} is no fingerprint: those have {_FINGERPRINT_DIGITS} hex digits")
    if healer and not is_healer_name(healer):
        raise click.UsageError(f"{healer!r} is no healer")
    done = list(lift(store, fingerprint, healer))
    if as_json:
        _print({"fingerprint": fingerprint, "lifted": done})
        return
    for line in done or ["nothing is remembered that would have to be lifted"]:
        click.echo(safe(line))


def _show(store: RefStore, *, as_json: bool) -> None:
    from honk_ci.memory.listing import entries

    found = list(entries(store))
    if as_json:
        _print({"entries": [asdict(entry) for entry in found], "notes": store.notes})
        return
    for line in [*_table(found), *(f"note: {note}" for note in store.notes)]:
        click.echo(safe(line))


def _table(found: list[Entry]) -> Iterator[str]:
    if not found:
        yield "nothing is remembered"
        return
    yield f"{'failure':<12}  {'what':<9}  {'state':<14}  {'when':<20}"
    for entry in found:
        where = f"  {entry.url}" if entry.url and entry.url not in entry.text else ""
        yield f"{entry.fingerprint:<12}  {entry.kind:<9}  {entry.state:<14}  {entry.at:<20}  {entry.text}{where}"


def _print(value: Any) -> None:
    click.echo(safe(json.dumps(value, indent=2)))
