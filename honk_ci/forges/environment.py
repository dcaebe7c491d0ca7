"""What CI systems tell a job of the build, in environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class CiContext:
    """The build as the CI system names it; empty where it does not, as outside CI."""

    name: str = ""  # "github", "gitlab"
    branch: str = ""  # the branch that is red
    target_branch: str = ""  # what a pull or merge request asks to be merged into

    @property
    def is_pull_request(self) -> bool:
        """Whether people without write access may have written what is checked out."""
        return bool(self.target_branch)


def ci_context(environ: Mapping[str, str]) -> CiContext:
    """Read the variables of GitHub Actions and GitLab CI.

    Sources: docs.github.com, "Store information in variables"; docs.gitlab.com, "Predefined CI/CD
    variables reference".
    """
    if environ.get("GITHUB_ACTIONS") == "true":
        branch = environ.get("GITHUB_HEAD_REF") or environ.get("GITHUB_REF_NAME", "")
        return CiContext(name="github", branch=branch, target_branch=environ.get("GITHUB_BASE_REF", ""))
    if environ.get("GITLAB_CI") == "true":
        branch = environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME") or environ.get("CI_COMMIT_REF_NAME", "")
        target = environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "")
        return CiContext(name="gitlab", branch=branch, target_branch=target)
    return CiContext()
