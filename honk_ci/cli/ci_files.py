"""What a run leaves for the CI system that it runs in: outputs, the job summary, annotations in the log.

Formats: docs.github.com, "Workflow commands for GitHub Actions"; docs.gitlab.com, "artifacts:reports:dotenv",
for the file that HONK_DOTENV names. Other CI systems get none of it.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from honk_ci import cilog
from honk_ci.domain import Healing, RunRecord
from honk_ci.redact import Redactor
from honk_ci.stages.summary import to_markdown
from honk_ci.text import one_line

SUMMARY_BYTES = 1024 * 1024  # of one step; GitHub takes none of a larger file
ANNOTATIONS = 10  # of one step and level; GitHub drops the rest


def leave_for_ci(
    record: RunRecord,
    *,
    environ: Mapping[str, str],
    redactor: Redactor,
    record_file: str,
    note: Callable[[str], None],
) -> None:
    """Write what the CI system reads after a step; a file that cannot be written is told through ``note``.

    ``record_file`` is where the run record was written, "" where it was not asked for.
    """
    files: Mapping[str, Callable[[int], str]] = {}
    if environ.get("GITHUB_ACTIONS") == "true":
        if environ.get("GITHUB_EVENT_NAME") != "workflow_run":  # that job's commit is not the red one
            for line in _annotations(record, redactor):
                print(line, file=sys.stderr, flush=True)
        files = {
            "GITHUB_OUTPUT": lambda _size: _outputs(record, record_file, redactor),
            "GITHUB_STEP_SUMMARY": lambda size: _summary(record, redactor, SUMMARY_BYTES - size),
        }
    elif environ.get("GITLAB_CI") == "true":
        files = {"HONK_DOTENV": lambda _size: _dotenv(record, redactor)}
    for variable, text in files.items():
        if not environ.get(variable):
            continue
        try:
            _append(Path(environ[variable]), text)
        except OSError as error:
            note(f"the file that {variable} names cannot be written: {error.strerror}")


def outputs(record: RunRecord, record_file: str) -> Mapping[str, str]:
    """The outputs of a step that runs honk, by name; branch and commit are those on the remote."""
    delivery = record.delivery
    pushed = delivery if delivery and delivery.mode != "none" and not delivery.kept else None
    return {
        "outcome": record.outcome.value,
        "branch": pushed.branch if pushed else "",
        "commit": pushed.commit if pushed else "",
        "pull-request-url": delivery.url if delivery else "",
        "cost-usd": f"{record.usage.cost_usd:.4f}",
        "record": str(Path(record_file).absolute()) if record_file not in {"", "-"} else "",
    }


def _outputs(record: RunRecord, record_file: str, redactor: Redactor) -> str:
    return "".join(_output(name, redactor.redact(value)) for name, value in outputs(record, record_file).items())


def _output(name: str, value: str) -> str:
    """One output between two lines of a word that nobody could know beforehand."""
    end = f"honk_{secrets.token_hex(16)}"
    return f"{name}<<{end}\n{value}\n{end}\n"


def _dotenv(record: RunRecord, redactor: Redactor) -> str:
    """Variables for later jobs; GitLab takes lines ``NAME=value`` without any quoting."""
    given = outputs(record, "")
    names = {
        "outcome": "OUTCOME",
        "branch": "BRANCH",
        "commit": "COMMIT",
        "pull-request-url": "URL",
        "cost-usd": "COST_USD",
    }
    return "".join(f"HONK_{names[key]}={one_line(redactor.redact(given[key]), 1000)}\n" for key in names)


def _summary(record: RunRecord, redactor: Redactor, room: int) -> str:
    """A text of at most ``room`` bytes; a character has four at most."""
    return to_markdown(record, redact=redactor.redact, limit=max(0, room // 4))


def _append(file: Path, text: Callable[[int], str]) -> None:
    """Add to what other commands of the same step have written; ``text`` is told how many bytes those are."""
    with file.open("ab+") as stream:
        size = stream.tell()
        if size:
            stream.seek(-1, 2)
            if stream.read(1) != b"\n":
                stream.write(b"\n")
        stream.write(text(size + 1).encode("utf-8", "backslashreplace"))


def _annotations(record: RunRecord, redactor: Redactor) -> Iterator[str]:
    """One line for each failure with a known place: a warning where it is left, a notice where it is mended."""
    told_later = record.delivery is not None and record.delivery.mode == "none"  # by the job that delivers
    placed = [
        healing
        for healing in record.healings
        if healing.reproduction.failure.frames and not (told_later and _is_mended(healing))
    ]
    for healing in placed[:ANNOTATIONS]:
        frame = healing.reproduction.failure.frames[0]
        level, words = _said(healing)
        yield cilog.annotation(level, one_line(redactor.redact(words), 400), file=frame.path, line=frame.line)


def _said(healing: Healing) -> tuple[str, str]:
    summary = healing.reproduction.failure.summary
    if _is_mended(healing):
        return "notice", f"honk: mended: {summary}"
    return "warning", f"honk: left: {summary}: {healing.why}"


def _is_mended(healing: Healing) -> bool:
    return healing.candidate is not None or bool(healing.healed_by)
