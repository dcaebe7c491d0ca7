"""The forge: what started this job, whose token it has, and what that may do as far as reading tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from honk_ci.cli.checkup.finding import Finding, Wiring, missing, note, ok
from honk_ci.cli.links import by_hand
from honk_ci.cli.secrets import model_keys
from honk_ci.forges import make_forge
from honk_ci.forges.address import context_of
from honk_ci.forges.credentials import Token, find_token
from honk_ci.forges.environment import CiContext
from honk_ci.forges.github.advice import why_read_only
from honk_ci.forges.interface import Access, Viewer
from honk_ci.stages.admission import admit

FORGES = {"github": "GitHub", "gitlab": "GitLab"}
# Hosts that the usual variables of a token are meant for; others get none but HONK_TOKEN.
_PUBLIC = ("https://github.com", "https://gitlab.com")
_KINDS = (
    ("ghp_", "a personal token"),
    ("github_pat_", "a fine-grained personal token"),
    ("gho_", "a personal token"),
    ("ghu_", "an App's token for a person"),
    ("ghs_", "an App's token"),
    ("glpat-", "an access token"),
)
TOKENS = {
    "github": "give the token of a GitHub App, or a personal one, in HONK_TOKEN (`token:` of the action)",
    "gitlab": "give a project access token with the scopes api and write_repository and the role Developer in HONK_TOKEN",
}
_RIGHTS = {
    "github": "it needs contents: write and pull-requests: write, and checks: write for the check run",
    "gitlab": TOKENS["gitlab"],
}


def look_at_event(wiring: Wiring) -> Iterator[Finding]:
    context = wiring.context
    if not context.name:
        if wiring.needs_forge:
            mode = wiring.config.deliver.mode
            _, here = by_hand(wiring.config, context, wiring.environ)
            yield note("ci", here or f"this is no CI job of a forge, and only there --deliver {mode} is possible")
        return
    by = f", started by {context.actor}" if context.actor else ""
    text = f"{FORGES[context.name]}, {context.event or 'no event'} of {context.project or 'no project'}{by}"
    why = why_read_only(context) if context.name == "github" else ""
    yield note("ci", f"{text}; {why}") if why else ok("ci", text)


def look_at_token(wiring: Wiring) -> Iterator[Finding]:
    context, token = _known(wiring)
    if not context.name:
        return
    if token is None:
        text = f"no token for {FORGES[context.name]} is here, so nothing can be said of its rights"
        tell = missing if wiring.context.name and wiring.needs_forge else note
        yield tell("token", text, TOKENS[context.name])
        return
    shown = f"{_kind(token)} in {token.source}"
    forge = None if wiring.is_offline else make_forge(context, token)
    if forge is None:
        yield note("token", f"{shown}; {FORGES[context.name]} was not asked")
    else:
        yield _rights(shown, forge.viewer(), wiring, context)


def look_at_admission(wiring: Wiring) -> Iterator[Finding]:
    """What a run would be let do that the same actor starts by the same event."""
    if not wiring.context.name or wiring.is_offline:
        return
    token = find_token(wiring.context, wiring.environ)
    admission = admit(
        replace(wiring.context, run_id=""),  # which jobs have not ended is of no interest now
        wiring.config,
        repository=wiring.repository,
        forge=make_forge(wiring.context, token),
        token=token,
        secrets=model_keys(wiring.environ),
    )
    if admission.refusal:
        yield missing("admission", admission.refusal)
    yield from (note("admission", one) for one in admission.notes)
    if not admission.refusal and not admission.notes:
        yield ok("admission", f"builds that {wiring.context.actor or 'this job'} starts are healed")


def _known(wiring: Wiring) -> tuple[CiContext, Token | None]:
    """The forge and the token of this job; by hand, those that the remote's address leads to."""
    if wiring.context.name:
        return wiring.context, find_token(wiring.context, wiring.environ)
    done = wiring.repository.try_git("remote", "get-url", "--", wiring.config.deliver.remote)
    context = context_of(done.stdout.decode("utf-8", "replace").strip())
    return context, find_token(context, _meant_for(context, wiring.environ))


def _meant_for(context: CiContext, environ: Mapping[str, str]) -> Mapping[str, str]:
    """A remote's address may lead anywhere; a token that was given for another host does not go there."""
    if context.server_url in _PUBLIC:
        return environ
    return {name: value for name, value in environ.items() if name == "HONK_TOKEN"}


def _kind(token: Token) -> str:
    if token.is_job_token:
        return "the job's own token"
    return next((kind for start, kind in _KINDS if token.value.startswith(start)), "a token")


def _rights(shown: str, viewer: Viewer, wiring: Wiring, context: CiContext) -> Finding:
    if viewer.login:
        shown += f" of {viewer.login}"
    if viewer.access is not None and viewer.access < (Access.WRITE if wiring.pushes else Access.READ):
        can = "push to" if wiring.pushes else "read"
        return missing("token", f"{shown} may not {can} {context.project}", _RIGHTS[context.name])
    if viewer.missing:
        tell = missing if wiring.needs_forge else note
        return tell("token", f"{shown} lacks {', '.join(viewer.missing)}", _RIGHTS[context.name])
    scopes = f", scopes {', '.join(viewer.scopes)}" if viewer.scopes else ""
    if viewer.access is None:
        return ok("token", f"{shown} is taken; {FORGES[context.name]} does not tell what it may write")
    can = "push to" if viewer.access >= Access.WRITE else "read"
    return ok("token", f"{shown} may {can} {context.project}{scopes}")
