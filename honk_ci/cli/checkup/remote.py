"""The remote that fix branches are pushed to, asked the way a run asks it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from honk_ci.cli.checkup.finding import Finding, Wiring, note, ok
from honk_ci.cli.checkup.forge import TOKENS
from honk_ci.cli.links import Links, make_links
from honk_ci.errors import GitError
from honk_ci.forges import make_forge
from honk_ci.forges.credentials import find_token
from honk_ci.git import Repository

PROBE_REF = "refs/heads/honk/doctor-probe"


def look_at_pushes(wiring: Wiring) -> Iterator[Finding]:
    """What a fix needs most after its push is a build of its own."""
    if not wiring.pushes or find_token(wiring.context, wiring.environ) is None:
        return
    links = _links(wiring)
    if links.starts_ci is None:
        text = (
            f"{wiring.config.deliver.remote} is pushed to as this job has set it up; whether that starts CI is not told"
        )
        yield note("pushes", text)
    elif links.starts_ci:
        yield ok("pushes", f"what is pushed with {links.token.source if links.token else 'this token'} starts CI")
    else:
        text = "what the job's own token pushes starts no CI: a fix would stand there without checks"
        yield note("pushes", text, TOKENS[wiring.context.name])


def look_at_remote(wiring: Wiring) -> Iterator[Finding]:
    name = wiring.config.deliver.remote
    if wiring.is_offline:
        yield note("remote", f"{name} was not asked (--offline)")
        return
    remote = _links(wiring).remote
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


def _links(wiring: Wiring) -> Links:
    """Also where delivery needs a forge that is not known: what a push needs is told all the same."""
    config = replace(wiring.config, deliver=replace(wiring.config.deliver, mode="branch"))
    scratch = Path(tempfile.mkdtemp(dir=wiring.scratch))
    return make_links(wiring.repository, config, wiring.context, wiring.environ, scratch=scratch)


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
