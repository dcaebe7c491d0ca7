"""What a run is linked to besides the checkout: the CI system, the forge, the remote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from honk_ci.config import Config
from honk_ci.errors import ForgeError
from honk_ci.forges import make_forge
from honk_ci.forges.credentials import Token, find_token
from honk_ci.forges.environment import CiContext
from honk_ci.forges.interface import Forge
from honk_ci.git import Repository
from honk_ci.remote import Remote

# What can be delivered without a forge.
LOCAL_MODES = ("none", "branch")


@dataclass(frozen=True, kw_only=True, slots=True)
class Links:
    """The outside of one run."""

    context: CiContext
    token: Token | None
    forge: Forge | None
    remote: Remote

    @property
    def starts_ci(self) -> bool | None:
        """Whether a push with this run's token starts CI; None where nobody can say."""
        return None if self.token is None else not self.token.is_job_token


def make_links(repository: Repository, config: Config, context: CiContext, environ: Mapping[str, str]) -> Links:
    """Find forge and remote; raises ForgeError where the delivery asked for needs a forge and none is known."""
    token = find_token(context, environ)
    forge = make_forge(context, token)
    if forge is None and config.deliver.mode not in LOCAL_MODES:
        raise ForgeError(
            f"--deliver {config.deliver.mode} needs a forge, and none is known here",
            hint="it is known in GitHub Actions and GitLab CI; by hand use --deliver branch, and open the request yourself",
        )
    remote = Remote(repository=repository, name=config.deliver.remote)
    return Links(context=context, token=token, forge=forge, remote=remote)
