"""One run of the pipeline from the command line: config, parts, view, record, exit status."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from honk_ci.cli.ending import CtrlC, Ending, exit_status, json_text, told
from honk_ci.cli.parts import make_parts
from honk_ci.cli.request import Request
from honk_ci.cli.secrets import bundle_key
from honk_ci.cli.view import make_view
from honk_ci.domain import RunRecord
from honk_ci.errors import HonkError
from honk_ci.forges.environment import ci_context
from honk_ci.pipeline import Parts
from honk_ci.redact import Redactor
from honk_ci.stages.collect import BuildRequest
from honk_ci.stages.record import record_of_fault

Pipeline = Callable[[BuildRequest, Parts], RunRecord]


def run(pipeline: Pipeline, options: Mapping[str, Any], environ: Mapping[str, str]) -> int:
    """The exit status of one run; faults of honk's own are raised as HonkError, after the record is written."""
    redactor = Redactor(environ)
    view = make_view(environ, redactor)
    request = Request.from_options(options)
    ending = Ending(json=request.json, summary=request.summary, environ=environ, redactor=redactor, view=view)
    if request.bundle is not None:
        _check_key(bundle_key(environ))
    with view, told(), make_parts(request, environ, view, redactor) as (asked, parts):
        try:
            with told():
                record = pipeline(asked, parts)
        except (HonkError, KeyboardInterrupt) as end:
            fault = end if isinstance(end, HonkError) else CtrlC("interrupted; the checkout is as it was before")
            commit = parts.repository.resolve("HEAD") or ""
            ending.of_fault(record_of_fault(fault, commit=commit, meter=parts.meter, versions=parts.versions))
            raise
    ending.tell(record)
    try:
        ending.write(record)
    finally:  # a record that cannot be written must not cost the fix
        if request.bundle is not None:
            _write_bundle(request.bundle, record, parts, environ, redactor)
    return exit_status(record)


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


def _check_key(key: str) -> None:
    """Before anything is spent: ConfigError where the key is too short to be one."""
    if key:
        from honk_ci.stages.bundle.write import signature

        signature({}, key)
