"""What to do about GitHub's refusals: which right is missing, and where it is given."""

from __future__ import annotations

import re

from honk_ci.forges.credentials import Token
from honk_ci.forges.environment import CiContext
from honk_ci.forges.refusals import Refusal

# Which permission a call needs, as workflows spell it (docs.github.com, "Permissions required for GitHub Apps").
_PERMISSIONS = tuple(
    (re.compile(rf"^/repos/[^/]+/[^/]+{pattern}"), permission)
    for pattern, permission in (
        (r"/pulls\b", "pull-requests"),
        (r"/issues/", "pull-requests"),  # its comments and labels; `issues` serves too
        (r"/check-runs\b", "checks"),
        (r"/commits/[^/]+/check-runs$", "checks"),
        (r"/statuses/", "statuses"),
        (r"/actions/", "actions"),
        (r"/(commits|comments)/", "contents"),
        (r"$", "contents"),
    )
)

_WRITTEN = frozenset({"pull-requests", "checks", "statuses"})


def advise(refusal: Refusal, token: Token | None, context: CiContext) -> str:
    """The hint for a refusal, "" where its own words say it all."""
    if refusal.status == 401:
        return _renew(token)
    if refusal.status == 403 and not refusal.is_rate_limit:
        return _permit(refusal, token, context)
    if refusal.status == 404:
        return "it is not there, or " + _may_not_see(token)
    return ""


def permission_for(method: str, path: str) -> str:
    """The permission that a call needs, such as ``pull-requests: write``; "" where that is not known."""
    name = next((name for pattern, name in _PERMISSIONS if pattern.search(path)), "")
    return f"{name}: {_level(name, 'read' if method == 'GET' else 'write')}" if name else ""


def _level(permission: str, level: str) -> str:
    """What is only read in one call is written in the next; who adds a permission wants to do so once."""
    return "write" if permission in _WRITTEN else level


def why_read_only(context: CiContext) -> str:
    """Why the job's own token can only read, whatever ``permissions`` says; "" where it does not have to.

    docs.github.com: "Automatic token authentication", "Dependabot on GitHub Actions".
    """
    if context.is_fork and not context.is_detached:
        return "GitHub gives builds of forks a token that can only read"
    if context.actor == "dependabot[bot]" and context.event in {"push", "pull_request", "create"}:
        return (
            "GitHub gives runs that Dependabot starts a token that can only read, and none of the repository's"
            " secrets: heal its branches from a workflow_run"
        )
    return ""


def _renew(token: Token | None) -> str:
    if token is None:
        return "give a token in HONK_TOKEN"
    return f"the token in {token.source} is expired, revoked or not whole; give a new one"


def _may_not_see(token: Token | None) -> str:
    return f"the token in {token.source} may not see it" if token else "it needs a token: give one in HONK_TOKEN"


def _permit(refusal: Refusal, token: Token | None, context: CiContext) -> str:
    words = refusal.words.lower()
    source = token.source if token else "HONK_TOKEN"
    if "not permitted to create or approve pull requests" in words:
        return (
            "tick 'Allow GitHub Actions to create and approve pull requests' in Settings > Actions > General,"
            " or give the token of an App in HONK_TOKEN"
        )
    if "saml" in words:
        return f"authorize the token in {source} for the organization's single sign-on"
    if "authenticate via a github app" in words:
        return "only the job's own token and those of Apps can make check runs"
    if token is not None and token.is_job_token and (why := why_read_only(context)):
        return why
    needed = _needed(refusal)
    if not needed:
        return f"the token in {source} lacks a right for this"
    if "personal access token" in words:
        return f"give the token in {source} the repository permission '{needed}'"
    return f"the job needs `permissions: {{{needed}}}`, or the token in {source} that right"


def _needed(refusal: Refusal) -> str:
    """GitHub names it for some tokens: ``issues=write; pull_requests=write``, any of which serves."""
    said = refusal.headers.get("x-accepted-github-permissions", "")
    accepted = [(name.replace("_", "-"), level) for name, level in re.findall(r"([a-z_]+)=(read|write|admin)", said)]
    usual = permission_for(refusal.method, refusal.path)
    if not accepted or usual.partition(":")[0] in dict(accepted):
        return usual
    name, level = accepted[0]
    return f"{name}: {_level(name, level)}"
