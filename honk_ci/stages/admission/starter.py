"""Who started a build, and whether that is somebody who may spend the project's money.

Names are compared whole: whoever trusts every login that ends in "[bot]", or in "bot", trusts
whoever registers one.
"""

from __future__ import annotations

from dataclasses import dataclass

from honk_ci.errors import ForgeError
from honk_ci.forges.environment import CiContext
from honk_ci.forges.interface import Access, Forge

# Events of GitHub that only somebody with write access can bring about (docs.github.com, "Events
# that trigger workflows"); the others anybody can, on a public project.
_PROVE_WRITE = frozenset(
    {"push", "schedule", "workflow_dispatch", "repository_dispatch", "merge_group", "create", "delete", "release"}
)
_BOT = "[bot]"


@dataclass(frozen=True, kw_only=True, slots=True)
class Starter:
    """What is known of who started a build."""

    is_trusted: bool
    refusal: str = ""  # a bot that nobody let in
    why: str = ""  # it is not trusted


_TRUSTED = Starter(is_trusted=True)


def starter(context: CiContext, bots: tuple[str, ...], forge: Forge | None, *, is_own_fix: bool) -> Starter:
    """Judge the actor of a build of the project's own branches.

    ``is_own_fix``: the red branch ends in a fix of honk's, which an app or a bot user of its own pushed.
    """
    actor = context.actor
    if actor.endswith(_BOT):
        if actor not in bots and not is_own_fix:
            return Starter(is_trusted=False, refusal=_not_let_in(actor))
        return _beside_author(context, bots, forge) if actor in bots else _TRUSTED
    if _event_proves_write(context):
        return _TRUSTED
    return _person(actor, forge)


def _event_proves_write(context: CiContext) -> bool:
    """GitLab starts pipelines of a project for nobody who may not push to it."""
    return context.name == "gitlab" or context.event in _PROVE_WRITE


def _beside_author(context: CiContext, bots: tuple[str, ...], forge: Forge | None) -> Starter:
    """A bot can be told to act on other people's requests: who opened it counts as well."""
    author = context.author
    if not author or author == context.actor or author in bots:
        return _TRUSTED
    return _person(author, forge)


def _person(login: str, forge: Forge | None) -> Starter:
    if not login:
        return Starter(is_trusted=False, why="CI does not say who started this build")
    if forge is None:
        return Starter(is_trusted=False, why=f"without a token nobody can say what {login} may do here")
    try:
        access = forge.access(login)
    except ForgeError as error:
        return Starter(is_trusted=False, why=f"what {login} may do here cannot be found out: {error}")
    if access >= Access.WRITE:
        return _TRUSTED
    return Starter(is_trusted=False, why=f"{login}, who started this build, has no write access")


def _not_let_in(bot: str) -> str:
    return f"{bot} started this build, and policy.bots does not name it: builds of other bots are left alone"
