"""Where code is hosted and reviewed: one plug-in a forge, and what CI systems tell a job.

``interface`` is the contract, ``environment`` reads the CI variables, ``credentials`` finds the token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from honk_ci.forges.credentials import Token
    from honk_ci.forges.environment import CiContext
    from honk_ci.forges.interface import Forge


def make_forge(context: CiContext, token: Token | None) -> Forge | None:
    """The forge that the build belongs to; None outside CI, or where nothing says which project it is.

    Imported here, since most starts of the command never speak to a forge.
    """
    if not context.project or not context.api_url:
        return None
    if context.name == "github":
        from honk_ci.forges.github import GitHub

        return GitHub(context, token)
    if context.name == "gitlab":
        from honk_ci.forges.gitlab import GitLab

        return GitLab(context, token)
    return None
