"""The loop guard: how many fixes of honk's own stand at the end of the red branch already."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass

from honk_ci.config import Config
from honk_ci.errors import GitError
from honk_ci.forges.environment import CiContext
from honk_ci.git import Repository
from honk_ci.remote import Remote
from honk_ci.text import one_line

MOST_COMMITS = 100
_KEYS = ("Honk-Fingerprint", "Honk-Red-Commit", "Honk-Healer")
_FORMAT = "%H%x1f%s" + "".join(f"%x1f%(trailers:key={key},valueonly,unfold)" for key in _KEYS) + "%x1e"


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnFixes:
    """What the end of the branch says."""

    count: int = 0  # fixes in a row; the commits of one delivery count as one
    refusal: str = ""


def own_fixes(context: CiContext, repository: Repository, config: Config, remote: Remote | None) -> OwnFixes:
    """Count honk's own fixes at the tip of the red branch; above ``limits.own_fixes`` it is handed over.

    Where a shallow clone does not have the tip, or ends within such fixes, ``remote`` is asked for more.
    """
    is_ours = context.branch.startswith(config.deliver.branch_prefix) and not context.is_fork
    fixes = _at_the_end_of(_tip(context, repository), repository)
    if (fixes or is_ours or context.is_pull_request) and _can_deepen(context, repository) and remote is not None:
        with suppress(GitError):  # then what is here is counted
            remote.fetch(f"refs/heads/{context.branch}")
        fixes = _at_the_end_of(_tip(context, repository), repository)
    count = max(len(fixes), int(is_ours))
    refusal = _handed_over(fixes, context) if count > config.limits.own_fixes else ""
    return OwnFixes(count=count, refusal=refusal)


def _can_deepen(context: CiContext, repository: Repository) -> bool:
    return bool(context.branch) and not context.is_fork and repository.is_shallow()


def _tip(context: CiContext, repository: Repository) -> str:
    """The branch's own tip, where the forge's merge of it is checked out."""
    if context.head_commit and repository.resolve(context.head_commit):
        return context.head_commit
    head = repository.resolve("HEAD") or (repository.resolve(context.commit) if context.commit else None)
    parents = repository.parents(head) if head else ()
    if context.is_pull_request and len(parents) == 2 and repository.resolve(parents[1]):
        return parents[1]
    return head or ""


def _at_the_end_of(tip: str, repository: Repository) -> dict[str, tuple[str, str]]:
    """Red commit that was mended -> subject and healer of its fix, newest first, up to the first commit of others."""
    fixes: dict[str, tuple[str, str]] = {}
    if not tip:
        return fixes
    listed = repository.try_git(
        "log", "--first-parent", "--no-merges", f"-n{MOST_COMMITS}", f"--format={_FORMAT}", tip, "--"
    )
    for entry in listed.stdout.decode("utf-8", "replace").split("\x1e"):
        fields = entry.strip("\n").split("\x1f")
        if len(fields) != 2 + len(_KEYS) or not re.fullmatch(r"[0-9a-f]{12}", fields[2].strip()):
            break
        commit, subject, _, red, healer = (field.strip() for field in fields)
        fixes.setdefault(red or commit, (subject, healer))
    return fixes


def _handed_over(fixes: dict[str, tuple[str, str]], context: CiContext) -> str:
    if not fixes:
        return f"{context.branch} is a fix branch of honk's own, and limits.own_fixes leaves its failures to people"
    told = "; ".join(f"{one_line(subject, 80)} ({healer or 'honk'})" for subject, healer in fixes.values())
    return f"handed over to people: the branch ends in {_fixes(len(fixes))} of honk's own in a row: {told}"


def _fixes(count: int) -> str:
    return "1 fix" if count == 1 else f"{count} fixes"
