"""What is left of a failure that is a verifier's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from honk_ci.domain import Failure, LogFinding

Complaints = Mapping[str, LogFinding]


def left_of(
    failure: Failure, now: Complaints, log: Sequence[LogFinding], base: Callable[[], frozenset[str] | None]
) -> Complaints:
    """The complaints of ``now`` that a patch for ``failure`` should have ended.

    These are the ones that the failure names, and those that no failure names and that the last
    good commit did not have (``base`` gives its complaints; None where they are not known). Without
    that commit the files that the failure names must be clean of them, since elsewhere may be red
    for ever what the CI does not look at. What other lines of the ``log`` name is another failure's.
    """
    own = failure.findings
    others = [finding for finding in log if finding not in own]
    named = {key for key, finding in now.items() if _names(own, finding, others)}
    unnamed = {key for key, finding in now.items() if key not in named and not _names(others, finding, ())}
    known = base() if unnamed else None
    if known is not None:
        unnamed -= known
    elif any(finding.file for finding in own):
        unnamed = {key for key in unnamed if in_files_of(own, now[key].file)}
    return {key: finding for key, finding in now.items() if key in named | unnamed}


def in_files_of(findings: Iterable[LogFinding], path: str) -> bool:
    return any(same_file(path, finding.file) for finding in findings)


def same_file(path: str, printed: str) -> bool:
    """Whether ``printed``, perhaps a path of another machine, can be the repository's ``path``."""
    parts, others = PurePosixPath(path).parts, PurePosixPath(printed.replace("\\", "/")).parts
    if not parts or not others:
        return False
    return others[-len(parts) :] == parts or parts[-len(others) :] == others


def _names(findings: Sequence[LogFinding], complaint: LogFinding, others: Sequence[LogFinding]) -> bool:
    """Whether ``findings`` mean ``complaint``: its very words do, or its place and rule unless ``others`` say it better."""
    alike = [finding for finding in findings if _is_alike(finding, complaint)]
    if not alike or any(_same_words(finding, complaint) for finding in alike):
        return bool(alike)
    return not any(_is_alike(finding, complaint) and _same_words(finding, complaint) for finding in others)


def _is_alike(finding: LogFinding, complaint: LogFinding) -> bool:
    has_same_code = finding.code == complaint.code or not (finding.code and complaint.code) or _is_layout(complaint)
    return has_same_code and same_file(complaint.file, finding.file)


def _is_layout(complaint: LogFinding) -> bool:
    return complaint.code in {"unformatted", "unsorted"}


def _same_words(finding: LogFinding, complaint: LogFinding) -> bool:
    """Logs may have cut the message, or kept a mark or the rule's name beside it."""
    one, other = finding.message.strip(), complaint.message.strip()
    return bool(one and other) and (one in other or other in one)
