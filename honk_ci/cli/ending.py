"""How a run ends on the command line: its record, what CI reads of it, its exit status."""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from honk_ci.cli.ci_files import leave_for_ci
from honk_ci.cli.view import View
from honk_ci.domain import Outcome, RunRecord
from honk_ci.errors import ForgeError, GitError, HonkError, InterruptedRun
from honk_ci.redact import Redactor
from honk_ci.stages.record import is_success
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """Where the record of one run goes."""

    json: str  # "-" is standard output, "" for nowhere
    summary: str  # likewise
    environ: Mapping[str, str]
    redactor: Redactor
    view: View

    def tell(self, record: RunRecord) -> None:
        """People at the terminal first, then what CI reads after the step."""
        self.view.result(record)
        self._leave(record)

    def of_fault(self, record: RunRecord) -> None:
        """What is known of a run that a fault has ended; the fault itself is told by who caught it."""
        with suppress(HonkError):  # what ended the run is told, not what came of its record
            self.write(record)
        self._leave(record)

    def write(self, record: RunRecord) -> None:
        """The JSON record and the summary, where they are asked for."""
        if self.json == "-":
            sys.stdout.buffer.write(json_text(record, self.redactor).encode())  # JSON is UTF-8, whatever the locale
            sys.stdout.buffer.flush()
        elif self.json:
            _write(Path(self.json), json_text(record, self.redactor))
        if self.summary:
            _write(Path(self.summary), to_markdown(record, redact=self.redactor.redact))

    def _leave(self, record: RunRecord) -> None:
        leave_for_ci(record, environ=self.environ, redactor=self.redactor, record_file=self.json, note=self.view.note)


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


def json_text(record: RunRecord, redactor: Redactor) -> str:
    """The record as JSON, in text that every encoding can write."""
    text = json.dumps(to_json(record, redact=redactor.redact), indent=2, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "backslashreplace").decode()  # names of files may hold bytes that are no text


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise HonkError(f"{file} cannot be written: {error.strerror}") from error
