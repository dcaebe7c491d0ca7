"""The proof bundle: what another job needs to deliver a fix without trusting, or running, anything here."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from honk_ci.errors import HonkError
from honk_ci.git import Repository

SCHEMA = "honk-ci/bundle/1"


def write_bundle(folder: Path, *, repository: Repository, base: str, commit: str, branch: str, record: str) -> None:
    """Write ``folder``: the record, the fix commits as an mbox, and a manifest with the hash of each.

    ``record`` is the run record as JSON text, ``commit`` the last fix commit, ``base`` the red
    commit that the patch applies to. Raises HonkError where the folder cannot be written.
    """
    files = {
        "record.json": record.encode(),
        "fix.patch": repository.mailbox(base, commit),
    }
    manifest = {
        "schema": SCHEMA,
        "base": base,
        "commit": commit,
        "branch": branch,
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise HonkError(f"the bundle cannot be written to {folder}: {error.strerror}") from error
