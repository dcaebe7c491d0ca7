"""What all roles share: the repository, and the API with its token."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from honk_ci.forges.credentials import Token
from honk_ci.forges.environment import CiContext
from honk_ci.forges.github.advice import advise
from honk_ci.forges.reading import Json, as_object

if TYPE_CHECKING:
    from honk_ci.forges.http import Api, Patience

# docs.github.com, "API Versions"
_HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}


class GitHubRepository:
    """One repository, asked with one token."""

    def __init__(self, context: CiContext, token: Token | None, *, patience: Patience | None = None) -> None:
        self.context = context
        self.project = context.project
        self.git_url = f"{context.server_url}/{context.project}.git"
        self.token = token
        self._patience = patience

    @cached_property
    def api(self) -> Api:
        from honk_ci.forges.http import Api  # loads requests, which a run that asks nothing need not pay for

        return Api(
            self.context.api_url,
            name="GitHub",
            auth={"Authorization": f"Bearer {self.token.value}"} if self.token else None,
            headers=_HEADERS,
            advise=lambda refusal: advise(refusal, self.token, self.context),
            patience=self._patience,
        )

    @property
    def owner(self) -> str:
        return self.project.split("/")[0]

    def path(self, *parts: str | int) -> str:
        """A path within the repository."""
        from honk_ci.forges.http import path_of

        owner, _, name = self.project.partition("/")
        return path_of("repos", owner, name, *parts)

    def about(self) -> Json:
        """What the forge says of the repository."""
        return as_object(self.api.get(self.path()))
