"""Makes a ``Failure`` of a group: the summary that people read, the frames, and the evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from honk_ci.domain import Cause, Evidence, FailedTest, Failure, FindingKind, Frame, LogFinding
from honk_ci.stages.triage.causes import Judge, raising_package
from honk_ci.stages.triage.changes import Changes
from honk_ci.stages.triage.diagnosis import Diagnosis
from honk_ci.stages.triage.groups import Group
from honk_ci.stages.triage.symptoms import Symptom
from honk_ci.text import one_line, plural

SUMMARY_CAP = 160
MESSAGE_CAP = 500
FRAMES_CAP = 30
LISTED = 8  # items of one kind of evidence


class Describer:
    """Builds failures; decides nothing that ``Judge`` has not decided."""

    def __init__(self, changes: Changes, judge: Judge, verifier_names: Collection[str]) -> None:
        self._changes = changes
        self._judge = judge
        self._verifiers = verifier_names

    def failure(self, group: Group) -> Failure:
        cause, ruling = self._judge.rule(group.diagnoses)
        tests = tuple(d.symptom.test for d in group.diagnoses if d.symptom.test is not None)
        findings = tuple(d.symptom.finding for d in group.diagnoses if d.symptom.finding is not None)
        frames = _frames(group.diagnoses)
        return Failure(
            fingerprint=group.fingerprint,
            cause=cause,
            summary=_summary(group.diagnoses, tests, findings),
            tests=tests,
            findings=findings,
            verifier=self._verifier(findings) if cause is Cause.LINT else "",
            frames=frames,
            evidence=tuple(dict.fromkeys((*ruling, *self._evidence(group.diagnoses, frames)))),
        )

    def _verifier(self, findings: Sequence[LogFinding]) -> str:
        """The repository's own check that complains, where it can be run here."""
        finding = findings[0]
        name = finding.tool.lower().replace(" ", "-")
        names = [f"{name}-format", name] if finding.kind is FindingKind.FORMAT else [name]
        return next((known for known in names if known in self._verifiers), "")

    def _evidence(self, group: Sequence[Diagnosis], frames: Sequence[Frame]) -> Iterator[Evidence]:
        symptom = group[0].symptom
        if symptom.exception:
            yield Evidence(kind="exception", text=symptom.exception)
        if symptom.message:
            yield Evidence(kind="message", text=one_line(symptom.message, MESSAGE_CAP))
        for frame in frames[:LISTED]:
            yield Evidence(kind="frame", text=_place(frame))
        if subject := group[0].subject:
            yield Evidence(kind="subject", text=f"{subject.path}:{subject.line} {subject.name}")
        if package := raising_package(symptom):
            yield Evidence(kind="package", text=package)
        yield from self._change_evidence(group, frames)
        yield from _log_evidence(group)

    def _change_evidence(self, group: Sequence[Diagnosis], frames: Sequence[Frame]) -> Iterator[Evidence]:
        involved = [frame.path for frame in frames]
        involved += [d.subject.path for d in group if d.subject] + [d.symptom.file for d in group]
        for path in dict.fromkeys(path for path in involved if path in self._changes.paths):
            yield Evidence(kind="changed_file", text=path)
        for path in self._judge.product_changes(group)[:LISTED] if group[0].symptom.test else ():
            if path not in involved:
                yield Evidence(kind="changed_below", text=path)
        if self._changes.base and not any(path in self._changes.paths for path in involved):
            others = (
                f"{plural(len(self._changes.paths), 'other file')} did" if self._changes.paths else "nor did any other"
            )
            yield Evidence(kind="unchanged", text=f"no file involved changed since the last good commit, {others}")
        for path, line in self._changes.requirement_lines[:LISTED]:
            yield Evidence(kind="dependency_change", text=one_line(f"{path}: {line}"))
        lines = {path for path, _ in self._changes.requirement_lines}
        for path in (path for path in self._changes.dependency_files if path not in lines):
            yield Evidence(kind="dependency_change", text=path)


