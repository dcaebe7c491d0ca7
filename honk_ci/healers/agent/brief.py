"""The first message: what a person would look at before touching anything, cut to the parts that matter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from honk_ci.domain import Cause, Evidence, FailedTest, FindingKind
from honk_ci.healers.agent.conventions import conventions
from honk_ci.healers.agent.imports import callees, fixtures
from honk_ci.healers.agent.source import Excerpt, around, globals_of, symbol
from honk_ci.healers.agent.text import fenced, head, middle_out, visible
from honk_ci.healers.agent.tools.places import leaves_the_checkout
from honk_ci.healers.agent.tools.read import show
from honk_ci.healers.agent.trial import describe
from honk_ci.healers.interface import HealCase
from honk_ci.paths import is_test_path
from honk_ci.text import one_line

LIMIT = 30_000  # characters of the whole message, about 8k tokens
MOST_TESTS = 3
MOST_FRAMES = 4
MOST_FINDINGS = 20
MOST_FACTS = 10
TOLD_BY_TESTS = frozenset({"exception", "message", "log"})  # kinds of evidence that a failed test shows itself


def brief(case: HealCase, lessons: Sequence[str] = (), *, limit: int = LIMIT) -> str:
    """The first message of a conversation; ``lessons`` come from the attempts before it."""
    evidence = _Evidence(case)
    told = "\n".join(test.text for test in case.failure.tests[:MOST_TESTS])
    excerpts = [excerpt for excerpt in evidence.excerpts() if not _is_told(excerpt, told)]
    paths = list(dict.fromkeys(excerpt.path for excerpt in excerpts))
    parts = [
        _headline(case),
        *conventions(case, paths),
        *[describe(test, limit // 8) for test in case.failure.tests[:MOST_TESTS]],
        *_findings(case, limit // 6),
        *_sources(evidence, excerpts, limit // 2),
        *_changes(case, paths, limit // 5),
        *_lessons(lessons),
        _task(case),
    ]
    return "\n\n".join(part for part in parts if part)


def _headline(case: HealCase) -> str:
    failure, reproduction = case.failure, case.reproduction
    lines = [f"The build of commit {case.build.commit[:12]} is red: {one_line(failure.summary, 300)}"]
    lines.append(f"Cause, as the rules of triage name it: {failure.cause.value}.")
    if reproduction.runs:
        lines.append(f"It failed {reproduction.failed_runs} of {reproduction.runs} times.")
    if reproduction.base_state:
        lines.append(f"At the base commit {(case.build.base or '')[:12]} the same tests: {reproduction.base_state}.")
    if reproduction.in_suite_only:
        lines.append("The tests pass alone and fail in the whole suite: another test or shared state is in it.")
    told = TOLD_BY_TESTS if failure.tests else frozenset()
    facts = [evidence for evidence in failure.evidence if evidence.kind not in told][:MOST_FACTS]
    lines += [f"- {evidence.kind}: {one_line(evidence.text, 300)}" for evidence in facts]
    names = [test.key for test in failure.tests]
    if len(names) > MOST_TESTS:
        lines.append(f"{len(names)} tests fail for it: {one_line(', '.join(names), 800)}")
    return "\n".join(visible(line) for line in lines)


def _task(case: HealCase) -> str:
    if case.failure.cause is Cause.TEST:
        return (
            "Triage holds the test itself to be at fault. You may change it; the change is then shown to a person as a "
            "proposal. Mend the code instead if the code is wrong."
        )
    return "Find the cause and mend it."


def _lessons(lessons: Sequence[str]) -> list[str]:
    if not lessons:
        return []
    return ["What was tried before you, without success:\n" + "\n".join(f"- {visible(line)}" for line in lessons)]


def _findings(case: HealCase, limit: int) -> list[str]:
    known = {FindingKind.TEST, FindingKind.COLLECTION} if case.failure.tests else set()
    findings = [finding for finding in case.failure.findings if finding.kind not in known][:MOST_FINDINGS]
    if not findings:
        return []
    lines = []
    for finding in findings:
        place = f"{finding.file}:{finding.line}: " if finding.file and finding.line else f"{finding.file} ".lstrip()
        lines.append(f"{place}{finding.code} {finding.message}".strip())
    excerpts = [finding.excerpt for finding in findings if finding.excerpt and not case.failure.tests][:3]
    text = "\n".join(lines + excerpts)
    return [fenced("log", middle_out(text, limit), tool=findings[0].tool)]


def _sources(evidence: _Evidence, excerpts: Sequence[Excerpt], limit: int) -> Iterator[str]:
    """Each place with what it uses from its module's top, in order of weight, until ``limit`` is met."""
    left = limit
    told: set[tuple[str, str]] = set()
    for excerpt in excerpts:
        top = "" if is_test_path(excerpt.path) else evidence.top_of(excerpt, told)
        lines = f"{excerpt.first}-{excerpt.last}"
        block = fenced("source", top + head(show(excerpt), max(left, 0)), path=excerpt.path, lines=lines)
        if left < 200:
            return
        left -= len(block)
        yield block


