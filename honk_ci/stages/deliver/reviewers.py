"""Reviewers: who wrote the lines that broke, and who owns the files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from honk_ci.domain import Proof
from honk_ci.errors import GitError
from honk_ci.forges.interface import Forge, Request
from honk_ci.patch import FileChange, Patch, hunks, split_lines
from honk_ci.stages.deliver.carry import carry
from honk_ci.stages.deliver.codeowners import PLACES, owners
from honk_ci.stages.deliver.dispatch import Dispatch

MOST = 3
MOST_COMMITS = 1000  # of a build, among which the culprit is looked for

_BLAMED = re.compile(rb"^([0-9a-f]{40,64}) \d+ \d+", re.MULTILINE)


def reviewers(request: Request, proof: Proof, dispatch: Dispatch, forge: Forge) -> Sequence[str]:
    """Logins, and teams as ``org/team``, best first: never bots, nor whoever the request is by.

    Raises ForgeError where the forge does not tell who wrote a commit.
    """
    sources = dispatch.config.deliver.reviewers
    found: list[str] = []
    if "author" in sources:
        found += _authors(proof, dispatch, forge)
    if "codeowners" in sources and len(found) < MOST:
        found += _owners(proof, dispatch, forge)
    people = {login.casefold(): login for login in reversed(found) if login and not login.endswith("[bot]")}
    people.pop(request.author.casefold(), None)
    return tuple(reversed(people.values()))[:MOST]


# --- who wrote the lines -----------------------------------------------------------------------------


def _authors(proof: Proof, dispatch: Dispatch, forge: Forge) -> list[str]:
    """Who wrote the lines that the fix changes, most lines first; commits that the base has do not count."""
    base = dispatch.build.base
    if not base:
        return []
    lines: Counter[str] = Counter()
    try:
        tip, patch = _on_the_branch(proof, dispatch)
        limits = ("--no-merges", f"--max-count={MOST_COMMITS}")
        recent = {*dispatch.repository.text("rev-list", *limits, f"{base}..{tip}", "--").split()}
        recent -= _ends_of_history(recent, dispatch)
        for change in patch.changes:
            lines.update(commit for commit in _blamed(change, base, tip, dispatch) if commit in recent)
    except GitError:  # a shallow clone may lack the history
        return []
    return [login for commit, _ in lines.most_common(MOST) if (login := forge.author_of(commit))]


def _on_the_branch(proof: Proof, dispatch: Dispatch) -> tuple[str, Patch]:
    """The red commit and the patch; where a forge has made that by a merge, the same on the branch's own tip."""
    head = dispatch.head
    if not head or dispatch.repository.resolve(head) is None:
        return dispatch.build.commit, proof.patch
    carried = carry(proof.patch, head, dispatch.repository)
    return (dispatch.build.commit, proof.patch) if carried.conflicts else (head, carried.patch)


def _ends_of_history(commits: set[str], dispatch: Dispatch) -> set[str]:
    """Commits that a shallow clone has without their parents: all that is older seems to be their work."""
    try:
        file = dispatch.repository.text("rev-parse", "--git-path", "shallow")
        return commits & {*(dispatch.repository.root / file).read_text("ascii").split()}
    except (FileNotFoundError, UnicodeDecodeError):
        return set()


def _blamed(change: FileChange, base: str, red: str, dispatch: Dispatch) -> list[str]:
    """For each line that the change touches, the commit that wrote it."""
    ranges = [f"-L{first},{last}" for first, last in _touched(change)]
    if not ranges:
        return []
    # what the owner's config adds: programs that turn files into text, commits to be passed over
    plain = ("--no-textconv", "--ignore-revs-file=", "--porcelain")
    output = dispatch.repository.git("blame", *plain, *ranges, f"{base}..{red}", "--", change.path)
    return [found.decode() for found in _BLAMED.findall(output)]


def _touched(change: FileChange) -> Iterator[tuple[int, int]]:
    """Lines before the change, counted from 1: those that it replaces, or those around what it adds."""
    if change.is_binary:
        return
    count = len(split_lines(change.before))
    for hunk in hunks(change):
        first, last = (hunk.start + 1, hunk.end) if hunk.end > hunk.start else (hunk.start, hunk.start + 1)
        if count:
            yield max(1, min(first, count)), min(max(1, last), count)


# --- who owns the files ------------------------------------------------------------------------------


def _owners(proof: Proof, dispatch: Dispatch, forge: Forge) -> list[str]:
    """Owners by the CODEOWNERS of the base: what a request proposes must not choose its own judges."""
    commit = dispatch.build.base or ("" if dispatch.context.is_pull_request else dispatch.build.commit)
    places = PLACES.get(forge.name, ())
    found = (dispatch.repository.show(commit, place) for place in places) if commit else iter(())
    file = next((content for content in found if content is not None), None)
    if file is None:
        return []
    named = owners(file.decode("utf-8", "replace"), proof.patch.paths, forge=forge.name)
    return list(dict.fromkeys(named))
