"""A proof bundle as another job wrote it: nothing in it is believed before its seal is checked."""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from honk_ci.domain import RunRecord
from honk_ci.errors import ReportError
from honk_ci.stages.bundle.record_read import FINGERPRINT, from_json
from honk_ci.stages.bundle.strict_json import Fields, parse
from honk_ci.stages.bundle.write import MANIFEST, PATCH, RECORD, SCHEMA, SIGNATURE, signature

LIMITS = {MANIFEST: 256 * 1024, RECORD: 16 * 1024 * 1024, PATCH: 32 * 1024 * 1024}  # bytes
MOST_FIXES = 100

_OBJECT = r"[0-9a-f]{40}(?:[0-9a-f]{24})?"
_BRANCH_CHARS = 255
_BRANCH = r"(?:[^\x00-\x20\x7f~^:?*\[\\-][^\x00-\x20\x7f~^:?*\[\\]*)?"


class BundleRefused(ReportError):
    """The bundle is not what somebody sealed: altered, unsigned, or signed by somebody else."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SealedFix:
    """One fix commit of a bundle."""

    fingerprint: str
    tree: str  # what the commit's files come to, as the bundle says
    mail: bytes  # as ``git format-patch`` makes it


@dataclass(frozen=True, kw_only=True, slots=True)
class Bundle:
    """What a bundle claims. Its files are those that the manifest names; whether that is true of the build is open."""

    folder: Path
    base: str  # the red commit, to which the fixes apply
    head: str  # the branch's tip, where ``base`` is a merge made by the forge; else ""
    branch: str  # the branch that is red; "" where the build belongs to none
    target: str
    request: int | None
    project: str  # "" where it was made outside CI
    run_id: str
    honk: str
    is_signed: bool
    fixes: tuple[SealedFix, ...]
    record: RunRecord


def read_bundle(folder: Path, *, key: str) -> Bundle:
    """Read a folder; with a ``key`` its manifest must be signed with that.

    Raises ReportError where it is no bundle, and BundleRefused where the seal is broken.
    """
    files = _files(folder)
    manifest = parse(files[MANIFEST], MANIFEST)
    if manifest.text("schema") != SCHEMA:
        manifest.refuse("schema", f"this version of honk-ci reads {SCHEMA} alone")
    _check_hashes(manifest, files)
    _check_signature(manifest, key)
    record = from_json(files[RECORD], name=RECORD)
    bundle = _bundle(folder, manifest, record, files.get(PATCH, b""), is_signed=bool(key))
    _check_agreement(bundle, manifest)
    return bundle


# --- the files -------------------------------------------------------------------------------------


def _files(folder: Path) -> Mapping[str, bytes]:
    try:
        names = {entry.name for entry in os.scandir(folder)}
    except OSError as error:
        raise ReportError(f"there is no bundle at {folder}: {error.strerror}") from error
    for name in (MANIFEST, RECORD):
        if name not in names:
            raise ReportError(f"there is no {name} in {folder}", hint="give the folder that honk heal --bundle wrote")
    if strangers := names - set(LIMITS):
        raise BundleRefused(f"{min(strangers)[:100]!r} does not belong into a bundle")
    return {name: _read(folder / name, LIMITS[name]) for name in sorted(names)}


def _read(file: Path, limit: int) -> bytes:
    """A regular file's content; what is a link, or grows beyond the limit, is refused."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise BundleRefused(f"{file.name} cannot be read, or is a link: {error.strerror}") from error
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise BundleRefused(f"{file.name} is not a regular file")
        with os.fdopen(handle, "rb", closefd=False) as opened:
            content = opened.read(limit + 1)
    finally:
        os.close(handle)
    if len(content) > limit:
        raise BundleRefused(f"{file.name} has more than {limit} bytes")
    return content


# --- the seal --------------------------------------------------------------------------------------


def _check_hashes(manifest: Fields, files: Mapping[str, bytes]) -> None:
    named = manifest.text_map("sha256")
    sealed = {name: content for name, content in files.items() if name != MANIFEST}
    if set(named) != set(sealed):
        odd = min(set(named) ^ set(sealed))
        raise BundleRefused(f"{odd[:100]!r} is in the bundle or in its manifest, and not in both")
    for name, content in sealed.items():
        if not hmac.compare_digest(named[name].encode(), hashlib.sha256(content).hexdigest().encode()):
            raise BundleRefused(f"{name} is not the file that the manifest was made for: it was altered")


def _check_signature(manifest: Fields, key: str) -> None:
    if not key:
        return
    signed = manifest.optional_object("signature")
    hint = "give the job that thinks the same HONK_BUNDLE_KEY as this one"
    if signed is None:
        raise BundleRefused("the bundle is not signed, and here HONK_BUNDLE_KEY is set", hint=hint)
    if signed.text("algorithm") != SIGNATURE:
        signed.refuse("algorithm", f"it is not {SIGNATURE}")
    right = signature(manifest.raw, key)
    if not hmac.compare_digest(signed.text("value").encode(), right.encode()):
        raise BundleRefused("the bundle is signed with another key, or was altered", hint=hint)


# --- what it says ----------------------------------------------------------------------------------


def _bundle(folder: Path, manifest: Fields, record: RunRecord, mbox: bytes, *, is_signed: bool) -> Bundle:
    for name in ("red_branch", "target"):
        manifest.pattern(name, _BRANCH, "the name of a branch")
    return Bundle(
        folder=folder,
        base=manifest.commit("base"),
        head=manifest.commit("head", optional=True),
        branch=manifest.text("red_branch", limit=_BRANCH_CHARS),
        target=manifest.text("target", limit=_BRANCH_CHARS),
        request=manifest.optional_count("request"),
        project=manifest.text("project", limit=500),
        run_id=manifest.text("run_id", limit=100),
        honk=manifest.text("honk", limit=100),
        is_signed=is_signed,
        fixes=tuple(_fixes(manifest, mbox)),
        record=record,
    )


def _fixes(manifest: Fields, mbox: bytes) -> Iterator[SealedFix]:
    start = 0
    for number, raw in enumerate(manifest.objects("fixes")):
        end = start + raw.count("bytes")
        if number >= MOST_FIXES:
            manifest.refuse("fixes", f"there are more than {MOST_FIXES}")
        if end > len(mbox):
            raw.refuse("bytes", f"{PATCH} is shorter")
        fingerprint = raw.pattern("fingerprint", FINGERPRINT, "12 hexadecimal digits")
        tree = raw.pattern("tree", _OBJECT, "the full id of a tree")
        yield SealedFix(fingerprint=fingerprint, tree=tree, mail=mbox[start:end])
        start = end
    if start != len(mbox):
        manifest.refuse("fixes", f"{PATCH} holds more than they do")


def _check_agreement(bundle: Bundle, manifest: Fields) -> None:
    """The manifest and the record must tell of the same build and the same fixes."""
    record = bundle.record
    if record.build.commit != bundle.base:
        manifest.refuse("base", f"{RECORD} tells of another commit")
    if manifest.text("outcome") != record.outcome.value:
        manifest.refuse("outcome", f"{RECORD} tells of another one")
    proven = [fix.failure.fingerprint for fix in record.proof.fixes] if record.proof else []
    if proven != [fix.fingerprint for fix in bundle.fixes]:
        manifest.refuse("fixes", f"{RECORD} tells of other ones")
