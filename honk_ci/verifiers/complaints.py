"""What a verifier complains of, in a form that can be compared before and after a patch."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.process import Finished
from honk_ci.verifiers.interface import Verifier
from honk_ci.verifiers.project import exists
from honk_ci.workspaces.interface import Workspace

# Complaints that start so hide others, in the whole tree or in their file: what the tool would say
# without them is not known.
BLIND = "blind: "
UNREAD = "unread: "

EXCERPT_LINES = 12

_CUT = re.compile(r"^… \d+ bytes left out …$", re.MULTILINE)
_LINE_NUMBERS = re.compile(
    r"\b(lines?|columns?|position|char|offset)( |: )\d+(?:[-:]\d+)*|:\d+(?::\d+)?\b|@?0x[0-9a-f]{4,}"
)
_MEASURES = re.compile(r"\(\d+( ?[/<>=]+ ?\d+)?( \w+)?\)|\b\d+ ?[<>]=? ?\d+\b")


_HIDES = {FindingKind.OTHER: BLIND, FindingKind.TIMEOUT: BLIND, FindingKind.SYNTAX: UNREAD}


def complaints(verifier: Verifier, workspace: Workspace, timeout_s: float) -> frozenset[str]:
    """The keys of what ``verifier`` complains of in the tree as it stands; none when it is green."""
    return frozenset(examine(verifier, workspace, timeout_s))


def examine(verifier: Verifier, workspace: Workspace, timeout_s: float) -> Mapping[str, LogFinding]:
    """Run the check; its complaints by key.

    What lies about in the checkout without being part of the commit or the patch does not count:
    the CI does not have it.
    """
    finished = workspace.run(verifier.check, timeout_s=timeout_s, purpose="tool")
    if finished.ok:
        return {}
    said = verifier.findings(finished.output)
    strange = _strange_files(said, workspace)
    found = [finding for finding in said if finding.file not in strange]
    if finished.timed_out or not said:
        found.append(_could_not_run(verifier, finished))
    elif _CUT.search(finished.output):
        found.append(_blind(verifier, "more complaints than can be compared", finished))
    return keyed(found)


def _strange_files(found: Iterable[LogFinding], workspace: Workspace) -> frozenset[str]:
    """Files of ``found`` that lie in the checkout, and are neither in the commit nor in the patch."""
    known = frozenset(workspace.files()).union(workspace.changes().paths)
    others = {finding.file for finding in found if finding.file} - known
    return frozenset(file for file in others if exists(workspace.root / file))


def keyed(findings: Iterable[LogFinding]) -> Mapping[str, LogFinding]:
    """Findings by a key without line numbers; the second of the same kind in a file gets ``#2``, and so on.

    So a shift of lines makes no new complaint, and one more of a kind that was there does.
    """
    seen: Counter[str] = Counter()
    by_key: dict[str, LogFinding] = {}
    for finding in findings:
        key = _key(finding)
        seen[key] += 1
        by_key[f"{key} #{seen[key]}" if seen[key] > 1 else key] = finding
    return by_key


def is_blind(keys: Iterable[str]) -> bool:
    """Whether the tool stopped early, so that complaints which show up later need not be new."""
    return any(key.startswith(BLIND) for key in keys)


def unread_files(keys: Iterable[str]) -> frozenset[str]:
    """Files that the tool could not parse, so that it looked at nothing else in them."""
    return frozenset(key.removeprefix(UNREAD).split(": ")[0] for key in keys if key.startswith(UNREAD))


def place(finding: LogFinding) -> str:
    """Where and what, as one line for people."""
    where = ":".join(str(part) for part in (finding.file, finding.line) if part)
    return " ".join(part for part in (f"{where}:" if where else "", finding.code, finding.message) if part)


def _key(finding: LogFinding) -> str:
    message = _MEASURES.sub("(N)", _LINE_NUMBERS.sub("", finding.message))
    return _HIDES.get(finding.kind, "") + place(replace(finding, line=None, message=" ".join(message.split())))


def _could_not_run(verifier: Verifier, finished: Finished) -> LogFinding:
    if finished.timed_out:
        return replace(_blind(verifier, "ran out of time", finished), kind=FindingKind.TIMEOUT)
    lines = [line.strip() for line in finished.output.splitlines() if line.strip()]
    said = lines[-1] if lines else "nothing"
    return _blind(verifier, f"exit status {finished.exit_code}, said {said}", finished)


def _blind(verifier: Verifier, why: str, finished: Finished) -> LogFinding:
    excerpt = "\n".join(finished.output.splitlines()[-EXCERPT_LINES:])
    return LogFinding(kind=FindingKind.OTHER, tool=verifier.name, message=f"{verifier.name}: {why}", excerpt=excerpt)