def _changes(case: HealCase, paths: Sequence[str], limit: int) -> list[str]:
    """The diff since base of the files involved, and the names of all that changed."""
    base, commit = case.build.base, case.build.commit
    if base is None or base == commit:
        return []
    changed = case.repository.changed_paths(base, commit)
    if not changed:
        return []
    named = {path for path in changed if any(path in evidence.text for evidence in case.failure.evidence)}
    involved = [path for path in changed if path in paths or path in named]
    # A small change is shown whole: the cause may be in a file that no traceback names.
    shown = list(changed) if len(changed) <= 5 else involved
    names = f"Files changed since the base commit: {one_line(', '.join(changed), 1500)}"
    diff = case.repository.diff(base, commit, shown) if shown else ""
    return [names, fenced("diff", head(diff, limit), since="base")] if diff else [names]


class _Evidence:
    """The places in the source that the failure points at."""

    def __init__(self, case: HealCase) -> None:
        self._case = case
        self._files = frozenset(case.workspace.files())
        self._texts: dict[str, str | None] = {}

    def excerpts(self) -> Iterator[Excerpt]:
        """Failing frames, failing tests, and what the tests call: each place once."""
        seen: list[Excerpt] = []
        for excerpt in self._all():
            if not any(_covers(known, excerpt) for known in seen):
                seen.append(excerpt)
                yield excerpt

    def top_of(self, excerpt: Excerpt, told: set[tuple[str, str]]) -> str:
        """Imports and constants that the excerpt uses, without line numbers; each line is told once."""
        found = globals_of(excerpt, self._read(excerpt.path) or "")
        lines = [line for line in found.lines if (excerpt.path, line) not in told] if found else []
        told.update((excerpt.path, line) for line in lines)
        return "".join(f"     \t{line}\n" for line in [*lines, "…"]) if lines else ""

    def _all(self) -> Iterator[Excerpt]:
        failure = self._case.failure
        code = [frame for frame in failure.frames if not frame.is_test]
        for frame in code[:MOST_FRAMES]:
            yield from self._around(frame.path, frame.line)
        tests = [excerpt for test in failure.tests[:MOST_TESTS] if (excerpt := self._test(test))]
        yield from tests
        fixed = [found for excerpt in tests for found in fixtures(excerpt, self._files, self._read)]
        yield from fixed
        for path, line in _places(failure.evidence):
            yield from self._around(path, line)
        for excerpt in (*tests, *fixed):
            source = self._read(excerpt.path) or ""
            yield from callees(excerpt, source, self._files, self._read)
        for finding in failure.findings[:MOST_FRAMES]:
            yield from self._around(self._inside(finding.file), finding.line or 1)

    def _around(self, path: str, line: int) -> Iterator[Excerpt]:
        text = self._read(path)
        if text:
            yield around(path, text, line)

    def _test(self, test: FailedTest) -> Excerpt | None:
        path = self._test_path(test)
        text = self._read(path)
        if not text:
            return None
        frame = next((f for f in self._case.failure.frames if f.is_test and f.path == path), None)
        name = re.split(r"\[|\(", test.case.name.rpartition("::")[2])[0].strip()
        owner = test.case.classname.rpartition(".")[2]
        found = symbol(path, text, f"{owner}.{name}") or symbol(path, text, name) if name.isidentifier() else None
        if found is not None:
            return found
        line = _line_of_title(text, test.case.name) or (frame.line if frame else test.line)
        return around(path, text, line) if line else None

    def _test_path(self, test: FailedTest) -> str:
        path = self._case.testbed.runner.test_source(test) or self._inside(test.case.file)
        if path in self._files:
            return path
        return next((frame.path for frame in self._case.failure.frames if frame.is_test), "")

    def _inside(self, path: str) -> str:
        """A path as reported, relative to the repository where that can be told; else ""."""
        parts = path.replace("\\", "/").removeprefix("./").split("/")
        return next((p for n in range(len(parts)) if (p := "/".join(parts[n:])) in self._files), "")

    def _read(self, path: str) -> str | None:
        if path not in self._files or leaves_the_checkout(path, self._case):
            return None
        if path not in self._texts:
            found = self._case.workspace.read(path)
            self._texts[path] = None if found is None or b"\0" in found[:8000] else found.decode("utf-8", "replace")
        return self._texts[path]


def _line_of_title(text: str, name: str) -> int | None:
    """Where a test with a title for a name (``it('adds', …)``) is written.

    Reports put the titles of enclosing groups before it, with " > ", "::" or mere blanks between.
    """
    starts = [0, *(match.end() for match in re.finditer(r" > | \u203a |::| ", name))]
    for title in (name[start:] for start in starts):
        at = next((at for quote in "'\"`" if (at := text.find(f"{quote}{title}{quote}")) >= 0), -1)
        if title.strip() and at >= 0:
            return text.count("\n", 0, at) + 1
    return None


def _is_told(excerpt: Excerpt, told: str) -> bool:
    """Whether a traceback shows every line of a test already; tests need no line numbers."""
    return is_test_path(excerpt.path) and all(line.strip() in told for line in excerpt.lines)


def _places(evidence: Sequence[Evidence]) -> Iterator[tuple[str, int]]:
    """What triage names as the subject of the failing statement: ``path:line name``."""
    for one in evidence:
        found = re.match(r"(\S+?):(\d+)\b", one.text)
        if one.kind == "subject" and found is not None:
            yield found[1], int(found[2])


def _covers(known: Excerpt, other: Excerpt) -> bool:
    return known.path == other.path and known.first <= other.first and other.last <= known.last
