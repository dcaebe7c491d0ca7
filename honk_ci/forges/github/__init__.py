"""GitHub and GitHub Enterprise, by their REST API; one module a role."""

from __future__ import annotations

from honk_ci.forges.github.checks import Checks
from honk_ci.forges.github.people import GitHubPeople
from honk_ci.forges.github.pulls import GitHubRequests
from honk_ci.forges.github.runs import GitHubRuns
from honk_ci.forges.github.talk import GitHubTalk


class GitHub(GitHubPeople, GitHubRequests, GitHubTalk, Checks, GitHubRuns):
    """A repository on GitHub."""

    name = "github"
    comment_chars = 65_536  # "body is too long (maximum is 65536 characters)"
    request_word = "pull request"


__all__ = ["GitHub"]
