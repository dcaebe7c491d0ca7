"""One run of the pipeline from the command line: config, parts, view, record, exit status."""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from honk_ci.cli.ci_files import leave_for_ci
from honk_ci.cli.parts import Request, make_parts
from honk_ci.cli.view import make_view
from honk_ci.domain import Outcome, RunRecord
from honk_ci.errors import ForgeError, GitError, HonkError, InterruptedRun
from honk_ci.forges.environment import ci_context
from honk_ci.pipeline import Parts
from honk_ci.redact import Redactor
from honk_ci.stages.collect import BuildRequest
from honk_ci.stages.record import is_success, record_of_fault
from honk_ci.stages.record_json import to_json
from honk_ci.stages.summary import to_markdown

NOT_GREEN = 3

_OF_THE_MACHINE = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EROFS,
        errno.EACCES,
        errno.EPERM,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOMEM,
        errno.EIO,
        errno.EFBIG,
    }
)

Pipeline = Callable[[BuildRequest, Parts], RunRecord]


def run(pipeline: Pipeline, options: Mapping[str, Any], environ: Mapping[str, str]) -> int:
    """The exit status of one run; faults of honk's own are raised as HonkError, after the record is written."""
    redactor = Redactor(environ)
    view = make_view(environ, redactor)
    request = Request.from_options(options)
    if request.bundle is not None:
        check_key(bundle_key(environ))
    with view, told(), make_parts(request, environ, view, redactor) as (asked, parts):
        try:
            with told():
                record = pipeline(asked, parts)
        except (HonkError, KeyboardInterrupt) as end:
            fault = end if isinstance(end, HonkError) else CtrlC("interrupted; the checkout is as it was before")
            left = _record_of(fault, parts)
            with suppress(HonkError):  # what ended the run is told, not what came of it
                write_record(left, request, redactor)
            leave_for_ci(left, environ=environ, redactor=redactor, record_file=request.json, note=view.note)
            raise
    view.result(record)
    leave_for_ci(record, environ=environ, redactor=redactor, record_file=request.json, note=view.note)
    try:
        write_record(record, request, redactor)
    finally:  # a record that cannot be written must not cost the fix
        if request.bundle is not None:
            _write_bundle(request.bundle, record, parts, environ, redactor)
    return exit_status(record)


class CtrlC(InterruptedRun):
    """The same by Ctrl-C, as shells number it."""

    exit_code = 130


@contextmanager
def told() -> Iterator[None]:
    """Faults of the machine, such as a full disk, are not bugs of honk-ci."""
    try:
        yield
    except OSError as error:
        if error.errno not in _OF_THE_MACHINE:
            raise
        where = f": {error.filename}" if error.filename else ""
        raise HonkError(
            f"{error.strerror}{where}",
            hint="honk-ci needs room and rights to write in the temporary folder (TMPDIR) and in the checkout",
        ) from error


def _record_of(fault: HonkError, parts: Parts) -> RunRecord:
    commit = parts.repository.resolve("HEAD") or ""
    return record_of_fault(fault, commit=commit, meter=parts.meter, versions=parts.versions)


def exit_status(record: RunRecord) -> int:
    """The contract's exit status for a record."""
    if is_success(record):
        return 0
    if record.delivery is not None and record.delivery.rejected:
        return GitError.exit_code
    if record.delivery is not None and record.delivery.forge_refused:
        return ForgeError.exit_code
    if record.outcome is Outcome.GAVE_UP and _model_is_unusable(record):
        from honk_ci.errors import ModelError

        return ModelError.exit_code
    return NOT_GREEN


def _model_is_unusable(record: RunRecord) -> bool:
    """Whether a fault of the model's wiring (key, name, price) is what stood in the way."""
    return any(attempt.verdict == "failed" for healing in record.healings for attempt in healing.attempts)


def write_record(record: RunRecord, request: Request, redactor: Redactor) -> None:
    """The JSON record, the summary and the job summary, where they are asked for."""
    if request.json:
        text = json_text(record, redactor)
        if request.json == "-":
            sys.stdout.buffer.write(text.encode())  # JSON is UTF-8, whatever the locale
            sys.stdout.buffer.flush()
        else:
            _write(Path(request.json), text)
    if request.summary:
        _write(Path(request.summary), to_markdown(record, redact=redactor.redact))


def json_text(record: RunRecord, redactor: Redactor) -> str:
    """The record as JSON, in text that every encoding can write."""
    text = json.dumps(to_json(record, redact=redactor.redact), indent=2, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "backslashreplace").decode()  # names of files may hold bytes that are no text


def _write_bundle(
    folder: Path, record: RunRecord, parts: Parts, environ: Mapping[str, str], redactor: Redactor
) -> None:
    from honk_ci.stages.bundle.write import Sender, write_bundle

    sender = Sender(
        repository=parts.repository,
        config=parts.config,
        context=ci_context(environ),
        redactor=redactor,
        version=parts.versions["honk-ci"],
        key=bundle_key(environ),
    )
    write_bundle(folder, record, json_text(record, redactor), sender)


def check_key(key: str) -> None:
    """Before anything is spent: ConfigError where the key is too short to be one."""
    if key:
        from honk_ci.stages.bundle.write import signature

        signature({}, key)


def bundle_key(environ: Mapping[str, str]) -> str:
    """What bundles are signed with, "" for nothing; it never leaves this process."""
    return environ.get("HONK_BUNDLE_KEY", "").strip()


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise HonkError(f"{file} cannot be written: {error.strerror}") from error
