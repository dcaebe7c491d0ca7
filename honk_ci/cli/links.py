"""What a run is linked to besides the checkout: the CI system, the forge, the remote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from honk_ci.config import Config, DeliverConfig, DeliverMode
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
    pushes_with_token: bool = True  # False where the remote is used as the job has set it up

    @property
    def starts_ci(self) -> bool | None:
        """Whether a push with this run's token starts CI; None where nobody can say."""
        return None if self.token is None or not self.pushes_with_token else not self.token.is_job_token


def make_links(
    repository: Repository, config: Config, context: CiContext, environ: Mapping[str, str], *, scratch: Path
) -> Links:
    """Find forge and remote; raises ForgeError where the delivery asked for needs a forge and none is known.

    To be called before anything of the repository runs: address and token are taken down here.
    """
    token = find_token(context, environ)
    forge = make_forge(context, token)
    need_forge(forge, config.deliver)
    if forge is not None and token is not None and _is_honks_to_reach(repository, config.deliver, token):
        from honk_ci.outbox import Access, Outbox

        access = Access(address=forge.git_url, header=token.git_header)
        outbox = Outbox.beside(repository, scratch / "outbox", access, environ=environ)
        remote = Remote(repository=outbox, name=access.address, label=forge.project)
        return Links(context=context, token=token, forge=forge, remote=remote)
    if token is not None:  # the job's own way to the remote may need what ``checkout_environ`` keeps back
        repository = Repository(repository.root, environ=environ)
    remote = Remote(repository=repository, name=config.deliver.remote)
    return Links(context=context, token=token, forge=forge, remote=remote, pushes_with_token=False)


def by_hand(config: Config, context: CiContext, environ: Mapping[str, str]) -> tuple[Config, str]:
    """The config for a run outside of CI, and what that changes: where the fix goes in CI is not what a person asks for.

    In a CI system that is not known the config means what it says.
    """
    mode = config.deliver.mode
    if context.name or environ.get("CI") or mode in LOCAL_MODES:
        return config, ""
    here: DeliverMode = "none" if mode in {"suggest", "comment"} else "branch"
    what = "is kept here" if here == "none" else "is pushed as a branch"
    note = f"deliver.mode {mode} is for CI jobs: by hand a fix {what}"
    return replace(config, deliver=replace(config.deliver, mode=here)), note


def need_forge(forge: Forge | None, deliver: DeliverConfig) -> None:
    """Raises ForgeError where the delivery asked for needs a forge and none is known."""
    if forge is None and deliver.mode not in LOCAL_MODES:
        raise ForgeError(
            f"--deliver {deliver.mode} needs a forge, and none is known here",
            hint="it is known in GitHub Actions and GitLab CI; by hand use --deliver branch, and open the request yourself",
        )


def checkout_environ(context: CiContext, environ: Mapping[str, str]) -> Mapping[str, str]:
    """What git may see that works in the checkout, whose config can start programs.

    Where CI gives a token the outbox has it, and nothing secret is needed there; by hand the user's
    own credential helper may well need a variable of theirs.
    """
    token = find_token(context, environ)
    if token is None:
        return environ
    withheld = ("HONK_", "ACTIONS_", "GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "CI_JOB_TOKEN", "CI_JOB_JWT")
    return {
        name: value for name, value in environ.items() if not name.startswith(withheld) and token.value not in value
    }


def _is_honks_to_reach(repository: Repository, deliver: DeliverConfig, token: Token) -> bool:
    """Whether honk's own token opens the remote; a remote that somebody named or set up is used as it is."""
    if deliver.remote != DeliverConfig().remote:
        return False
    # The job's own token is always there, and mostly may not push or its push starts no CI: jobs that
    # can do better give the remote a deploy key, or an address with another token.
    return not token.is_job_token or _opened_by(token, repository, deliver.remote)


def _opened_by(token: Token, repository: Repository, remote: str) -> bool:
    """Whether the remote has no other key of its own: no ssh address, no password in it but this one."""
    address = repository.try_git("remote", "get-url", "--push", "--", remote).stdout.decode("utf-8", "replace").strip()
    try:
        parts = urlsplit(address)
    except ValueError:  # no address of the web
        return False
    return not address or (parts.scheme in ("http", "https") and (parts.password or "") in {"", token.value})
