"""The remote that fix branches are pushed to, asked the way a run asks it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from honk_ci.cli.checkup.finding import Finding, Wiring, note, ok
from honk_ci.cli.links import make_links
from honk_ci.errors import GitError
from honk_ci.forges import make_forge
from honk_ci.forges.credentials import find_token
from honk_ci.git import Repository
from honk_ci.remote import Remote

PROBE_REF = "refs/heads/honk/doctor-probe"


def look_at_remote(wiring: Wiring) -> Iterator[Finding]:
    name = wiring.config.deliver.remote
    if wiring.is_offline:
        yield note("remote", f"{name} was not asked (--offline)")
        return
    remote = _remote(wiring)
    shown = remote.label or name
    try:
        remote.tip(PROBE_REF)
    except GitError as error:
        if wiring.config.deliver.mode == "none":
            yield note("remote", f"{shown} cannot be read, which --deliver none can do without")
            return
        raise GitError(str(error), hint=error.hint or _how_to_reach(wiring.repository, name)) from error
    if not wiring.pushes:
        yield ok("remote", f"{shown} can be read; --deliver {wiring.config.deliver.mode} pushes no branch to it")
        return
    try:
        remote.push(str(wiring.repository.resolve("HEAD")), PROBE_REF, expected=None, dry_run=True)
    except GitError as error:
        raise GitError(str(error), hint="give the job's token write access to the repository's contents") from error
    if rules := _rules(wiring):
        text = f"{shown} can be read, and has rules for branches like {_like(wiring)}: {', '.join(rules)}"
        yield note("remote", text, "let the token pass them by, or choose another deliver.branch_prefix")
    else:
        yield ok("remote", f"{shown} can be read, and takes branches as far as a dry run tells")


def _remote(wiring: Wiring) -> Remote:
    """Also where delivery needs a forge that is not known: what a push needs is told all the same."""
    config = replace(wiring.config, deliver=replace(wiring.config.deliver, mode="branch"))
    return make_links(wiring.repository, config, wiring.context, wiring.environ, scratch=wiring.scratch).remote


def _rules(wiring: Wiring) -> Sequence[str]:
    """What a dry run does not meet: the remote judges a push when it really comes."""
    forge = make_forge(wiring.context, find_token(wiring.context, wiring.environ))
    return forge.rules_against(_like(wiring)) if forge is not None else ()


def _like(wiring: Wiring) -> str:
    return f"{wiring.config.deliver.branch_prefix}0123456789ab"


def _how_to_reach(repository: Repository, remote: str) -> str:
    known = repository.text("remote").split()
    if remote in known:
        return f"see that git can log in: git ls-remote {remote}"
    if known:
        return (
            f"there is {', '.join(known)}: name one with --remote or deliver.remote, or git remote add {remote} ADDRESS"
        )
    return f"git remote add {remote} ADDRESS, or heal with --deliver none"
