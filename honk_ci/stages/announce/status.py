"""The status of the red commit: a check run, or what the forge has in its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from honk_ci.domain import Outcome, RunRecord
from honk_ci.errors import GitError
from honk_ci.forges.interface import Annotation, Status
from honk_ci.patch import Patch, hunks
from honk_ci.stages.announce.place import red_commit
from honk_ci.stages.comment import rationale
from honk_ci.stages.deliver import Dispatch
from honk_ci.stages.deliver.carry import carry
from honk_ci.stages.record import is_success
from honk_ci.stages.summary import title, to_markdown
from honk_ci.text import one_line

NAME = "honk-ci"
TITLE_CHARS = 140
SUMMARY_CHARS = 60_000
ANNOTATIONS = 50


def status_of(record: RunRecord, dispatch: Dispatch) -> Status | None:
    """What stands beside the red commit, None where nothing is to be said.

    Never a failure: the build is red by itself, and a helper that is always red teaches people to
    ignore red.
    """
    if record.outcome is Outcome.NOTHING_TO_HEAL or not record.healings:
        return None
    if record.proof is None and any(healing.left_to for healing in record.healings):
        return None  # the run that is at it will say what came of it
    redact = dispatch.redactor.redact
    annotations = [*_of_fixes(record, dispatch), *_of_failures(record, dispatch)][:ANNOTATIONS]
    return Status(
        commit=red_commit(dispatch),
        name=NAME,
        conclusion="success" if is_success(record) else "neutral",
        title=one_line(redact(title(record)), TITLE_CHARS),
        summary=to_markdown(record, redact=redact, limit=SUMMARY_CHARS),
        url=(record.delivery.url if record.delivery else "") or dispatch.context.run_url,
        annotations=tuple(replace(item, message=one_line(redact(item.message), 600)) for item in annotations),
    )


def patch_at_head(patch: Patch, dispatch: Dispatch) -> Patch | None:
    """A patch of the red commit on the branch's tip, where CI has merged that; None where it does not fit there."""
    if not dispatch.head:
        return patch
    try:
        carried = carry(patch, dispatch.head, dispatch.repository)
    except GitError:  # a shallow clone without that commit
        return None
    return None if carried.conflicts else carried.patch


def _of_fixes(record: RunRecord, dispatch: Dispatch) -> Iterator[Annotation]:
    """At the lines that the fixes change."""
    for fix in record.proof.fixes if record.proof is not None else ():
        patch = patch_at_head(fix.candidate.patch, dispatch) or Patch()
        for change in patch.changes:
            if change.is_binary or change.before is None:
                continue
            for hunk in hunks(change):
                line = max(1, hunk.start + 1 if hunk.start < hunk.end else hunk.start)
                yield Annotation(path=change.path, line=line, title="honk: the fix is here", message=rationale(fix))


def _of_failures(record: RunRecord, dispatch: Dispatch) -> Iterator[Annotation]:
    """Where the failures point at, unless this job's own log says so beside the same commit."""
    if dispatch.context.name == "github" and not dispatch.context.is_detached:
        return
    for healing in record.healings:
        failure = healing.reproduction.failure
        is_left = healing.candidate is None and not healing.healed_by
        for frame in failure.frames[:1]:
            yield Annotation(
                path=frame.path,
                line=max(1, frame.line),
                title="honk: red here",
                message=f"{failure.summary}: {healing.why}" if is_left else failure.summary,
                level="warning" if is_left else "notice",
            )
