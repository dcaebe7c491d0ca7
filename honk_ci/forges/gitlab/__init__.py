"""GitLab, on gitlab.com or self-managed, by its REST API; one module a role."""

from __future__ import annotations

from honk_ci.forges.gitlab.branches import GitLabBranches
from honk_ci.forges.gitlab.merge_requests import GitLabRequests
from honk_ci.forges.gitlab.people import GitLabPeople
from honk_ci.forges.gitlab.runs import GitLabRuns
from honk_ci.forges.gitlab.statuses import GitLabStatuses
from honk_ci.forges.gitlab.talk import GitLabTalk
from honk_ci.forges.gitlab.words import NOTE_CHARS


class GitLab(GitLabPeople, GitLabTalk, GitLabRequests, GitLabBranches, GitLabStatuses, GitLabRuns):
    """A project on GitLab."""

    name = "gitlab"
    comment_chars = NOTE_CHARS
    request_word = "merge request"


__all__ = ["GitLab"]
