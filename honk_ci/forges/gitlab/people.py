"""Who may do what, and who wrote what.

Sources: docs.gitlab.com, "Users API", "Project members API", "Personal access tokens API", "Job tokens".
"""

from __future__ import annotations

import re

from honk_ci.errors import ForgeError
from honk_ci.forges.gitlab.project import GitLabProject, permission_level
from honk_ci.forges.interface import Access, Viewer
from honk_ci.forges.reading import Json, as_object, flag, number, objects, text

# docs.gitlab.com, "Roles and permissions": Reporter is 20, Developer 30, Maintainer 40, Owner 50.
DEVELOPER, MAINTAINER = 30, 40
# "Use an automatically-generated private commit email": 123-name@users.noreply.gitlab.com
_PRIVATE_EMAIL = re.compile(r"(?:\d+-)?(?P<login>[\w.-]+)@users\.noreply\..+")
# Scopes that each are enough for all that is asked for here.
_WHOLE_SCOPES = frozenset({"api"})


class GitLabPeople(GitLabProject):
    """The People of a project on GitLab."""

    def viewer(self) -> Viewer:
        if self.token is None:
            return Viewer(missing=("a token",))
        return self._job_viewer() if self.token.is_job_token else self._token_viewer()

    def access(self, login: str) -> Access:
        user = self.user_named(login) if login else None
        if user is None or text(user, "state") not in {"", "active"}:
            return Access.NONE
        try:
            member = as_object(self.api.get(self.path("members", "all", str(user["id"]))))
        except ForgeError as error:
            if error.status != 404:
                raise
            return Access.READ if text(self.facts, "visibility") == "public" else Access.NONE
        if text(member, "state") not in {"", "active"}:
            return Access.NONE
        return _access(number(member, "access_level") or 0)

    def author_of(self, commit: str) -> str:
        """GitLab ties no account to a commit in its API; its address or name must lead to one member alone."""
        described = as_object(self.api.get(self.path("repository", "commits", commit)))
        email, name = text(described, "author_email"), text(described, "author_name")
        if private := _PRIVATE_EMAIL.fullmatch(email):
            user = self.user_named(private["login"])
            return text(user, "username") if user else ""
        return self._only_user(email) or self._only_member(name)

    def _only_user(self, email: str) -> str:
        """Who shows this address to everybody."""
        if "@" not in email:
            return ""
        found = objects(self.api.get("/users", {"search": email}))
        return text(found[0], "username") if len(found) == 1 else ""

    def _only_member(self, name: str) -> str:
        if not name:
            return ""
        members = self.api.pages(self.path("members", "all"), {"query": name}, most_pages=3)
        found = {text(member, "username") for member in members if text(member, "name") == name}
        return found.pop() if len(found) == 1 else ""

    def _job_viewer(self) -> Viewer:
        job = as_object(self.api.get("/job"))
        return Viewer(
            login=text(job, "user", "username"),
            missing=("merge requests and comments", "pushes that start pipelines"),
        )

    def _token_viewer(self) -> Viewer:
        scopes = self._scopes()
        level = permission_level(self.facts)
        missing = []
        if scopes and not _WHOLE_SCOPES.intersection(scopes):
            missing.append("the scope api")
        if level < DEVELOPER:
            missing.append("the role Developer")
        if flag(self.facts, "archived"):
            missing.append("a project that is not archived")
        return Viewer(
            login=text(as_object(self.api.get("/user")), "username"),
            access=_access(level),
            scopes=scopes,
            missing=tuple(missing),
        )

    def _scopes(self) -> tuple[str, ...]:
        """Of personal, project and group access tokens; empty for others, such as those of OAuth."""
        try:
            described: Json = as_object(self.api.get("/personal_access_tokens/self"))
        except ForgeError as error:
            if error.status not in {400, 403, 404}:
                raise
            return ()
        scopes = described.get("scopes")
        return tuple(scope for scope in scopes if isinstance(scope, str)) if isinstance(scopes, list) else ()


def _access(level: int) -> Access:
    if level >= MAINTAINER:
        return Access.ADMIN
    if level >= DEVELOPER:
        return Access.WRITE
    return Access.READ if level > 0 else Access.NONE
