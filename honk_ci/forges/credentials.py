"""The token that a run speaks to the forge and pushes with."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

from honk_ci.forges.environment import CiContext

# In this order; the first that is set counts. HONK_TOKEN is what the action and the template set.
_VARIABLES = {
    "github": ("HONK_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"),
    "gitlab": ("HONK_TOKEN", "GITLAB_TOKEN", "CI_JOB_TOKEN"),
}
# The token that the CI system makes for each job. Pushes made with it start no CI.
_JOB_VARIABLES = {"github": ("HONK_JOB_TOKEN", "GITHUB_TOKEN"), "gitlab": ("CI_JOB_TOKEN",)}
# Tokens of people, whatever the variable is called that they are in (docs.github.com, "About authentication").
_PEOPLES_TOKENS = ("ghp_", "github_pat_", "gho_", "ghu_")


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """A token and what is known of it without asking anybody."""

    value: str = field(repr=False)
    source: str  # the variable that holds it
    user: str  # the user name that git sends with it
    is_job_token: bool  # made by CI for this job alone: its pushes start no CI; GitLab's cannot comment either

    @property
    def git_header(self) -> str:
        """The header that lets git over HTTP in."""
        pair = base64.b64encode(f"{self.user}:{self.value}".encode()).decode()
        return f"Authorization: Basic {pair}"


def find_token(context: CiContext, environ: Mapping[str, str]) -> Token | None:
    """The token of the environment, None where there is none.

    On GitHub the job's own token and that of an App look alike (``ghs_…``), so the one that is used
    is compared with the one that CI made.
    """
    jobs_own = {environ.get(name, "").strip() for name in _JOB_VARIABLES.get(context.name, ())}
    for name in _VARIABLES.get(context.name, ()):
        value = environ.get(name, "").strip()
        if value:
            is_job_token = value in jobs_own and not value.startswith(_PEOPLES_TOKENS)
            return Token(value=value, source=name, user=_git_user(context, is_job_token), is_job_token=is_job_token)
    return None


def _git_user(context: CiContext, is_job_token: bool) -> str:
    if context.name == "gitlab":
        return "gitlab-ci-token" if is_job_token else "oauth2"
    return "x-access-token"
