"""The proof bundle: what another job needs to deliver a fix without trusting, or running, anything here.

A folder with ``manifest.json`` (whose build it is, what the fixes are, the hash of each file, maybe a
signature), ``record.json`` (the run record) and, where there is a fix, ``fix.patch``: its commits as
an mbox, for ``git am`` and for people. ``read`` reads it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from honk_ci.config import Config
from honk_ci.domain import Proof, RunRecord
from honk_ci.errors import ConfigError, HonkError
from honk_ci.forges.environment import CiContext
from honk_ci.git import Repository
from honk_ci.patch import Patch
from honk_ci.redact import Redactor
from honk_ci.stages.deliver.commits import branch_name, stacked
from honk_ci.stages.message import commit_message

SCHEMA = "honk-ci/bundle/1"
MANIFEST, RECORD, PATCH = "manifest.json", "record.json", "fix.patch"
SIGNATURE = "hmac-sha256"
LEAST_KEY_CHARS = 16

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sender:
    """Who makes a bundle, and for which build."""

    repository: Repository
    config: Config
    context: CiContext
    redactor: Redactor
    version: str  # of honk-ci
    key: str = ""  # signs the manifest; "" for no signature


def write_bundle(folder: Path, record: RunRecord, text: str, sender: Sender) -> None:
    """Write ``folder``; ``text`` is the record as JSON. Files of an older bundle in it are replaced.

    A run without a fix makes one, too: the delivering job then has words for a comment. Raises
    HonkError where the folder cannot be written, ConfigError for a key too short to be one.
    """
    mails = _mails(record, sender) if record.proof else []
    files = {RECORD: text.encode()}
    if mails:
        files[PATCH] = b"".join(mail.content for mail in mails)
    manifest = _manifest(record, mails, files, sender)
    if sender.key:
        manifest["signature"] = {"algorithm": SIGNATURE, "value": signature(manifest, sender.key)}
    files[MANIFEST] = (json.dumps(manifest, indent=2, ensure_ascii=True) + "\n").encode()
    _write(folder, files)


def signature(manifest: Mapping[str, Any], key: str) -> str:
    """HMAC-SHA256, in hexadecimal digits, over the manifest without its signature as canonical JSON."""
    if len(key) < LEAST_KEY_CHARS:
        raise ConfigError(
            f"the key of HONK_BUNDLE_KEY has {len(key)} characters, which is too few to sign with",
            hint="make one: openssl rand -hex 32",
        )
    unsigned = {name: value for name, value in manifest.items() if name != "signature"}
    canonical = json.dumps(unsigned, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hmac.new(key.encode("utf-8", "surrogateescape"), canonical.encode(), hashlib.sha256).hexdigest()


# --- the fix ---------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _Mail:
    fingerprint: str
    content: bytes
    commit: str
    tree: str


def _mails(record: RunRecord, sender: Sender) -> list[_Mail]:
    """One commit a fix on the red commit, each as the mail that ``git format-patch`` makes of it."""
    proof, repository, parent = record.proof, sender.repository, record.build.commit
    assert proof is not None
    date = f"{repository.commit_time(parent)} +0000"
    dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    mails, before = [], Patch()
    for fix, patch in zip(proof.fixes, stacked(proof, repository), strict=True):
        message = sender.redactor.redact(commit_message(fix, proof, record.build))
        added = Patch.of(change for change in patch.changes if before.change(change.path) != change)
        author = sender.config.deliver.author
        commit = repository.commit_patch(parent, added, message, author=author, env=dates)
        tree = repository.text("rev-parse", f"{commit}^{{tree}}")
        content = repository.mailbox(parent, commit)
        mails.append(_Mail(fingerprint=fix.failure.fingerprint, content=content, commit=commit, tree=tree))
        parent, before = commit, patch
    return mails


def _manifest(record: RunRecord, mails: list[_Mail], files: Mapping[str, bytes], sender: Sender) -> Json:
    build, context = record.build, sender.context
    return {
        "schema": SCHEMA,
        "outcome": record.outcome.value,
        "project": context.project,
        "run_id": context.run_id,
        "base": build.commit,
        "head": build.head or (context.head_commit if context.head_commit != build.commit else ""),
        "branch": _fix_branch(record.proof, sender),
        "red_branch": build.branch or context.branch,
        "target": context.target_branch,
        "request": context.request,
        "commit": mails[-1].commit if mails else "",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "honk": sender.version,
        "fixes": [{"fingerprint": m.fingerprint, "tree": m.tree, "bytes": len(m.content)} for m in mails],
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }


def _fix_branch(proof: Proof | None, sender: Sender) -> str:
    return branch_name(proof, sender.config) if proof else ""


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in (MANIFEST, RECORD, PATCH):
            (folder / name).unlink(missing_ok=True)  # first: a link there leads elsewhere
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise HonkError(f"the bundle cannot be written to {folder}: {error.strerror}") from error
