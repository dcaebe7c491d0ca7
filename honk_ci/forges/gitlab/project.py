"""What all parts of the plug-in share: the API, the project's path in it, who asks."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from honk_ci.errors import ForgeError
from honk_ci.forges.credentials import Token
from honk_ci.forges.environment import CiContext
from honk_ci.forges.reading import Json, as_object, need_text, number, objects, part, text

if TYPE_CHECKING:
    from honk_ci.forges.http import Api, Patience
    from honk_ci.forges.refusals import Refusal

_REMEDY = "set HONK_TOKEN to a project access token with the scope `api` and the role Developer"


class GitLabProject:
    """One project, by its path; self-managed servers by the address that CI gives."""

    def __init__(self, context: CiContext, token: Token | None, *, patience: Patience | None = None) -> None:
        self.context = context
        self.token = token
        self.project = context.project
        self.git_url = f"{context.server_url}/{context.project}.git"
        self._patience = patience

    @cached_property
    def api(self) -> Api:
        from honk_ci.forges.http import Api  # loads requests, which a run that asks nothing need not pay for

        return Api(
            self.context.api_url,
            name="GitLab",
            auth=_auth(self.token),
            advise=self._advise,
            patience=self._patience,
        )

    @cached_property
    def facts(self) -> Json:
        """The project as the API describes it; asked once."""
        return as_object(self.api.get(self.path()))

    def path(self, *parts: str | int) -> str:
        """A path below the project's own."""
        return self.root_path("projects", self.project, *parts)

    @staticmethod
    def root_path(*parts: str | int) -> str:
        from honk_ci.forges.http import path_of

        return path_of(*parts)

    def project_path(self, project_id: int | None) -> str:
        """The path of a project; "" for None: it is gone. One that may not be seen is named by its number."""
        if project_id is None:
            return ""
        try:
            return need_text(as_object(self.api.get(self.root_path("projects", project_id))), "path_with_namespace")
        except ForgeError as error:
            if error.status not in {401, 403, 404}:
                raise
            return f"project {project_id}"

    def web_url(self, *parts: str | int) -> str:
        """The address of a page of the project."""
        return f"{self.context.server_url}/{self.project}/-{self.root_path(*parts)}"

    def user_named(self, login: str) -> Json | None:
        """The user of a login, None where there is none."""
        found = objects(self.api.get("/users", {"username": login}))
        same = (user for user in found if text(user, "username").casefold() == login.casefold())
        return next((user for user in same if number(user, "id") is not None), None)

    def _advise(self, refusal: Refusal) -> str:
        if refusal.status == 401 and self.token is None:
            return f"there is no token: {_REMEDY}"
        if refusal.status in {401, 403, 404} and self.token is not None and self.token.is_job_token:
            return f"the job token can neither comment nor open merge requests: {_REMEDY}"
        if refusal.status == 401:
            return (
                "the token is expired or revoked, or the variable is protected and this branch is not: "
                "see Settings > Access tokens and Settings > CI/CD > Variables"
            )
        if refusal.status == 403:
            return "the token needs the scope `api`, and its owner at least the role Developer"
        if refusal.status == 404:
            return "it is not there, or the token may not see it"
        return ""


def permission_level(project: Json) -> int:
    """The highest role that the token's owner has in a project, 0 for none."""
    permissions = part(project, "permissions")
    return max(number(permissions, name, "access_level") or 0 for name in ("project_access", "group_access"))


def _auth(token: Token | None) -> dict[str, str]:
    if token is None:
        return {}
    return {"JOB-TOKEN" if token.is_job_token else "PRIVATE-TOKEN": token.value}
