"""What a forge keeps of a CI run: how much of it is read, and how archives of its files come here."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from honk_ci.errors import ForgeError
from honk_ci.forges.archives import Caps, folder_name, unpack_zip

if TYPE_CHECKING:
    from honk_ci.forges.http import Api

LOG_BYTES = 128 * 1024 * 1024
ARTIFACT_BYTES = 256 * 1024 * 1024  # of one archive
ARTIFACTS = 100  # most that are looked at


@dataclass(frozen=True, kw_only=True, slots=True)
class Artifact:
    """An archive that can be downloaded."""

    name: str
    number: int  # the forge's own, of this archive alone
    path: str  # within the API


def save_all(api: Api, artifacts: Iterable[Artifact], folder: Path) -> list[Path]:
    """Unpack each into a folder of its own; those that are gone, too large or no archive are left out."""
    caps, found = Caps(), list[Path]()
    for artifact in artifacts:
        with tempfile.TemporaryDirectory(prefix="honk-artifact-") as scratch:
            archive = Path(scratch) / "artifact.zip"
            if _save(api, artifact, archive):
                target = folder / folder_name(artifact.name, artifact.number, taken=folder)
                files, caps = unpack_zip(archive, target, caps)
                found += files
    return found


def _save(api: Api, artifact: Artifact, archive: Path) -> bool:
    try:
        return api.download(artifact.path, archive, most_bytes=ARTIFACT_BYTES)
    except ForgeError as error:
        if error.status in {404, 410}:
            return False
        raise
