"""JSON documents in refs of the remote: one commit with an empty tree a state, its parent the state before.

Whoever may push can write these refs, so nothing read from them is trusted: what makes no sense
counts as absent, and is told in ``RefStore.notes``.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from honk_ci.errors import GitError
from honk_ci.remote import Remote
from honk_ci.text import one_line

ROOT = "refs/honk"
MOST_BYTES = 256 * 1024  # of one document
AUTHOR = ("honk-ci", "honk-ci@users.noreply.github.com")

_REF = re.compile(rf"{ROOT}/[a-z]+(?:/[A-Za-z0-9][A-Za-z0-9._-]*)+")
_OBJECT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")

Json = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """The state of one ref."""

    ref: str
    id: str  # the commit that holds it
    body: Json


@dataclass(kw_only=True, slots=True)
class RefStore:
    """The documents of one remote; methods that ask it raise GitError where it refuses or is not there."""

    remote: Remote
    clock: Callable[[], float] = time.time  # seconds since 1970
    notes: list[str] = field(default_factory=list)  # what could not be read

    def tips(self, *patterns: str) -> Mapping[str, str]:
        """Object ids of the refs that match glob patterns, as one question; refs of odd names are left out."""
        found = self.remote.tips(*patterns)
        return {ref: tip for ref, tip in found.items() if _OBJECT_ID.fullmatch(tip) and _is_well_named(ref)}

    def read(self, tips: Mapping[str, str]) -> Mapping[str, Document]:
        """The documents at these refs, whose ids were asked for before; those that make no sense are left out."""
        self._bring(tips)
        contents = self._contents(sorted(set(tips.values())))
        found: dict[str, Document] = {}
        for ref, tip in tips.items():
            body = _parsed(contents.get(tip, b""))
            if body is None:
                self.notes.append(f"{one_line(ref, 120)} holds nothing that honk-ci wrote; it is passed over")
            else:
                found[ref] = Document(ref=ref, id=tip, body=body)
        return found

    def write(self, ref: str, body: Json, *, expected: str | None) -> str | None:
        """Put a new state in place of ``expected``; its id, None where somebody else was first."""
        return self.put(ref, self.commit(ref, body, expected), expected=expected)

    def put(self, ref: str, commit: str, *, expected: str | None) -> str | None:
        """The second half of ``write``, for callers that must know the id before the remote has it."""
        if self.remote.try_push(commit, ref, expected=expected):
            return commit
        # a push whose answer got lost has been made all the same
        return commit if self.remote.tip(ref) == commit else None

    def delete(self, ref: str, *, expected: str) -> bool:
        """Remove a ref that still is at ``expected``; whether it is gone."""
        try:
            self.remote.delete(ref, expected=expected)
        except GitError:
            there = self.remote.tip(ref)
            if there == expected:
                raise
            return there is None
        return True

    def keep(self, ref: str, commit: str) -> None:
        """Let ``ref`` hold a commit of the repository, so that it outlives the branch that it was on."""
        self.remote.try_push(commit, ref, expected=None)

    # --- objects --------------------------------------------------------------------------------

    def _bring(self, tips: Mapping[str, str]) -> None:
        here = self._contents(sorted(set(tips.values())))
        missing = [ref for ref, tip in tips.items() if tip not in here]
        if not missing:
            return
        try:
            self.remote.fetch(*missing)
        except GitError:  # one of them may have gone since it was listed
            for ref in missing:
                with suppress(GitError):
                    self.remote.fetch(ref)

    def _contents(self, ids: Sequence[str]) -> Mapping[str, bytes]:
        """Raw commits by id; what is absent, too large or no commit is left out."""
        if not ids:
            return {}
        git = self.remote.repository.git
        rows = git("cat-file", "--batch-check", stdin=_lines(ids)).decode().splitlines()
        known = [row.split() for row in rows]
        fit = [words[0] for words in known if words[1] == "commit" and int(words[2]) <= MOST_BYTES]
        return dict(zip(fit, self.remote.repository.blobs(fit), strict=True))

    def commit(self, ref: str, body: Json, parent: str | None) -> str:
        """The commit of a new state, which only this repository has."""
        git = self.remote.repository.git
        tree = git("hash-object", "-w", "-t", "tree", "--stdin", stdin=b"").decode().strip()
        date = f"{int(self.clock())} +0000"
        name, address = AUTHOR
        identity = {
            "GIT_AUTHOR_NAME": name,
            "GIT_AUTHOR_EMAIL": address,
            "GIT_AUTHOR_DATE": date,
            "GIT_COMMITTER_NAME": name,
            "GIT_COMMITTER_EMAIL": address,
            "GIT_COMMITTER_DATE": date,
        }
        message = f"{ref.removeprefix('refs/')}\n\n{json.dumps(body, indent=1)}\n"  # ASCII, whatever the texts are
        # a state that could not be fetched is replaced all the same; the push is what compares
        parents = ("-p", parent) if parent and self.remote.repository.resolve(parent) else ()
        return git("commit-tree", tree, *parents, "-F", "-", stdin=message.encode(), env=identity).decode().strip()


def _is_well_named(ref: str) -> bool:
    return not ref.startswith(f"{ROOT}/") or _REF.fullmatch(ref) is not None


def _lines(words: Iterable[str]) -> bytes:
    return "".join(f"{word}\n" for word in words).encode()


def _parsed(commit: bytes) -> Json | None:
    """The JSON object in a raw commit's message, after its subject."""
    _, _, message = commit.partition(b"\n\n")
    _, _, text = message.partition(b"\n\n")
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