def _log_evidence(group: Sequence[Diagnosis]) -> Iterator[Evidence]:
    findings = [d.symptom.finding for d in group if d.symptom.finding is not None]
    for finding in findings[:LISTED]:
        place = (
            f"{finding.file}:{finding.line}: "
            if finding.file and finding.line
            else f"{finding.file}: "
            if finding.file
            else ""
        )
        code = f" [{finding.code}]" if finding.code and finding.code not in finding.message else ""
        yield Evidence(kind="log", text=one_line(f"{place}{finding.message}{code}", MESSAGE_CAP))


def _frames(group: Iterable[Diagnosis]) -> tuple[Frame, ...]:
    """The frames of the first symptom, then those that others add."""
    found: dict[tuple[str, int], Frame] = {}
    for diagnosis in group:
        for frame in diagnosis.symptom.frames:
            found.setdefault((frame.path, frame.line), frame)
    return tuple(found.values())[:FRAMES_CAP]


def _place(frame: Frame) -> str:
    return f"{frame.path}:{frame.line}" + (f" {frame.function}" if frame.function else "")


def _summary(group: Sequence[Diagnosis], tests: Sequence[FailedTest], findings: Sequence[LogFinding]) -> str:
    counted = f" ({plural(len(tests), 'test')})" if tests else ""
    return one_line(_what(group, findings), SUMMARY_CAP - len(counted)) + counted


def _what(group: Sequence[Diagnosis], findings: Sequence[LogFinding]) -> str:
    first = group[0]
    symptom = first.symptom
    match first.kind:
        case "infrastructure" if first.disturbance is not None:
            target = f" ({first.disturbance.target})" if first.disturbance.target else ""
            return f"{first.disturbance.kind.replace('_', ' ')}{target}: {first.disturbance.why}"
        case "check" | "build" | "dependency":
            return _complaints(first.kind, findings)
        case "import" if first.missing is not None:
            return _missing(first)
        case "fixture":
            return f"fixture {first.identity[1]} not found, asked for by {symptom.file or 'a test'}"
        case "syntax":
            return f"{symptom.exception or 'SyntaxError'} in {first.identity[1]}: {symptom.message}"
        case _:
            said = next(iter(symptom.message.splitlines()), "")
            return f"{_subject(first)}: {said}" if said else _subject(first)


def _subject(found: Diagnosis) -> str:
    """Where it broke, and of what: ``ValueError in shop/cart.py total()``."""
    symptom = found.symptom
    what = symptom.exception or ("failure" if symptom.test else "error")
    if found.subject is not None:
        name = found.subject.name if found.subject.is_value else _call(found.subject.name)
        return f"{what} about {found.subject.path} {name}"
    frame = symptom.product_frame if found.kind == "raised" else next(iter(symptom.frames), None)
    if found.kind == "test" and symptom.name:
        return f"{what} in {symptom.file or 'a test'} {symptom.name if not symptom.is_python else _call(symptom.name)}"
    if frame is None:
        return f"{what} in {symptom.file or _named(symptom)}"
    return f"{what} in {frame.path} {_call(frame.function)}".rstrip()


def _call(function: str) -> str:
    return f"{function}()" if function else ""


def _named(symptom: Symptom) -> str:
    return symptom.test.case.name if symptom.test else (symptom.finding.tool if symptom.finding else "") or "the build"


def _missing(found: Diagnosis) -> str:
    missing = found.missing
    assert missing is not None
    asked = f", asked for by {missing.importer}" if missing.importer else ""
    if missing.name:
        return f"{missing.module} has no {missing.name}{asked}"
    return f"module {missing.module} is missing{asked}"


def _complaints(kind: str, findings: Sequence[LogFinding]) -> str:
    """``ruff: 3 complaints in 2 files, F401 (2), E501``; a single one in its own words."""
    tool = findings[0].tool or kind
    if len(findings) == 1:
        one = findings[0]
        place = f" in {one.file}" if one.file else ""
        return f"{tool}{place}: {one.code + ' ' if one.code and one.code not in one.message else ''}{one.message}"
    codes = Counter(finding.code for finding in findings if finding.code)
    rules = ", ".join(f"{code} ({count})" if count > 1 else code for code, count in codes.most_common(4))
    files = len({finding.file for finding in findings if finding.file})
    places = f" in {plural(files, 'file')}" if files else ""
    return f"{tool}: {plural(len(findings), 'complaint')}{places}, {rules or findings[0].message}"
