"""Who may do what on GitHub, and who wrote what."""

from __future__ import annotations

from collections.abc import Iterator

from honk_ci.errors import ForgeError
from honk_ci.forges.github.repository import GitHubRepository
from honk_ci.forges.interface import Access, Viewer
from honk_ci.forges.reading import Json, as_object, flag, part, text

_LEVELS = {"admin": Access.ADMIN, "write": Access.WRITE, "read": Access.READ}
_JOBS_LOGIN = "github-actions[bot]"  # as whom the token of every job speaks
# Scopes of classic tokens that let push to a repository and open requests in it.
_WRITING_SCOPES = frozenset({"repo", "public_repo"})


class GitHubPeople(GitHubRepository):
    """The role ``People``."""

    def viewer(self) -> Viewer:
        """Whose token it is.

        GitHub tells Apps, and so the job's own token, neither their name nor their rights; for
        them the lists that delivery reads are asked for, since what may not be read cannot be
        written either. docs.github.com: "Get the authenticated user", "Get a repository".
        """
        user, scopes = self._user()
        about = self.about()
        if user is None:
            is_job_token = self.token is not None and self.token.is_job_token
            return Viewer(login=_JOBS_LOGIN if is_job_token else "", missing=tuple(self._unreadable()))
        return Viewer(
            login=text(user, "login"),
            access=_access(part(about, "permissions")),
            scopes=scopes or (),
            missing=tuple(_missing_scopes(scopes, is_private=flag(about, "private"))),
        )

    def access(self, login: str) -> Access:
        """docs.github.com, "Get repository permissions for a user".

        ``permission`` maps roles that an organization has made for itself to the plain ones.
        """
        try:
            answer = self.api.get(self.path("collaborators", login, "permission"))
        except ForgeError as error:
            if error.status == 404:
                return Access.NONE
            raise
        return _LEVELS.get(text(as_object(answer), "permission"), Access.NONE)

    def author_of(self, commit: str) -> str:
        try:
            answer = self.api.get(self.path("commits", commit), {"per_page": 1})  # of its files
        except ForgeError as error:
            if error.status in {404, 409, 422}:  # not pushed, an empty repository, no commit
                return ""
            raise
        return text(as_object(answer), "author", "login")

    def _user(self) -> tuple[Json | None, tuple[str, ...] | None]:
        """The user that the token stands for, and its scopes; None where there is neither."""
        try:
            answer = self.api.ask("GET", "/user")
        except ForgeError as error:
            if error.status == 403:  # "Resource not accessible by integration"
                return None, None
            raise
        said = answer.headers.get("x-oauth-scopes")
        scopes = None if said is None else tuple(scope.strip() for scope in said.split(",") if scope.strip())
        return as_object(answer.content), scopes

    def _unreadable(self) -> Iterator[str]:
        """Permissions that the forge says this token does not have, in its words."""
        commit = self.context.commit or "HEAD"
        for permission, path in (
            ("pull-requests", self.path("pulls")),
            ("checks", self.path("commits", commit, "check-runs")),
        ):
            try:
                self.api.get(path, {"per_page": 1})
            except ForgeError as error:
                if error.status != 403:
                    continue
                yield f"{permission}: {str(error).rpartition(': ')[2]}"


def _access(permissions: Json) -> Access | None:
    if not permissions:
        return None
    if flag(permissions, "admin"):
        return Access.ADMIN
    if flag(permissions, "push"):
        return Access.WRITE
    return Access.READ if flag(permissions, "pull") else Access.NONE


def _missing_scopes(scopes: tuple[str, ...] | None, *, is_private: bool) -> Iterator[str]:
    """Only classic tokens have scopes; an empty list of them may read what is public, and no more."""
    if scopes is None:
        return
    if is_private and "repo" not in scopes:
        yield "scope repo"
    elif not _WRITING_SCOPES & {*scopes}:
        yield "scope public_repo"
